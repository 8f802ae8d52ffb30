import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { shareProblem, spreadAlpha } from "../../../functions/domain/plan/alpha.ts";
import type { AnalysisPlan } from "../../../functions/domain/plan.ts";
import { type Changes, environment, expectProblem, type Json, problems, resolve, warnings } from "./documents.ts";

const SHOP = "policy.services.shop";
const AT = `${SHOP}.analysis.metrics[0]`;

type Fields = { [key: string]: Json };

const metrics = (...list: Json[]): Changes => ({ [`${SHOP}.analysis`]: { metrics: list } });
const analysis = (changes: Changes = {}): AnalysisPlan => environment(changes).analysis;
const rule = (input: Fields) => analysis(metrics({ preset: "lambda-error-rate", rules: [input] })).metrics[0]?.rules[0];
const weights = (changes: Changes) =>
  analysis(changes).metrics.map(({ name, target, sequential }) => [name, target, sequential?.weight]);

const ERRORS = {
  namespace: "Shop",
  metricName: "FailedPayments",
  dimensions: { Function: "{functionName}:{alias}", Version: "{version}", Target: "{target}-{environment}" },
  statistic: "Sum",
};
const DEPTH = {
  namespace: "AWS/SQS",
  metricName: "Depth",
  dimensions: { QueueName: "shop-{environment}" },
  statistic: "Maximum",
};

describe("an analysis", () => {
  it("of a short policy judges the error rate of every target, statistically, and asks a person about throttles", () => {
    const sequential = {
      weight: 0.5,
      rho: 1,
      delta: 0.0005,
      slo: null,
      passDelta: 0.005,
      warmupMinutes: 2,
      warmupDelta: 0.05,
      phiBurst: null,
      latencyMargin: null,
    };
    const metric = {
      name: "lambda-error-rate",
      source: { preset: "lambda-error-rate" },
      periodSeconds: 60,
      settleSeconds: 120,
      rules: [],
      sequential,
      dryRun: false,
    };
    const { sequential: _none, ...unjudged } = metric;
    const throttles = {
      ...unjudged,
      name: "lambda-throttles",
      source: { preset: "lambda-throttles" },
      rules: [
        {
          max: 10,
          sustainedSeconds: 120,
          minSamples: 0,
          onBreach: "block",
          hard: false,
          ifBaselineBreaks: "relative",
        },
      ],
    };
    expect(analysis()).toEqual({
      alpha: 0.05,
      metrics: [
        { ...metric, target: "order" },
        { ...metric, target: "cart" },
        { ...throttles, target: "order" },
        { ...throttles, target: "cart" },
      ],
      onInconclusive: "hold",
      extendSeconds: 0,
      holdSeconds: 86_400,
      earlyPass: false,
      referenceSeconds: 86_400,
      mustSeePoints: null,
      ifBlind: "warn",
      syntheticPerMinute: 0,
      left: { settings: ["extendUpTo", "onInconclusive"], passDelta: ["lambda-error-rate"] },
    });
  });

  it("leaves nothing to the traffic that the policy says, here or in the environment", () => {
    const said = { metrics: [{ preset: "lambda-error-rate", sequential: { passDelta: 0.01 } }], extendUpTo: "0s" };
    const left = (analysis_: Json, overridden: Json = {}) =>
      analysis({ [`${SHOP}.analysis`]: analysis_, [`${SHOP}.overrides.prod`]: { analysis: overridden } }).left;
    expect(left({ metrics: said.metrics })).toEqual({ settings: ["extendUpTo", "onInconclusive"], passDelta: [] });
    expect(left({ metrics: said.metrics }, { onInconclusive: "hold" })).toEqual({
      settings: ["extendUpTo"],
      passDelta: [],
    });
    expect(left({}, { onInconclusive: "proceed" })).toBeUndefined();
    expect(left(said)).toBeUndefined();
    const shown = { preset: "lambda-error-rate", sequential: true, dryRun: true };
    expect(left({ ...said, onInconclusive: "hold", metrics: [shown] })).toBeUndefined();
  });

  it("takes what the policy says", () => {
    const input = {
      alpha: 0.01,
      onInconclusive: "roll-back",
      extendUpTo: "30m",
      earlyPass: true,
      reference: "4h",
      mustSee: { points: 2, ifBlind: "refuse" },
      syntheticPerMinute: 20,
    };
    expect(analysis({ [`${SHOP}.analysis`]: input })).toMatchObject({
      alpha: 0.01,
      onInconclusive: "roll-back",
      extendSeconds: 1_800,
      earlyPass: true,
      referenceSeconds: 14_400,
      mustSeePoints: 2,
      ifBlind: "refuse",
      syntheticPerMinute: 20,
    });
    expect(analysis({ [`${SHOP}.analysis`]: { mustSee: { points: 1 } } })).toMatchObject({
      mustSeePoints: 1,
      ifBlind: "warn",
    });
  });

  it("takes events, where traffic is too thin for minutes", () => {
    expect(analysis({ [`${SHOP}.analysis`]: { events: 50 } })).toMatchObject({ events: 50 });
    expect(analysis({})).not.toHaveProperty("events");
    expect(problems({ [`${SHOP}.analysis`]: { events: 4 } })[0]?.path).toBe(`${SHOP}.analysis.events`);
  });

  it("warns where cold starts would be judged as if they stayed", () => {
    const judgedBy = (settings: Json) => ({
      [`${SHOP}.analysis`]: { metrics: [{ preset: "lambda-error-rate", sequential: settings }] },
    });
    const cold = (settings: Json) => warnings(judgedBy(settings)).filter(({ path }) => path.endsWith("warmupMinutes"));
    expect(cold({ warmupMinutes: 0 })).toEqual([
      {
        path: `${SHOP}.analysis.metrics[0].sequential.warmupMinutes`,
        value: 0,
        message: "judges cold starts as if they stayed: a lambda-alias takes 2 minutes to start",
        hint: "leave warmupMinutes out: cold minutes then have a bound of their own",
      },
    ]);
    expect(cold({ warmupMinutes: 1 })).toHaveLength(1);
    expect(cold({ warmupMinutes: 2 })).toEqual([]);
    expect(cold({})).toEqual([]);
  });

  it("says which targets get none of the requests that it asks for", () => {
    const asked = (probe: Json) =>
      warnings({ [`${SHOP}.analysis`]: { syntheticPerMinute: 10 }, [`${SHOP}.targets.0.probe`]: probe })
        .filter(({ path }) => path === `${SHOP}.analysis.syntheticPerMinute`)
        .map(({ message }) => message);
    expect(asked({ expect: {} })).toEqual(["sends nothing to cart: it has no probe"]);
    expect(asked({ expect: {}, timeout: "2m" })).toEqual([
      "sends nothing to cart: it has no probe",
      "sends nothing to order: its probe may take 2m, longer than a look of the judge has",
    ]);
  });

  it("is overridden key by key in an environment", () => {
    const changes = {
      [`${SHOP}.analysis`]: { alpha: 0.01, metrics: [{ preset: "lambda-throttles", rules: [{ max: 1 }] }] },
      [`${SHOP}.overrides.prod`]: { analysis: { onInconclusive: "proceed" } },
    };
    expect(analysis(changes)).toMatchObject({
      alpha: 0.01,
      onInconclusive: "proceed",
      metrics: [{ name: "lambda-throttles" }, {}],
    });
  });

  it("says where an overridden metric is wrong", () => {
    const changes = { [`${SHOP}.overrides.prod`]: { analysis: { metrics: [{ preset: "lambda-throttles" }] } } };
    expect(problems(changes).map((problem) => problem.path)).toEqual([`${SHOP}.overrides.prod.analysis.metrics[0]`]);
  });
});

describe("the rules of runbooks", () => {
  it.each<[string, Fields, object]>([
    [
      "error rate below baseline + 2 points",
      { maxIncreasePoints: 2 },
      { maxIncreasePoints: 2, sustainedSeconds: 0, onBreach: "rollback", hard: false },
    ],
    ["p95 below baseline + 10 %", { maxIncreasePercent: 10 }, { maxIncreasePercent: 10 }],
    [
      "error rate > 5 % for 2 minutes",
      { max: 5, sustainedFor: "2m", hard: true },
      { max: 5, sustainedSeconds: 120, hard: true },
    ],
    ["> 10 % sustained 10 minutes", { max: 10, sustainedFor: "10m" }, { max: 10, sustainedSeconds: 600 }],
    [
      "p95 > 2x baseline for 15 minutes",
      { maxIncreasePercent: 100, sustainedFor: "15m" },
      { maxIncreasePercent: 100, sustainedSeconds: 900 },
    ],
    ["stop and investigate", { max: 1, onBreach: "block" }, { onBreach: "block" }],
    ["only say so", { max: 1, onBreach: "warn", minSamples: 7 }, { onBreach: "warn", minSamples: 7 }],
    ["nothing tolerated", { max: 0 }, { max: 0 }],
  ])("%s", (_, input, wanted) => {
    expect(rule(input)).toMatchObject(wanted);
  });

  it("say what becomes of a max that the baseline breaks: by themselves, by the analysis, or relative to it", () => {
    const chosen = (input: Fields, block: Fields = {}) =>
      analysis({ [`${SHOP}.analysis`]: { ...block, metrics: [{ preset: "lambda-error-rate", rules: [input] }] } })
        .metrics[0]?.rules[0]?.ifBaselineBreaks;
    expect(chosen({ max: 1 })).toBe("relative");
    expect(chosen({ max: 1 }, { ifBaselineBreaks: "refuse" })).toBe("refuse");
    expect(chosen({ max: 1, ifBaselineBreaks: "keep" }, { ifBaselineBreaks: "refuse" })).toBe("keep");
    expect(chosen({ maxIncreasePoints: 1 }, { ifBaselineBreaks: "refuse" })).toBeUndefined();
    const misplaced = { preset: "lambda-error-rate", rules: [{ maxIncreasePoints: 1, ifBaselineBreaks: "keep" }] };
    expect(problems(metrics(misplaced)).map(({ path, message }) => [path, message])).toEqual([
      [`${AT}.rules[0].ifBaselineBreaks`, "is said of a rule without max"],
    ]);
  });

  it("hold nothing but what was said and the defaults", () => {
    expect(rule({ max: 5 })).toEqual({
      max: 5,
      sustainedSeconds: 0,
      minSamples: 50,
      onBreach: "rollback",
      hard: false,
      ifBaselineBreaks: "relative",
    });
  });

  it("need no samples for throttles, nor where nothing counts them", () => {
    const list = analysis(
      metrics(
        { preset: "lambda-throttles", rules: [{ max: 10 }] },
        { query: DEPTH, rules: [{ max: 10 }] },
        { name: "counted", query: DEPTH, samples: DEPTH, rules: [{ max: 10 }] },
      ),
    ).metrics;
    expect(list.map(({ name, target, rules }) => [name, target, rules[0]?.minSamples])).toEqual([
      ["lambda-throttles", "order", 0],
      ["lambda-throttles", "cart", 0],
      ["depth", null, 0],
      ["counted", null, 50],
    ]);
  });

  const refused = (input: Fields, metric: Fields = { preset: "lambda-error-rate" }) =>
    problems(metrics({ ...metric, rules: [input] })).map(({ path, message, hint }) => [path, message, hint]);
  const CEILINGS =
    "write exactly one of max, maxIncreasePoints, maxIncreasePercent; several ceilings are several rules";

  it("are refused without a ceiling, or with two", () => {
    expect(refused({ sustainedFor: "2m" })).toEqual([[`${AT}.rules[0]`, "has no ceiling", CEILINGS]]);
    expect(refused({ max: 5, maxIncreasePercent: 10 })).toEqual([
      [`${AT}.rules[0]`, "has 2 ceilings: max, maxIncreasePercent", CEILINGS],
    ]);
  });

  it("are refused where they last for parts of a period", () => {
    expect(refused({ max: 5, sustainedFor: "90s" })).toEqual([
      [
        `${AT}.rules[0].sustainedFor`,
        "is no multiple of the metric's period",
        "write whole periods, such as 2m or 10m",
      ],
    ]);
    expect(refused({ max: 5, sustainedFor: "2m" }, { preset: "lambda-error-rate", period: "5m" })).toHaveLength(1);
  });

  it("are refused where they compare what cannot be told apart", () => {
    const message = "compares with a baseline, but the query cannot tell the versions apart";
    const hint = "put {version} into a dimension, beside what names the target, or write max";
    expect(refused({ maxIncreasePoints: 2 }, { query: DEPTH })).toEqual([[`${AT}.rules[0]`, message, hint]]);
    expect(resolve(metrics({ query: ERRORS, rules: [{ maxIncreasePoints: 2 }] })).ok).toBe(true);
  });

  it("are refused where they want samples that nothing counts", () => {
    expect(refused({ max: 2, minSamples: 10 }, { query: DEPTH })).toEqual([
      [
        `${AT}.rules[0].minSamples`,
        "cannot be held: nothing counts the samples",
        "add samples to the metric, such as Invocations with Sum",
      ],
    ]);
    expect(resolve(metrics({ query: DEPTH, rules: [{ max: 2, minSamples: 0 }] })).ok).toBe(true);
  });

  it("are warned about where their breach must outlast everything that watches", () => {
    const sleepy = (sustainedFor: string): Changes => ({
      ...metrics({ preset: "lambda-error-rate", rules: [{ max: 5, sustainedFor }] }),
      [`${SHOP}.targets`]: [{ name: "order", kind: "lambda-alias", functionName: "f", alias: "live" }],
      "release.artifacts.cart": undefined,
      [`${SHOP}.monitorAfter`]: { for: "1h" },
    });
    const about = (changes: Changes) => warnings(changes).filter((warning) => warning.path === `${SHOP}.analysis`);
    expect(about(sleepy("1h58m"))).toEqual([]);
    expect(about(sleepy("1h59m")).map(({ message, hint }) => [message, hint])).toEqual([
      [
        "a rule of lambda-error-rate must be broken for longer than rollout and monitoring last",
        "shorten sustainedFor, or monitor longer",
      ],
    ]);
  });
});

describe("a metric", () => {
  it("by query is asked for each target that it mentions, {version} left to the reader", () => {
    const input = {
      query: ERRORS,
      samples: { ...ERRORS, metricName: "Payments" },
      targets: ["cart"],
      rules: [{ max: 1 }],
    };
    const dimensions = { Function: "shop-prod-cart:live", Version: "{version}", Target: "cart-prod" };
    expect(analysis(metrics(input)).metrics).toEqual([
      {
        name: "failed-payments",
        target: "cart",
        source: { query: { ...ERRORS, dimensions }, samples: { ...ERRORS, metricName: "Payments", dimensions } },
        periodSeconds: 60,
        settleSeconds: 120,
        rules: [
          {
            max: 1,
            sustainedSeconds: 0,
            minSamples: 50,
            onBreach: "rollback",
            hard: false,
            ifBaselineBreaks: "relative",
          },
        ],
        dryRun: false,
      },
    ]);
  });

  it("may be ranked, with settings of its own, where no other lane looks", () => {
    const age = { ...ERRORS, metricName: "Age", statistic: "Maximum" };
    const [ranked] = analysis(metrics({ query: age, rank: { minimumPoints: 15 } })).metrics;
    expect(ranked?.rank).toEqual({ minimumPoints: 15, direction: "increase", toleratedPercent: 10 });
    expect(ranked?.sequential).toBeUndefined();
    const own = { minimumPoints: 5, direction: "either", toleratedPercent: 0 };
    expect(analysis(metrics({ query: age, rank: own })).metrics[0]?.rank).toEqual(own);
    expect(analysis(metrics({ query: age, rules: [{ max: 1 }] })).metrics[0]).not.toHaveProperty("rank");
  });

  it("that is ranked needs a step with a baseline beside the candidate", () => {
    const ranked = metrics({ query: ERRORS, rank: { minimumPoints: 15 } });
    const at100 = { ...ranked, [`${SHOP}.rollout`]: { steps: [{ weight: 100, bake: "15m" }] } };
    expectProblem(at100, {
      path: `${AT}.rank`,
      value: { minimumPoints: 15 },
      message: "compares two arms, and no step has a baseline beside the candidate",
      hint: "add a step below 100 %, or leave rank out",
    });
    expect(resolve(ranked).ok).toBe(true);
  });

  it("counts all requests by Sum or by SampleCount", () => {
    for (const statistic of ["Sum", "SampleCount"]) {
      expect(resolve(metrics({ query: ERRORS, samples: { ...ERRORS, statistic }, sequential: true })).ok).toBe(true);
    }
  });

  it("by query is the environment's where it mentions no target", () => {
    const [metric] = analysis(metrics({ query: DEPTH, rules: [{ max: 1 }] })).metrics;
    expect(metric).toMatchObject({ target: null, source: { query: { dimensions: { QueueName: "shop-prod" } } } });
    expect(metric?.sequential).toBeUndefined();
  });

  it.each<[string, Fields, string, string, string]>([
    [
      "without anything that acts on it",
      { preset: "lambda-throttles" },
      "",
      "is measured, but nothing acts on it",
      "add rules, sequential: true, or dryRun: true",
    ],
    [
      "with the judge off and no rules",
      { preset: "lambda-error-rate", sequential: false },
      "",
      "is measured, but nothing acts on it",
      "add rules, sequential: true, or dryRun: true",
    ],
    [
      "in half minutes",
      { preset: "lambda-error-rate", period: "90s" },
      ".period",
      "is no multiple of 1m",
      "CloudWatch keeps points of 1m, 2m, 5m and so on",
    ],
    [
      "in no time",
      { preset: "lambda-error-rate", period: "0s" },
      ".period",
      "is no multiple of 1m",
      "CloudWatch keeps points of 1m, 2m, 5m and so on",
    ],
    [
      "of an unknown target",
      { preset: "lambda-error-rate", targets: ["order", "crat"] },
      ".targets[1]",
      "is no target of the service",
      "targets: order, cart",
    ],
    [
      "of a target that the query does not mention",
      { query: DEPTH, targets: ["cart"], rules: [{ max: 1 }] },
      ".targets",
      "names targets, but the query is the same for all of them",
      "put {target} or another name of one ({functionName}, {alias}, {stateMachineName}, {stateMachineArn}) into a dimension, or leave targets out",
    ],
    [
      "judged without samples",
      { query: ERRORS, sequential: true },
      ".sequential",
      "needs counts: the query has no samples",
      "add samples (such as Invocations with Sum), or write sequential: false",
    ],
    [
      "judged, but no count",
      { query: { ...ERRORS, statistic: "Average" }, samples: ERRORS, sequential: true },
      ".query.statistic",
      "is Average, and the judge needs a count",
      "write Sum over a metric of bad requests, or sequential: false",
    ],
    [
      "judged over samples that are no count",
      { query: ERRORS, samples: { ...ERRORS, statistic: "Maximum" }, sequential: true },
      ".samples.statistic",
      "is Maximum, and the judge needs a count",
      "write Sum or SampleCount over a metric of all requests, or sequential: false",
    ],
    [
      "ranked and judged",
      { query: ERRORS, samples: ERRORS, sequential: true, rank: { minimumPoints: 15 } },
      ".rank",
      "stands beside sequential",
      "keep one: sequential for counts, rank for the rest",
    ],
    [
      "of the environment, ranked",
      { query: DEPTH, rank: { minimumPoints: 15 } },
      ".rank",
      "needs a baseline arm, which this query cannot tell apart",
      "put {version} into a dimension, beside what names the target, or leave rank out",
    ],
    [
      "of a target, ranked without its versions",
      { query: { ...DEPTH, dimensions: { F: "{functionName}" } }, rank: { minimumPoints: 15 } },
      ".rank",
      "needs a baseline arm, which this query cannot tell apart",
      "put {version} into a dimension, beside what names the target, or leave rank out",
    ],
    [
      "of the environment, judged",
      { query: { ...DEPTH, statistic: "Sum" }, samples: { ...DEPTH, statistic: "Sum" }, sequential: true },
      ".sequential",
      "needs a baseline arm, which a metric of the environment has not",
      "put {version} into a dimension, beside what names the target, or write sequential: false",
    ],
    [
      "of the environment, by version",
      { query: { ...DEPTH, dimensions: { V: "{version}" } }, rules: [{ max: 1 }] },
      ".query.dimensions.V",
      "has the unknown placeholder {version}",
      "known here: {environment}, {service}",
    ],
    [
      "with samples of an unknown placeholder",
      { query: DEPTH, samples: { ...DEPTH, dimensions: { V: "{x}" } }, rules: [{ max: 1 }] },
      ".samples.dimensions.V",
      "has the unknown placeholder {x}",
      "known here: {environment}, {service}",
    ],
  ])("is refused %s", (_, input, at, message, hint) => {
    const found = problems(metrics(input)).map((problem) => [problem.path, problem.message, problem.hint]);
    expect(found).toEqual([[`${AT}${at}`, message, hint]]);
  });

  it("is refused under another one's name", () => {
    const [one, other] = [
      { preset: "lambda-error-rate" },
      { preset: "lambda-throttles", name: "lambda-error-rate", rules: [{ max: 1 }] },
    ];
    expectProblem(metrics(one, other), {
      path: `${SHOP}.analysis.metrics[1].name`,
      value: "lambda-error-rate",
      message: 'is "lambda-error-rate", as metrics[0] is',
      hint: "give each metric a name of its own",
    });
  });

  it("may be a dry run that nothing acts on", () => {
    expect(analysis(metrics({ preset: "lambda-throttles", dryRun: true })).metrics[0]).toMatchObject({
      dryRun: true,
      rules: [],
    });
  });

  it("of durations is judged with a margin, of errors with a tolerated rise", () => {
    const [p95, errors] = analysis(
      metrics(
        { preset: "lambda-duration-p95", sequential: true, targets: ["cart"] },
        {
          preset: "lambda-error-rate",
          sequential: { latencyMargin: 3, rho: 2, slo: 0.01, phiBurst: 5, warmupMinutes: 2 },
          targets: ["cart"],
        },
      ),
    ).metrics;
    expect(p95?.sequential).toMatchObject({ delta: 0, latencyMargin: 0.1, weight: expect.closeTo(0.375, 12) });
    expect(errors?.sequential).toMatchObject({
      delta: 0.0005,
      latencyMargin: null,
      weight: expect.closeTo(0.625, 12),
      rho: 2,
      slo: 0.01,
      phiBurst: 5,
      warmupMinutes: 2,
    });
    const own = analysis(metrics({ preset: "lambda-duration-p50", sequential: { latencyMargin: 0.2, delta: 0.01 } }))
      .metrics[0];
    expect(own?.sequential).toMatchObject({ delta: 0.01, latencyMargin: 0.2 });
  });
});

describe("alpha", () => {
  it("is spread half to errors, three tenths to latency and two tenths to the rest, evenly over targets", () => {
    const changes = metrics(
      { preset: "lambda-error-rate" },
      { preset: "lambda-duration-p95", sequential: true, targets: ["cart"] },
      { preset: "lambda-throttles", sequential: true },
    );
    expect(weights(changes)).toEqual([
      ["lambda-error-rate", "order", 0.25],
      ["lambda-error-rate", "cart", 0.25],
      ["lambda-duration-p95", "cart", 0.3],
      ["lambda-throttles", "order", 0.1],
      ["lambda-throttles", "cart", 0.1],
    ]);
  });

  it("takes shares from the policy, and gives the rest to the rest", () => {
    const changes = metrics(
      { preset: "lambda-error-rate" },
      { preset: "lambda-duration-p95", sequential: { weight: 0.6 } },
    );
    expect(weights(changes)).toEqual([
      ["lambda-error-rate", "order", 0.2],
      ["lambda-error-rate", "cart", 0.2],
      ["lambda-duration-p95", "order", 0.3],
      ["lambda-duration-p95", "cart", 0.3],
    ]);
  });

  it("takes shares for every metric where they sum to 1", () => {
    const changes = metrics(
      { preset: "lambda-error-rate", sequential: { weight: 0.9 }, targets: ["cart"] },
      { preset: "lambda-duration-p95", sequential: { weight: 0.1 }, targets: ["cart"] },
    );
    expect(weights(changes).map(([, , weight]) => weight)).toEqual([0.9, 0.1]);
  });

  it("is not spent by dry runs", () => {
    const changes = metrics(
      { preset: "lambda-error-rate" },
      { preset: "lambda-duration-p95", sequential: true, dryRun: true },
    );
    expect(weights(changes)).toEqual([
      ["lambda-error-rate", "order", 0.5],
      ["lambda-error-rate", "cart", 0.5],
      ["lambda-duration-p95", "order", 0.5],
      ["lambda-duration-p95", "cart", 0.5],
    ]);
  });

  it.each<[string, (number | undefined)[], string]>([
    ["that do not sum to 1", [0.5, 0.3], "the weights sum to 0.8, not to 1"],
    ["that sum to more than 1", [0.8, 0.3], "the weights sum to 1.1, not to 1"],
    ["that leave nothing", [1, undefined], "the weights given sum to 1 and leave nothing for the rest"],
  ])("cannot be spread by shares %s", (_, [first, second], message) => {
    const share = (weight: number | undefined): Json => (weight === undefined ? true : { weight });
    const changes = metrics(
      { preset: "lambda-error-rate", sequential: share(first) },
      { preset: "lambda-duration-p95", sequential: share(second) },
    );
    const found = problems(changes).map((problem) => [problem.path, problem.message, problem.hint]);
    expect(found).toEqual([
      [`${SHOP}.analysis.metrics`, message, "write shares that sum to 1, or leave sequential.weight out"],
    ]);
  });

  it("always sums to 1 over metrics and targets", () => {
    const claim = fc.record({
      metricClass: fc.constantFrom("errors", "latency", "other"),
      share: fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: undefined }),
      targets: fc.integer({ min: 1, max: 200 }),
    });
    fc.assert(
      fc.property(fc.array(claim, { minLength: 1, maxLength: 6 }), (claims) => {
        fc.pre(shareProblem(claims) === null);
        const spread = spreadAlpha(claims);
        const total = spread.reduce((sum, weight, index) => sum + weight * (claims[index]?.targets ?? 0), 0);
        expect(total).toBeCloseTo(1, 9);
        expect(Math.min(...spread)).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  it("has nothing to spread where nothing is judged", () => {
    expect(shareProblem([])).toBeNull();
    expect(spreadAlpha([])).toEqual([]);
  });
});
