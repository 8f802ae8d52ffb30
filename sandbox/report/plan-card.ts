/** What was planned: steps, thresholds, windows and people, in words. */
import { formatDuration } from "../../functions/domain/durations.ts";
import { unitOf } from "../../functions/domain/judge/sampling.ts";
import type { EnvironmentPlan, MetricPlan, PromotionPlan } from "../../functions/domain/plan.ts";
import { type Html, html } from "../../functions/pages/html.ts";
import {
  pointInWords,
  ruleInWords,
  stepsInWords,
  targetInWords,
  windowInWords,
} from "../../functions/pages/promotion/plan-words.ts";
import { metricName } from "./look-words.ts";

export function planCard({ environments, ...release }: PromotionPlan): Html {
  return html`<section class="card" id="plan"><h2>The plan</h2><dl>
<dt>Release</dt><dd>${release.service} <span class="mono">${release.version}</span>, commit <span class="mono">${release.commit}</span></dd>
<dt>What changes</dt><dd>${release.summary}</dd>
<dt>Risk</dt><dd>${release.risk}</dd>
<dt>Ticket</dt><dd>${release.ticket ?? "none"}</dd>
<dt>Requested by</dt><dd>${release.requestedBy}</dd>
${release.emergency !== null && html`<dt>Emergency</dt><dd>${release.emergency.reason}</dd>`}
</dl>${environments.map(environmentPlan)}</section>`;
}

function environmentPlan(plan: EnvironmentPlan): Html {
  const { targets, alarms, monitor } = plan;
  return html`<h3>${plan.environment}</h3><dl>
<dt>Steps</dt><dd><ol>${stepsInWords(plan).map((step) => html`<li>${step}</li>`)}</ol></dd>
<dt>Afterwards</dt><dd>${monitor === null ? "not monitored" : `monitored for ${formatDuration(monitor.forSeconds)}; what fails ${monitor.onFail === "warn" ? "is reported" : "brings traffic back"}`}; the old version is kept for ${formatDuration(plan.keepPreviousSeconds)}${plan.retirePrevious && ", then deleted where Headgate published it"}</dd>
<dt>Change window</dt><dd>${windowInWords(plan.window)}</dd>
<dt>Approvals</dt><dd>${approvalsInWords(plan)}</dd>
<dt>Thresholds</dt><dd><ul>${thresholds(plan).map((line) => html`<li>${line}</li>`)}</ul></dd>
<dt>Alarms</dt><dd>${alarms.length === 0 ? "none that bring traffic back" : `${alarms.join(", ")} bring traffic back at once`}</dd>
<dt>Targets</dt><dd><ul>${targets.map((target) => html`<li>${target.name}: ${targetInWords(target)}${!target.reversible && html` <strong>(cannot be taken back)</strong>`}</li>`)}</ul></dd>
</dl>`;
}

function approvalsInWords({ approvals }: EnvironmentPlan): string {
  if (approvals.length === 0) return "none";
  return approvals
    .map(({ id, roles, expiresSeconds }) => {
      const asked = roles.map(({ role, needed }) => (needed === 1 ? role : `${needed} of ${role}`)).join(" and ");
      return `${pointInWords(id)}: ${asked}, within ${formatDuration(expiresSeconds)}`;
    })
    .join("; ");
}

/** One line for each rule of each metric; targets that share a metric share its rules. */
function thresholds({ analysis }: EnvironmentPlan): string[] {
  const names = [...new Set(analysis.metrics.map(({ name }) => name))];
  const rules = names.flatMap((name) => rulesOf(analysis.metrics.filter((metric) => metric.name === name)));
  const judged = analysis.metrics.filter(({ sequential, dryRun }) => sequential !== undefined && !dryRun);
  if (judged.length === 0) return rules;
  const alpha = Number((analysis.alpha * 100).toPrecision(3));
  return [
    ...rules,
    `the statistical judge compares ${[...new Set(judged.map(({ name }) => metricName(name)))].join(" and ")} with the version serving now; of good releases it brings back at most ${alpha} %`,
  ];
}

function rulesOf(metrics: readonly MetricPlan[]): string[] {
  const [first] = metrics;
  if (first === undefined) return [];
  const targets = metrics.flatMap(({ target }) => target ?? []);
  const of = targets.length === 0 ? "" : ` of ${targets.join(", ")}`;
  const shown = first.dryRun ? " (shown only)" : "";
  return first.rules.map((rule) => `${metricName(first.name)}${of}: ${ruleInWords(rule, unitOf(first))}${shown}`);
}
