/** The BBWS promotion in the worlds of `test/scenarios`, and what it came to by the simulated AWS's own state. */
import { readFile } from "node:fs/promises";
import { expect } from "vitest";
import { exitCodeOf, type Outcome } from "../../functions/domain/outcomes.ts";
import { simulated } from "../../sandbox/host/targets.ts";
import { type Rehearsed, rehearse } from "../../sandbox/rehearsal.ts";
import { loadReportData, servingNow } from "../../sandbox/report/data.ts";
import { readScenario } from "../../sandbox/world/scenario.ts";

/** A rehearsal takes seconds, on a busy machine some more. */
export const PATIENCE_MS = 90_000;

export const fileOf = async (path: string): Promise<unknown> =>
  JSON.parse(await readFile(new URL(`../../${path}`, import.meta.url), "utf8"));

/** Rehearses it in one of the worlds. */
export async function promoteIn(world: string, seed: number): Promise<Rehearsed> {
  const scenario = readScenario(await fileOf(`test/scenarios/${world}.json`));
  const result = await rehearse({
    policy: await fileOf("infra/policies/bbws.json"),
    release: await fileOf("events/bbws-v2025.12.25.1.json"),
    scenario: { ...scenario, seed },
  });
  if (!result.ok) throw new Error("the documents have problems");
  return result;
}

/** Where traffic of an environment goes at the end, without repetition. */
export const routesOf = (result: Rehearsed, environment: string) => [
  ...new Set(
    servingNow(result)
      .filter((one) => one.environment === environment)
      .map(({ route }) => route),
  ),
];

/** Candidate's shares that the simulated Lambda served in an environment, in order, of one target. */
export function sharesOf({ plan, sandbox }: Rehearsed, environment: string): number[] {
  const found = plan.environments.find((one) => one.environment === environment);
  const target = found?.targets[0];
  if (found === undefined || target === undefined) throw new Error(`no target in ${environment}`);
  const { account, region } = found;
  const history = simulated(target).history(sandbox, { account, region }, target);
  return history.map(({ weights }) => Math.round((weights["8"] ?? 0) * 100));
}

export const hours = (ms: number): number => ms / 3_600_000;

/** The candidate failed at 25 %, and traffic of PROD is on the baseline. */
export function expectRolledBack(result: Rehearsed): void {
  expect(exitCodeOf(result.ended.outcome as Outcome)).toBe(3);
  expect(result.ended.summary).toContain("back on the baseline, read back");
  expect(sharesOf(result, "prod")).toContain(25);
  expect(sharesOf(result, "prod")).not.toContain(50);
  expect(sharesOf(result, "prod").at(-1)).toBe(0);
  expect([routesOf(result, "sit"), routesOf(result, "prod")]).toEqual([["version 8"], ["version 7"]]);
  expect(hours(result.figures.virtualMs)).toBeGreaterThan(24);
}

/** Somebody never answered: nothing of PROD was touched. */
export async function expectExpired(result: Rehearsed): Promise<void> {
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
}
