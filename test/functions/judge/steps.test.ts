import { describe, expect, it } from "vitest";
import { ServiceTrouble } from "../../../functions/domain/errors.ts";
import { loadAudit } from "../../../functions/domain/ledger/append-audit.ts";
import { analysis, bake, failing, headOf, healthy, record, silence, worldAt } from "../../support/baking.ts";
import { judged, MINUTE, metric, PROMOTION, rule, START, type Traffic } from "../../support/canary-world.ts";

describe("a bake of a step", () => {
  it("ends at its planned end when the candidate is healthy", async () => {
    const world = await worldAt(10, healthy);
    const { last, at } = await bake(world, "step-10", 35, 2_000);
    expect(last).toMatchObject({ decision: "end", result: "passed", weight: 10, summary: "passed after 15m" });
    expect(at).toBe(30 + 900);
    expect((await headOf(world)).state).toBe("open");
  });

  it("trips the journal within four closed minutes when the candidate fails, and says why", async () => {
    const world = await worldAt(10, failing);
    const { last, at } = await bake(world, "step-10", 35, 2_000);
    expect(last).toMatchObject({ decision: "end", result: "failed" });
    // The first whole minute starts 60 s in; each is read two minutes after it closed.
    expect((at - 60 - 120) / 60).toBeLessThanOrEqual(4);
    const head = await headOf(world);
    expect(head.trip).toMatchObject({ by: "judge" });
    expect(head.trip?.reason).toMatch(/errors@order: 6\.67 % against 0\.\d+ % of the baseline over \d+ samples/);
    expect(head.trip?.reason).toContain("evidence against the candidate");
    expect(await record(world, "step-10")).toMatchObject({ acted: "judge", verdict: "fail", result: "failed" });
  });

  it("rolls a candidate back within minutes that is throttled to its last request", async () => {
    const throttled: Traffic = (version) => (version === "8" ? undefined : { requests: 540, errors: 1 });
    const world = await worldAt(10, throttled);
    const { last, at } = await bake(world, "step-10", 35, 2_000);
    expect(last).toMatchObject({
      result: "failed",
      summary: "errors@order: no request reached the candidate while 1,080 reached the baseline",
    });
    expect(at).toBeLessThanOrEqual(8 * 60);
    expect(await record(world, "step-10")).toMatchObject({ acted: "judge", verdict: "fail" });
  });

  it("holds a candidate without a request where nobody else has one", async () => {
    const world = await worldAt(10, () => undefined, analysis({ extendSeconds: 0 }));
    expect((await bake(world, "step-10", 35, 2_000)).last.result).toBe("inconclusive-hold");
  });

  it("never rolls back for an incident that both arms share", async () => {
    const shared: Traffic = (version) =>
      version === "8" ? { requests: 60, errors: 12 } : { requests: 540, errors: 108 };
    const world = await worldAt(10, shared, analysis({ extendSeconds: 0 }));
    const { last } = await bake(world, "step-10", 35, 2_000);
    expect(last.result).toBe("inconclusive-hold");
  });

  it("reads only closed minutes that are older than the settle time, in one request per look", async () => {
    const world = await worldAt(10, healthy);
    await bake(world, "step-10", 35, 400);
    const looks = world.metrics.reads.filter(({ queries }) =>
      queries.some(({ dimensions }) => dimensions.ExecutedVersion),
    );
    expect(looks.length).toBeGreaterThan(2);
    const first = looks[0];
    expect(first?.from).toBe(START + MINUTE);
    expect(first?.to).toBe(START + 2 * MINUTE);
    expect(first?.queries).toHaveLength(4);
  });

  it("reads the whole step again with each look, in as many requests as before", async () => {
    const world = await worldAt(10, healthy);
    const { looks } = await bake(world, "step-10", 35, 2_000);
    const reads = world.metrics.reads.filter(({ queries }) =>
      queries.some(({ dimensions }) => dimensions.ExecutedVersion),
    );
    expect(new Set(reads.map(({ from }) => from))).toEqual(new Set([START + MINUTE]));
    expect(reads.at(-1)?.to).toBe(START + 13 * MINUTE);
    expect(reads.length).toBeLessThanOrEqual(looks);
  });

  it("of many hours is read again once an hour, and once more before it passes", async () => {
    const hours = 5;
    const steps = [{ weight: 10, bakeSeconds: hours * 3_600 }];
    const world = await worldAt(10, healthy, { steps });
    const { last, at } = await bake(world, "step-10", 35, 20_000);
    expect(last).toMatchObject({ result: "passed" });
    const end = START + at * 1_000;
    const spans = world.metrics.reads.slice(1).map(({ from, to }) => ({ from, minutes: (to - from) / MINUTE }));
    const late = spans.slice(-20);
    expect(late.filter(({ minutes }) => minutes < 60).length).toBeGreaterThan(15);
    expect(late.at(-2)?.minutes).toBeLessThan(20);
    expect(late.at(-1)?.from).toBeLessThanOrEqual(end - 180 * MINUTE);
  });

  it("acts on a hard rule at once and records that it was not the judge", async () => {
    const hard = metric({ rules: [rule({ max: 5, sustainedSeconds: 120, hard: true })] });
    const world = await worldAt(10, failing, analysis({ metrics: [hard] }));
    const { last } = await bake(world, "step-10", 35, 2_000);
    expect(last).toMatchObject({
      result: "failed",
      summary: expect.stringContaining("broken by 6.67 %, above 5 % for 2m"),
    });
    expect((await record(world, "step-10")).acted).toBe("hard-rule");
  });

  it("calls a plain threshold a threshold", async () => {
    const plain = metric({ rules: [rule({ max: 5 })] });
    const world = await worldAt(10, failing, analysis({ metrics: [plain] }));
    await bake(world, "step-10", 35, 2_000);
    expect((await record(world, "step-10")).acted).toBe("threshold");
  });

  it("is blocked by a rule that asks for a person, with traffic where it is", async () => {
    const asks = metric({ rules: [rule({ max: 5, onBreach: "block" })] });
    const world = await worldAt(10, failing, analysis({ metrics: [asks] }));
    const { last } = await bake(world, "step-10", 35, 2_000);
    expect(last).toMatchObject({
      result: "blocked",
      summary: expect.stringContaining("a person has to look: errors@order"),
    });
    expect((await headOf(world)).state).toBe("open");
  });

  it("only records a rule that warns", async () => {
    const warns = judged({ rules: [rule({ max: 0.01, onBreach: "warn" })] });
    const noisy: Traffic = (version, at) =>
      version === "8" && at === START + 3 * MINUTE ? { requests: 60, errors: 1 } : healthy(version, at);
    const world = await worldAt(10, noisy, analysis({ metrics: [warns] }));
    const { last } = await bake(world, "step-10", 35, 2_000);
    expect(last.result).toBe("passed");
    expect((await record(world, "step-10")).warnings).toEqual([
      expect.stringContaining("errors@order: at most 0.01 %"),
    ]);
  });

  it("shows a dry run and never acts on it", async () => {
    const dry = metric({ name: "dry", rules: [rule({ max: 1, hard: true })], dryRun: true });
    const world = await worldAt(10, failing, analysis({ metrics: [dry] }));
    const { last } = await bake(world, "step-10", 35, 2_000);
    expect(last.result).toBe("passed");
    const { findings, reasons } = await record(world, "step-10");
    expect(findings).toEqual([expect.objectContaining({ watch: "dry@order", verdict: "fail", dryRun: true })]);
    expect(reasons).toEqual(["no metric is planned: time and alarms alone were watched"]);
  });

  it("passes early only where the plan says so", async () => {
    const world = await worldAt(
      50,
      (version) => ({ requests: 3_000, errors: version === "8" ? 0 : 3 }),
      analysis({ earlyPass: true }),
    );
    const { last, at } = await bake(world, "step-50", 35, 2_000);
    expect(last).toMatchObject({ result: "passed", summary: "passed early: the evidence suffices" });
    // Five minutes of the step must be in, and each read twice.
    expect(at).toBe(60 + 5 * 60 + 120 + 60);
  });
});

describe("a bake without a verdict", () => {
  it("is extended to the cap, once, and then asks for a person with the reason", async () => {
    const world = await worldAt(10, silence);
    const { last, at } = await bake(world, "step-10", 35, 3_000);
    expect(last).toMatchObject({ result: "inconclusive-hold" });
    expect(last.summary).toBe("inconclusive after 25m: errors@order: no-data");
    expect(at).toBe(30 + 900 + 600);
    const trail = await loadAudit(world.ledger, PROMOTION);
    expect(trail.map(({ data }) => data?.what)).toEqual(["verdict", "extended", "inconclusive-hold"]);
    expect((await headOf(world)).state).toBe("open");
  });

  it("ends with the first pass in its extension", async () => {
    const world = await worldAt(10, (version, at) => (at < START + 8 * MINUTE ? undefined : healthy(version, at)));
    const { last, at } = await bake(world, "step-10", 35, 3_000);
    expect(last.result).toBe("passed");
    expect(at).toBeGreaterThan(930);
    expect(at).toBeLessThanOrEqual(1_530);
  });

  it("goes on without proof where the plan lets it and nothing speaks against the candidate", async () => {
    const thin: Traffic = (version) => ({ requests: version === "8" ? 6 : 54, errors: 0 });
    const world = await worldAt(10, thin, analysis({ onInconclusive: "proceed", extendSeconds: 0 }));
    const { last } = await bake(world, "step-10", 35, 3_000);
    expect(last).toMatchObject({ result: "passed" });
    expect(last.summary).toContain("goes on without proof, since nothing speaks against the candidate");
  });

  it("holds for a person when it may go on but something speaks against the candidate, or nothing was measured", async () => {
    const leaning: Traffic = (version, at) => ({
      requests: version === "8" ? 6 : 54,
      errors: version === "8" && at >= START + 9 * MINUTE ? 1 : 0,
    });
    for (const traffic of [leaning, silence]) {
      const world = await worldAt(10, traffic, analysis({ onInconclusive: "proceed", extendSeconds: 0 }));
      const { last } = await bake(world, "step-10", 35, 3_000);
      expect(last.result).toBe("inconclusive-hold");
    }
  });

  it("rolls back where the plan says so", async () => {
    const world = await worldAt(10, silence, analysis({ onInconclusive: "roll-back", extendSeconds: 0 }));
    const { last } = await bake(world, "step-10", 35, 3_000);
    expect(last.result).toBe("failed");
    expect((await headOf(world)).trip).toMatchObject({
      by: "judge",
      reason: "inconclusive after 15m: errors@order: no-data",
    });
  });

  it("is an error, and no pass, while CloudWatch cannot be read", async () => {
    const world = await worldAt(10, healthy, analysis({ extendSeconds: 0 }));
    world.metrics.fail = new ServiceTrouble("throttled");
    const { last } = await bake(world, "step-10", 35, 3_000);
    expect(last).toMatchObject({
      result: "inconclusive-hold",
      summary: "error after 15m: errors@order: CloudWatch could not be read",
    });
    expect((await record(world, "step-10")).verdict).toBe("error");
  });

  it("is an error while CloudWatch answers in part only", async () => {
    const world = await worldAt(10, healthy, analysis({ extendSeconds: 0 }));
    world.metrics.complete = false;
    const { last } = await bake(world, "step-10", 35, 3_000);
    expect(last.summary).toBe("error after 15m: errors@order: CloudWatch answered in part only");
  });

  it("lets a refused read through: no number of tries helps", async () => {
    const world = await worldAt(10, healthy);
    world.metrics.fail = new Error("AccessDenied");
    await expect(bake(world, "step-10", 35, 3_000)).rejects.toThrow("AccessDenied");
  });
});
