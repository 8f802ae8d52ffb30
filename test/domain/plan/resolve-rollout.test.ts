import { describe, expect, it } from "vitest";
import { type Changes, environment, expectProblem, type Json, problems, resolve } from "./documents.ts";

const PROD = "policy.environments.prod";
const SHOP = "policy.services.shop";
const STEPS = `${SHOP}.rollout.steps`;
const TIGHT = "release.tighten.prod";

const steps = (...list: [weight: number, bake: string][]): Json => list.map(([weight, bake]) => ({ weight, bake }));
const policySteps = (...list: [number, string][]): Changes => ({ [STEPS]: steps(...list) });

describe("steps", () => {
  it("come from the policy", () => {
    expect(environment(policySteps([20, "10m"], [100, "1h"])).steps).toEqual([
      { weight: 20, bakeSeconds: 600 },
      { weight: 100, bakeSeconds: 3_600 },
    ]);
  });

  it("come from the environment's override where there is one", () => {
    const changes = {
      ...policySteps([20, "10m"], [100, "1h"]),
      [`${SHOP}.overrides.prod.rollout.steps`]: steps([100, "5m"]),
    };
    expect(environment(changes).steps).toEqual([{ weight: 100, bakeSeconds: 300 }]);
    const path = `${SHOP}.overrides.prod.rollout.steps`;
    expect(problems({ [path]: steps([90, "5m"]) }).map((problem) => problem.path)).toEqual([`${path}[0].weight`]);
  });

  it.each([
    ["the same weight twice", 10, "10 %"],
    ["a weight that falls", 5, "10 %"],
  ])("refuse %s", (_, weight, before) => {
    expectProblem(policySteps([10, "15m"], [weight, "15m"], [100, "15m"]), {
      path: `${STEPS}[1].weight`,
      value: weight,
      message: `does not rise: the step before it has ${before}`,
      hint: "write more than 10, or leave the step out",
    });
  });

  it("refuse to end below 100 %", () => {
    expectProblem(policySteps([10, "15m"], [99, "15m"]), {
      path: `${STEPS}[1].weight`,
      value: 99,
      message: "is the last step and stays below 100 %",
      hint: "end with weight 100",
    });
  });

  it("refuse a first step above the environment's floor", () => {
    const floor = { [`${PROD}.floors`]: { largestFirstStep: 10 } };
    expectProblem(
      { ...floor, ...policySteps([11, "15m"], [100, "15m"]) },
      {
        path: `${STEPS}[0].weight`,
        value: 11,
        message: "starts with 11 %, above the 10 % that prod allows for a first step",
        hint: "start with 10 or less",
      },
    );
    expect(resolve({ ...floor, ...policySteps([10, "15m"], [100, "15m"]) }).ok).toBe(true);
  });

  it("refuse a bake below the environment's floor", () => {
    const floor = { [`${PROD}.floors`]: { smallestBake: "15m" } };
    expectProblem(
      { ...floor, ...policySteps([10, "15m"], [100, "14m"]) },
      {
        path: `${STEPS}[1].bake`,
        value: "14m",
        message: "bakes for 14m, below the floor of 15m in prod",
        hint: "write 15m or longer",
      },
    );
  });

  it("refuse a bake in which no metric period can close and settle", () => {
    expectProblem(policySteps([10, "3m59s"], [100, "4m"]), {
      path: `${STEPS}[0].bake`,
      value: "3m59s",
      message: "bakes for 3m59s, too short for one whole period to close and settle",
      hint: "write 4m or longer",
    });
  });

  it("measure a bake against the slowest metric", () => {
    const metrics = [
      { preset: "lambda-error-rate", period: "5m", settle: "3m" },
      { preset: "lambda-throttles", rules: [{ max: 1 }] },
    ];
    const found = problems({ [`${SHOP}.analysis`]: { metrics }, ...policySteps([100, "12m"]) });
    expect(found.map((problem) => problem.hint)).toEqual(["write 13m or longer"]);
  });
});

describe("a release's steps", () => {
  const tightened = (list: Json): Changes => ({ ...policySteps([10, "15m"], [100, "15m"]), [`${TIGHT}.steps`]: list });

  it("may bake longer and add weights between", () => {
    expect(environment(tightened(steps([5, "10m"], [10, "15m"], [50, "10m"], [100, "30m"]))).steps).toEqual([
      { weight: 5, bakeSeconds: 600 },
      { weight: 10, bakeSeconds: 900 },
      { weight: 50, bakeSeconds: 600 },
      { weight: 100, bakeSeconds: 1_800 },
    ]);
  });

  it("may not leave a weight of the policy out", () => {
    const list = steps([5, "1h"], [100, "15m"]);
    expectProblem(tightened(list), {
      path: `${TIGHT}.steps`,
      value: list,
      message: "leaves out the policy's step of 10 %",
      hint: "keep 10 % with a bake of 15m or longer",
    });
  });

  it("may not bake one for less", () => {
    expectProblem(tightened(steps([10, "14m"], [100, "15m"])), {
      path: `${TIGHT}.steps[0].bake`,
      value: "14m",
      message: "bakes 10 % for 14m; the policy asks 15m",
      hint: "a release may only tighten: write 15m or longer",
    });
  });

  it("are held against the floors too", () => {
    const changes = {
      ...tightened(steps([5, "4m"], [10, "15m"], [100, "15m"])),
      [`${PROD}.floors`]: { smallestBake: "5m" },
    };
    expect(problems(changes).map((problem) => problem.path)).toEqual([`${TIGHT}.steps[0].bake`]);
  });

  it("may all be asked to bake at least so long", () => {
    const changes = { ...policySteps([10, "15m"], [100, "1h"]), [`${TIGHT}.bakeAtLeast`]: "30m" };
    expect(environment(changes).steps.map((step) => step.bakeSeconds)).toEqual([1_800, 3_600]);
  });

  it("may not be asked for less than the policy's shortest bake", () => {
    expectProblem(
      { ...policySteps([10, "15m"], [100, "1h"]), [`${TIGHT}.bakeAtLeast`]: "14m" },
      {
        path: `${TIGHT}.bakeAtLeast`,
        value: "14m",
        message: "is shorter than the policy's shortest bake, 15m",
        hint: "a release may only tighten: write 15m or longer",
      },
    );
    expect(resolve({ ...policySteps([10, "15m"], [100, "1h"]), [`${TIGHT}.bakeAtLeast`]: "15m" }).ok).toBe(true);
  });
});

describe("what follows the rollout", () => {
  it("is monitored as the policy says, or longer", () => {
    const monitor = { [`${SHOP}.monitorAfter`]: { for: "2h", onFail: "warn" } };
    expect(environment(monitor).monitor).toEqual({ forSeconds: 7_200, onFail: "warn" });
    expect(environment({ ...monitor, [`${TIGHT}.monitorFor`]: "3h" }).monitor?.forSeconds).toBe(10_800);
    expect(environment({ ...monitor, [`${TIGHT}.monitorFor`]: "2h" }).monitor?.forSeconds).toBe(7_200);
    expect(environment({ [`${TIGHT}.monitorFor`]: "3h" }).monitor).toEqual({ forSeconds: 10_800, onFail: "roll-back" });
  });

  it("is never monitored for less", () => {
    expectProblem(
      { [`${SHOP}.monitorAfter`]: { for: "2h" }, [`${TIGHT}.monitorFor`]: "1h59m" },
      {
        path: `${TIGHT}.monitorFor`,
        value: "1h59m",
        message: "is shorter than the policy's 2h",
        hint: "a release may only tighten: write 2h or longer",
      },
    );
  });

  it("deletes the previous version afterwards only where the service says so, or the environment of it", () => {
    expect(environment({}).retirePrevious).toBe(false);
    const retire = { [`${SHOP}.retirePrevious`]: true };
    expect(environment(retire).retirePrevious).toBe(true);
    expect(environment({ ...retire, [`${SHOP}.overrides`]: { prod: { retirePrevious: false } } }).retirePrevious).toBe(
      false,
    );
  });

  it("keeps the previous version as long as the policy says, or longer", () => {
    const keep = { [`${SHOP}.keepPreviousFor`]: "2d" };
    expect(environment(keep).keepPreviousSeconds).toBe(172_800);
    expect(environment({ ...keep, [`${TIGHT}.keepPreviousFor`]: "3d" }).keepPreviousSeconds).toBe(259_200);
    expectProblem(
      { ...keep, [`${TIGHT}.keepPreviousFor`]: "24h" },
      {
        path: `${TIGHT}.keepPreviousFor`,
        value: "24h",
        message: "is shorter than the policy's 2d",
        hint: "a release may only tighten: write 2d or longer",
      },
    );
  });
});
