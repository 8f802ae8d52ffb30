/** The figures of the open benchmark, by hand, and its picture. */
import { describe, expect, it } from "vitest";
import { NONE } from "../../bench/judge/cells.ts";
import { measureCell, rolloutsOf, type Score } from "../../bench/judge/measure.ts";
import { pictureOf } from "../../bench/judge/picture.ts";
import { type Scored, type Standing, standingOf, standingsTable } from "../../bench/judge/standings.ts";
import type { Cell } from "../../bench/judge/traffic.ts";

const cell: Cell = {
  requestsPerMinute: 600,
  baselineRate: 0.01,
  candidateRate: 0.01,
  noise: "independent",
  bakeMinutes: 15,
  incident: null,
  wander: null,
};
const score = (over: Partial<Score>): Score => ({
  method: "mine",
  caught: 0,
  medianMinute: 1,
  meanMinute: 45,
  errorsServed: 0,
  ...over,
});
const bad = (over: Partial<Score>): Scored => ({
  cell: { ...cell, candidateRate: 0.1 },
  effect: "x10",
  score: score(over),
});
const good = (caught: number, over: Partial<Cell> = {}): Scored => ({
  cell: { ...cell, ...over },
  effect: NONE,
  score: score({ caught }),
});

describe("a judge's standing", () => {
  const standing = standingOf("mine", [
    good(0.01),
    good(0.03),
    good(0.2, { noise: "bursts" }),
    good(0.4, { incident: { from: 10, until: 20 } }),
    // Served with nobody judging: 600 a minute, 15 minutes each at 10, 25, 50 and 100 %, a tenth of them failed.
    bad({ caught: 1, meanMinute: 5, errorsServed: 1_665 * 0.1 }),
    bad({ caught: 0.5, meanMinute: 25, errorsServed: 1_665 * 0.5 }),
  ]);

  it("has false rollbacks by kind of noise, an incident apart from all", () => {
    expect(standing.falseRollbacks.find(({ group }) => group === "independent")).toMatchObject({
      mean: 0.02,
      worst: 0.03,
    });
    expect(standing.falseRollbacks.find(({ group }) => group === "shared incident")).toMatchObject({ worst: 0.4 });
    expect(standing.falseMean).toBeCloseTo(0.16, 10);
  });

  it("has what became of bad candidates, against nobody judging", () => {
    expect(standing).toMatchObject({ caught: 0.75, minutes: 15 });
    expect(standing.served).toBeCloseTo(0.3, 10);
  });

  it("is a row of a table", () => {
    expect(standingsTable([standing]).split("\n")[2]).toContain("| mine | 2.00 (3.00) | 20 (20) |");
    expect(standingsTable([standing])).toContain("| 75 % | 15.0 | 30 % |");
  });
});

describe("the rollouts of a scenario", () => {
  it("are the same for the same seed, and others for another", () => {
    const [one, same, other] = [1, 1, 2].map((seed) => [...rolloutsOf(cell, 2, seed)]);
    expect(one).toEqual(same);
    expect(one).not.toEqual(other);
  });

  it("count a miss as the whole rollout and one bake at 100 %", () => {
    const never = { name: "never", begin: () => () => false };
    const at3 = { name: "at 3", begin: () => (_: unknown, index: number) => index === 2 };
    const [missed, caught] = measureCell(cell, 3, 1, [never, at3]).scores;
    expect(missed).toMatchObject({ caught: 0, meanMinute: 45, medianMinute: Number.POSITIVE_INFINITY });
    expect(missed?.errorsServed).toBeGreaterThan(600 * 0.01 * 15);
    expect(caught).toMatchObject({ caught: 1, meanMinute: 3, medianMinute: 3 });
  });

  it("wander by themselves in each arm, or alike in both", () => {
    const wander = { deviation: 0.5, minutes: 10 };
    const apart = (noise: Cell["noise"]): number => {
      const busy = { ...cell, requestsPerMinute: 600_000, noise, wander };
      const minutes = [...rolloutsOf(busy, 5, 1)].flatMap((rollout) => rollout.minutes);
      const ratios = minutes.map(({ canary, baseline }) =>
        Math.log(canary.errors / canary.requests / (baseline.errors / baseline.requests)),
      );
      return Math.sqrt(ratios.reduce((sum, ratio) => sum + ratio ** 2, 0) / ratios.length);
    };
    expect(apart("shared drift")).toBeLessThan(0.1);
    expect(apart("wandering")).toBeGreaterThan(0.4);
  });
});

describe("the picture", () => {
  const one = (over: Partial<Standing>): Standing => ({
    name: "mine",
    falseRollbacks: [],
    falseMean: 0.01,
    caught: 1,
    minutes: 15,
    served: 0.5,
    ...over,
  });
  const centres = (picture: string): string[] =>
    [...picture.matchAll(/cx="([\d.]+)" cy="([\d.]+)"/g)].map(([, x, y]) => `${x} ${y}`);

  it("stands a judge where its figures are: minutes to the left, requests to the right", () => {
    // A third of 300 from 64, half of 300 from 432; 1 % is half of the height of 220, below 46.
    expect(centres(pictureOf([one({})], [], ""))).toEqual(["164 156", "582 156", "26 328"]);
  });

  it("stands what never rolls back falsely on the foot, and holds the rest within its frame", () => {
    const [left, right] = centres(pictureOf([one({ falseMean: 0, minutes: 180, served: 1.2 })], [], ""));
    expect([left, right]).toEqual(["364 266", "732 266"]);
  });

  it("draws ours over the others, in a colour of its own", () => {
    const picture = pictureOf([one({ name: "ours" }), one({ name: "theirs" })], ["ours"], "");
    const [first, second] = [...picture.matchAll(/class="dot( ours)?"/g)].map(([, ours]) => ours);
    expect([first, second]).toEqual([undefined, " ours"]);
  });

  it("can be read in the dark, aloud, and whatever a judge is called", () => {
    const picture = pictureOf([one({ name: `a & <b>` })], [], "seed 1");
    expect(picture).toContain("prefers-color-scheme: dark");
    expect(picture).toContain("a &amp; &lt;b&gt;: 1.00 % false, 15.0 minutes, 50 % served");
    expect(picture).not.toContain("<b>");
  });
});
