/** The ETL runbook's release under its policy, from documents to outcome; what happened is the service's own record. */
import { readFileSync } from "node:fs";
import { describe, expect, it, vi } from "vitest";
import { simulated } from "../../../sandbox/host/targets.ts";
import { rehearse } from "../../../sandbox/rehearsal.ts";
import { readScenario, type ScenarioFile } from "../../../sandbox/world/scenario.ts";

// The tracer's library would follow every promise; it has to know before it is loaded.
vi.hoisted(() => {
  process.env.AWS_XRAY_MANUAL_MODE = "true";
});

const PATIENCE_MS = 60_000;
const MINUTE = 60_000;

const read = <T>(file: string): T =>
  JSON.parse(readFileSync(new URL(`../../../${file}`, import.meta.url), "utf8")) as T;

/** The promotion in one of the workflow's worlds: how it ended, and every split of production's alias. */
async function promoted(world: string, changes: Partial<ScenarioFile> = {}) {
  const scenario = readScenario({ ...read<ScenarioFile>(`test/scenarios/${world}.json`), ...changes });
  const documents = {
    policy: read<object>("infra/policies/etl-workflow.json"),
    release: read<object>("events/etl-workflow-v2.json"),
  };
  const result = await rehearse({ ...documents, scenario });
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  const prod = result.plan.environments.find(({ environment }) => environment === "prod");
  const [target] = prod?.targets ?? [];
  if (prod === undefined || target === undefined) throw new Error("the plan has no production");
  const splits = simulated(target).history(result.sandbox, prod, target);
  return { ended: result.ended, splits, weights: splits.map(({ weights }) => weights) };
}

describe("the ETL workflow's second version", () => {
  it("goes to 10 % for half an hour, then to all, and stays for two hours, where it is as good", {
    timeout: PATIENCE_MS,
  }, async () => {
    const { ended, splits, weights } = await promoted("etl-healthy");
    expect(ended.outcome).toBe("promoted");
    const different = weights.filter((one, index) => JSON.stringify(one) !== JSON.stringify(weights[index - 1]));
    expect(different).toEqual([{ 1: 1 }, { 1: 0.9, 2: 0.1 }, { 2: 1 }]);
    const canary = splits.find((one) => one.weights[2] === 0.1)?.at ?? 0;
    const whole = splits.find((one) => one.weights[2] === 1)?.at ?? 0;
    expect((whole - canary) / MINUTE).toBeGreaterThanOrEqual(30);
    expect((whole - canary) / MINUTE).toBeLessThan(32);
    expect((ended.endedAt - whole) / MINUTE).toBeGreaterThanOrEqual(150);
  });

  it("comes back from 10 % within minutes where one execution in eight fails", { timeout: PATIENCE_MS }, async () => {
    const { ended, splits, weights } = await promoted("etl-errors-12");
    expect(ended.outcome).toBe("rolled-back");
    expect(ended.summary).toContain("sfn-failure-rate@workflow");
    expect(weights.slice(0, 2)).toEqual([{ 1: 1 }, { 1: 0.9, 2: 0.1 }]);
    expect(weights.slice(2)).not.toContainEqual(expect.objectContaining({ 2: expect.anything() }));
    const [, canary, back] = splits;
    expect(((back?.at ?? 0) - (canary?.at ?? 0)) / MINUTE).toBeLessThan(15);
  });

  it("comes back when somebody stops the execution in the console at 10 %", { timeout: PATIENCE_MS }, async () => {
    const operators = [{ at: "7h20m", verb: "stop" }];
    const { ended, splits, weights } = await promoted("etl-healthy", { operators });
    expect(ended.status).toBe("ABORTED");
    expect(weights[1]).toEqual({ 1: 0.9, 2: 0.1 });
    expect(weights.at(-1)).toEqual({ 1: 1 });
    expect(((splits[2]?.at ?? 0) - ended.endedAt) / MINUTE).toBeLessThan(2);
  });
});
