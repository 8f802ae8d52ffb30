import { describe, expect, it } from "vitest";
import { lapOf, MOST_LOOKS } from "../../functions/domain/chunks.ts";
import { LIFE_SECONDS, longestSeconds, outlives } from "../../functions/domain/life.ts";
import type { ApprovalPlan } from "../../functions/domain/plan.ts";
import { queueSeconds } from "../../functions/domain/promotion/queue.ts";
import { environmentPlan } from "../support/deps.ts";

describe("a lap of a wait", () => {
  it("is followed by another one, until the execution has had its looks", () => {
    expect(lapOf(null, 1)).toEqual({ decision: "again", outcome: null });
    expect(lapOf(null, MOST_LOOKS - 1)).toEqual({ decision: "again", outcome: null });
    expect(lapOf(null, MOST_LOOKS)).toEqual({ decision: "end", outcome: "continue" });
  });

  it("ends with the wait's own word, though it is the last one", () => {
    expect(lapOf("approved", 1)).toEqual({ decision: "end", outcome: "approved" });
    expect(lapOf("approved", MOST_LOOKS)).toEqual({ decision: "end", outcome: "approved" });
  });
});

describe("a queued promotion", () => {
  it("looks by itself after five minutes, then less and less often, and once an hour in the end", () => {
    const times = Array.from({ length: MOST_LOOKS }, (_, looks) => queueSeconds(looks));
    expect(times.slice(0, 3)).toEqual([300, 330, 363]);
    expect(times).toEqual(times.toSorted((one, other) => one - other));
    expect(times.indexOf(3_600)).toBe(27);
    expect(times.at(-1)).toBe(3_600);
  });
});

const DAY = 86_400;
const approval = (when: ApprovalPlan["when"], days: number) => ({ when, expiresSeconds: days * DAY }) as ApprovalPlan;

describe("the longest that an environment lasts", () => {
  const plan = environmentPlan({
    steps: [
      { weight: 50, bakeSeconds: 3 * DAY },
      { weight: 100, bakeSeconds: DAY },
    ],
    monitor: { forSeconds: 2 * DAY, onFail: "warn" },
    approvals: [approval("before", 5), approval(50, 7)],
  });
  const doubting = (onInconclusive: "hold" | "roll-back") => ({
    ...plan,
    analysis: { ...plan.analysis, onInconclusive, extendSeconds: DAY, holdSeconds: 10 * DAY },
  });

  it("counts each approval to its end, and each bake extended and held", () => {
    expect(longestSeconds(doubting("roll-back"))).toBe((5 + 7 + 3 + 1 + 2 + 3 * 1) * DAY);
    expect(longestSeconds(doubting("hold"))).toBe((5 + 7 + 3 + 1 + 2 + 3 * 11) * DAY);
  });

  it("keeps it from being entered when less of the execution's year is left", () => {
    const opened = Date.UTC(2026, 0, 1);
    const late = opened + (LIFE_SECONDS - longestSeconds(doubting("roll-back"))) * 1_000;
    expect(outlives(opened, doubting("roll-back"), late)).toBeNull();
    expect(outlives(opened, doubting("roll-back"), late + 1)).toBe(
      "prod may last 21d, and of the year that an execution has only 21d are left",
    );
  });
});
