import { describe, expect, test } from "vitest";
import type { EnvironmentPlan, RulePlan } from "../../functions/domain/plan.ts";
import { readDecisionForm } from "../../functions/pages/approval/form.ts";
import { html } from "../../functions/pages/html.ts";
import { htmlHeaders } from "../../functions/pages/layout.ts";
import {
  gateInWords,
  metricsInWords,
  ruleInWords,
  stepsInWords,
  targetInWords,
  windowInWords,
} from "../../functions/pages/promotion/plan-words.ts";
import { loadVerdictView, thinned } from "../../functions/pages/promotion/verdict-view.ts";
import { STYLE } from "../../functions/pages/style.ts";
import { environmentPlan, START, sha256 } from "../support/approval-scene.ts";
import { judge } from "../support/judged-environment.ts";
import { MemoryLedger } from "../support/memory-ledger.ts";

describe("markup", () => {
  test("escapes every value, in text and in attributes", () => {
    const evil = `<script>'"&`;
    expect(html`<p title="${evil}">${evil}</p>`.text).toBe(
      '<p title="&lt;script&gt;&#39;&quot;&amp;">&lt;script&gt;&#39;&quot;&amp;</p>',
    );
  });

  test("keeps markup as it is, at any depth, and leaves out what is not there", () => {
    expect(html`${[html`<b>${1}</b>`, [null, undefined, false, "x", [0]]]}`.text).toBe("<b>1</b>x0");
  });

  test("spells out what cannot be shown, and keeps line breaks", () => {
    expect(html`${"a\u0000b\u202Ec\r\n\td"}`.text).toBe("a[U+0000]b[U+202E]c\n\td");
  });
});

test("the style sheet is allowed by its own hash, and reaches for nothing", () => {
  const hash = Buffer.from(sha256(STYLE), "hex").toString("base64");

  expect(htmlHeaders(sha256)["content-security-policy"]).toContain(`'sha256-${hash}'`);
  expect(STYLE).not.toMatch(/url\(|@import|<\//);
});

describe("the form that comes back", () => {
  const body = (...fields: [string, string][]) => new URLSearchParams(fields).toString();
  const full: [string, string][] = [
    ["token", "t"],
    ["checklist", "a"],
    ["checklist", "b"],
    ["comment", "1\r\n2\r3"],
    ["version", "v"],
    ["decision", "rejected"],
  ];

  test("is read as it was filled in", () => {
    expect(readDecisionForm(body(...full))).toEqual({
      token: "t",
      decision: "rejected",
      comment: "1\n2\r3",
      version: "v",
      checklist: ["a", "b"],
    });
  });

  test.each(["token", "comment", "version", "decision"])("is none of ours without %s, or with two", (name) => {
    expect(readDecisionForm(body(...full.filter(([field]) => field !== name)))).toBeNull();
    expect(readDecisionForm(body(...full, [name, "x"]))).toBeNull();
  });
});

describe("a plan in words", () => {
  const rule = (change: Partial<RulePlan>): RulePlan => ({
    sustainedSeconds: 0,
    minSamples: 0,
    onBreach: "rollback",
    hard: false,
    ...change,
  });

  test.each([
    [
      rule({ max: 5, sustainedSeconds: 120, minSamples: 50 }),
      " %",
      "more than 5 % for 2m brings traffic back (from 50 samples on)",
    ],
    [rule({ max: 500, onBreach: "warn" }), " ms", "more than 500 ms is noted"],
    [rule({ max: 0, hard: true }), " a minute", "more than 0 a minute brings traffic back at once"],
    [
      rule({ maxIncreasePoints: 1 }),
      " %",
      "more than 1 percentage point above the version serving now brings traffic back",
    ],
    [rule({ maxIncreasePoints: 50 }), " ms", "more than 50 ms above the version serving now brings traffic back"],
    [
      rule({ maxIncreasePercent: 20, onBreach: "block" }),
      " ms",
      "more than 20 % worse than the version serving now holds the rollout",
    ],
  ])("rule %#", (given, unit, words) => {
    expect(ruleInWords(given, unit)).toBe(words);
  });

  test("names each metric with its target, its rules and the judge's stated rate", () => {
    const plan = environmentPlan([]);
    const [metric] = plan.analysis.metrics;
    if (metric === undefined) throw new Error("the scene watches nothing");
    const sequential = {
      weight: 1,
      rho: 1,
      delta: 0,
      slo: null,
      passDelta: 0,
      warmupMinutes: 0,
      warmupDelta: 0,
      phiBurst: null,
      latencyMargin: null,
    };
    const metrics = [
      { ...metric, rules: [], sequential },
      {
        ...metric,
        target: null,
        dryRun: true,
        source: { query: { namespace: "n", metricName: "m", dimensions: {}, statistic: "Sum" } },
        rules: [rule({ max: 3 })],
      },
      { ...metric, source: { preset: "lambda-throttles" as const }, rules: [rule({ max: 3 })] },
    ];

    expect(metricsInWords({ ...plan, holdback: 1, analysis: { ...plan.analysis, metrics } })).toEqual([
      {
        name: "order: error rate",
        rules: ["judged against the version serving now; a good release is brought back at most 5 % of the time"],
      },
      { name: "error rate (shown only)", rules: ["more than 3 brings traffic back"] },
      { name: "order: error rate", rules: ["more than 3 a minute brings traffic back"] },
      {
        name: "not watched",
        rules: [
          "nothing acts on throttled requests of order-migration: they run no version, and are in no version's errors",
        ],
      },
    ]);
    const whole = metricsInWords({ ...plan, analysis: { ...plan.analysis, metrics } });
    expect(whole.at(-1)).toMatchObject({ name: "not compared", rules: [expect.stringContaining("rollout.holdback")] });
  });

  test("says steps, windows, targets and checks", () => {
    const plan = environmentPlan([], {
      steps: [
        { weight: 10, bakeSeconds: 5_400 },
        { weight: 100, bakeSeconds: 0 },
      ],
    });
    const window = (change: Partial<NonNullable<EnvironmentPlan["window"]>>) =>
      windowInWords({ zone: "UTC", open: [], freezes: [], scope: "shifts", whenItCloses: "hold", ...change });

    expect(stepsInWords(plan)).toEqual(["10 % of traffic, watched for 1h30m", "100 % of traffic"]);
    expect(windowInWords(null)).toBe("at any time");
    expect(windowInWords(plan.window)).toBe("Tue, Wed, Thu 20:00 to 22:00 (Africa/Johannesburg)");
    expect(window({ freezes: [{ name: "Black Friday", from: "", to: "" }] })).toBe(
      "at any time (UTC), not during Black Friday",
    );
    expect(
      window({
        open: [
          { days: [1, 2, 3, 4, 5, 6, 7], from: 0, to: 1_440 },
          { days: [7], from: 65, to: 70 },
        ],
      }),
    ).toBe("every day, all day; Sun 01:05 to 01:10 (UTC)");
    expect(plan.targets.map(targetInWords)[1]).toBe("bbws-prod-order-migration, alias live: published version 17");
    const http = { kind: "http", url: "https://x", status: 200, onFail: "block" } as const;
    expect([
      gateInWords({ ...http, name: "health", when: 50 }),
      gateInWords({ ...http, name: "health", when: "at-0" }),
    ]).toEqual(["health (at 50 %)", "health (at-0)"]);
  });
});

describe("what the judge saw", () => {
  test("is nothing where nothing was baked", async () => {
    expect(await loadVerdictView(new MemoryLedger(), "p", "sit")).toBeNull();
  });

  test("is each bake, the newest findings, and the newest word on each minute", async () => {
    const ledger = new MemoryLedger();
    await judge(ledger, "p", "sit", START);

    const view = await loadVerdictView(ledger, "p", "sit");

    expect(view?.bakes.map(({ phase, result }) => [phase, result])).toEqual(
      [10, 25, 50, 100].map((weight) => [`step-${weight}`, "passed"]),
    );
    expect(view?.shifts).toEqual(
      [10, 25, 50, 100].map((weight, index) => ({ x: START + index * 900_000, label: `${weight} %` })),
    );
    expect(view?.series.map(({ name, unit }) => [name, unit])).toEqual([
      ["order: error rate", "%"],
      ["order: p95 duration", "ms"],
    ]);
    expect(view?.series[1]?.candidate.filter(({ y }) => y === null)).toHaveLength(4);
    expect(view?.series[0]?.baseline).toHaveLength(60);
    expect(view?.evidence?.line).toBeCloseTo(3, 1);
    expect([view?.from, view?.to]).toEqual([START, START + 62 * 60_000]);
  });

  test("is thinned by keeping the worst of its neighbours, never the best", () => {
    const points = Array.from({ length: 1_000 }, (_, x) => ({ x, y: x === 501 ? 99 : x % 2 === 0 ? 1 : null }));
    const few = thinned(points, 100);

    expect(few).toHaveLength(100);
    expect(few.filter(({ y }) => y === 99)).toHaveLength(1);
    expect(few.every(({ y }) => y !== null)).toBe(true);
    expect(thinned(points, 1_000)).toEqual(points);
  });
});
