/** What the judge saw, as one card per environment. */
import { utc } from "../../domain/approval/words.ts";
import { effectsInWords } from "../../domain/judge/effect-words.ts";
import { evidenceLine, twoArms } from "../charts/judged.ts";
import { type Html, html, type Part } from "../html.ts";
import { phaseInWords } from "./plan-words.ts";
import type { SeriesView, VerdictView } from "./verdict-view.ts";

const TONES: Readonly<Record<string, string>> = { pass: "good", passed: "good", fail: "bad", failed: "bad" };

export function verdictCard(view: VerdictView): Html {
  const charts = view.series.map((series, index) => seriesChart(view, series, index));
  return html`<section class="card"><h2>Judged in ${view.environment}</h2>
<ul class="list">${view.bakes.map(bakeLine)}</ul>
${view.findings.length > 0 && html`<h3>Latest figures</h3><div class="scroll" role="region" tabindex="0" aria-label="Latest figures of ${view.environment}"><table class="figures"><thead><tr><th scope="col">Metric</th><th scope="col">Candidate</th><th scope="col">Baseline</th><th scope="col">Verdict</th></tr></thead><tbody>${view.findings.map(findingRow)}</tbody></table></div>`}
<h3>Over time, in UTC</h3><div class="charts">${charts}${evidenceChart(view)}</div>
</section>`;
}

function bakeLine(bake: VerdictView["bakes"][number]): Html {
  const { verdict, result, summary, startedAt } = bake;
  const word = result ?? verdict ?? "watching";
  return html`<li><span class="pill ${TONES[word] ?? ""}">${word}</span> <strong>${phaseInWords(bake)}</strong> <span class="soft small whole">since ${utc(startedAt)}</span>${summary !== "" && html`<br><span class="small">${summary}</span>`}</li>`;
}

function findingRow(finding: VerdictView["findings"][number]): Html {
  const { watch, verdict, unit, candidate, baseline, cold = null, effect } = finding;
  const further = [...effectsInWords(effect), ...(cold === null ? [] : [cold])];
  const figure = (value: number | null) => (value === null ? "no data" : `${Number(value.toPrecision(3))}${unit}`);
  return html`<tr><th scope="row">${watch}</th><td>${figure(candidate)}</td><td>${figure(baseline)}</td><td><span class="pill ${TONES[verdict] ?? ""}">${verdict}</span></td></tr>${further.map((words) => html`<tr class="further"><td class="soft" colspan="4">${words}</td></tr>`)}`;
}

function seriesChart(view: VerdictView, series: SeriesView, index: number): Html {
  return twoArms({
    id: `${slug(view.environment)}-series-${index}`,
    title: series.name,
    description: `${series.name} in ${view.environment} from ${utc(view.from)} to ${utc(view.to)}, candidate beside baseline.`,
    ...(series.unit === "" ? {} : { yLabel: series.unit }),
    from: view.from,
    to: view.to,
    events: view.shifts,
    baseline: series.baseline,
    candidate: series.candidate,
  });
}

function evidenceChart(view: VerdictView): Part {
  const { evidence } = view;
  if (evidence === null || !Number.isFinite(evidence.line)) return null;
  return evidenceLine({
    id: `${slug(view.environment)}-evidence`,
    title: "Evidence against the candidate",
    from: view.from,
    to: view.to,
    events: view.shifts,
    points: evidence.points,
    line: evidence.line,
  });
}

/** A name as part of an element's id. */
const slug = (name: string) => name.replace(/[^A-Za-z0-9-]/g, "-");
