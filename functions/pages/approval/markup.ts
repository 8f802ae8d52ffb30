/** The approval page as markup. */

import { LONGEST_COMMENT, type Missing } from "../../domain/approval/answer.ts";
import type { PlanAdvice, RulesAdvice } from "../../domain/judge/advice.ts";
import { stepWeights } from "../charts/step-weights.ts";
import { type Html, html, type Part } from "../html.ts";
import { document } from "../layout.ts";
import { verdictCard } from "../promotion/verdict-markup.ts";
import { claim, linked } from "./claim.ts";
import type { ApprovalView, DecisionView, RoleView, Standing } from "./view.ts";

/** What a person had filled in when the form has to be shown again, and what was wrong with it. */
export interface Refilled {
  readonly problems: readonly { readonly what: Missing["what"] | "form"; readonly message: string }[];
  readonly checklist: readonly string[];
  readonly comment: string;
  readonly version: string;
}

export const EMPTY_FORM: Refilled = { problems: [], checklist: [], comment: "", version: "" };

/** The whole page. `token` null: there is nothing to decide, and no form. */
export function approvalDocument(view: ApprovalView, token: string | null, form: Refilled): Html {
  const title = titleOf(view);
  const failed = token !== null && form.problems.length > 0;
  return document(
    failed ? `Not decided yet: ${title}` : title,
    html`<main${token === null && html` class="one"`}>
<div class="top"><p class="brand">Headgate</p>${pillOf(view.standing)}</div>
<header><h1>${title}</h1>${leadOf(view)}${token !== null && !failed && html`<p><a class="jump" href="#decision">Go to the decision</a></p>`}</header>
${bannerOf(view)}
${token === null ? evidenceOf(view) : columnsOf(view, token, form, failed)}
<footer><p>Promotion <span class="mono">${view.record.promotionId}</span>, approval <span class="mono">${view.record.approval}</span>. What you see is bound to your decision by the hash <span class="mono">${view.binding.slice(0, 16)}</span>.</p></footer>
</main>`,
  );
}

/** What has to be put right comes first on a phone, where the form is below everything else. */
function columnsOf(view: ApprovalView, token: string, form: Refilled, failed: boolean): Html {
  const evidence = html`<div>${evidenceOf(view)}</div>`;
  const aside = html`<div class="aside">${formCard(view, token, form)}</div>`;
  return html`<div class="columns">${failed ? [aside, evidence] : [evidence, aside]}</div>`;
}

function titleOf({ standing, service, version, environment }: ApprovalView): string {
  const what = `${service} ${version} for ${environment}`;
  if (standing.kind === "open") return `Approve ${what}?`;
  if (standing.kind === "answered") return `${what}: your answer is recorded`;
  return `${what}: ${ENDINGS[standing.state].word}`;
}

const ENDINGS = {
  approved: { word: "approved", tone: "good" },
  rejected: { word: "rejected", tone: "bad" },
} as const;

function pillOf(standing: Standing): Html {
  if (standing.kind === "open") return html`<span class="pill warn">Waits for you</span>`;
  if (standing.kind === "answered") return html`<span class="pill">Waits for others</span>`;
  const { word, tone } = ENDINGS[standing.state];
  return html`<span class="pill ${tone}">${word}</span>`;
}

function leadOf({ standing, link, deadline, timeLeft, point, consequence }: ApprovalView): Part {
  if (standing.kind !== "open")
    return html`<p class="soft">This page was made for ${link.address}, as ${link.role}.</p>`;
  return html`<p>You, ${link.address}, are asked as <strong>${link.role}</strong>, ${point}. ${consequence}</p><p>Answer by ${deadlineOf(deadline)}: ${timeLeft} left.</p>`;
}

function deadlineOf({ words, zone, utc }: ApprovalView["deadline"]): Html {
  if (zone === "UTC") return html`<strong>${words} UTC</strong>`;
  return html`<strong>${words}</strong> (${zone}), <span class="whole">${utc}</span>`;
}

function bannerOf(view: ApprovalView): Part {
  const { standing, consequence } = view;
  if (standing.kind === "open") return null;
  if (standing.kind === "answered") {
    return note("good", "Your answer is recorded", `Others are still asked. ${consequence}`);
  }
  const { word, tone } = ENDINGS[standing.state];
  return html`<section class="card note ${tone}"><h2>${sentence(word)}</h2><p>${sentence(standing.summary)}. ${consequence}</p>${decisionList(view.decisions)}</section>`;
}

const sentence = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

function note(tone: string, title: string, text: Part): Html {
  return html`<section class="card note ${tone}"><h2>${title}</h2><p>${text}</p></section>`;
}

function evidenceOf(view: ApprovalView): Part {
  return [
    view.emergency !== null && note("bad", "Emergency", claim(view.emergency)),
    releaseCard(view),
    view.irreversible.length > 0 && irreversibleCard(view),
    rolesCard(view),
    planCard(view),
    view.advice !== null && adviceCard(view.advice),
    gatesCard(view),
    claimsCard(view),
    view.verdicts.map(verdictCard),
  ];
}

function releaseCard(view: ApprovalView): Html {
  const risk = { low: "good", medium: "warn", high: "bad" }[view.risk];
  return html`<section class="card"><h2>What changes</h2>
<p>${claim(view.summary)}</p>
<dl>
<dt>Release</dt><dd>${view.service} <span class="mono">${view.version}</span></dd>
<dt>Commit</dt><dd class="mono">${view.commit}</dd>
<dt>Environment</dt><dd>${view.environment} <span class="soft">(account ${view.account}, <span class="whole">${view.region}</span>)</span></dd>
<dt>Risk</dt><dd><span class="pill ${risk}">${view.risk}</span></dd>
<dt>Ticket</dt><dd>${claim(view.ticket ?? "none")}</dd>
<dt>Requested by</dt><dd>${view.requestedBy} <span class="soft">(${view.claim})</span></dd>
<dt>Started by</dt><dd>${starterOf(view)}</dd>
</dl>
<details><summary>What is deployed where</summary><ul class="small">${view.targets.map((target) => html`<li>${target}</li>`)}</ul></details>
</section>`;
}

function starterOf({ startedBy }: ApprovalView): Html {
  return startedBy === null
    ? html`nobody on record <span class="soft">(from the console, by a schedule or by another tool)</span>`
    : html`<span class="mono">${startedBy}</span> <span class="soft">(decides nothing here)</span>`;
}

function irreversibleCard({ irreversible }: ApprovalView): Html {
  return html`<section class="card note bad"><h2>Cannot be undone</h2><p>Traffic can be brought back at any time. What these do beside it cannot:</p><ul>${irreversible.map((name) => html`<li>${name}</li>`)}</ul></section>`;
}

function planCard(view: ApprovalView): Html {
  const chart = stepWeights({
    id: "steps",
    title: "Share of traffic on the new version",
    description: view.stepWords.join("; "),
    steps: view.steps,
  });
  return html`<section class="card"><h2>How it is rolled out</h2>
<div class="steps">${chart}</div>
<ol>${view.stepWords.map((step) => html`<li>${step}</li>`)}</ol>
<h3>When</h3><p>${sentence(view.window)}. It takes about ${view.takes}.</p>
<h3>What is watched</h3>
${view.metrics.length === 0 ? html`<p>No metric is judged.</p>` : html`<ul class="list">${view.metrics.map(({ name, rules }) => html`<li><strong>${name}</strong><ul>${rules.map((rule) => html`<li>${rule}</li>`)}</ul></li>`)}</ul>`}
${view.alarms.length > 0 && html`<h3>Alarms that bring traffic back at once</h3><p>${view.alarms.join(", ")}</p>`}
</section>`;
}

/** What a pass of these bakes will be worth, before anybody relies on it. */
function adviceCard({ lines, warnings, rules }: PlanAdvice): Html {
  return html`<section class="card"><h2>What the bakes can see <span class="pill">at last week's traffic</span></h2>
${warnings.length > 0 && html`<ul class="list">${warnings.map((warning) => html`<li><span class="pill warn">warning</span> ${warning}</li>`)}</ul>`}
${lines.length > 0 && html`<ul>${lines.map((line) => html`<li>${line}</li>`)}</ul>`}
${rules !== undefined && rulesTried(rules)}
</section>`;
}

/** What the rules would do to a release that is as good as what serves now. */
function rulesTried({ lines, rate }: RulesAdvice): Html {
  return html`<h3>What the rules would do to a good release</h3>
<p>${sentence(rate)}.</p>
<ul>${lines.map((line) => html`<li>${line}</li>`)}</ul>`;
}

function gatesCard({ gates, laterGates }: ApprovalView): Html {
  return html`<section class="card"><h2>Checks</h2>
${gates.length === 0 ? html`<p>No check has run yet.</p>` : html`<ul class="list">${gates.map(({ name, passed, found }) => html`<li><span class="pill ${passed ? "good" : "bad"}">${passed ? "passed" : "failed"}</span> <strong>${name}</strong><br><span class="soft">${found}</span></li>`)}</ul>`}
${laterGates.length > 0 && html`<h3>Still to come</h3><p class="soft">${laterGates.join(", ")}</p>`}
</section>`;
}

function claimsCard({ evidence, evidenceHosts }: ApprovalView): Html {
  return html`<section class="card"><h2>Evidence <span class="pill">claimed by the requester</span></h2>
${evidence.length === 0 ? html`<p>None was given.</p>` : html`<dl>${evidence.map(([key, value]) => html`<dt>${claim(key)}</dt><dd>${linked(value, evidenceHosts)}</dd>`)}</dl>`}
</section>`;
}

function decisionList(decisions: readonly DecisionView[]): Part {
  if (decisions.length === 0) return null;
  return html`<ul class="list">${decisions.map(decisionLine)}</ul>`;
}

function decisionLine({ who, role, decision, at, comment, via, ticked, unticked }: DecisionView): Html {
  const points = ticked + unticked.length;
  const checklist = html`<br><span class="small">Checklist: ${ticked} of ${points} ticked</span>${unticked.length > 0 && html`<ul class="small">${unticked.map((point) => html`<li>not ticked: ${point}</li>`)}</ul>`}`;
  return html`<li><span class="pill ${decision === "approved" ? "good" : "bad"}">${decision}</span> <strong>${who}</strong> as ${role}<br><span class="soft small">${at}, ${via}</span>${points > 0 && checklist}${comment !== "" && html`<blockquote>${claim(comment)}</blockquote>`}</li>`;
}

function rolesCard({ roles, decisions, standing }: ApprovalView): Html {
  const waiting = standing.kind === "open" || standing.kind === "answered";
  return html`<section class="card"><h2>Who decides</h2>
<ul class="list">${roles.map((role) => html`<li>${roleLine(role, waiting)}</li>`)}</ul>
${decisions.length > 0 && waiting && html`<h3>Decided so far</h3>${decisionList(decisions)}`}
</section>`;
}

function roleLine({ role, needed, missing, people }: RoleView, waiting: boolean): Html {
  const owed = needed === 0 ? "stands in where others stay silent" : `${needed} of ${people.length} needed`;
  const state = waiting && missing > 0 ? html` <span class="pill warn">${missing} missing</span>` : "";
  return html`<strong>${role}</strong>${state}<br><span class="soft small">${owed}: ${people.join(", ")}</span>`;
}

/** Enter in a field would press the form's first button; that this one is disabled makes Enter do nothing. */
const NO_IMPLICIT_SUBMISSION = html`<button type="submit" disabled hidden></button>`;

function formCard(view: ApprovalView, token: string, form: Refilled): Html {
  const wrong = (what: Missing["what"]) => form.problems.some((problem) => problem.what === what);
  return html`<section class="card" id="decision"><h2>Your decision as ${view.link.role}</h2>
${problemsBox(form)}
<form method="post" autocomplete="off">
${NO_IMPLICIT_SUBMISSION}
<input type="hidden" name="token" value="${token}">
${view.checklist.length > 0 && html`<fieldset><legend>Checklist</legend><p class="hint">To approve, tick every point. To reject, tick only what is true, or nothing: what is left open is put on record.</p>${view.checklist.map((item) => tickBox(item, form, wrong("checklist")))}</fieldset>`}
<label class="field" for="comment">Comment</label>
<p class="hint" id="comment-hint">To reject, say here why. Everybody asked can read it.</p>
<textarea id="comment" name="comment" rows="3" maxlength="${LONGEST_COMMENT}" aria-describedby="comment-hint" aria-invalid="${wrong("comment") ? "true" : "false"}">${form.comment}</textarea>
<div class="sign"><label class="field" for="version">Version of the release</label>
<p class="hint" id="version-hint">Type it as it stands above. It shows that a person decides, not a mail scanner.</p>
<input type="text" id="version" name="version" value="${form.version}" maxlength="200" autocapitalize="none" autocomplete="off" spellcheck="false" aria-describedby="version-hint" aria-invalid="${wrong("version") ? "true" : "false"}">
<div class="buttons"><button class="approve" type="submit" name="decision" value="approved">Approve</button><button class="reject" type="submit" name="decision" value="rejected">Reject</button></div></div>
</form></section>`;
}

function tickBox(item: string, form: Refilled, missing: boolean): Html {
  const ticked = form.checklist.includes(item);
  return html`<label class="box"><input type="checkbox" name="checklist" value="${item}"${ticked && html` checked`}${missing && !ticked && html` aria-invalid="true"`}><span>${item}</span></label>`;
}

/** More open points than this are counted: each of them is marked where it stands. */
const MOST_NAMED = 2;

function problemsBox({ problems }: Refilled): Part {
  if (problems.length === 0) return null;
  const open = problems.filter(({ what }) => what === "checklist");
  const others = problems.filter(({ what }) => what !== "checklist");
  const points = open.length > MOST_NAMED ? [{ message: `${open.length} points are not ticked, marked below` }] : open;
  return html`<div class="problems" role="alert"><p>Nothing is decided yet</p><ul>${[...points, ...others].map(({ message }) => html`<li>${message}</li>`)}</ul></div>`;
}
