import { readFile } from "node:fs/promises";
import { beforeAll, describe, expect, test } from "vitest";
import { recordingSchema } from "../../functions/domain/judge/recording.ts";
import { exitCodeOf, type Outcome } from "../../functions/domain/outcomes.ts";
import { simulated } from "../../sandbox/host/targets.ts";
import { type Rehearsed, rehearse } from "../../sandbox/rehearsal.ts";
import { loadRecordings, loadReportData, servingNow } from "../../sandbox/report/data.ts";
import { renderReport } from "../../sandbox/report/report.ts";
import { readScenario, type ScenarioFile } from "../../sandbox/world/scenario.ts";

/** A rehearsal takes seconds, on a busy machine some more. */
const PATIENCE_MS = 90_000;

const fileOf = async (path: string): Promise<unknown> =>
  JSON.parse(await readFile(new URL(`../../${path}`, import.meta.url), "utf8"));

/** The BBWS promotion in one of the worlds. */
async function promoteIn(world: string, seed: number): Promise<Rehearsed> {
  const scenario = readScenario(await fileOf(`test/scenarios/${world}.json`));
  const result = await rehearse({
    policy: await fileOf("infra/policies/bbws.json"),
    release: await fileOf("events/bbws-v2025.12.25.1.json"),
    scenario: { ...scenario, seed },
  });
  if (!result.ok) throw new Error("the documents have problems");
  return result;
}

const routesOf = (result: Rehearsed, environment: string) => [
  ...new Set(
    servingNow(result)
      .filter((one) => one.environment === environment)
      .map(({ route }) => route),
  ),
];

/** Candidate's shares that the simulated Lambda served in an environment, in order, of one target. */
function sharesOf({ plan, sandbox }: Rehearsed, environment: string): number[] {
  const found = plan.environments.find((one) => one.environment === environment);
  const target = found?.targets[0];
  if (found === undefined || target === undefined) throw new Error(`no target in ${environment}`);
  const { account, region } = found;
  const history = simulated(target).history(sandbox, { account, region }, target);
  return history.map(({ weights }) => Math.round((weights["8"] ?? 0) * 100));
}

const hours = (ms: number) => ms / 3_600_000;

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

  const isRolledBack = (result: Rehearsed) => {
    expect(exitCodeOf(result.ended.outcome as Outcome)).toBe(3);
    expect(result.ended.summary).toContain("back on the baseline, read back");
    expect(sharesOf(result, "prod")).toContain(25);
    expect(sharesOf(result, "prod")).not.toContain(50);
    expect(sharesOf(result, "prod").at(-1)).toBe(0);
    expect([routesOf(result, "sit"), routesOf(result, "prod")]).toEqual([["version 8"], ["version 7"]]);
    expect(hours(result.figures.virtualMs)).toBeGreaterThan(24);
  };

  test("is rolled back, and traffic is on the baseline", () => isRolledBack(first));

  test(
    "is rolled back with another seed too, in another promotion",
    async () => {
      const other = await promoteIn("errors-at-25", 2);
      isRolledBack(other);
      expect(other.sandbox.timeline.lines).not.toEqual(first.sandbox.timeline.lines);
      expect(await renderReport(other, "")).not.toBe(await renderReport(first, ""));
    },
    PATIENCE_MS,
  );

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

test.each([{ seed: 1 }, { seed: 2 }])(
  "an approver who never answers lets the promotion expire, with nothing touched in PROD (seed $seed)",
  async ({ seed }) => {
    const result = await promoteIn("silent-approver", seed);
    expect(result.ended).toMatchObject({
      outcome: "expired",
      summary: expect.stringContaining("without an answer from infrastructure-lead"),
    });
    expect(exitCodeOf(result.ended.outcome as Outcome)).toBe(4);
    const { environments } = await loadReportData(result, "");
    const prodApprovals = environments.find(({ plan }) => plan.environment === "prod")?.approvals ?? [];
    expect(prodApprovals.map(({ record }) => [record.state, record.summary])).toEqual([
      ["expired", expect.stringContaining("without an answer from infrastructure-lead")],
    ]);
    expect(sharesOf(result, "prod")).toEqual([0]);
    expect([routesOf(result, "sit"), routesOf(result, "prod")]).toEqual([["version 8"], ["version 7"]]);
    const prod = result.sandbox.lambda.functions().filter(({ name }) => name.startsWith("bbws-prod"));
    expect(prod.flatMap(({ versions }) => [...versions.keys()])).not.toContain("8");
    expect(hours(result.figures.virtualMs)).toBeGreaterThan(48);
  },
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
