import { beforeAll, describe, expect, test } from "vitest";
import { recordingSchema } from "../../functions/domain/judge/recording.ts";
import { type Rehearsed, rehearse } from "../../sandbox/rehearsal.ts";
import { loadRecordings, loadReportData } from "../../sandbox/report/data.ts";
import { renderReport } from "../../sandbox/report/report.ts";
import { readScenario, type ScenarioFile } from "../../sandbox/world/scenario.ts";
import {
  expectExpired,
  expectRolledBack,
  fileOf,
  hours,
  PATIENCE_MS,
  promoteIn,
  routesOf,
  sharesOf,
} from "../support/bbws-world.ts";

describe("a healthy candidate", () => {
  let result: Rehearsed;
  beforeAll(async () => {
    result = await promoteIn("healthy", 1);
  }, PATIENCE_MS);

  test("is promoted through SIT, two approvals, the window and 10/25/50/100 in PROD", () => {
    expect(result.ended).toMatchObject({ outcome: "promoted", status: "SUCCEEDED" });
    expect([...new Set(sharesOf(result, "prod"))]).toEqual([0, 10, 25, 50, 100]);
    expect([routesOf(result, "sit"), routesOf(result, "prod")]).toEqual([["version 8"], ["version 8"]]);
  });

  test("takes more than a day, whose parts add up", () => {
    const { virtualMs, split } = result.figures;
    expect(hours(virtualMs)).toBeGreaterThan(24);
    expect(split.active + split.people + split.window + split.queue).toBe(virtualMs);
    expect(hours(split.window)).toBeGreaterThan(20);
  });

  test("leaves a trail whose chain holds, two approvals, and every bake passed", async () => {
    const data = await loadReportData(result, "healthy");
    const prod = data.environments.find(({ plan }) => plan.environment === "prod");
    expect(data.trailBrokenAt).toBeNull();
    expect(prod?.approvals.flatMap(({ decisions }) => decisions.map(({ role }) => role)).sort()).toEqual([
      "infrastructure-lead",
      "tech-lead",
    ]);
    expect(prod?.bakes.map(({ phase, result: ended }) => `${phase} ${ended}`)).toEqual([
      "step-10 passed",
      "step-25 passed",
      "step-50 passed",
      "step-100 passed",
      "monitor passed",
    ]);
  });

  test("is recorded in the form that replay reads, an environment a file", async () => {
    const recordings = await loadRecordings(result);
    expect(recordings.map(({ environment }) => environment)).toEqual(["sit", "prod"]);
    for (const recording of recordings) {
      expect(recordingSchema.parse(JSON.parse(JSON.stringify(recording)))).toEqual(recording);
      expect(Object.keys(recording.samples)).toContain("lambda-error-rate@order");
    }
  });
});

describe("a candidate that fails from 25 % on", () => {
  let first: Rehearsed;
  beforeAll(async () => {
    first = await promoteIn("errors-at-25", 1);
  }, PATIENCE_MS);

  test("is rolled back, and traffic is on the baseline", () => expectRolledBack(first));

  test(
    "gives the same lines and the same report to the byte when it is rehearsed again",
    async () => {
      const again = await promoteIn("errors-at-25", 1);
      expect(JSON.stringify(again.sandbox.timeline.lines)).toBe(JSON.stringify(first.sandbox.timeline.lines));
      expect((await renderReport(again, "")) === (await renderReport(first, ""))).toBe(true);
    },
    PATIENCE_MS,
  );
});

test(
  "an approver who never answers lets the promotion expire, with nothing touched in PROD",
  async () => expectExpired(await promoteIn("silent-approver", 1)),
  PATIENCE_MS,
);

test("a move by hand finds its function, in whatever account it is", { timeout: PATIENCE_MS }, async () => {
  const { policy, starts, scenario } = (await fileOf("test/faults/plans/healthy.json")) as {
    policy: unknown;
    starts: { release: unknown }[];
    scenario: ScenarioFile;
  };
  const moves = [{ at: "3m", function: "shop-order", version: "6" }];
  const result = await rehearse({
    policy,
    release: starts[0]?.release,
    scenario: readScenario({ ...scenario, moves }),
  });
  if (!result.ok) throw new Error("the documents have problems");
  expect(routesOf(result, "prod")).toEqual(["version 6"]);
  expect(result.ended.summary).toContain("somebody else moved it");
});
