import { describe, expect, it } from "vitest";
import { holdNotice } from "../../../functions/domain/judge/hold-notice.ts";
import { verdictCard } from "../../../functions/pages/promotion/verdict-markup.ts";
import { lookInWords } from "../../../sandbox/report/look-words.ts";

const cold =
  "fails 4.8 % in the first 2 minutes of each step, 0.1 % after: cold starts, within the 5 points that they may add";
const finding = {
  watch: "lambda-error-rate@order",
  metric: "lambda-error-rate",
  target: "order",
  dryRun: false,
  verdict: "inconclusive",
  reason: "not enough evidence yet",
  unit: " %",
  candidate: 0.6,
  baseline: 0.1,
  samples: 780,
  rules: [],
  logE: 0,
  logPass: 1,
  cold,
} as const;
const bake = {
  phase: "step-10",
  span: { from: 0, weight: 10, finished: false },
  startedAt: 0,
  since: 0,
  plannedSeconds: 900,
  endsAt: 900_000,
  extended: false,
  chunk: 0,
  revision: 1,
  parts: 1,
  alarmsReadTo: null,
  verdict: "inconclusive",
  acted: null,
  reasons: [],
  warnings: [],
  findings: [finding],
  logE: 0,
  line: 3,
  evidence: "",
  result: null,
  endedAt: null,
  summary: "",
} as const;

describe("what a candidate does only when cold is said", () => {
  it("on the timeline", () => {
    expect(lookInWords(bake, "inconclusive")).toBe(
      `inconclusive: error rate 0.60 % vs 0.10 %, no evidence against it, order: ${cold}`,
    );
    expect(lookInWords({ ...bake, findings: [{ ...finding, dryRun: true }] }, "pass")).not.toContain("cold");
    const { cold: _none, ...old } = finding;
    expect(lookInWords({ ...bake, findings: [old] }, "pass")).toBe(
      "pass: error rate 0.60 % vs 0.10 %, no evidence against it",
    );
  });

  it("in the mail that asks for a decision", () => {
    const header = { promotionId: "p-1", service: "shop", version: "v8" };
    const { body } = holdNotice(header, { environment: "prod", window: null }, bake, { why: "verdict", until: null });
    expect(body).toContain(`      inconclusive: not enough evidence yet\n      ${cold}\n`);
  });

  it("on the page, beside the figures", () => {
    const view = { environment: "prod", bakes: [], from: 0, to: 1, shifts: [], series: [], evidence: null };
    const card = verdictCard({ ...view, findings: [finding] }).text;
    expect(card).toContain(`<tr class="further"><td class="soft" colspan="4">${cold}</td></tr>`);
  });
});
