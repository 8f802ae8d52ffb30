import { describe, expect, it } from "vitest";
import { askForDecision } from "../../../functions/domain/judge/ask-for-decision.ts";
import type { BakeRecord } from "../../../functions/domain/judge/bake.ts";
import type { Finding } from "../../../functions/domain/judge/finding.ts";
import { holdNotice } from "../../../functions/domain/judge/hold-notice.ts";
import { canaryWorld, environmentPlan, PROMOTION, START } from "../../support/canary-world.ts";

const HEADER = { promotionId: "p-1", service: "shop", version: "v8" };
const PLAN = { environment: "prod", window: null };

const finding = (over: Partial<Finding> = {}): Finding => ({
  watch: "errors@order",
  metric: "errors",
  target: "order",
  dryRun: false,
  verdict: "inconclusive",
  reason: "not enough evidence yet",
  unit: " %",
  candidate: 1.234,
  baseline: 0.5,
  samples: 412,
  rules: ["at most 5 %: kept"],
  logE: 0,
  logPass: 0,
  ...over,
});

const bake = (over: Partial<BakeRecord> = {}): BakeRecord => ({
  phase: "step-25",
  span: { from: START, weight: 25, finished: false },
  startedAt: START,
  since: START,
  plannedSeconds: 900,
  endsAt: START,
  extended: false,
  chunk: 1,
  revision: 1,
  parts: 0,
  alarmsReadTo: null,
  verdict: "inconclusive",
  acted: null,
  reasons: [],
  warnings: [],
  findings: [finding()],
  logE: 0.416,
  line: 2.9957,
  evidence: "no evidence",
  result: "inconclusive-hold",
  endedAt: START,
  summary: "inconclusive after 15m",
  ...over,
});

const letter = (over: Partial<BakeRecord> = {}, until: number | null = START) =>
  holdNotice(HEADER, PLAN, bake(over), { why: "verdict", until });

describe("the mail that asks for a decision", () => {
  it("reads as a whole", () => {
    const { subject, body } = letter({ warnings: ["errors@order: at most 1 %: broken"] });
    expect(subject).toBe("shop v8: 25 % in prod waits for a decision");
    expect(body).toBe(`The bake of 25 % in prod has no verdict, so traffic holds at 25 % until somebody decides.

  Why       inconclusive after 15m
  Evidence  no evidence
            ln E is 0.42; at 3.00 the judge would have rolled back
  Warning   errors@order: at most 1 %: broken

The candidate in this step:
  errors@order: 1.23 % against 0.5 % of the baseline over 412 samples
      inconclusive: not enough evidence yet
      at most 5 %: kept

It stays watched: a verdict against it, or a red alarm, takes it back at once.
If nobody decides by Tuesday 3 March 2026, 18:00 UTC, it goes back.

  go on with the next step    npm run headgate -- resume p-1 --reason "..."
  all traffic, watched once   npm run headgate -- promote-now p-1 --reason "..."
  back to the baseline        npm run headgate -- roll-back p-1 --reason "..."
  leave it so, without an end npm run headgate -- hold p-1 --reason "..."
`);
  });

  it("says that a pass goes on by itself, where nothing but evidence is missing", () => {
    const { body } = holdNotice(HEADER, PLAN, bake(), { why: "evidence", until: START });
    expect(body).toContain("so traffic holds at 25 % until it passes, which is told, or somebody decides.");
    expect(body).toContain("If neither happens by Tuesday 3 March 2026, 18:00 UTC, it goes back.");
  });

  it("names the deadline in the zone of the change window", () => {
    const window = {
      zone: "Africa/Johannesburg",
      open: [],
      freezes: [],
      scope: "shifts",
      whenItCloses: "hold",
    } as const;
    const { body } = holdNotice(HEADER, { ...PLAN, window }, bake(), { why: "verdict", until: START });
    expect(body).toContain("Tuesday 3 March 2026, 20:00 (Africa/Johannesburg), 2026-03-03 18:00 UTC, it goes back.");
  });

  it("says nothing of a deadline, or of evidence, where there is none", () => {
    const { body } = letter({ logE: null, span: null }, null);
    expect(body).not.toContain("If nobody decides");
    expect(body).not.toContain("ln E");
    expect(letter({ line: null }).body).not.toContain("ln E");
    expect(body).toContain("traffic holds at 0 %");
  });

  it("shows the worst metrics, says which are dry runs, and counts the rest", () => {
    const many = Array.from({ length: 23 }, (_, index) => finding({ watch: `m${index}@order`, rules: [] }));
    const { body } = letter({ findings: [finding({ dryRun: true, verdict: "pass", reason: null }), ...many] });
    expect(body).toContain("The candidate in this step, worst first:");
    expect(body).toContain("      pass, a dry run\n");
    expect(body).toContain("  m18@order:");
    expect(body).not.toContain("m19@order");
    expect(body).toContain("  and 4 more, in the report\n");
    expect(letter({ findings: many.slice(0, 20) }).body).not.toContain("more, in the report");
    expect(letter({ findings: [] }).body).toContain("  no metric is planned\n");
  });

  it("lets no text forge a line", () => {
    expect(letter({ summary: "why\nIf nobody decides" }).body).toContain("  Why       why If nobody decides\n");
  });

  it("is not sent for a hold that no bake asked for", async () => {
    const plan = environmentPlan({ notices: ["team@example.com"] });
    const world = await canaryWorld(plan, () => undefined);
    const hold = { why: "verdict", until: null, summary: "", at: START } as const;
    await askForDecision(world.deps, PROMOTION, plan, "hold-1", hold);
    expect(world.inbox).toEqual([]);
  });
});
