/** What one environment saw: its rollout on one axis, every verdict in words, and how it ended. */

import type { BakeRecord, BakeResult } from "../../functions/domain/judge/bake.ts";
import { evidenceInWords, oddsInWords } from "../../functions/domain/judge/evidence.ts";
import { thousands } from "../../functions/domain/text.ts";
import { type Html, html, type Part } from "../../functions/pages/html.ts";
import { phaseInWords } from "../../functions/pages/promotion/plan-words.ts";
import { type Axis, axisOf } from "./axis.ts";
import type { EnvironmentData, ReportData } from "./data.ts";
import { coldInWords, differencesInWords, figuresInWords, LANES, oddsOf, plainWatch, shortened } from "./look-words.ts";
import { rolloutCharts, targetCharts } from "./rollout-charts.ts";
import { type Exposure, exposureOf } from "./series.ts";
import { pill, scrolling } from "./tables.ts";
import { instant, span } from "./times.ts";

export function environmentCard(data: ReportData, environment: EnvironmentData): Html {
  const { plan, head } = environment;
  const axis = axisOf(environment, data.zone);
  return html`<section class="card" id="environment-${plan.environment}"><div class="env"><h2>${plan.environment}</h2>${outcomePill(environment)}<span class="soft small">account ${plan.account}, ${plan.region}</span></div>
${head === null ? html`<p>The promotion ended before it came here. Nothing was touched.</p>` : body(data, environment, axis)}
</section>`;
}

function body(data: ReportData, environment: EnvironmentData, axis: Axis | null): Part {
  if (axis === null) {
    return html`<p>No traffic was moved: ${plainWatch(environment.head?.summary ?? "")}</p>`;
  }
  return html`${backInWords(environment)}
<p class="soft small">${instant(axis.from, data.zone)} to ${instant(axis.to, data.zone)}, ${data.zone}, on one axis; waits before the first shift are in the bar above. A point is one closed minute, which the judge sees some minutes later.</p>
${rolloutCharts(data, environment, axis)}
${verdictTable(environment)}
${evidenceText(environment)}
<details><summary>Each metric of each target by itself</summary><div class="charts">${targetCharts(environment, axis)}</div></details>`;
}

function outcomePill({ head }: EnvironmentData): Html {
  if (head === null) return pill("not entered", "");
  if (head.outcome === "promoted") return pill("promoted", "good");
  const outcome = head.outcome ?? head.state;
  return pill(outcome, head.firstShiftAt === null ? "warn" : "bad");
}

/** Milliseconds from the trip until every target was on its baseline; null: traffic did not have to go back. */
export function backAfterMs({ head, weights }: EnvironmentData): number | null {
  if (head?.trip == null || head.firstShiftAt === null || head.outcome === "promoted") return null;
  const { at } = head.trip;
  const moves = Object.values(weights).flatMap((history) => history.map((point) => point.at));
  return moves.filter((moved) => moved >= at).reduce((latest, moved) => Math.max(latest, moved), at) - at;
}

function backInWords(environment: EnvironmentData): Part {
  const { head, bakes } = environment;
  const backMs = backAfterMs(environment);
  if (head?.trip == null || backMs === null) return null;
  const { by, reason } = head.trip;
  const judged = by === "judge" || by === "monitor";
  const acted = judged ? (bakes.findLast((bake) => bake.acted !== null)?.acted ?? null) : null;
  const who = acted === null ? `by the ${by}` : LANES[acted];
  return html`<p><strong>Why traffic went back</strong> (${who}): ${plainWatch(reason)}. All targets were on the baseline again ${span(backMs)} after that.</p>`;
}

const GOOD: ReadonlySet<BakeResult | null> = new Set(["passed", "approved", "resumed", "followed"]);

function verdictTable({ plan, bakes, looks }: EnvironmentData): Html {
  const rows = bakes.map((bake) => {
    const highest = looks.filter(({ phase }) => phase === bake.phase).map(({ logE }) => logE);
    const most = highest.length === 0 ? bake.logE : Math.max(...highest);
    const lasted = bake.endedAt === null ? "" : span(bake.endedAt - bake.startedAt);
    const good = GOOD.has(bake.result);
    return html`<tr${good ? "" : html` class="bad"`}><th scope="row">${phaseInWords(bake)}</th><td class="when">${lasted}</td><td>${pill(bake.result ?? "watching", good ? "good" : "bad")}</td><td class="roomy">${figuresInWords(bake.findings).join(", ")}</td><td class="when" data-label="most evidence">${oddsOf(most)}</td><td class="roomy">${reasonOf(bake)}</td></tr>`;
  });
  const heads = ["Watched", "For", "Verdict", "Candidate vs baseline", "Most evidence", "Why"];
  return html`<h3>Verdicts</h3>${scrolling(`Verdicts in ${plan.environment}`, html`<table class="stack"><thead><tr>${heads.map((head) => html`<th scope="col">${head}</th>`)}</tr></thead><tbody>${rows}</tbody></table>`)}`;
}

function reasonOf({ acted, summary }: BakeRecord): string {
  const by = acted === null ? "" : ` (${LANES[acted]})`;
  return `${shortened(summary)}${by}`;
}

function evidenceText(environment: EnvironmentData): Part {
  const { plan, looks, recording } = environment;
  if (recording === null || looks.length === 0) return null;
  const highest = looks.reduce((most, { logE }) => Math.max(most, logE), Number.NEGATIVE_INFINITY);
  const line = oddsInWords(-Math.log(plan.analysis.alpha)) ?? "its line";
  const differences = differencesInWords(environment.bakes.at(-1)?.findings ?? []);
  const hard = environment.bakes.some(({ acted }) => acted === "hard-rule");
  return html`<h3>In words</h3><ul>
<li>At its highest: ${evidenceInWords(highest)}. The judge brings traffic back at ${line}, so that of good releases at most ${Number((plan.analysis.alpha * 100).toPrecision(3))} % are brought back by it.</li>
${exposureText(exposureOf(recording, "candidate"), exposureOf(recording, "baseline"))}
${differences.length > 0 && html`<li>How much the candidate differed, over all steps, with bounds that hold at any look in 95 of 100 rollouts: ${differences.join("; ")}.</li>`}
${coldInWords(environment.bakes.at(-1)?.findings ?? []).map((words) => html`<li>Cold starts: ${words}.</li>`)}
${hard && html`<li>The hard lane acted. It acts at once on what no release may do, and has no stated rate of false rollbacks.</li>`}
</ul>`;
}

function exposureText(candidate: Exposure | null, baseline: Exposure | null): Part {
  if (candidate === null || candidate.requests === 0) return null;
  const beside =
    baseline === null || baseline.requests === 0 ? "" : ` Beside it the baseline served ${exposureInWords(baseline)}.`;
  return html`<li>While it was watched, the candidate served ${exposureInWords(candidate)}.${beside}</li>`;
}

function exposureInWords({ requests, failed }: Exposure): string {
  const share = requests === 0 ? 0 : (100 * failed) / requests;
  return `${thousands(Math.round(requests))} requests, ${thousands(Math.round(failed))} of which failed (${share.toFixed(2)} %)`;
}
