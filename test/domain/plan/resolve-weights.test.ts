import { describe, expect, it, vi } from "vitest";
import { environment, expectProblem, problems } from "./documents.ts";

vi.mock("../../../functions/targets/kinds.ts", async (original) =>
  (await import("../../support/test-kinds.ts")).withStrictAlias(original),
);

const STEPS = "policy.services.shop.rollout";

describe("a kind that sends all of its traffic one way", () => {
  it("is refused a step between none and all, with the step and the way that works", () => {
    const steps = [
      { weight: 10, bake: "15m" },
      { weight: 100, bake: "15m" },
    ];
    expectProblem(
      { [STEPS]: { steps } },
      {
        path: `${STEPS}.steps[0].weight`,
        value: 10,
        message: "asks for 10 %, which order cannot hold: a lambda-alias sends all of its traffic one way",
        hint: "write one step of 100, or let order follow a target that can be split",
      },
    );
  });

  it("is refused the usual steps too", () => {
    expect(problems({ [STEPS]: undefined }).length).toBeGreaterThan(0);
  });

  it("keeps no share back", () => {
    const steps = [{ weight: 100, bake: "15m" }];
    expect(problems({ [STEPS]: { steps, holdback: 1 } })).toContainEqual({
      path: `${STEPS}.holdback`,
      value: 1,
      message: "asks order to keep a share: a lambda-alias sends all of its traffic one way",
      hint: "leave it out",
    });
  });

  it("is shifted in one step of 100", () => {
    expect(environment({ [STEPS]: { steps: [{ weight: 100, bake: "15m" }] } }).steps).toHaveLength(1);
  });
});
