import { describe, expect, it } from "vitest";
import { beginBake } from "../../functions/begin-bake.ts";
import type { ApprovalRecord } from "../../functions/domain/approval/approval.ts";
import { ServiceTrouble } from "../../functions/domain/errors.ts";
import { captureReference, loadReferences } from "../../functions/domain/judge/capture-reference.ts";
import { loadBake, loadEvidence, loadLooks } from "../../functions/domain/judge/load.ts";
import { loadAudit } from "../../functions/domain/ledger/append-audit.ts";
import { item } from "../../functions/domain/ledger/items.ts";
import { keys } from "../../functions/domain/ledger/keys.ts";
import { loadHead } from "../../functions/domain/ledger/load.ts";
import { loadEnding } from "../../functions/domain/ledger/note-ending.ts";
import type { EnvironmentPlan } from "../../functions/domain/plan.ts";
import type { Target } from "../../functions/domain/ports.ts";
import { type Judged, judge } from "../../functions/judge.ts";
import {
  canaryWorld,
  ENVIRONMENT,
  environmentPlan,
  judged,
  MINUTE,
  metric,
  PROMOTION,
  rule,
  START,
  sequential,
  type Traffic,
  type World,
} from "../support/canary-world.ts";

const where = { promotionId: PROMOTION, environment: ENVIRONMENT };
const phaseInput = (phase: string) => ({ ...where, phase, chunk: 1 });

/** 600 requests a minute, one error in a thousand on average, evenly. */
const healthy: Traffic = (version, at) => {
  const even = Math.round(at / MINUTE) % 2;
  if (version === "8") return { requests: 60, errors: 0 };
  return { requests: 540, errors: even };
};
const failing: Traffic = (version, at) => (version === "8" ? { requests: 60, errors: 4 } : healthy(version, at));

/** Begins the phase and looks until it ends, or until so many seconds have gone by; returns the last answer. */
async function bake(
  world: World,
  phase: string,
  from: number,
  until: number,
): Promise<{ last: Judged; at: number; looks: number }> {
  world.at(from);
  let input = { ...phaseInput(phase), ticks: 0 };
  let { seconds } = (await beginBake(world.deps)(phaseInput(phase))).tick;
  let at = from;
  for (let looks = 1; ; looks++) {
    at += seconds;
    world.at(at);
    const last = await judge(world.deps)(input);
    const cut = last.result === "continue";
    if ((last.decision === "end" && !cut) || at >= until) return { last, at, looks };
    input = cut ? { ...input, chunk: last.nextChunk, ticks: 0 } : { ...input, ticks: last.ticks };
    seconds = cut ? (await beginBake(world.deps)(phaseInput(phase))).tick.seconds : last.tick.seconds;
  }
}

const worldAt = async (weight: number, traffic: Traffic, over: Partial<EnvironmentPlan> = {}): Promise<World> => {
  const world = await canaryWorld(environmentPlan(over), traffic);
  await captureReference(world.deps, environmentPlan(over), PROMOTION);
  world.at(30);
  await world.shift(weight);
  return world;
};

const record = (world: World, phase: string) => loadBake(world.ledger, PROMOTION, ENVIRONMENT, phase);
const headOf = (world: World) => loadHead(world.ledger, PROMOTION, ENVIRONMENT);
const analysis = (over: Partial<EnvironmentPlan["analysis"]>): Partial<EnvironmentPlan> => ({
  analysis: { ...environmentPlan().analysis, ...over },
});
const evidenceOf = async (world: World) => {
  const { state } = await loadEvidence(world.ledger, PROMOTION, ENVIRONMENT);
  return { spans: state.spans, progress: new Map(Object.entries(state.watches)).get("errors@order")?.progress };
};
const CANARY = { route: { primary: "7", secondary: { version: "8", percent: 10 } }, revision: "1", marker: "" };
/** Nobody calls. */
const silence: Traffic = () => undefined;

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

  it("reads a short tail again, not the whole bake", async () => {
    const world = await worldAt(10, healthy);
    await bake(world, "step-10", 35, 2_000);
    const lengths = world.metrics.reads.slice(2).map(({ from, to }) => (to - from) / MINUTE);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(2);
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

describe("alarms", () => {
  const guarded = { alarms: ["shop-errors", "shop-p95"] };

  it("trip the journal when one is red", async () => {
    const world = await worldAt(10, healthy, guarded);
    world.alarms.red.set("shop-errors", "OK").set("shop-p95", "ALARM");
    const { last } = await bake(world, "step-10", 35, 2_000);
    expect(last).toMatchObject({ result: "tripped", summary: "alarm shop-p95 is red" });
    expect((await headOf(world)).trip).toMatchObject({ by: "alarm" });
  });

  it("let the bake be when they are green or have no data", async () => {
    const world = await worldAt(10, healthy, guarded);
    world.alarms.red.set("shop-errors", "OK").set("shop-p95", "INSUFFICIENT_DATA");
    expect((await bake(world, "step-10", 35, 2_000)).last.result).toBe("passed");
  });

  it("that are gone are never taken for green ones", async () => {
    const world = await worldAt(10, healthy, { ...guarded, ...analysis({ extendSeconds: 0 }) });
    world.alarms.red.set("shop-errors", "OK");
    const { last } = await bake(world, "step-10", 35, 2_000);
    expect(last).toMatchObject({ result: "inconclusive-hold", summary: "error after 15m: there is no alarm shop-p95" });
  });

  it("that cannot be read are an error, while a failing candidate still goes back", async () => {
    const world = await worldAt(10, healthy, { ...guarded, ...analysis({ extendSeconds: 0 }) });
    world.alarms.fail = new ServiceTrouble("throttled");
    expect((await bake(world, "step-10", 35, 2_000)).last.summary).toContain("the alarms could not be read");
    const bad = await worldAt(10, failing, guarded);
    bad.alarms.fail = new ServiceTrouble("throttled");
    expect((await bake(bad, "step-10", 35, 2_000)).last.result).toBe("failed");
    const rules = [rule({ max: 5 })];
    const broken = await worldAt(10, failing, { ...guarded, ...analysis({ metrics: [metric({ rules })] }) });
    broken.alarms.fail = new ServiceTrouble("throttled");
    expect((await bake(broken, "step-10", 35, 2_000)).last.result).toBe("failed");
  });
});

describe("people", () => {
  it.each([
    ["abort", "aborted"],
    ["roll-back", "rolled-back"],
    ["supersede", "superseded"],
  ])("who say %s trip the journal, and the promotion ends as %s", async (kind, outcome) => {
    const world = await worldAt(10, healthy);
    await world.signal(kind);
    const { last } = await bake(world, "step-10", 35, 2_000);
    expect(last).toMatchObject({ result: "tripped", summary: "ann: because" });
    expect((await headOf(world)).trip).toMatchObject({ by: "operator", reason: "ann: because" });
    expect(await world.ledger.read(keys.ending(PROMOTION))).toMatchObject({ outcome });
  });

  it.each(["skip-bake", "promote-now"])(
    "who say %s during the bake end it as passed, and the record says so",
    async (kind) => {
      const world = await worldAt(10, healthy);
      await bake(world, "step-10", 35, 200);
      await world.signal(kind);
      const last = await judge(world.deps)(phaseInput("step-10"));
      expect(last).toMatchObject({ result: "passed", summary: `not baked to its end: ${kind} by ann: because` });
    },
  );

  it("who skipped an earlier bake have not skipped this one", async () => {
    const world = await worldAt(10, healthy);
    world.at(29);
    await world.signal("skip-bake");
    expect((await bake(world, "step-10", 35, 200)).last.decision).toBe("again");
  });
});

describe("the journal", () => {
  it.each(["tripped", "closed"] as const)("that is %s ends the bake as that", async (state) => {
    const world = await worldAt(10, healthy);
    await world.head(state);
    const { last } = await bake(world, "step-10", 35, 2_000);
    expect(last).toMatchObject({ decision: "end", result: state });
    expect(last.summary).toBe(state === "tripped" ? "the alarm listener" : "stopped: the promotion is over here");
    expect(world.metrics.reads.filter(({ queries }) => queries[0]?.dimensions.ExecutedVersion)).toEqual([]);
  });
});

describe("a call that is repeated", () => {
  it("after the end gives the same answer and changes nothing", async () => {
    const world = await worldAt(10, failing);
    const { last } = await bake(world, "step-10", 35, 2_000);
    const before = world.ledger.items();
    const reads = world.metrics.reads.length;
    const again = await judge(world.deps)({ ...phaseInput("step-10"), ticks: last.ticks - 1 });
    expect(again).toEqual(last);
    expect(world.ledger.items()).toEqual(before);
    expect(world.metrics.reads).toHaveLength(reads);
  });

  it("at the same moment confirms no minute by itself", async () => {
    const world = await worldAt(10, healthy);
    world.at(35);
    await beginBake(world.deps)(phaseInput("step-10"));
    world.at(245);
    for (let call = 0; call < 3; call++) await judge(world.deps)(phaseInput("step-10"));
    expect((await evidenceOf(world)).progress?.totals.samples).toBe(0);
    world.at(275);
    await judge(world.deps)(phaseInput("step-10"));
    expect((await evidenceOf(world)).progress?.totals.samples).toBe(60);
  });

  it("and overtaken by another is told that the ledger is busy", async () => {
    const world = await worldAt(10, healthy);
    await bake(world, "step-10", 35, 200);
    let other: Promise<Judged> | undefined;
    world.ledger.before = async (operation) => {
      if (!operation.startsWith("write BAKE#") || other !== undefined) return;
      other = judge(world.deps)(phaseInput("step-10"));
      await other;
    };
    await expect(judge(world.deps)(phaseInput("step-10"))).rejects.toMatchObject({ name: "LedgerBusy" });
    expect((await other)?.decision).toBe("again");
  });

  it("after a crash between trip and record says that the journal is tripped", async () => {
    const world = await worldAt(10, failing);
    world.ledger.before = async (operation) => {
      const trippedAlready = (await world.ledger.items(({ state }) => state === "tripped")).length > 0;
      if (trippedAlready && operation.startsWith("write BAKE#")) throw new Error("killed");
    };
    await expect(bake(world, "step-10", 35, 2_000)).rejects.toThrow("killed");
    expect((await headOf(world)).state).toBe("tripped");
    world.ledger.before = async () => {};
    expect(await judge(world.deps)(phaseInput("step-10"))).toMatchObject({ decision: "end", result: "tripped" });
  });

  it("writes one entry per change into the trail, not one per minute", async () => {
    const world = await worldAt(10, healthy);
    const { looks } = await bake(world, "step-10", 35, 2_000);
    const trail = await loadAudit(world.ledger, PROMOTION);
    expect(looks).toBeGreaterThan(10);
    expect(trail.map(({ data }) => [data?.what, data?.verdict])).toEqual([
      ["verdict", "inconclusive"],
      ["verdict", "pass"],
      ["passed", "pass"],
    ]);
  });
});

describe("an execution that has had its ticks", () => {
  it("ends and names the one that goes on, while the phase does not end", async () => {
    const world = await worldAt(10, healthy);
    await bake(world, "step-10", 35, 200);
    const before = await judge(world.deps)({ ...phaseInput("step-10"), ticks: 998 });
    expect(before).toMatchObject({ decision: "again", result: null, ticks: 999 });
    const last = await judge(world.deps)({ ...phaseInput("step-10"), ticks: 999 });
    expect(last).toMatchObject({ decision: "end", result: "continue", ticks: 1_000, nextChunk: 2 });
    expect(last.nextName).toMatch(/^p-1-prod-step-10-2-[0-9a-f]{10}$/);
    expect(await record(world, "step-10")).toMatchObject({ result: null, chunk: 1 });
    expect(await beginBake(world.deps)({ ...phaseInput("step-10"), chunk: 2 })).toMatchObject({ chunk: 2, ends: "at" });
  });
});

describe("several steps", () => {
  it("are one run of evidence, and each passes by its own samples", async () => {
    const world = await worldAt(10, healthy);
    await bake(world, "step-10", 35, 2_000);
    world.at(940);
    await world.shift(25);
    const { last } = await bake(world, "step-25", 945, 1_200);
    expect(last.decision).toBe("again");
    const { spans, progress } = await evidenceOf(world);
    expect(spans.map(({ weight }) => weight)).toEqual([10, 25]);
    expect(progress?.monitor?.minutes).toBeGreaterThan(13);
    const [finding] = (await record(world, "step-25")).findings;
    expect(finding?.samples).toBeLessThan(300);
  });

  it("are each judged as the whole alias at 100 %, against what the old version did before", async () => {
    const world = await worldAt(100, (_version, at) => ({ requests: 600, errors: at < START ? 0 : 12 }));
    const { last } = await bake(world, "step-100", 35, 2_000);
    expect(last.result).toBe("failed");
    const reads = world.metrics.reads.at(-1)?.queries ?? [];
    expect(reads.map(({ dimensions }) => dimensions.ExecutedVersion)).toEqual([undefined, undefined]);
  });
});

describe("monitoring after the finish", () => {
  const finished = async (traffic: Traffic, over: Partial<EnvironmentPlan> = {}) => {
    const world = await worldAt(100, traffic, over);
    world.at(100);
    await world.finish();
    return world;
  };
  /** After the finish only the alias as a whole is counted. */
  const whole =
    (errors: number): Traffic =>
    (version, at) =>
      version === "alias" ? { requests: 600, errors: at < START ? 0 : errors } : undefined;

  it("reads the alias as a whole, since weights and their dimensions are gone", async () => {
    const world = await finished(whole(0));
    const { last, at } = await bake(world, "monitor", 110, 9_000);
    expect(last).toMatchObject({ result: "passed", weight: 100 });
    expect(at).toBe(110 + 7_200);
    const queries = world.metrics.reads.at(-1)?.queries ?? [];
    expect(queries.map(({ dimensions }) => dimensions)).toEqual([
      { FunctionName: "shop-order", Resource: "shop-order:live" },
      { FunctionName: "shop-order", Resource: "shop-order:live" },
    ]);
  });

  it("trips the journal as the monitor when the candidate turns bad", async () => {
    const world = await finished(whole(12));
    const { last } = await bake(world, "monitor", 110, 9_000);
    expect(last.result).toBe("failed");
    expect((await headOf(world)).trip).toMatchObject({ by: "monitor" });
  });

  it("only warns where the plan says so", async () => {
    const world = await finished(whole(12), { monitor: { forSeconds: 1_200, onFail: "warn" } });
    const { last } = await bake(world, "monitor", 110, 9_000);
    expect(last.result).toBe("passed");
    expect(last.summary).toContain("monitored for 20m, to warn only: fail");
    expect((await headOf(world)).state).toBe("open");
  });

  it("passes in the end without a verdict, and says what it did not see", async () => {
    const world = await finished(silence, {
      monitor: { forSeconds: 1_200, onFail: "roll-back" },
      ...analysis({ extendSeconds: 0 }),
    });
    const { last } = await bake(world, "monitor", 110, 9_000);
    expect(last).toMatchObject({ result: "passed" });
    expect(last.summary).toContain("inconclusive after 20m: errors@order: no-data");
  });

  it("looks less often as it goes on", async () => {
    const world = await finished(whole(0), { monitor: { forSeconds: 30 * 86_400, onFail: "roll-back" } });
    const { last, looks } = await bake(world, "monitor", 110, 31 * 86_400);
    expect(last.result).toBe("passed");
    expect(looks).toBeLessThan(3_200);
    expect(looks).toBeGreaterThan(2_500);
    const size = JSON.stringify((await loadEvidence(world.ledger, PROMOTION, ENVIRONMENT)).state).length;
    expect(size).toBeLessThan(10_000);
  });
});

describe("an alias that is moved by hand", () => {
  const back = { primary: "7", secondary: null };
  const paged = { pageTo: ["oncall@example.com"] };

  it("is noticed within five looks: the rollout stops, people are paged, and the bake ends", async () => {
    const world = await worldAt(10, healthy, paged);
    const before = await bake(world, "step-10", 35, 100);
    expect(before.last.decision).toBe("again");
    world.aliases.moved = back;

    const { last, looks } = await bake(world, "step-10", 160, 2_000);

    expect(looks).toBeLessThanOrEqual(5);
    expect(last).toMatchObject({ decision: "end", result: "tripped" });
    expect(last.summary).toBe('order: somebody else moved it; expected version 7, 10 % on 8, found version 7 ("")');
    expect(await headOf(world)).toMatchObject({ state: "tripped", trip: { by: "conflict", reason: last.summary } });
    expect(await loadEnding(world.ledger, PROMOTION)).toMatchObject({ outcome: "rolled-back", summary: last.summary });
    expect(world.inbox.map(({ subject }) => subject)).toEqual([
      "Headgate stopped in prod: order was moved by somebody else",
    ]);
  });

  it("is noticed after the finish as well, while it is monitored", async () => {
    const world = await worldAt(100, healthy, paged);
    await world.finish();
    world.aliases.moved = back;
    const { last } = await bake(world, "monitor", 100, 7_400);
    expect(last).toMatchObject({ result: "tripped", summary: expect.stringContaining("expected version 8, found") });
  });

  it("by a restore of ours is not somebody else's move", async () => {
    const world = await worldAt(10, healthy, paged);
    await beginBake(world.deps)(phaseInput("step-10"));
    // Between the look at the journal and the look at the alias, an operator's restore trips the one and moves the other.
    const read = world.deps.target;
    const deps = {
      ...world.deps,
      target: (...which: Parameters<typeof read>) => {
        world.aliases.moved = back;
        return read(...which);
      },
      clock: {
        ...world.deps.clock,
        sleep: () => world.head("tripped"),
      },
    };

    const last = await judge(deps)({ ...phaseInput("step-10"), ticks: 4 });

    expect(last).toMatchObject({ result: "tripped", summary: "the alarm listener" });
    expect(world.inbox).toEqual([]);
  });

  it("costs no bake: where aliases cannot be read, the metrics still are", async () => {
    const world = await worldAt(10, healthy, paged);
    world.aliases.fail = new ServiceTrouble("throttled");
    const { last } = await bake(world, "step-10", 35, 2_000);
    expect(last.result).toBe("passed");
    expect(world.aliases.reads).toBeGreaterThanOrEqual(2);
  });

  it("is asked for at every fifth look, since the service answers few calls a second", async () => {
    const world = await worldAt(10, healthy, paged);
    const { looks } = await bake(world, "step-10", 35, 2_000);
    expect(world.aliases.reads).toBe(Math.floor(looks / 5));
  });
});

describe("a hold", () => {
  const held = async (why: string, until: number | null, traffic: Traffic = healthy) => {
    const world = await worldAt(10, traffic, analysis({ extendSeconds: 0 }));
    await bake(world, "step-10", 35, 2_000);
    await world.ledger.write([
      { put: item(keys.hold(PROMOTION, ENVIRONMENT, "hold-1"), { why, until, summary: "", at: START }) },
    ]);
    return world;
  };

  it("for the window ends when the window opens", async () => {
    const world = await held("window", START + 5_000_000);
    const { last, at } = await bake(world, "hold-1", 940, 9_000);
    expect(last).toMatchObject({ result: "resumed", summary: "the change window opens" });
    expect(at).toBe(5_000);
  });

  it("by an operator ends when the newest word is no hold", async () => {
    const world = await held("operator", null);
    await world.signal("hold");
    expect((await bake(world, "hold-1", 940, 1_500)).last.decision).toBe("again");
    await world.signal("resume");
    expect(await judge(world.deps)(phaseInput("hold-1"))).toMatchObject({
      result: "resumed",
      summary: "the hold was lifted",
    });
  });

  it.each(["resume", "skip-bake", "promote-now"])(
    "after a verdict ends with %s, said since that bake ended",
    async (kind) => {
      const world = await held("verdict", null);
      world.at(100);
      await world.signal(kind);
      expect((await bake(world, "hold-1", 940, 1_200)).last.decision).toBe("again");
      world.at(935);
      await world.signal(kind, "eve");
      world.at(1_300);
      expect(await judge(world.deps)(phaseInput("hold-1"))).toMatchObject({
        result: "resumed",
        summary: `${kind} by eve: because`,
      });
    },
  );

  it("after a verdict takes traffic back when nobody decides, at the end of its time and not before", async () => {
    const world = await held("verdict", START + 930_000 + 86_400_000);
    const { last, at } = await bake(world, "hold-1", 940, 90_000);
    expect(last).toMatchObject({
      decision: "end",
      result: "tripped",
      summary: expect.stringContaining("nobody decided within 1d"),
    });
    expect(at).toBe(930 + 86_400);
    expect((await headOf(world)).trip).toMatchObject({ by: "gate" });
    expect(await loadEnding(world.ledger, PROMOTION)).toMatchObject({ outcome: "rolled-back" });
  });

  it("is still guarded: a candidate that turns bad goes back", async () => {
    const turns: Traffic = (version, at) => (at > START + 16 * MINUTE ? failing(version, at) : healthy(version, at));
    const world = await held("operator", null, turns);
    await world.signal("hold");
    const { last } = await bake(world, "hold-1", 940, 9_000);
    expect(last.result).toBe("failed");
    expect((await headOf(world)).state).toBe("tripped");
  });
});

describe("an approval in the middle of a rollout", () => {
  const asked = async (state: ApprovalRecord["state"]) => {
    const world = await worldAt(25, healthy);
    const approval: ApprovalRecord = {
      promotionId: PROMOTION,
      environment: ENVIRONMENT,
      approval: "at-25",
      state,
      revision: 1,
      generation: 1,
      news: false,
      roles: [],
      escalation: null,
      askedAt: START,
      expiresAt: START + 86_400_000,
      remindSeconds: null,
      escalatesAt: null,
      escalatedAt: null,
      requester: "bob@example.com",
      startedBy: null,
      trail: null,
      binding: "",
      gates: [],
      endedAt: START,
      summary: `it is ${state}`,
    };
    await world.ledger.write([{ put: item(keys.approval(PROMOTION, ENVIRONMENT, "at-25"), approval) }]);
    return world;
  };

  it.each([
    ["approved", "approved"],
    ["rejected", "rejected"],
    ["expired", "rejected"],
  ] as const)("that is %s ends the watch as %s", async (state, result) => {
    const world = await asked(state);
    const { last } = await bake(world, "approval-at-25", 40, 200);
    expect(last).toMatchObject({ decision: "end", result });
  });

  it("fails loudly where nobody was asked", async () => {
    const world = await worldAt(25, healthy);
    await expect(bake(world, "approval-at-25", 40, 200)).rejects.toMatchObject({ name: "BrokenRecord" });
  });
});

describe("latency", () => {
  const p95 = judged({
    name: "p95",
    source: { preset: "lambda-duration-p95" },
    sequential: sequential({ delta: 0, latencyMargin: 0.1 }),
  });
  /** 5 % of the old version's requests take longer than 300 ms; of the new one's `share` longer than 330 ms. */
  const slower =
    (share: number): Traffic =>
    (version) => ({
      requests: version === "8" ? 60 : 540,
      p95: version === "8" ? 400 : 300,
      slower: (bound) => (version === "8" ? share : bound === 300 ? 0.05 : 1),
    });

  it("is judged by two thresholds, one for each arm, around the p95 of before", async () => {
    const world = await worldAt(10, slower(0.4), analysis({ metrics: [p95] }));
    const { last } = await bake(world, "step-10", 35, 2_000);
    expect(last.result).toBe("failed");
    expect(last.summary).toContain("p95@order: 400 ms against 300 ms of the baseline");
    const statistics = world.metrics.reads.at(-1)?.queries.map(({ statistic }) => statistic);
    expect(statistics).toEqual(["SampleCount", "p95", "TC(:330)", "SampleCount", "p95", "TC(:300)"]);
  });

  it("within the margin is tolerated", async () => {
    const world = await worldAt(10, slower(0.05), analysis({ metrics: [p95] }));
    const { last } = await bake(world, "step-10", 35, 2_000);
    expect(last.result).not.toBe("failed");
  });
});

describe("requests of our own", () => {
  const asking = async (ok: boolean, over: Partial<EnvironmentPlan["analysis"]>) => {
    const thin: Traffic = (version) => ({ requests: version === "8" ? 2 : 18, errors: 0 });
    const base = environmentPlan();
    const probe = { payload: {}, expect: {}, timeoutSeconds: 3 };
    const targets = base.targets.map((target) => ({ ...target, probe }));
    const world = await worldAt(10, thin, { ...analysis({ extendSeconds: 0, ...over }), targets });
    let sent = 0;
    const prober = {
      invoke: async () => {
        sent += 1;
        if (over.alpha === 0.04) throw new ServiceTrouble("throttled");
        return { ok, found: "", ms: 1 };
      },
    };
    const traffic = { read: async () => CANARY, settleMs: 0 };
    const deps = {
      ...world.deps,
      remainingMs: () => 100_000,
      target: () => ({ prober, traffic }) as unknown as Target,
    };
    return { world: { ...world, deps }, sent: () => sent };
  };

  it("let a bake pass that real traffic is too thin for", async () => {
    const without = await asking(true, {});
    expect((await bake(without.world, "step-10", 35, 2_000)).last.result).toBe("inconclusive-hold");
    expect(without.sent()).toBe(0);
    const { world, sent } = await asking(true, { syntheticPerMinute: 60 });
    expect((await bake(world, "step-10", 35, 2_000)).last.result).toBe("passed");
    expect(sent()).toBeGreaterThan(500);
  });

  it("fail a candidate that does not answer them", async () => {
    const { world } = await asking(false, { syntheticPerMinute: 60 });
    expect((await bake(world, "step-10", 35, 2_000)).last.result).toBe("failed");
  });

  it("that could not be sent are no evidence either way", async () => {
    const { world, sent } = await asking(true, { syntheticPerMinute: 60, alpha: 0.04 });
    expect((await bake(world, "step-10", 35, 2_000)).last.result).toBe("inconclusive-hold");
    expect(sent()).toBeGreaterThan(10);
  });

  it("are sent while a step is baked, not while somebody is waited for", async () => {
    const { world, sent } = await asking(true, { syntheticPerMinute: 60 });
    await world.ledger.write([
      {
        put: item(keys.hold(PROMOTION, ENVIRONMENT, "hold-1"), { why: "verdict", until: null, summary: "", at: START }),
      },
    ]);
    await bake(world, "hold-1", 35, 400);
    expect(sent()).toBe(0);
  });
});

describe("what is kept", () => {
  it("holds every judged minute of both arms, for reports and replay", async () => {
    const world = await worldAt(10, healthy);
    await bake(world, "step-10", 35, 2_000);
    const looks = await loadLooks(world.ledger, PROMOTION, ENVIRONMENT);
    const minutes = new Set(looks.flatMap(({ periods }) => (periods["errors@order"] ?? []).map(([at]) => at)));
    expect([...minutes].sort((a, b) => a - b)).toEqual(
      Array.from({ length: 12 }, (_, index) => START + (index + 1) * MINUTE),
    );
    expect(looks[0]?.periods["errors@order"]?.[0]?.slice(1)).toEqual([
      [60, 0, 0],
      [540, 1, 100 / 540],
    ]);
    const [stored] = world.ledger.items(({ sk }) => sk.startsWith("SAMPLE#"));
    expect(stored?.expiresAtSeconds).toBeGreaterThan(START / 1000 + 89 * 86_400);
  });

  it("keeps the minutes that failed the candidate, though they were read once only", async () => {
    const world = await worldAt(10, failing);
    const { at } = await bake(world, "step-10", 35, 2_000);
    const looks = await loadLooks(world.ledger, PROMOTION, ENVIRONMENT);
    const newest = Math.max(...looks.flatMap(({ periods }) => (periods["errors@order"] ?? []).map(([start]) => start)));
    expect(newest).toBe(START + at * 1000 - 3 * MINUTE);
    expect(looks.at(-1)).toMatchObject({ verdict: "fail", line: -Math.log(0.05) });
  });

  it("captures the reference once", async () => {
    const world = await worldAt(10, healthy);
    const before = await loadReferences(world.ledger, PROMOTION, ENVIRONMENT);
    const reads = world.metrics.reads.length;
    expect(await captureReference(world.deps, environmentPlan(), PROMOTION)).toEqual(before);
    expect(world.metrics.reads).toHaveLength(reads);
  });
});
