import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import type { Run, RunStream } from "../../../sandbox/aws/step-functions/runs.ts";
import type { ScenarioFile } from "../../../sandbox/world/scenario.ts";
import { CONTROL_ACCOUNT, REGION, START, simulateWorkflow } from "../aws/harness.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const LIVE: RunStream = { account: CONTROL_ACCOUNT, region: REGION, machine: "etl", alias: "live" };

type World = ReturnType<typeof simulateWorkflow>;

/** The executions that started in the minutes from `from` (ms since the world began) on. */
const started = ({ traffic }: World, minutes: number, from = 0): Run[] =>
  Array.from({ length: minutes }, (_, index) => traffic.startedIn(LIVE, START + from + index * MINUTE)).flat();

const shareOf = (runs: readonly Run[], which: (run: Run) => boolean): number => runs.filter(which).length / runs.length;

/** A world that lives for `hours`, its alias moved to each of the weights at so many milliseconds. */
const lived = async (
  file: Partial<ScenarioFile>,
  hours: number,
  moves: readonly [at: number, weights: Record<string, number>][] = [],
) => {
  const world = simulateWorkflow(file);
  const { clock, run, stepFunctions } = world;
  for (const [at, weights] of moves) {
    clock.after(at, "move", () => stepFunctions.moveByHand({ machine: "etl", alias: "live" }, weights));
  }
  await run(() => clock.sleep(hours * HOUR));
  return world;
};

const lasting = (median: string, sigma = 0) => ({ duration: { median, sigma } });

describe("the starts of a workflow", () => {
  it("are as many as the scenario says, and the same for the same seed, however they are asked for", async () => {
    const [one, other, third] = [await lived({}, 4), await lived({}, 4), await lived({ seed: 2 }, 4)];
    const runs = started(one, 240);
    expect(runs.length / 240).toBeCloseTo(20, 0);
    const backwards = Array.from({ length: 240 }, (_, index) =>
      other.traffic.startedIn(LIVE, START + (239 - index) * MINUTE),
    ).reverse();
    expect(backwards.flat()).toEqual(runs);
    expect(started(third, 240)).not.toEqual(runs);
  });

  it("may be few an hour", async () => {
    const world = await lived({ starts: [{ perHour: 3 }] }, 100);
    const runs = started(world, 100 * 60);
    expect(runs.length).toBeGreaterThan(250);
    expect(runs.length).toBeLessThan(350);
  });

  it("go to versions by their weights", async () => {
    const world = await lived({}, 10, [[0, { 1: 75, 2: 25 }]]);
    expect(shareOf(started(world, 600), ({ version }) => version === "2")).toBeCloseTo(0.25, 1.7);
  });

  it("stay as they are where weights change but do not touch them", async () => {
    const [still, moved] = [await lived({}, 2), await lived({}, 2, [[HOUR, { 1: 90, 2: 10 }]])];
    const [before, after] = [started(still, 120), started(moved, 120)];
    expect(after.filter(({ version }) => version === "1")).toEqual(
      before.filter(({ name }) => after.some((run) => run.name === name && run.version === "1")),
    );
    expect(after.map(({ name }) => name)).toEqual(before.map(({ name }) => name));
  });

  it("feel new weights within five seconds, and some of them the old ones until then", async () => {
    const world = simulateWorkflow({ starts: [{ perMinute: 6_000 }] }, { staleness: { ms: 5_000, share: 0.5 } });
    const { clock, run, stepFunctions } = world;
    clock.after(HOUR, "move", () => stepFunctions.moveByHand({ machine: "etl", alias: "live" }, { 2: 100 }));
    await run(() => clock.sleep(HOUR + MINUTE));
    const old = started(world, 1, HOUR).filter(({ version }) => version === "1");
    expect(old.length).toBeGreaterThan(50);
    for (const { startedAt } of old) expect(startedAt).toBeLessThan(START + HOUR + 5_000);
  });

  it("come from no minute before the world's history, and only so far as the minute has passed", async () => {
    const world = simulateWorkflow({ starts: [{ perMinute: 60, history: "10m" }] });
    await world.run(() => world.clock.sleep(30_000));
    expect(started(world, 1, -11 * MINUTE)).toEqual([]);
    expect(started(world, 1, -10 * MINUTE).length).toBeGreaterThan(30);
    const soFar = started(world, 1);
    expect(soFar.length).toBeGreaterThan(15);
    for (const { startedAt } of soFar) expect(startedAt).toBeLessThanOrEqual(START + 30_000);
    await world.run(() => world.clock.sleep(30_000));
    expect(started(world, 1).slice(0, soFar.length)).toEqual(soFar);
  });

  it("reach no alias that the scenario does not speak of", async () => {
    const world = await lived({ starts: [{ machine: "orders-*", perMinute: 20 }] }, 1);
    expect(started(world, 60)).toEqual([]);
  });
});

describe("an execution of the world", () => {
  it("takes hours where its version does, and ends on the version that it started on", async () => {
    const executions = [
      { version: "baseline" as const, failed: 0, ...lasting("30s") },
      { version: "candidate" as const, failed: 0, ...lasting("3h") },
    ];
    const world = await lived({ executions }, 5, [
      [0, { 1: 50, 2: 50 }],
      [HOUR, { 1: 100 }],
    ]);
    const { traffic } = world;
    const second = started(world, 60).filter(({ version }) => version === "2");
    expect(second.length).toBeGreaterThan(500);
    for (const { startedAt, endsAt } of second) expect(endsAt - startedAt).toBe(3 * HOUR);
    const runningOn = (at: number) => traffic.runningAt(LIVE, START + at).filter(({ version }) => version === "2");
    expect(runningOn(2 * HOUR)).toEqual(second);
    expect(runningOn(5 * HOUR)).toEqual([]);
    const ended = Array.from({ length: 300 }, (_, index) => traffic.endingIn(LIVE, START + index * MINUTE)).flat();
    expect(ended.filter(({ version }) => version === "2")).toEqual(second);
  });

  it("fails, is aborted or times out as often as its version does", async () => {
    const executions = [
      { version: "baseline" as const, failed: 0.2, aborted: 0.1, timedOut: 0.05, timeLimit: "1h", ...lasting("10m") },
    ];
    const runs = started(await lived({ executions }, 10), 600);
    const share = (ending: Run["ending"]) => shareOf(runs, (run) => run.ending === ending);
    expect(share("FAILED")).toBeCloseTo(0.2, 1.5);
    expect(share("ABORTED")).toBeCloseTo(0.1, 1.5);
    expect(share("TIMED_OUT")).toBeCloseTo(0.05, 1.5);
    for (const { ending, startedAt, endsAt } of runs) {
      if (ending === "TIMED_OUT") expect(endsAt - startedAt).toBe(HOUR);
      else if (ending === "SUCCEEDED") expect(endsAt - startedAt).toBe(10 * MINUTE);
      else expect(endsAt - startedAt).toBeLessThanOrEqual(10 * MINUTE);
    }
  });

  it("times out where it would take longer than its limit", async () => {
    const executions = [{ version: "baseline" as const, failed: 0, timeLimit: "5m", ...lasting("10m") }];
    expect(shareOf(started(await lived({ executions }, 1), 60), ({ ending }) => ending === "TIMED_OUT")).toBe(1);
  });

  it("goes as the changes say that held when it started", async () => {
    const changes = [{ fromWeight: 25, failed: 0.5 }];
    const executions = [{ version: "candidate" as const, failed: 0, changes }];
    const world = await lived({ executions }, 4, [
      [0, { 1: 90, 2: 10 }],
      [2 * HOUR, { 1: 75, 2: 25 }],
    ]);
    const failedOnSecond = (from: number) =>
      shareOf(
        started(world, 120, from).filter(({ version }) => version === "2"),
        ({ ending }) => ending === "FAILED",
      );
    expect(failedOnSecond(0)).toBe(0);
    expect(failedOnSecond(2 * HOUR)).toBeCloseTo(0.5, 0.8);
  });

  it("feels an incident that names its workflow, and none that does not", async () => {
    const executions = [{ version: "baseline" as const, failed: 0, ...lasting("1m") }];
    const incident = { from: "1h", to: "2h", errorsPlus: 1, latencyTimes: 2 };
    const world = await lived(
      { executions, incidents: [incident, { ...incident, machine: "etl", from: "2h", to: "3h" }] },
      3,
    );
    const failed = (from: number) => shareOf(started(world, 60, from), ({ ending }) => ending === "FAILED");
    expect([failed(0), failed(HOUR), failed(2 * HOUR)]).toEqual([0, 0, 1]);
  });
});

describe("what closed before the world began", () => {
  const executions = [
    {
      version: "baseline" as const,
      failed: 0.2,
      aborted: 0.1,
      timedOut: 0.05,
      ...lasting("10m", 0.3),
      timeLimit: "1h",
    },
    { version: "candidate" as const, failed: 0, timeLimit: "2h" },
  ];
  /** The minutes from `from` on, added up. */
  const tallied = ({ traffic }: World, minutes: number, from: number) => {
    const figures = Array.from({ length: minutes }, (_, index) =>
      traffic.talliedIn(LIVE, START + from + index * MINUTE),
    ).flatMap((tallies) => (tallies ?? []).map(({ whole }) => whole));
    const sum = (of: (one: (typeof figures)[number]) => number) => figures.reduce((total, one) => total + of(one), 0);
    return { sum, started: sum(({ started }) => started), times: figures.flatMap(({ times }) => times) };
  };

  it("is counted in every way as what is made one by one afterwards", async () => {
    const world = await lived({ executions }, 11);
    const { sum, started: count, times } = tallied(world, 600, -20 * HOUR);
    expect(count / 600).toBeCloseTo(20, 0);
    expect(sum(({ endings }) => endings.FAILED) / count).toBeCloseTo(0.2, 1.7);
    expect(sum(({ endings }) => endings.ABORTED) / count).toBeCloseTo(0.1, 1.7);
    expect(sum(({ endings }) => endings.TIMED_OUT) / count).toBeCloseTo(0.05, 1.7);
    expect(times).toHaveLength(count);
    const mean = (of: readonly number[]) => of.reduce((total, ms) => total + ms, 0) / of.length / MINUTE;
    const later = started(world, 600).map(({ startedAt, endsAt }) => endsAt - startedAt);
    expect(mean(times)).toBeCloseTo(mean(later), 0);
  });

  it("times out as a whole where it would take longer than it may", async () => {
    const world = await lived(
      { executions: executions.map((one) => ({ ...one, timeLimit: "5m", ...lasting("10m") })) },
      0,
    );
    const { sum, started: count } = tallied(world, 60, -3 * HOUR);
    const closed = sum(({ endings }) => endings.TIMED_OUT + endings.FAILED + endings.ABORTED);
    expect(count).toBeGreaterThan(1_000);
    expect(closed).toBe(count);
  });

  it("is known minute by minute until an execution's longest life before, and one by one from then on", async () => {
    const world = await lived({ executions }, 0);
    const last = -2 * HOUR - MINUTE;
    expect(world.traffic.talliedIn(LIVE, START + last)).toHaveLength(1);
    expect(world.traffic.startedIn(LIVE, START + last)).toEqual([]);
    expect(world.traffic.endingIn(LIVE, START + last)).toEqual([]);
    expect(world.traffic.talliedIn(LIVE, START + last + MINUTE)).toBeUndefined();
    expect(world.traffic.endingIn(LIVE, START + last + MINUTE).length).toBeGreaterThan(5);
  });

  it("is not there where the world has no history so long", async () => {
    const world = await lived({ executions, starts: [{ perMinute: 20, history: "3h" }] }, 0);
    expect(tallied(world, 60, -4 * HOUR).started).toBe(0);
    expect(tallied(world, 60, -3 * HOUR).started).toBeGreaterThan(1_000);
  });
});

describe("the workflow's scenarios", () => {
  const on = async (name: string, version: string) => {
    const file = JSON.parse(
      await readFile(new URL(`../../scenarios/${name}.json`, import.meta.url), "utf8"),
    ) as ScenarioFile;
    const world = await lived({ ...file, startsAt: "2026-11-24T18:00:00Z" }, 5, [[0, { 1: 50, 2: 50 }]]);
    const runs = started(world, 5 * 60).filter((run) => run.version === version);
    const times = runs.map(({ startedAt, endsAt }) => endsAt - startedAt).sort((one, other) => one - other);
    return {
      failed: shareOf(runs, ({ ending }) => ending === "FAILED"),
      median: times[Math.floor(times.length / 2)] ?? 0,
      longestInHours: (times.at(-1) ?? 0) / HOUR,
    };
  };

  it("have a second version that is as good, one that fails for one in eight, and one a fifth slower", async () => {
    const [good, failing, slow] = [
      await on("etl-healthy", "2"),
      await on("etl-errors-12", "2"),
      await on("etl-slower", "2"),
    ];
    const first = await on("etl-healthy", "1");
    expect(good.failed).toBeLessThan(0.005);
    expect(failing.failed).toBeCloseTo(0.12, 1.7);
    expect(slow.median / first.median).toBeCloseTo(1.2, 1);
    expect(good.median / first.median).toBeCloseTo(1, 1);
    expect(first.longestInHours).toBe(2);
  });
});
