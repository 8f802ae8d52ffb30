/** What is known of a week of a target, as rules are tried on it. */
import * as z from "zod";
import type { MetricPlan } from "../plan.ts";
import type { Served } from "./rule-advice.ts";
import type { Serving } from "./rule-trial.ts";
import { isWhole, presetIn, quantileOf, unitOf } from "./sampling.ts";
import { steadyRates } from "./served-rates.ts";
import { steadyCounts, steadyValues } from "./served-values.ts";
import { normalQuantile } from "./statistics/normal.ts";

/** What a file of traffic may say of a target beside its requests and errors, for rules on anything else. */
export const servedFields = {
  p50: z.number().positive().optional().describe("ms, of all durations of the week"),
  p95: z.number().positive().optional().describe("ms, likewise"),
  p99: z.number().positive().optional().describe("ms, likewise"),
  throttlesPerMinute: z.number().nonnegative().optional().describe("default 0"),
};

export interface ServedWeek {
  readonly requestsPerMinute: number;
  /** A fraction. */
  readonly errorRate: number;
  readonly phi?: number | undefined;
  readonly p50?: number | undefined;
  readonly p95?: number | undefined;
  readonly p99?: number | undefined;
  readonly throttlesPerMinute?: number | undefined;
}

/** Or why rules on this metric cannot be tried. */
export function servedInWeek(metric: MetricPlan, week: ServedWeek | undefined): Served | string {
  const name = metric.target ?? metric.name;
  if (week === undefined) return `nothing is given of ${name}`;
  if (week.requestsPerMinute === 0) return `${name} had no traffic`;
  const requests = (week.requestsPerMinute * metric.periodSeconds) / 60;
  const steady = (serving: Serving, value: number): Served => ({ serving, value, timesBroken: null });
  const { errorRate: rate, phi: dispersion = 1 } = week;
  if (quantileOf(metric) !== null) return durationsIn(metric, week, requests);
  const { measures, words } = presetIn(metric) ?? {};
  if (measures === "memory" || measures === "losses") return `a file of traffic says nothing of ${words}`;
  if (measures === "throttles") {
    const perMinute = week.throttlesPerMinute ?? 0;
    const perPeriod = (perMinute * metric.periodSeconds) / 60;
    const serving = steadyCounts({ perPeriod, dispersion, samples: requests + perPeriod }, metric.periodSeconds);
    return steady(serving, perMinute);
  }
  if (unitOf(metric) === " %" || measures === "errors") {
    const serving = steadyRates({ requests, rate, dispersion }, metric.periodSeconds);
    return steady(isWhole(metric) ? asWhole(serving) : serving, 100 * rate);
  }
  if (!isMeanOfErrors(metric)) return "a file of traffic says nothing of such a value";
  const serving = asWhole(steadyRates({ requests, rate, dispersion }, metric.periodSeconds));
  return steady(asFraction(serving), rate);
}

/** A mean beside its samples is taken for one of errors, 0 or 1 for each request, as API Gateway's are. */
function isMeanOfErrors({ source }: MetricPlan): boolean {
  if (!("query" in source) || !("statistic" in source.query)) return false;
  return source.query.statistic === "Average" && source.samples !== undefined;
}

/** No arm can be told apart: whatever the weight, all of it is measured. */
const asWhole = (serving: Serving): Serving => ({
  ...serving,
  samples: (period) => serving.samples(period, 100),
  point: (period, count, step) => serving.point(period, count, { ...step, weight: 100, compared: false }),
});

function asFraction(serving: Serving): Serving {
  return {
    ...serving,
    point: (period, count, step) => {
      const point = serving.point(period, count, step);
      if (point === null) return null;
      const beside = point.beside.map(({ value, weight }) => ({ value: value / 100, weight }));
      return { ...point, beside, exceeds: (ceiling) => point.exceeds(100 * ceiling) };
    },
  };
}

const QUANTILES = { p50: 0.5, p95: 0.95, p99: 0.99 } as const;
/** Which other quantile tells most of the tail about each. */
const BESIDE = { p50: ["p95", "p99"], p95: ["p99", "p50"], p99: ["p95", "p50"] } as const;

/** The tail about a quantile is that of a logarithm that is normal between it and its neighbour. */
function durationsIn(metric: MetricPlan, week: ServedWeek, samples: number): Served | string {
  const name = Object.keys(QUANTILES).find((one) => one === quantileOf(metric)) as keyof typeof QUANTILES | undefined;
  const value = name === undefined ? undefined : week[name];
  const other = name === undefined ? undefined : BESIDE[name].find((one) => week[one] !== undefined);
  if (name === undefined || value === undefined || other === undefined) {
    return `the file gives no ${quantileOf(metric)} of ${metric.target ?? metric.name}, or no other quantile beside it`;
  }
  const beside = week[other] ?? value;
  const apart = normalQuantile(QUANTILES[other]) - normalQuantile(QUANTILES[name]);
  const sigma = Math.abs(Math.log(beside / value) / apart);
  const serving = steadyValues({ samples, value, sigma, quantile: QUANTILES[name] }, metric.periodSeconds);
  return { serving, value, timesBroken: null };
}
