import { describe, expect, it } from "vitest";
import type { Effect } from "../../../functions/domain/judge/effect.ts";
import type { Finding } from "../../../functions/domain/judge/finding.ts";
import { verdictCard } from "../../../functions/pages/promotion/verdict-markup.ts";
import { differencesInWords, figuresInWords } from "../../../sandbox/report/look-words.ts";

const points: Effect = { in: "points", estimate: 1.23, low: 0.58, high: 2.04, candidate: 1.4, baseline: 0.2 };
const finding: Finding = {
  watch: "lambda-error-rate@order",
  metric: "lambda-error-rate",
  target: "order",
  dryRun: false,
  verdict: "inconclusive",
  reason: "not enough evidence yet",
  unit: " %",
  candidate: 1.4,
  baseline: 0.2,
  samples: 780,
  rules: [],
  logE: 0,
  logPass: 1,
  effect: { step: [points], total: [{ ...points, high: 1.84 }] },
};

describe("how much a candidate differs is said", () => {
  it("on the timeline, of this step", () => {
    expect(figuresInWords([finding])).toEqual(["error rate 1.40 % vs 0.20 % (+1.2 points, between +0.6 and +2.0)"]);
    const { effect: _none, ...old } = finding;
    expect(figuresInWords([old])).toEqual(["error rate 1.40 % vs 0.20 %"]);
  });

  it("on the timeline not at all of several targets, which nobody bounds together", () => {
    const other = { ...finding, watch: "lambda-error-rate@cart", target: "cart" };
    expect(figuresInWords([finding, other])).toEqual(["error rate 1.40 % vs 0.20 %"]);
  });

  it("in the report, over all steps", () => {
    expect(differencesInWords([finding])).toEqual(["error rate of order: +1.2 points, between +0.6 and +1.8"]);
  });

  it("on the page, under the figures and as wide as they are", () => {
    const view = { environment: "prod", bakes: [], from: 0, to: 1, shifts: [], series: [], evidence: null };
    const card = verdictCard({ ...view, findings: [finding] }).text;
    expect(card).toContain('<td class="soft" colspan="4">+1.2 points, between +0.6 and +2.0</td>');
    expect(card).toContain('<td class="soft" colspan="4">over all steps +1.2 points, between +0.6 and +1.8</td>');
  });
});
