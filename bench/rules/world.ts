import { readFileSync } from "node:fs";
import { advance, type WatchContext } from "../../functions/domain/judge/fold.ts";
import type { WatchReference } from "../../functions/domain/judge/reference-line.ts";
import { withRulesInForce } from "../../functions/domain/judge/rules-in-force.ts";
import {
  type ArmSample,
  isWhole,
  NO_BOUNDS,
  presetIn,
  quantileOf,
  type Sample,
  type Span,
  watchId,
} from "../../functions/domain/judge/sampling.ts";
import type { Past } from "../../functions/domain/judge/served-past.ts";
import type { Progress } from "../../functions/domain/judge/state.ts";
import { normalQuantile } from "../../functions/domain/judge/statistics/normal.ts";
import { resolvePlan } from "../../functions/domain/plan/resolve.ts";
import type { EnvironmentPlan, MetricPlan } from "../../functions/domain/plan.ts";
import type { Random } from "../random.ts";
import { armMinute, drawIncidents, type Incidents, type Service } from "./traffic.ts";

/**
 * A service whose arms are drawn for themselves, as each metric of a plan would measure them, and rollouts of it that are
 * judged by the code that judges real ones.
 */

/** The last environment of an example policy, as its release plans it. */
export function examplePlan(policy: string, release: string): EnvironmentPlan {
  const read = (path: string): unknown => JSON.parse(readFileSync(path, "utf8"));
  const now = Date.parse("2026-01-05T08:00:00Z");
  const resolution = resolvePlan(read(`infra/policies/${policy}.json`), read(`events/${release}.json`), { now });
  const plan = resolution.ok ? resolution.plan.environments.at(-1) : undefined;
  if (plan === undefined) throw new Error(`${policy} and ${release} do not fit each other`);
  return plan;
}

export interface World extends Service {
  /** Of all durations, ms; each arm's level wanders by itself from minute to minute. */
  readonly p95: number;
  readonly sigma: number;
  readonly throttlesPerMinute: number;
}

/** Standard deviation of the logarithm of an arm's level in one minute. */
const LEVEL_NOISE = 0.03;
const DAY = 1_440;
const WHOLE_SHARE = 1;

interface Arm {
  readonly share: number;
  readonly incidents: Incidents;
}

/** One arm over one period, as a metric measures it; null: no request. */
function sampleOf(world: World, metric: MetricPlan, arm: Arm, minute: number, random: Random): ArmSample | null {
  const minutes = metric.periodSeconds / 60;
  let [requests, bad] = [0, 0];
  for (let index = 0; index < minutes; index++) {
    const counts = armMinute(world, arm.incidents, minute + index, arm.share, random);
    requests += counts.requests;
    bad += counts.errors;
  }
  if (presetIn(metric)?.measures === "throttles") {
    const throttled = random.poisson(world.throttlesPerMinute * minutes);
    return requests + throttled === 0 ? null : [requests + throttled, throttled, throttled / minutes];
  }
  if (requests === 0) return null;
  if (quantileOf(metric) !== null) return [requests, null, quantileSample(world, requests, random)];
  const rate = bad / requests;
  return presetIn(metric) === null ? [requests, null, rate] : [requests, bad, 100 * rate];
}

/** The p95 of so many lognormal durations: an order statistic of uniform draws is a beta variable. */
function quantileSample({ p95, sigma }: World, requests: number, random: Random): number {
  const rank = Math.max(1, Math.ceil(0.95 * requests));
  const [below, above] = [random.gamma(rank), random.gamma(requests - rank + 1)];
  const z = normalQuantile(Math.min(1 - 1e-12, below / (below + above)));
  const level = Math.exp(LEVEL_NOISE * random.normal());
  return p95 * level * Math.exp(sigma * (z - normalQuantile(0.95)));
}

/** What served for so many days, by metric. */
export function drawPast(world: World, plan: EnvironmentPlan, days: number, random: Random): Map<string, Past> {
  const incidents = drawIncidents(world, days * DAY, random);
  return new Map(
    plan.analysis.metrics.map((metric) => {
      const minutes = metric.periodSeconds / 60;
      const arm = { share: WHOLE_SHARE, incidents };
      const periods = Array.from({ length: (days * DAY) / minutes }, (_, index) =>
        sampleOf(world, metric, arm, index * minutes, random),
      );
      return [watchId(metric), periods] as const;
    }),
  );
}

/** What came of a rollout of a candidate as good as what serves: by rule (watch and place in it), the first consequence. */
export type Ends = ReadonlyMap<string, "rolls-back" | "holds">;

/** One rollout, at a time of day of its own. `references`: what served before it, by metric. */
export function rollout(
  world: World,
  plan: EnvironmentPlan,
  references: ReadonlyMap<string, WatchReference>,
  random: Random,
): Ends {
  const longest = plan.steps.reduce((sum, { bakeSeconds }) => sum + bakeSeconds / 60, plan.monitor?.forSeconds ?? 0);
  const start = Math.floor(random.next() * DAY);
  const incidents = drawIncidents(world, start + longest + DAY, random);
  const ends = new Map<string, "rolls-back" | "holds">();
  for (const metric of plan.analysis.metrics) {
    const context = contextOf(plan, metric, references.get(watchId(metric)) ?? null);
    let [progress, minute]: [Progress | null, number] = [null, start];
    for (const { weight, seconds, monitored } of stretchesOf(plan)) {
      const span: Span = { from: minute * 60_000, weight, finished: weight === 100 };
      const periods = metric.periodSeconds / 60;
      const last = minute + seconds / 60;
      // Traffic is set in the middle of a period, which is nobody's; what is monitored goes on as it was.
      for (minute += monitored ? 0 : periods; minute + periods <= last; minute += periods) {
        const sample = bothArms(world, metric, { weight, incidents, minute }, random);
        progress = advance(context, progress, [{ at: minute * 60_000, span, sample }]);
        note(ends, metric, progress, monitored);
      }
      minute = last;
    }
  }
  return ends;
}

interface Moment {
  readonly weight: number;
  readonly incidents: Incidents;
  readonly minute: number;
}

function bothArms(world: World, metric: MetricPlan, { weight, incidents, minute }: Moment, random: Random): Sample {
  const share = isWhole(metric) ? WHOLE_SHARE : weight / 100;
  const candidate = sampleOf(world, metric, { share, incidents }, minute, random);
  if (share === WHOLE_SHARE) return { candidate, baseline: null };
  return { candidate, baseline: sampleOf(world, metric, { share: 1 - share, incidents }, minute, random) };
}

function contextOf(plan: EnvironmentPlan, metric: MetricPlan, reference: WatchReference | null): WatchContext {
  const { sequential: _judge, rank: _rank, ...rules } = withRulesInForce(metric, reference);
  const watch = { id: watchId(metric), metric: rules, arms: null, bounds: NO_BOUNDS };
  return { watch, alpha: plan.analysis.alpha, reference };
}

function stretchesOf({ steps, monitor }: EnvironmentPlan) {
  const bakes = steps.map(({ weight, bakeSeconds }) => ({ weight, seconds: bakeSeconds, monitored: false }));
  return monitor === null ? bakes : [...bakes, { weight: 100, seconds: monitor.forSeconds, monitored: true }];
}

/** As the judge acts on a broken rule. */
function note(
  ends: Map<string, "rolls-back" | "holds">,
  metric: MetricPlan,
  progress: Progress,
  monitored: boolean,
): void {
  for (const [index, rule] of metric.rules.entries()) {
    const id = `${watchId(metric)} ${index}`;
    const broken = progress.rules[index]?.broken ?? null;
    if (broken === null || ends.has(id) || rule.onBreach === "warn") continue;
    if (rule.onBreach === "rollback") ends.set(id, rule.hard || broken.alone !== true ? "rolls-back" : "holds");
    else if (!monitored) ends.set(id, "holds");
  }
}
