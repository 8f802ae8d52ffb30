/** Figures in a policy that are allowed, and likely meant otherwise: a percent written as a fraction, seconds as ms. */
import { presetOf } from "../../targets/kinds.ts";
import type { MetricInput, RuleInput } from "../documents/policy-analysis.ts";
import type { Path } from "../documents/problems.ts";
import { thousands } from "../text.ts";
import type { Scope } from "./scope.ts";
import { countsSamples } from "./sources.ts";

/** A ceiling below one request in 2,000 is rarer than 0.05 written for five percent. */
const SMALL_PERCENT = 0.05;
/** Of the baseline's value: 0.2 for twenty percent. */
const SMALL_INCREASE_PERCENT = 1;
/** No function is asked to answer 95 % of its requests within 30 ms; within 30 seconds many are. */
const SMALL_MS = 30;
/** Of fractions: a candidate that may fail one request in five more is hardly meant. */
const LARGE_FRACTION = 0.2;

/** Warns of each of a rule's figures that is likely in another unit than its metric's. */
export function warnOfFigures(scope: Scope, metric: MetricInput, rule: RuleInput, at: Path): void {
  const unit = unitOf(metric);
  for (const key of ["max", "maxIncreasePoints"] as const) {
    const value = rule[key];
    if (value === undefined || value <= 0) continue;
    if (unit === "percent" && value <= SMALL_PERCENT) warnOfFraction(scope, [...at, key], value);
    if (unit === "ms" && value <= SMALL_MS) {
      const hint = `for ${value} seconds write ${value * 1_000}`;
      scope.report.warn([...at, key], `is ${value} ms: durations are in milliseconds`, hint);
    }
    if (key === "max" && value >= 1 && isFraction(metric)) {
      const message = `is never reached: ${queryIn(metric)?.metricName} with Average is a fraction, at most 1`;
      scope.report.warn([...at, key], message, `for ${value} percent write ${figure(value / 100)}`);
    }
  }
  const increase = rule.maxIncreasePercent ?? 0;
  if (increase > 0 && increase < SMALL_INCREASE_PERCENT) {
    const message = `is ${increase} % of the baseline's value: noise alone is more`;
    scope.report.warn(
      [...at, "maxIncreasePercent"],
      message,
      `for ${figure(increase * 100)} percent write ${figure(increase * 100)}`,
    );
  }
}

function unitOf(metric: MetricInput): "percent" | "ms" | null {
  if ("preset" in metric) {
    const { measures, quantile } = presetOf(metric.preset);
    if (quantile !== null) return "ms";
    return measures === "errors" ? "percent" : null;
  }
  if ("query" in metric && metric.per !== undefined) return null;
  return queryIn(metric)?.statistic === "Sum" && countsSamples(metric) ? "percent" : null;
}

const figure = (value: number): string => String(Number(value.toPrecision(3)));

function warnOfFraction(scope: Scope, at: Path, value: number): void {
  const message = `is ${value} %, one request in ${thousands(Math.round(100 / value))}: rates are in percent`;
  scope.report.warn(at, message, `for ${figure(value * 100)} percent write ${figure(value * 100)}`);
}

/** API Gateway's error metrics are 0 or 1 for each request: their mean is the rate as a fraction. */
const FRACTIONS: ReadonlySet<string> = new Set(["4XXError", "5XXError", "4xx", "5xx"]);

function isFraction(metric: MetricInput): boolean {
  const { namespace = "", statistic = "", metricName = "" } = queryIn(metric) ?? {};
  return namespace === "AWS/ApiGateway" && statistic === "Average" && FRACTIONS.has(metricName);
}

/** The CloudWatch metric that is asked for as it is; null for a preset, an expression or a function of the team's. */
const queryIn = (metric: MetricInput) => ("query" in metric && "metricName" in metric.query ? metric.query : null);

/** Warns of fractions of the sequential judge that would let a candidate through that fails a fifth more. */
export function warnOfFractions(scope: Scope, metric: MetricInput, at: Path): void {
  if (typeof metric.sequential !== "object") return;
  for (const key of ["delta", "passDelta"] as const) {
    const value = metric.sequential[key];
    if (value === undefined || value < LARGE_FRACTION) continue;
    const message = `is a fraction: ${value} is ${figure(value * 100)} points`;
    scope.report.warn([...at, "sequential", key], message, `for ${value} points write ${figure(value / 100)}`);
  }
}
