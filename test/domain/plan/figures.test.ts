import { describe, expect, it } from "vitest";
import { type Json, warnings } from "./documents.ts";

const AT = "policy.services.shop.analysis.metrics[0]";
const said = (metric: { [key: string]: Json }) =>
  warnings({ "policy.services.shop.analysis": { metrics: [metric] } })
    .filter(({ path }) => path.startsWith(AT))
    .map(({ path, message, hint }) => [path.slice(AT.length + 1), message, hint]);
const rule = (preset: string, input: { [key: string]: Json }) => said({ preset, rules: [input] });

describe("figures that are likely meant otherwise", () => {
  it("are a percent written as a fraction", () => {
    expect(rule("lambda-error-rate", { max: 0.01 })).toEqual([
      ["rules[0].max", "is 0.01 %, one request in 10,000: rates are in percent", "for 1 percent write 1"],
    ]);
    expect(rule("lambda-error-rate", { maxIncreasePoints: 0.05 })).toEqual([
      ["rules[0].maxIncreasePoints", "is 0.05 %, one request in 2,000: rates are in percent", "for 5 percent write 5"],
    ]);
    expect(rule("lambda-duration-p95", { maxIncreasePercent: 0.2 })).toEqual([
      [
        "rules[0].maxIncreasePercent",
        "is 0.2 % of the baseline's value: noise alone is more",
        "for 20 percent write 20",
      ],
    ]);
  });

  it("are seconds where milliseconds are meant", () => {
    expect(rule("lambda-duration-p95", { max: 2.5 })).toEqual([
      ["rules[0].max", "is 2.5 ms: durations are in milliseconds", "for 2.5 seconds write 2500"],
    ]);
  });

  it("are a percent of what API Gateway means as a fraction, which no rate ever reaches", () => {
    const query = { namespace: "AWS/ApiGateway", metricName: "5XXError", dimensions: { ApiName: "shop" } };
    const average = { query: { ...query, statistic: "Average" }, rules: [{ max: 5 }] };
    expect(said(average)).toEqual([
      ["rules[0].max", "is never reached: 5XXError with Average is a fraction, at most 1", "for 5 percent write 0.05"],
    ]);
    expect(said({ ...average, rules: [{ max: 0.05 }] })).toEqual([]);
    expect(said({ query: { ...query, statistic: "Sum" }, rules: [{ max: 5 }] })).toEqual([]);
  });

  it("are points of the judge written where it takes fractions", () => {
    expect(said({ preset: "lambda-error-rate", sequential: { passDelta: 0.5, delta: 0.19 } })).toEqual([
      ["sequential.passDelta", "is a fraction: 0.5 is 50 points", "for 0.5 points write 0.005"],
    ]);
  });

  it("are none of what runbooks write: 0, half a percent, +10 %, 200 ms, ten throttles", () => {
    expect(rule("lambda-error-rate", { max: 0 })).toEqual([]);
    expect(rule("lambda-error-rate", { max: 0.5 })).toEqual([]);
    expect(rule("lambda-duration-p95", { maxIncreasePercent: 10 })).toEqual([]);
    expect(rule("lambda-duration-p95", { max: 200 })).toEqual([]);
    expect(rule("lambda-throttles", { max: 0.01 })).toEqual([]);
  });
});
