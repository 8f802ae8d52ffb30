/** The records of a promotion as tables: approvals, checks, what happened, the audit trail, the figures. */

import type { AskedRole, Decision } from "../../functions/domain/approval/approval.ts";
import { rolesAsked } from "../../functions/domain/approval/approval.ts";
import { CHECKED } from "../../functions/domain/approval/trail.ts";
import { ADVISED, BAKES_SEE } from "../../functions/domain/judge/advice-record.ts";
import type { AuditRecord } from "../../functions/domain/ledger/audit.ts";
import { thousands } from "../../functions/domain/text.ts";
import { type Html, html, type Part } from "../../functions/pages/html.ts";
import { pointInWords } from "../../functions/pages/promotion/plan-words.ts";
import type { AskedApproval, ReportData } from "./data.ts";
import { plainWatch } from "./look-words.ts";
import { instant, span } from "./times.ts";

/** A table that scrolls by itself where the page is narrow, and by keyboard too. */
export function scrolling(label: string, table: Html): Html {
  return html`<div class="scroll" role="region" tabindex="0" aria-label="${label}">${table}</div>`;
}

/** `tone`: good, bad, warn or none. */
export function pill(text: string, tone: string): Html {
  return html`<span class="pill ${tone}">${text}</span>`;
}

/** Where the page is narrow, a row's cells stand one under another. */
function tableOf(label: string, heads: readonly string[], rows: readonly Part[], style = ""): Html {
  return scrolling(
    label,
    html`<table class="stack ${style}"><thead><tr>${heads.map((head) => html`<th scope="col">${head}</th>`)}</tr></thead><tbody>${rows}</tbody></table>`,
  );
}

// --- approvals -------------------------------------------------------------------------------------------------------

export function approvalsCard(data: ReportData): Html {
  const rows = data.environments.flatMap(({ plan, approvals }) =>
    approvals.flatMap((asked) => approvalRows(plan.environment, asked)),
  );
  const table = tableOf("Approvals", ["For", "Role", "Who", "Decision", "After", "Comment"], rows);
  return html`<section class="card" id="approvals"><h2>Approvals</h2>${rows.length === 0 ? html`<p>Nobody was asked.</p>` : table}</section>`;
}

function approvalRows(environment: string, { record, decisions }: AskedApproval): Html[] {
  const where = `${environment}, ${pointInWords(record.approval)}`;
  const counted = decisions.filter(({ round }) => round === record.askedAt);
  const open = rolesAsked(record).filter((role) => !counted.some((decision) => decision.role === role.role));
  return [
    ...counted.map((decision) => decisionRow(where, decision, record.askedAt)),
    ...(record.state === "approved" ? [] : open.map((role) => silentRow(where, role, record))),
  ];
}

function decisionRow(where: string, { role, address, decision, at, comment }: Decision, askedAt: number): Html {
  const tone = decision === "approved" ? "good" : "bad";
  return html`<tr><td class="when">${where}</td><td>${role}</td><td>${address}</td><td>${pill(decision, tone)}</td><td class="when" data-label="after">${span(at - askedAt)}</td><td class="roomy">${comment}</td></tr>`;
}

function silentRow(where: string, { role, people }: AskedRole, record: AskedApproval["record"]): Html {
  const addresses = people.map(({ address }) => address).join(", ");
  const askedAt = role === record.escalation?.role ? (record.escalatedAt ?? record.askedAt) : record.askedAt;
  const waited = record.endedAt === null ? "" : span(record.endedAt - askedAt);
  return html`<tr class="bad"><td class="when">${where}</td><td>${role}</td><td>${addresses}</td><td>${pill("no answer", "bad")}</td><td class="when" data-label="after">${waited}</td><td class="soft">${record.summary}</td></tr>`;
}

// --- checks ----------------------------------------------------------------------------------------------------------

export function gatesCard(data: ReportData): Html {
  const rows = data.trail.flatMap((entry) => {
    if (entry.kind === CHECKED) return [checkRow(entry)];
    return entry.kind === ADVISED ? [adviceRow(entry)] : [];
  });
  const table = tableOf("Checks", ["For", "Check", "Result", "Found"], rows);
  return html`<section class="card" id="checks"><h2>Checks</h2>${rows.length === 0 ? html`<p>No check was made.</p>` : table}</section>`;
}

function checkRow({ environment, data: found, summary }: AuditRecord): Html {
  const passed = found?.passed === true;
  return html`<tr${passed ? "" : html` class="bad"`}><td class="when">${environment}, ${pointInWords(String(found?.point ?? ""))}</td><td>${String(found?.name ?? summary)}</td><td>${pill(passed ? "passed" : "failed", passed ? "good" : "bad")}</td><td class="roomy">${String(found?.found ?? summary)}</td></tr>`;
}

/** What each bake can see at last week's traffic; a warning that somebody may overlook otherwise. */
function adviceRow({ environment, data: found, summary }: AuditRecord): Html {
  const [lines, warnings] = [textsOf(found?.lines), textsOf(found?.warnings)];
  const [word, tone] =
    warnings.length === 0 ? ["passed", "good"] : found?.refused === true ? ["failed", "bad"] : ["warning", "warn"];
  const told = [...warnings, ...lines, ...rulesTold(found?.rules)];
  return html`<tr${tone === "bad" && html` class="bad"`}><td class="when">${environment}, ${pointInWords("before")}</td><td>${BAKES_SEE}</td><td>${pill(word, tone)}</td><td class="roomy">${told.length === 0 ? summary : html`<ul>${told.map((line) => html`<li>${line}</li>`)}</ul>`}</td></tr>`;
}

/** What came of trying the rules before the start; older records have none. */
function rulesTold(found: unknown): string[] {
  const { lines, rate } = Object(found) as { readonly lines?: unknown; readonly rate?: unknown };
  return [...textsOf(lines), ...(typeof rate === "string" ? [rate] : [])];
}

const textsOf = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((one): one is string => typeof one === "string") : [];

// --- what happened ---------------------------------------------------------------------------------------------------

export function timelineCard({ lines, zone }: ReportData): Html {
  const rows = lines.map(({ at, environment, what, text, kind }) => {
    const bad = kind === "bad" || kind === "fault";
    return html`<tr${bad && html` class="bad"`}><td class="when">${instant(at, zone)}</td><td>${environment}</td><td>${what}</td><td class="roomy">${plainWatch(text)}</td></tr>`;
  });
  return html`<section class="card" id="timeline"><h2>What happened</h2><p class="soft small">Times in ${zone}. Every step is a state of the Step Functions machines, or a person.</p>
${tableOf("What happened", ["Time", "Where", "Step or person", "What happened"], rows, "tight")}</section>`;
}

export function trailCard({ trail, trailBrokenAt, zone }: ReportData): Html {
  const head = trail.at(-1)?.hash ?? "";
  const holds = trailBrokenAt === null;
  const verdict = holds
    ? html`<p>${pill("chain verified", "good")} Each of the ${trail.length} entries holds the hash of the one before, worked out again for this report. The last one, which the closing mail carries, is <span class="mono hash">${head}</span>.</p>`
    : html`<p>${pill("chain broken", "bad")} The chain does not hold from entry ${trailBrokenAt} on: what follows was changed, dropped or inserted.</p>`;
  const rows = trail.map(
    ({ sequence, at, kind, environment, summary, hash }) =>
      html`<tr><td class="num">${sequence}</td><td class="when">${instant(at, zone)}</td><td>${environment ?? ""}</td><td>${kind}</td><td class="roomy">${plainWatch(summary)}</td><td class="mono hash">${hash.slice(0, 12)}</td></tr>`,
  );
  const table = tableOf("Audit trail", ["#", "Time", "Where", "Kind", "Entry", "Hash"], rows, "tight");
  return html`<section class="card" id="audit"><h2>Audit trail</h2>${trail.length === 0 ? html`<p>Nothing was written.</p>` : html`${verdict}<details><summary>All ${trail.length} entries</summary>${table}</details>`}</section>`;
}

// --- figures ---------------------------------------------------------------------------------------------------------

export function figuresCard({ figures, ended, promotionId, world }: ReportData): Html {
  const { executions, transitions, historyEvents, invocations, awsCalls, dollars } = figures;
  return html`<section class="card" id="figures"><h2>Figures</h2><dl>
<dt>State transitions</dt><dd>${thousands(transitions)} in ${executions} executions, ${thousands(historyEvents)} history events</dd>
<dt>Handlers</dt><dd>${thousands(invocations)} invocations, ${thousands(awsCalls)} AWS calls</dd>
<dt>Estimated cost</dt><dd>$${dollars.toFixed(4)} for the state transitions, at $0.025 per 1,000 (us-east-1 list price)</dd>
<dt>World</dt><dd>${world}</dd>
<dt>Promotion</dt><dd class="mono">${promotionId ?? "never opened"}</dd>
<dt>Execution</dt><dd class="mono">${ended.executionArn}, ended ${ended.status}</dd>
</dl></section>`;
}
