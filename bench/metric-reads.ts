/**
 * What a usual promotion asks of CloudWatch, in metrics requested, which is what GetMetricData is priced by: one Lambda
 * alias, the default metrics, 10/25/50/100 % of a quarter of an hour each, two hours of monitoring.
 *
 *     node bench/metric-reads.ts
 */
import { tickSeconds } from "../functions/domain/judge/bake.ts";
import { type Arms, type Mode, NO_BOUNDS, planReads, type Watch } from "../functions/domain/judge/sampling.ts";
import type { MetricPlan } from "../functions/domain/plan.ts";

/** Dollars for a thousand metrics requested [CloudWatch pricing: GetMetricData]. */
const PRICE = 0.01;
const STEPS = 4;
const BAKE_SECONDS = 900;
const MONITOR_SECONDS = 7_200;

const target = { name: "order", kind: "lambda-alias", functionName: "shop-order", alias: "live" };
const arms = { target, baseline: "7", candidate: "8" } as unknown as Arms;
const watch = (preset: string): Watch => {
  const metric: MetricPlan = {
    name: preset,
    target: "order",
    source: { preset },
    periodSeconds: 60,
    settleSeconds: 120,
    rules: [],
    dryRun: false,
  };
  return { id: preset, metric, arms, bounds: NO_BOUNDS };
};
const watches = ["lambda-error-rate", "lambda-throttles"].map(watch);

const series = (modes: readonly Mode[]): number => planReads(watches, new Set(modes)).queries.length;

/** Looks at a phase that lasts so long. */
function looksAt(seconds: number): number {
  let looks = 0;
  for (let now = 0; now < seconds * 1000; looks++) {
    now += 1000 * tickSeconds({ startedAt: 0, endsAt: seconds * 1000, now, settleSeconds: 120, urgent: false });
  }
  return looks;
}

const step = looksAt(BAKE_SECONDS);
const monitor = looksAt(MONITOR_SECONDS);
const [compared, both] = [series(["compared"]), series(["compared", "whole"])];
const now = compared * step * (STEPS - 1) + both * (step + monitor);
const tailAlone = compared * step * (STEPS - 1) + series(["whole"]) * (step + monitor);
const rows = [
  ["series of a look below 100 %, and from 100 % on", `${compared}, ${both}`],
  ["looks at a step, and at the monitoring", `${step}, ${monitor}`],
  ["metrics requested by the judge", `${now}, $${((now * PRICE) / 1000).toFixed(3)}`],
  ["the same without reading again", `${tailAlone}, $${((tailAlone * PRICE) / 1000).toFixed(3)}`],
];
process.stdout.write(`${rows.map(([what = "", value = ""]) => `${what.padEnd(50)} ${value}`).join("\n")}\n`);
