import { describe, expect, it } from "vitest";
import { adviseSteps } from "../../../functions/domain/judge/advice.ts";
import { aloneInWords } from "../../../functions/domain/judge/holdback-advice.ts";
import type { EnvironmentPlan } from "../../../functions/domain/plan.ts";
import { environmentPlan, judged, metric, rule } from "../../support/canary-world.ts";

const week = (requestsPerMinute: number) => ({ order: { requestsPerMinute, errorRate: 0.001 } });
const lineAt = (requestsPerMinute: number, over: Partial<EnvironmentPlan> = {}) =>
  adviseSteps(environmentPlan(over), week(requestsPerMinute)).lines.at(-1);
const metrics = (...all: EnvironmentPlan["analysis"]["metrics"]) => ({
  analysis: { ...environmentPlan().analysis, metrics: all },
});
const following = environmentPlan().targets.map((target) => ({ ...target, follows: "other" }));

describe("advice on a plan that leaves nothing beside the candidate", () => {
  it("offers the smallest share with which a point is seen until the finish, by the traffic", () => {
    expect(lineAt(6_000)).toMatch(
      /^order: 100 %, watched for 2h15m with nothing beside it: what it finds holds for a person; with rollout\.holdback: 1 it compares, and sees a rise of \+0\.\d+ points or more$/,
    );
    // How much that takes depends on the test's own figures; that little traffic takes more does not.
    const offered = (requestsPerMinute: number) => Number(/holdback: (\d+)/.exec(lineAt(requestsPerMinute) ?? "")?.[1]);
    expect(offered(600)).toBeGreaterThan(1);
    expect(offered(600)).toBeLessThanOrEqual(5);
    expect(offered(60)).toBeGreaterThan(offered(600));
  });

  it("offers no less than what rules need to have an arm to compare with", () => {
    const p95 = metric({ source: { preset: "lambda-duration-p95" }, rules: [rule({ maxIncreasePercent: 10 })] });
    expect(lineAt(600, metrics(judged(), p95))).toContain("with rollout.holdback: 9 it compares");
  });

  it("offers none to targets that could not keep it", () => {
    expect(lineAt(6_000, { targets: following })).not.toContain("holdback");
    expect(lineAt(6_000, { drive: "self-driving" })).not.toContain("holdback");
  });

  it("is said of the plan without any traffic", () => {
    const words = aloneInWords(environmentPlan());
    expect(words).toBe(
      "at 100 % and while it is monitored nothing runs beside the candidate: what speaks against it there holds for a person, unless a rule is hard or an alarm red; rollout.holdback keeps the version before beside it until the finish",
    );
    expect(aloneInWords(environmentPlan({ targets: following, monitor: null }))).toBe(
      "at 100 % nothing runs beside the candidate: what speaks against it there holds for a person, unless a rule is hard or an alarm red",
    );
  });

  it("is not said where a share is held back, nor where all that acts is hard", () => {
    expect(aloneInWords(environmentPlan({ holdback: 1 }))).toBeNull();
    const hard = metric({ rules: [rule({ max: 5, hard: true }), rule({ max: 1, onBreach: "block" })] });
    expect(aloneInWords(environmentPlan(metrics(hard)))).toBeNull();
    expect(aloneInWords(environmentPlan(metrics(metric({ rules: [rule({ max: 5 })] }))))).not.toBeNull();
  });
});

describe("advice on a plan that holds a share back", () => {
  it("reckons the last step with the arms that it has, and says what both show until the finish", () => {
    const { lines } = adviseSteps(environmentPlan({ holdback: 1 }), week(6_000));
    expect(lines[3]).toMatch(/^order: 99 % for 15 minutes/);
    expect(lines.at(-1)).toMatch(
      /^order: 99 %, watched for 2h15m with 1 % held back: sees a rise of \+0\.\d+ points or more$/,
    );
  });
});
