import { describe, expect, it, vi } from "vitest";
import { environment, expectProblem, problems, resolve } from "./documents.ts";

vi.mock("../../../functions/targets/kinds.ts", async (original) =>
  (await import("../../support/test-kinds.ts")).withMovingAlias(original),
);

const SHOP = "policy.services.shop";

describe("a service whose targets move by themselves", () => {
  it("has one step unless it is said: the bake of all traffic, once they have moved", () => {
    expect(environment()).toMatchObject({ drive: "self-driving", steps: [{ weight: 100, bakeSeconds: 900 }] });
  });

  it("may say how long that bake is", () => {
    const steps = [{ weight: 100, bake: "1h" }];
    expect(environment({ [`${SHOP}.rollout`]: { steps } }).steps).toEqual([{ weight: 100, bakeSeconds: 3_600 }]);
  });

  const split = [
    { weight: 10, bake: "15m" },
    { weight: 100, bake: "15m" },
  ];
  const refused = (path: string) => ({
    path,
    value: 10,
    message: "asks for 10 % of targets that move by themselves",
    hint: "write one step of 100: its bake begins when they have moved, and their service knows the way there",
  });

  it("takes no weights from a policy, nor from a release", () => {
    expectProblem({ [`${SHOP}.rollout`]: { steps: split } }, refused(`${SHOP}.rollout.steps[0].weight`));
    expectProblem({ "release.tighten.prod": { steps: split } }, refused("release.tighten.prod.steps[0].weight"));
  });

  it("keeps nothing back: who moves by itself moves all of it", () => {
    expectProblem(
      { [`${SHOP}.rollout`]: { holdback: 1 } },
      {
        path: `${SHOP}.rollout.holdback`,
        value: 1,
        message: "asks to hold traffic back from targets that move by themselves",
        hint: "leave it out: they move all of it",
      },
    );
  });

  it("is refused where the environment sets a floor for the first step, which nobody here could hold", () => {
    expect(problems({ "policy.environments.prod.floors": { largestFirstStep: 10 } })).toMatchObject([
      { value: undefined, hint: expect.stringMatching(/^targets that move by themselves choose their own first step/) },
    ]);
  });

  it("has no target that follows another's split", () => {
    expectProblem(
      { [`${SHOP}.targets.1.follows`]: "order" },
      {
        path: `${SHOP}.targets[1].follows`,
        value: "order",
        message: "is said of a target that moves by itself",
        hint: "leave it out",
      },
    );
    expect(resolve().ok).toBe(true);
  });
});
