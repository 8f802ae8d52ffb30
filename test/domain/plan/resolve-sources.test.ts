import { describe, expect, it } from "vitest";
import { type Changes, environment, type Json, problems } from "./documents.ts";

const SHOP = "policy.services.shop";
const AT = `${SHOP}.analysis.metrics[0]`;

const metrics = (...list: Json[]): Changes => ({ [`${SHOP}.analysis`]: { metrics: list } });
const planned = (metric: Json) => environment(metrics(metric)).analysis.metrics;
const refused = (metric: Json) =>
  problems(metrics(metric)).map(({ path, message, hint }) => [path.replace(AT, ""), message, hint]);

const metric = (metricName: string, statistic = "Sum") => ({
  namespace: "Shop",
  metricName,
  dimensions: { Alias: "{functionName}-{environment}", Version: "{version}" },
  statistic,
});
const FAILED = {
  expression: "failed + FILL(refused, 0)",
  inputs: { failed: metric("Failed"), refused: metric("Refused") },
};
const SQL = "SELECT SUM(Failed) FROM Shop WHERE Alias = '{functionName}' AND Version = '{version}'";
const ON_ORDER = { targets: ["order"] };

describe("an expression in a query", () => {
  it("is a count of bad requests where it adds counts up, judged for each target under its own names", () => {
    const found = planned({ query: FAILED, samples: metric("All"), sequential: true });
    expect(found.map(({ name, target, sequential }) => [name, target, sequential?.weight])).toEqual([
      ["failed-refused", "order", 0.5],
      ["failed-refused", "cart", 0.5],
    ]);
    const dimensions = { Alias: "shop-prod-order-prod", Version: "{version}" };
    expect(found[0]?.source).toEqual({
      query: {
        expression: "failed + FILL(refused, 0)",
        inputs: {
          failed: { namespace: "Shop", metricName: "Failed", dimensions, statistic: "Sum" },
          refused: { namespace: "Shop", metricName: "Refused", dimensions, statistic: "Sum" },
        },
        required: ["failed"],
        counts: true,
      },
      samples: { namespace: "Shop", metricName: "All", dimensions, statistic: "Sum" },
    });
  });

  it("may be any other value for rules", () => {
    const ratio = { expression: "100 * failed / refused", inputs: FAILED.inputs };
    const [found] = planned({ query: ratio, rules: [{ maxIncreasePercent: 10 }], ...ON_ORDER });
    expect(found?.source).toMatchObject({ query: { counts: false, required: ["failed", "refused"] } });
  });

  it.each<[string, Json, string, string]>([
    [
      "more than a sum, under the sequential judge",
      { query: { ...FAILED, expression: "failed / refused" }, samples: metric("All"), sequential: true },
      ".query.expression",
      "is more than sums of its inputs, and the judge needs a count",
    ],
    [
      "of means, under the sequential judge",
      {
        query: { expression: "failed", inputs: { failed: metric("Failed", "Average") } },
        samples: metric("All"),
        sequential: true,
      },
      ".query.inputs.failed.statistic",
      "is Average, and the judge needs a count",
    ],
    [
      "that cannot be read",
      { query: { ...FAILED, expression: "failed + RATE(refused)" }, rules: [{ max: 1 }] },
      ".query.expression",
      'names "RATE", which is none of its inputs',
    ],
    [
      "with an input too many",
      { query: { ...FAILED, expression: "failed" }, rules: [{ max: 1 }] },
      ".query.inputs.refused",
      "is not in the expression",
    ],
    [
      "that turns silence into zeros",
      { query: { expression: "FILL(failed, 0)", inputs: { failed: metric("Failed") } }, rules: [{ max: 1 }] },
      ".query.expression",
      "has a value where nothing was measured at all",
    ],
  ])("is refused %s", (_, input, path, message) => {
    expect(refused(input)).toEqual([[path, message, expect.any(String)]]);
  });

  it("is refused with an input under no name", () => {
    expect(
      refused({
        query: { expression: "failed", inputs: { failed: metric("A"), Failed: metric("B") } },
        rules: [{ max: 1 }],
      }),
    ).toEqual([
      [
        ".query.inputs.Failed",
        "stands under a key that is no name",
        "an input's name: a lower-case letter, then letters and digits",
      ],
    ]);
  });
});

describe("requests that ran into their time-out", () => {
  const duration = (statistic: string) => ({ ...metric("Duration", statistic), namespace: "AWS/Lambda" });
  const within = {
    expression: "all - within",
    inputs: { all: duration("SampleCount"), within: duration("TC(:2990)") },
  };

  it("are counted by the duration that they end at, in an expression or by a trimmed count", () => {
    for (const query of [within, duration("TC(2990:)")]) {
      const input = { name: "time-outs", query, samples: duration("SampleCount"), sequential: true, ...ON_ORDER };
      expect(planned(input)[0]?.sequential).toMatchObject({ weight: 1 });
    }
  });
});

describe("Metrics Insights in a query", () => {
  it("counts with SUM, the target's names filled in and the version left to the looks", () => {
    const [found] = planned({ query: { insights: SQL }, samples: metric("All"), sequential: true, ...ON_ORDER });
    expect(found).toMatchObject({
      name: "failed",
      source: {
        query: {
          insights: "SELECT SUM(Failed) FROM Shop WHERE Alias = 'shop-prod-order' AND Version = '{version}'",
          counts: true,
        },
      },
    });
  });

  it.each<[string, Json, string, string]>([
    [
      "of several series",
      { query: { insights: "SELECT SUM(Failed) FROM Shop GROUP BY Version" }, rules: [{ max: 1 }] },
      ".query.insights",
      "has GROUP BY: it would be several series",
    ],
    [
      "of a mean under the sequential judge",
      { query: { insights: SQL.replace("SUM", "AVG") }, samples: metric("All"), sequential: true },
      ".query.insights",
      "is neither SUM nor COUNT, and the judge needs a count",
    ],
    [
      "of Lambda's versions, which vanish at 100 %",
      {
        query: { insights: "SELECT SUM(Errors) FROM \"AWS/Lambda\" WHERE ExecutedVersion = '{version}'" },
        rules: [{ max: 1 }],
        dryRun: false,
      },
      ".query.insights",
      "has the unknown placeholder {version}",
    ],
    [
      "of a target's versions in AWS/Lambda",
      {
        query: {
          insights:
            "SELECT SUM(Errors) FROM \"AWS/Lambda\" WHERE FunctionName = '{functionName}' AND ExecutedVersion = '{version}'",
        },
        rules: [{ max: 1 }],
      },
      ".query.insights",
      "asks for Lambda's versions, which vanish from its metrics at 100 %",
    ],
  ])("is refused %s", (_, input, path, message) => {
    expect(refused(input)).toContainEqual([path, message, expect.any(String)]);
  });

  it("is refused beyond twenty series, each of which is a call of each look", () => {
    const many = Array.from({ length: 6 }, (_, index) => ({
      name: `m${index}`,
      query: { insights: SQL },
      rules: [{ max: 1 }],
    }));
    const found = problems(metrics(...many)).map(({ path, message }) => [path, message]);
    expect(found).toEqual([
      [`${SHOP}.analysis.metrics`, "ask for 24 series of Metrics Insights, and CloudWatch answers one a call"],
    ]);
    expect(environment(metrics(...many.slice(1))).analysis.metrics).toHaveLength(10);
  });
});

describe("a function of the team's as a source", () => {
  it("is asked for each target, counts unless said otherwise, and waits for ten seconds", () => {
    const found = planned({ source: { function: "metrics-{environment}" }, sequential: true });
    expect(found.map(({ name, target, source }) => [name, target, source])).toEqual(
      [
        ["order", "shop-prod-order"],
        ["cart", "shop-prod-cart"],
      ].map(([target, functionName]) => [
        "metrics-environment",
        target,
        {
          source: {
            function: "metrics-prod",
            gives: "counts",
            timeoutSeconds: 10,
            names: { functionName, alias: expect.any(String) },
          },
        },
      ]),
    );
  });

  it("may be of another account, by its ARN", () => {
    const name = "arn:aws:lambda:af-south-1:999955556666:function:metrics:live";
    const [found] = planned({ name: "p95", source: { function: name, gives: "values" }, rank: { minimumPoints: 15 } });
    expect(found).toMatchObject({ name: "p95", source: { source: { function: name, gives: "values" } } });
  });

  it.each<[string, Json, string, string]>([
    [
      "of values under the sequential judge",
      { source: { function: "m", gives: "values" }, sequential: true },
      ".source.gives",
      "is values, and the judge needs a count",
    ],
    [
      "under no name",
      { source: { function: "m m" }, sequential: true },
      ".source.function",
      "is neither the name nor the ARN of a function",
    ],
    [
      "in another Region",
      { name: "m", source: { function: "arn:aws:lambda:us-east-1:444455556666:function:m" }, sequential: true },
      ".source.function",
      "is in us-east-1, and the environment is not",
    ],
    [
      "that waits too long",
      { source: { function: "m", timeout: "1m" }, sequential: true },
      ".source.timeout",
      "is not between 1s and 15s",
    ],
  ])("is refused %s", (_, input, path, message) => {
    expect(refused(input)).toEqual([[path, message, expect.any(String)]]);
  });
});

describe("new errors in the logs", () => {
  const asking = (newErrors: string): Changes => ({ [`${SHOP}.analysis`]: { newErrors } });

  it("are searched where the policy says what becomes of them, and not otherwise", () => {
    expect(environment(asking("warn")).analysis.newErrors).toBe("warn");
    expect(environment(asking("off")).analysis).not.toHaveProperty("newErrors");
    expect(environment({}).analysis).not.toHaveProperty("newErrors");
  });
});
