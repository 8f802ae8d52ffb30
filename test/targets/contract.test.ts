/** What every kind of target has to do, by its own adapter against its simulated service. */
import { describe, expect, it } from "vitest";
import { KINDS, type KindName } from "../../functions/targets/kinds.ts";
import { type Bench, onBench, TARGETS } from "./contract-bench.ts";
import { ROWS } from "./contract-rows.ts";

const NAMES = Object.keys(KINDS) as KindName[];

describe.each(NAMES)("a target of kind %s", (name) => {
  const row = ROWS[name];
  const on = (play: (bench: Bench) => Promise<void>) => onBench(name, row, play);

  /** The version that served before, and the candidate's. */
  async function split(bench: Bench, weight: number): Promise<{ before: string; after: string }> {
    const [before = ""] = Object.keys(bench.serves("order"));
    await bench.deployed();
    await bench.shift(weight);
    const after = Object.keys(bench.serves("order")).find((version) => version !== before) ?? "";
    return { before, after };
  }

  const both = (bench: Bench) => TARGETS.map((target) => bench.serves(target));

  it("is captured as it stands, and touched by nothing before the first shift", () =>
    on(async (bench) => {
      const before = both(bench);
      await bench.deployed();
      expect(both(bench)).toEqual(before);
      expect(bench.calls(row.writes)).toBe(0);
    }));

  it("has its candidate made once, however often it is asked for", () =>
    on(async (bench) => {
      await bench.deployed();
      const first = await bench.persist("deploy-candidate", { target: "order" });
      const again = await bench.persist("deploy-candidate", { target: "order" });
      expect(again).toEqual(first);
      expect(bench.calls(row.publishes)).toBe(TARGETS.length);
    }));

  it("is shifted up step by step, and to its end", () =>
    on(async (bench) => {
      const { before, after } = await split(bench, 10);
      expect(both(bench)).toEqual([
        { [before]: 90, [after]: 10 },
        { [before]: 90, [after]: 10 },
      ]);
      await bench.shift(50);
      expect(bench.serves("order")).toEqual({ [before]: 50, [after]: 50 });
      await bench.shift(100);
      await bench.finish();
      expect(both(bench)).toEqual([{ [after]: 100 }, { [after]: 100 }]);
    }));

  it("is not shifted down by a call that comes late, nor twice by one that comes double", () =>
    on(async (bench) => {
      const { before, after } = await split(bench, 50);
      const writes = bench.calls(row.writes);
      await bench.shift(50);
      await bench.shift(10);
      expect(bench.serves("order")).toEqual({ [before]: 50, [after]: 50 });
      expect(bench.calls(row.writes)).toBe(writes);
    }));

  it.each(["before anything is shifted", "at 10 %", "at 100 %", "after the finish"])("is restored from %s", (point) =>
    on(async (bench) => {
      const before = both(bench);
      const descriptions = TARGETS.map((target) => row.description(bench, target));
      await bench.deployed();
      if (point !== "before anything is shifted") await bench.shift(10);
      if (point === "at 100 %" || point === "after the finish") await bench.shift(100);
      if (point === "after the finish") await bench.finish();
      const { state } = await bench.restore();
      expect(state).toBe(point === "before anything is shifted" ? "code" : "verified");
      expect(both(bench)).toEqual(before);
      expect(TARGETS.map((target) => row.description(bench, target))).toEqual(descriptions);
    }),
  );

  it("is restored once, however often it is asked for", () =>
    on(async (bench) => {
      const { before } = await split(bench, 50);
      await bench.restore();
      const writes = bench.calls(row.writes);
      expect((await bench.restore()).state).toBe("verified");
      expect(bench.calls(row.writes)).toBe(writes);
      expect(bench.serves("order")).toEqual({ [before]: 100 });
    }));

  it("that is throttled for a while is moved all the same", () =>
    on(async (bench) => {
      const [before = ""] = Object.keys(bench.serves("order"));
      await bench.deployed();
      for (const nth of [1, 2, 3]) bench.fault({ operation: row.writes, action: { kind: "throttle" } }, nth);
      await bench.shift(10);
      expect(bench.serves("order")[before]).toBe(90);
      expect(bench.serves("cart")[before]).toBe(90);
    }));

  it("that cannot be written is no success, and goes back", () =>
    on(async (bench) => {
      const { before } = await split(bench, 10);
      bench.fault({ operation: row.writes, action: { kind: "throttle" } }, 6);
      bench.fault({ operation: row.writes, action: { kind: "refuse" } }, 1);
      await expect(bench.invoke("shift-traffic", { weight: 50 })).rejects.toThrow();
      expect((await bench.restore()).state).toBe("verified");
      expect(both(bench)).toEqual([{ [before]: 100 }, { [before]: 100 }]);
    }));

  it("whose answer is lost is found moved by the next call, or moved by it", () =>
    on(async (bench) => {
      const [before = ""] = Object.keys(bench.serves("order"));
      await bench.deployed();
      for (const nth of [1, 2, 3, 4, 5, 6])
        bench.fault({ operation: row.writes, action: { kind: "timeout-after" } }, nth);
      await bench.shift(10);
      expect(bench.serves("order")[before]).toBe(90);
    }));

  it("whose reads tell of yesterday is believed only when they agree", () =>
    on(async (bench) => {
      await bench.deployed();
      for (const nth of [3, 5, 7]) bench.fault({ operation: row.reads, action: { kind: "timeout-before" } }, nth);
      await bench.shift(10);
      expect(Object.values(bench.serves("order")).toSorted()).toEqual([10, 90]);
    }));

  it("that somebody else has moved is left as it is, and the other one goes back", () =>
    on(async (bench) => {
      const { before } = await split(bench, 10);
      row.moveByHand(bench, "order");
      const theirs = bench.serves("order");
      expect(await bench.shift(50)).toMatchObject({ decision: "stop" });
      const restored = await bench.restore();
      expect(restored.state).toBe("refused");
      expect(bench.serves("order")).toEqual(theirs);
      expect(bench.serves("cart")).toEqual({ [before]: 100 });
    }));

  it("whose sister fails its shift goes back with it", () =>
    on(async (bench) => {
      const before = both(bench);
      await bench.deployed();
      bench.fault({ operation: row.writes, action: { kind: "refuse" } }, 2);
      await expect(bench.invoke("shift-traffic", { weight: 10 })).rejects.toThrow();
      expect((await bench.restore()).state).toBe("verified");
      expect(both(bench)).toEqual(before);
    }));

  it.each([1, 2, 3, 4])("ends on the baseline when its way to the end is broken off after write %i", (nth) =>
    on(async (bench) => {
      const before = both(bench);
      await bench.deployed();
      await bench.shift(100);
      bench.fault({ operation: row.writes, action: { kind: "timeout-after" } }, nth);
      await bench.invoke("finish-rollout").catch(() => {});
      expect((await bench.restore()).state).toBe("verified");
      expect(both(bench)).toEqual(before);
    }),
  );

  it("is not moved by a write that arrives after it was brought back", () =>
    on(async (bench) => {
      const before = both(bench);
      await bench.deployed();
      bench.fault({ operation: row.writes, action: { kind: "delay", ms: 9_000 } }, 1);
      await bench.invoke("shift-traffic", { weight: 10 }).catch(() => {});
      expect((await bench.restore()).state).toBe("verified");
      await bench.sandbox.clock.sleep(120_000);
      expect(both(bench)).toEqual(before);
    }));
});
