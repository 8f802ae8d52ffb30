/** A rehearsal as one HTML file: for the manager first, then for the engineer. No script, nothing from elsewhere. */

import { OUTCOMES, type Outcome } from "../../functions/domain/outcomes.ts";
import { thousands } from "../../functions/domain/text.ts";
import { Html, html, type Part } from "../../functions/pages/html.ts";
import { STYLE } from "../../functions/pages/style.ts";
import type { Rehearsed } from "../rehearsal.ts";
import { type EnvironmentData, loadReportData, type ReportData, type Serving } from "./data.ts";
import { backAfterMs, environmentCard } from "./environment-card.ts";
import { plainWatch } from "./look-words.ts";
import { overviewCard } from "./overview.ts";
import { planCard } from "./plan-card.ts";
import { exposureOf } from "./series.ts";
import { REPORT_STYLE } from "./style.ts";
import { approvalsCard, figuresCard, gatesCard, pill, timelineCard, trailCard } from "./tables.ts";
import { instant, span } from "./times.ts";

/**
 * The report of a rehearsal in `world` (its name and seed, as people call it). Same rehearsal, same bytes: no clock but the
 * virtual one, no locale, no randomness. Throws what the ledger throws.
 */
export async function renderReport(result: Rehearsed, world: string): Promise<string> {
  return reportPage(await loadReportData(result, world)).text;
}

/** The page for what was read. */
export function reportPage(data: ReportData): Html {
  const title = `${data.plan.service} ${data.plan.version}: ${headlineOf(data)}`;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${title}</title>
<style>${new Html(`${STYLE}${REPORT_STYLE}`)}</style>
</head>
<body><main>
<div class="top"><p class="brand">Headgate rehearsal</p>${pill(outcomeOf(data), toneOf(data))}</div>
<header><h1>${title}</h1><p class="soft">${leadOf(data)}</p></header>
${outcomeCard(data)}
${tiles(data)}
${contents(data)}
${overviewCard(data)}
${data.environments.map((environment) => environmentCard(data, environment))}
${approvalsCard(data)}
${gatesCard(data)}
${planCard(data.plan)}
${timelineCard(data)}
${trailCard(data)}
${figuresCard(data)}
<footer><p>Rehearsed by Headgate in virtual time: the machines and handlers are the real ones, AWS, traffic and people are simulated. The same seed gives this file to the byte.</p></footer>
</main></body>
</html>
`;
}

const outcomeOf = ({ ended }: ReportData): Outcome => OUTCOMES.find((known) => known === ended.outcome) ?? "errored";

function toneOf(data: ReportData): string {
  const outcome = outcomeOf(data);
  if (outcome === "promoted") return "good";
  return REFUSALS.has(outcome) ? "warn" : "bad";
}

/** A no before anything was moved: as planned, though not what was hoped for. */
const REFUSALS: ReadonlySet<Outcome> = new Set(["rejected", "expired", "blocked", "superseded", "cancelled"]);

const HEADLINES: Readonly<Record<Outcome, string>> = {
  promoted: "promoted",
  "rolled-back": "rolled back",
  rejected: "rejected",
  expired: "not approved in time",
  blocked: "blocked",
  superseded: "superseded",
  cancelled: "cancelled",
  aborted: "aborted",
  errored: "ended by an error",
  "rollback-failed": "rollback failed, traffic is not known to be safe",
};

const headlineOf = (data: ReportData) => HEADLINES[outcomeOf(data)];

function leadOf({ world, zone, ended }: ReportData): string {
  return `World: ${world.replace(/\.$/, "")}. From ${instant(ended.startedAt, zone)} to ${instant(ended.endedAt, zone)}, ${zone}.`;
}

function outcomeCard(data: ReportData): Html {
  return html`<section class="card note ${toneOf(data)}"><p class="lead">${outcomeInWords(data)}</p>
<ul>${servingLines(data.serving).map((line) => html`<li>${line}</li>`)}</ul></section>`;
}

/** What it ended as, and why; said once where the reason says both. */
function outcomeInWords(data: ReportData): Html {
  const [headline, summary] = [headlineOf(data), plainWatch(data.ended.summary)];
  if (summary.startsWith(headline)) return html`<strong>${sentence(summary)}.</strong>`;
  return html`<strong>${sentence(headline)}.</strong> ${sentence(summary)}${summary !== "" && "."}`;
}

const sentence = (text: string) => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;

/** `prod is on version 8 (auth, order)`. */
function servingLines(serving: readonly Serving[]): string[] {
  const groups = new Map<string, string[]>();
  for (const { environment, target, route } of serving) {
    const where = `${environment} is on ${route}`;
    groups.set(where, [...(groups.get(where) ?? []), target]);
  }
  return [...groups].map(([where, targets]) => `${where} (${targets.join(", ")})`);
}

function tiles(data: ReportData): Html {
  const { figures, environments } = data;
  const exposures = environments.flatMap(({ recording }) =>
    recording === null ? [] : (exposureOf(recording, "candidate") ?? []),
  );
  const requests = exposures.reduce((sum, one) => sum + one.requests, 0);
  const failed = exposures.reduce((sum, one) => sum + one.failed, 0);
  const facts: [string, string][] = [
    [span(figures.virtualMs), "from start to end"],
    [span(figures.split.active), "of it active"],
    [thousands(Math.round(requests)), "requests served by the candidate while watched"],
    [thousands(Math.round(failed)), "of them failed"],
    ...backTile(environments),
    [`$${figures.dollars.toFixed(4)}`, "for the state machines"],
  ];
  return html`<ul class="tiles">${facts.map(([figure, what]) => html`<li><strong>${figure}</strong><span>${what}</span></li>`)}</ul>`;
}

/** How long traffic took to come back, where it had to. */
function backTile(environments: readonly EnvironmentData[]): [string, string][] {
  const tripped = environments.flatMap((one) => backAfterMs(one) ?? []);
  return tripped.map((ms) => [span(ms), "from the decision to the baseline, read back"]);
}

function contents({ environments }: ReportData): Html {
  const links: [string, string][] = [
    ["time", "Time"],
    ...environments.map(({ plan }): [string, string] => [`environment-${plan.environment}`, plan.environment]),
    ["approvals", "Approvals"],
    ["checks", "Checks"],
    ["plan", "Plan"],
    ["timeline", "What happened"],
    ["audit", "Audit trail"],
    ["figures", "Figures"],
  ];
  const items: Part = links.map(([id, name]) => html`<li><a href="#${id}">${name}</a></li>`);
  return html`<nav aria-label="Contents"><ul class="toc">${items}</ul></nav>`;
}
