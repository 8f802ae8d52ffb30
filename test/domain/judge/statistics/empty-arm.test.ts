import { describe, expect, it } from "vitest";
import { createRandom } from "../../../../bench/random.ts";
import {
  EMPTY_ALPHA,
  type EmptyArm,
  emptyLogE,
  watchArm,
} from "../../../../functions/domain/judge/statistics/empty-arm.ts";

type Requests = Parameters<typeof watchArm>[3];
const LINE = -Math.log(EMPTY_ALPHA);
const quiet = (baseline: number, candidate = 0): Requests => ({ candidate, baseline });

/** The minute in which the line is crossed, counted from 1; null: it never is. */
function crossedAt(weight: number, minutes: number, requests: (minute: number) => Requests, stepLength = minutes) {
  let arm: EmptyArm | null = null;
  for (let minute = 0; minute < minutes; minute++) {
    arm = watchArm(arm, Math.floor(minute / stepLength), weight, requests(minute));
    if (emptyLogE(arm) >= LINE) return minute + 1;
  }
  return null;
}

/** Requests of one minute of which each goes to the candidate with this chance. */
const split = (random: ReturnType<typeof createRandom>, perMinute: number, share: number): Requests =>
  quiet(random.poisson(perMinute * (1 - share)), random.poisson(perMinute * share));

describe("an arm without requests", () => {
  it("is told in two minutes beside hundreds, in none beside one request a minute for an hour", () => {
    expect(crossedAt(10, 15, () => quiet(540))).toBe(2);
    expect(crossedAt(1, 60, () => quiet(594))).toBe(4);
    expect(crossedAt(1, 60, () => quiet(1))).toBeNull();
    expect(crossedAt(10, 600, () => quiet(0))).toBeNull();
  });

  it("takes no single minute, whatever its traffic", () => {
    expect(crossedAt(50, 1, () => quiet(1e6))).toBeNull();
  });

  it("is told when it falls silent late, or in a later step", () => {
    const fallsSilent = (from: number) => (minute: number) => quiet(540, minute < from ? 60 : 0);
    expect(crossedAt(10, 60, fallsSilent(40))).toBeLessThanOrEqual(43);
    expect(crossedAt(10, 60, fallsSilent(45), 15)).toBeLessThanOrEqual(48);
  });

  it("says how many the other had since its own last request", () => {
    let arm: EmptyArm | null = null;
    for (const requests of [quiet(540), quiet(540, 1), quiet(530), quiet(10)]) arm = watchArm(arm, 0, 10, requests);
    expect(arm?.baseline).toBe(540);
  });

  it("survives the ledger", () => {
    const lost = watchArm(watchArm(null, 0, 10, quiet(540, 60)), 0, 10, quiet(540));
    expect(watchArm(JSON.parse(JSON.stringify(lost)), 0, 10, quiet(540))).toEqual(watchArm(lost, 0, 10, quiet(540)));
  });
});

describe("an arm with at least half of its share", () => {
  it.each([1, 10, 50, 99])("expects E of at most 1 at %i %%, over every split of a minute's requests", (weight) => {
    for (const total of [1, 5, 40, 400]) {
      for (const share of [weight / 200, weight / 100]) {
        let [mean, chance] = [0, (1 - share) ** total];
        for (let n = 0; n <= total; n++) {
          mean += chance * Math.exp(emptyLogE(watchArm(null, 0, weight, quiet(total - n, n))));
          chance *= ((total - n) / (n + 1)) * (share / (1 - share));
        }
        expect(mean).toBeLessThanOrEqual(1 + 1e-9);
      }
    }
  });

  it("is never told in 2,000 rollouts of an hour, at 6 to 6,000 requests a minute", () => {
    const random = createRandom("empty arm");
    const told = [6, 60, 600, 6_000].flatMap((perMinute) =>
      Array.from({ length: 500 }, (_, rollout) => {
        const share = [0.05, 0.1][rollout % 2] ?? 0.1;
        return crossedAt(10, 60, () => split(random, perMinute, share), 15);
      }),
    );
    expect(told.filter((minute) => minute !== null)).toEqual([]);
  });
});
