import { describe, expect, it } from "vitest";
import { environment, expectProblem, warnings } from "./documents.ts";

const ROLLOUT = "policy.services.shop.rollout";
const SHOP = "policy.services.shop";
const steps = [10, 99, 100].map((weight) => ({ weight, bake: "15m" }));

describe("a share that the version before keeps", () => {
  it("stands in the plan, and is absent where the policy asks for none", () => {
    expect(environment({ [ROLLOUT]: { holdback: 1 } }).holdback).toBe(1);
    expect("holdback" in environment({})).toBe(false);
  });

  it("is an environment's own where that has a rollout of its own", () => {
    const override = (rollout: object) => ({
      [ROLLOUT]: { holdback: 1 },
      [`${SHOP}.overrides`]: { prod: { rollout: rollout as never } },
    });
    expect(environment(override({ holdback: 5 })).holdback).toBe(5);
    expect(environment(override({ steps: steps.slice(2) })).holdback).toBeUndefined();
  });

  it.each([0, 21, 1.5])("is a whole percent from 1 to 20, and so not %d", (holdback) => {
    expect(() => environment({ [ROLLOUT]: { holdback } })).toThrow("holdback");
  });

  it("is refused beside a step that it leaves nothing to, with what would do", () => {
    expectProblem(
      { [ROLLOUT]: { steps, holdback: 1 } },
      {
        path: `${ROLLOUT}.steps[1].weight`,
        value: 99,
        message: "leaves the step of 100 % nothing to move: 1 % is held back of it",
        hint: "write less than 99, or leave the step out",
      },
    );
  });

  it("is refused where a target follows another's split, which would then serve unwatched", () => {
    expectProblem(
      { [`${SHOP}.targets.1.follows`]: "order", [ROLLOUT]: { holdback: 1 } },
      {
        path: `${ROLLOUT}.holdback`,
        value: 1,
        message:
          "would let cart serve unwatched: it follows another target's split, and moves at the finish, after the monitoring",
        hint: "leave it out, or put cart into a service of its own",
      },
    );
  });
});

describe("a finish that comes when the window is closed", () => {
  const window = (whenItCloses: string) => ({
    [ROLLOUT]: { holdback: 1 },
    [`${SHOP}.monitorAfter`]: { for: "2h" },
    "policy.environments.prod.window": {
      zone: "Africa/Johannesburg",
      open: [{ days: ["Tue", "Wed", "Thu"], from: "20:00", to: "22:00" }],
      scope: "rollout",
      whenItCloses,
    },
  });

  it("is warned of, with when it would come", () => {
    const [found] = warnings(window("hold")).filter(({ message }) => message.includes("the finish waits"));
    expect(found?.message).toBe(
      "ends Tue 2026-01-06 23:00 Africa/Johannesburg at the earliest, when the change window is closed: the finish waits, with the split, until Wed 2026-01-07 20:00 Africa/Johannesburg",
    );
    expect(found?.hint).toBe('monitor for less long, or write whenItCloses "finish"');
  });

  it("is not where it does not wait, or nothing is held back", () => {
    const about = (changes: ReturnType<typeof window>) =>
      warnings(changes).filter(({ message }) => message.includes("the finish waits"));
    expect(about(window("finish"))).toEqual([]);
    expect(about({ ...window("hold"), [ROLLOUT]: {} } as never)).toEqual([]);
    expect(about({ ...window("hold"), [`${SHOP}.monitorAfter`]: { for: "30m" } })).toEqual([]);
  });
});
