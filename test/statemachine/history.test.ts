/** No execution ends by its history: what each machine can write, added up from its definition. */
import { describe, expect, it } from "vitest";
import { MOST_LOOKS, MOST_TICKS } from "../../functions/domain/chunks.ts";
import { LONGEST_SECONDS } from "../../functions/domain/durations.ts";
import { plannedSecondsOf } from "../../functions/domain/judge/bake.ts";
import { queueSeconds } from "../../functions/domain/promotion/queue.ts";
import { HISTORY_LIMIT } from "../../sandbox/asl/limits.ts";
import { environmentPlan } from "../support/deps.ts";
import { definitions, type State } from "./definition.ts";
import { eventsIn, eventsOf, type Luck, lapIn } from "./events.ts";

/** An execution's own: started, and succeeded or failed. */
const OWN = 2;

/** All that is visited once, with a chain of states that exclude each other counted in full; and so many laps. */
function longest(machine: keyof typeof definitions, laps: number, luck: Luck): number {
  const { lap, once } = lapIn(definitions[machine]);
  return OWN + eventsIn(once, luck) + laps * eventsIn(lap, luck);
}

const states = (machine: keyof typeof definitions, ...names: readonly string[]): State[] =>
  names.map((name) => {
    const state = definitions[machine].States[name];
    if (state === undefined) throw new Error(`${machine} has no state ${name}`);
    return state;
  });

const LEGS_OF_A_YEAR = (() => {
  const plan = environmentPlan();
  let seconds = 0;
  for (let leg = 1; ; leg++) {
    seconds += plannedSecondsOf(plan, { kind: "drive", leg }) ?? Number.POSITIVE_INFINITY;
    if (seconds >= LONGEST_SECONDS) return leg;
  }
})();

describe("a history has room", () => {
  it.each([
    ["bake", MOST_TICKS],
    ["queue", MOST_LOOKS],
    ["approval", MOST_LOOKS],
  ] as const)("for all looks of a %s, though every call fails as often as it is tried again", (machine, laps) => {
    expect(longest(machine, laps, "bad")).toBeLessThan(HISTORY_LIMIT);
  });

  it("for no more of them: the numbers are not idle", () => {
    expect(longest("bake", 2 * MOST_TICKS, "bad")).toBeGreaterThan(HISTORY_LIMIT);
    expect(longest("queue", 2 * MOST_LOOKS, "bad")).toBeGreaterThan(HISTORY_LIMIT);
    expect(longest("approval", 2 * MOST_LOOKS, "bad")).toBeGreaterThan(HISTORY_LIMIT);
  });

  it("for the ten minutes in which a rollback waits for metrics, a look a minute", () => {
    expect(longest("rollback", 11, "bad")).toBeLessThan(HISTORY_LIMIT);
  });

  const MINUTES = LONGEST_SECONDS / 60;

  it("for a year of approvals with a reminder each minute, in the promotion", () => {
    const chunk = eventsIn(states("promotion", "Get approval", "Approved?"), "good");
    expect(chunk).toBe(8);
    const { lap, once } = lapIn(definitions.promotion);
    const environments = 20;
    const rest = OWN + eventsIn(once, "good") + environments * eventsIn(lap, "good");
    expect(rest + Math.ceil(MINUTES / MOST_LOOKS) * chunk).toBeLessThan(HISTORY_LIMIT);
  });

  it("for a year in the queue, in the promotion", () => {
    const chunk = eventsIn(states("promotion", "Enter environment", "Entered?", "Wait in queue", "Waited?"), "bad");
    const seconds = Array.from({ length: MOST_LOOKS }, (_, looks) => queueSeconds(looks)).reduce(
      (sum, one) => sum + one,
    );
    expect(seconds).toBeGreaterThan(7 * 86_400);
    expect(Math.ceil(LONGEST_SECONDS / seconds) * chunk).toBeLessThan(HISTORY_LIMIT / 5);
  });

  it("for a year of bakes that are looked at each minute, in the rollout", () => {
    const chunk = eventsIn(states("rollout", "Bake", "Baked?"), "good");
    const hundredSteps = 100 * eventsIn(lapIn(definitions.rollout).lap, "good");
    expect(Math.ceil(MINUTES / MOST_TICKS) * chunk + hundredSteps).toBeLessThan(HISTORY_LIMIT);
  });

  it("for a year of a movement that is followed, leg by leg, though every call fails as often as it is tried again", () => {
    const leg = eventsIn(states("rollout", "Plan move", "Which move?", "Follow drive", "Followed?"), "bad");
    expect(LEGS_OF_A_YEAR).toBe(115);
    expect(LEGS_OF_A_YEAR * leg).toBeLessThan(HISTORY_LIMIT / 2);
  });

  it("for a year on hold before traffic moves, which is looked at once a day", () => {
    const day = eventsIn(states("rollout", "Plan move", "Which move?", "Hold"), "good");
    expect(365 * day).toBeLessThan(HISTORY_LIMIT / 5);
  });

  it("for 200 candidates that are not ready for as long as they are asked, and for the rollout after them", () => {
    const [map] = states("rollout", "Deploy candidates");
    expect(eventsOf(map ?? { Type: "none" }, "bad", 200)).toBeLessThan(HISTORY_LIMIT * 0.7);
  });
});
