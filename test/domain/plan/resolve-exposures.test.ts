import { describe, expect, it } from "vitest";
import { type Changes, environment, type Json, problems } from "./documents.ts";

const SHOP = "policy.services.shop";
const AT = `${SHOP}.analysis.metrics[0]`;
const metrics = (...list: Json[]): Changes => ({ [`${SHOP}.analysis`]: { metrics: list } });
const refused = (metric: Json) => problems(metrics(metric)).map(({ path, message }) => [path.replace(AT, ""), message]);

const metric = (metricName: string, statistic = "Sum") => ({
  namespace: "Shop",
  metricName,
  dimensions: { Fn: "{functionName}", Version: "{version}" },
  statistic,
});
const FEWER = { direction: "decrease" };
const ORDERS = { name: "orders", query: metric("Orders"), per: "requests", sequential: FEWER, targets: ["order"] };

describe("a metric per exposure", () => {
  it("where fewer is worse tolerates 5 %, passes below 30 %, and takes absence for none", () => {
    const [found] = environment(metrics(ORDERS)).analysis.metrics;
    expect(found).toMatchObject({
      name: "orders",
      target: "order",
      per: { of: "requests", direction: "decrease", largest: 1, absent: "zero" },
      sequential: {
        weight: 1,
        rho: expect.closeTo(1 / 0.95, 12),
        passRho: expect.closeTo(1 / 0.7, 12),
        delta: 0,
        passDelta: 0,
        slo: null,
        warmupMinutes: 0,
      },
    });
  });

  it("where more is worse tolerates as much more, and takes absence for not measured", () => {
    const more = { direction: "increase", toleratedPercent: 10, passPercent: 50 };
    const input = {
      ...ORDERS,
      query: metric("Refunds"),
      per: metric("Orders", "SampleCount"),
      largest: 500,
      sequential: more,
    };
    const [found] = environment(metrics(input)).analysis.metrics;
    expect(found).toMatchObject({
      per: {
        of: { metricName: "Orders", dimensions: { Fn: "shop-prod-order", Version: "{version}" } },
        largest: 500,
        absent: "unknown",
      },
      sequential: { rho: 1.1, passRho: 1.5 },
    });
  });

  it("may have rules on its amount per 1,000, over at least 50 exposures", () => {
    const input = { ...ORDERS, rules: [{ max: 3, onBreach: "warn" }], sequential: false };
    expect(environment(metrics(input)).analysis.metrics[0]).toMatchObject({
      rules: [{ max: 3, minSamples: 50 }],
      per: { direction: "increase" },
    });
  });

  it.each<[string, Json, string, string]>([
    [
      "of a mean",
      { ...ORDERS, query: metric("Orders", "Average") },
      ".query.statistic",
      "is Average, and per takes a count or a sum",
    ],
    [
      "per a mean",
      { ...ORDERS, per: metric("Visits", "Average") },
      ".per.statistic",
      "is Average, and exposures are counted",
    ],
    ["with samples beside", { ...ORDERS, samples: metric("All") }, ".samples", "stands beside per"],
    ["without a direction", { ...ORDERS, sequential: true }, ".sequential", "does not say which way is bad"],
    [
      "with a share's margin",
      { ...ORDERS, sequential: { ...FEWER, delta: 0.1 } },
      ".sequential.delta",
      "is of shares of requests, and this is a count per exposure",
    ],
    [
      "that would pass what it tolerates",
      { ...ORDERS, sequential: { ...FEWER, passPercent: 5 } },
      ".sequential.passPercent",
      "is not above what is tolerated",
    ],
    [
      "that would pass the loss of all",
      { ...ORDERS, sequential: { ...FEWER, passPercent: 100 } },
      ".sequential.passPercent",
      "of a loss is all there is",
    ],
    [
      "per exposures of no arm",
      { ...ORDERS, per: { ...metric("Visits"), dimensions: {} } },
      ".per",
      "cannot tell the arms apart",
    ],
    [
      "of no arm",
      { ...ORDERS, query: { ...metric("Orders"), dimensions: { Fn: "{functionName}" } } },
      ".query",
      "cannot tell the arms apart, and per compares them",
    ],
    [
      "that cuts the amounts of an expression",
      { ...ORDERS, largest: 9, query: { expression: "a", inputs: { a: metric("A") } } },
      ".largest",
      "can cut the amounts of a plain metric alone",
    ],
    [
      "without per, of a direction",
      { preset: "lambda-error-rate", sequential: FEWER },
      ".sequential.direction",
      "is of a metric per exposure, and there is no per",
    ],
    [
      "without per, of a largest amount",
      { query: metric("Orders"), largest: 3, rules: [{ max: 1 }] },
      ".largest",
      "is of a metric per exposure, and there is no per",
    ],
  ])("is refused %s", (_, input, path, message) => {
    expect(refused(input)).toEqual([[path, message]]);
  });
});
