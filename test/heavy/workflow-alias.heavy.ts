/** The ETL runbook's release under its policy, from documents to outcome; what happened is the service's own record. */
import { readFileSync } from "node:fs";
import { describe, expect, it, vi } from "vitest";
import { simulated } from "../../sandbox/host/targets.ts";
import { rehearse } from "../../sandbox/rehearsal.ts";
import { readScenario, type ScenarioFile } from "../../sandbox/world/scenario.ts";

// The tracer's library would follow every promise; it has to know before it is loaded.
vi.hoisted(() => {
  process.env.AWS_XRAY_MANUAL_MODE = "true";
});

const PATIENCE_MS = 60_000;
const MINUTE = 60_000;

const read = <T>(file: string): T => JSON.parse(readFileSync(new URL(`../../${file}`, import.meta.url), "utf8")) as T;

interface Policy {
  readonly services: { readonly "etl-workflow": { readonly targets: object[] } };
}

/** The promotion in one of the workflow's worlds: how it ended, and every split of production's alias. */
async function promoted(world: string, changes: Partial<ScenarioFile> = {}, target?: object) {
  const scenario = readScenario({ ...read<ScenarioFile>(`test/scenarios/${world}.json`), ...changes });
  const policy = read<Policy>("infra/policies/etl-workflow.json");
  Object.assign(policy.services["etl-workflow"].targets[0] ?? {}, target);
  const release = read<object>("events/etl-workflow-v2.json");
  const result = await rehearse({ policy, release, scenario });
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  const prod = result.plan.environments.find(({ environment }) => environment === "prod");
  const [moved] = prod?.targets ?? [];
  if (prod === undefined || moved === undefined) throw new Error("the plan has no production");
  const splits = simulated(moved).history(result.sandbox, prod, moved);
  return { ...result, splits, weights: splits.map(({ weights }) => weights) };
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

  it("gets no traffic where its smoke test does not answer as it must", { timeout: PATIENCE_MS }, async () => {
    const { executions = [] } = read<ScenarioFile>("test/scenarios/etl-healthy.json");
    const sick = {
      ...executions[1],
      version: "candidate" as const,
      account: "444455556666",
      probe: "unhealthy" as const,
    };
    const { ended, weights } = await promoted("etl-healthy", { executions: [sick, ...executions] });
    expect(ended.outcome).toBe("blocked");
    expect(ended.summary).toContain('status is "unhealthy", not "healthy"');
    expect(weights).toEqual([{ 1: 1 }]);
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

describe("executions that run on the second version when it is taken back", () => {
  /** Files that take half an hour on it in production. */
  const lasting = (): Partial<ScenarioFile> => {
    const { executions = [] } = read<ScenarioFile>("test/scenarios/etl-errors-12.json");
    const changes = [{ fromWeight: 10, duration: { median: "30m", sigma: 0.1 } }];
    return { executions: executions.map((rule, index) => (index === 2 ? { ...rule, changes } : rule)) };
  };

  /** What ran on production's second version when its traffic was back and when the world ended; the closing notice. */
  async function takenBack(changes: Partial<ScenarioFile> = {}, target?: object) {
    const result = await promoted("etl-errors-12", { ...lasting(), ...changes }, target);
    const { stepFunctions, sns, clock } = result.sandbox;
    const machine = stepFunctions.machines().find(({ name }) => name === "etl-workflow-prod");
    if (machine === undefined) throw new Error("there is no machine");
    const at = (when: number) =>
      stepFunctions.executions.runningAt(machine, when).filter(({ version }) => version === "2");
    const notice = sns.mailbox.find(({ subject }) => subject.includes("rolled-back"))?.body ?? "";
    return { ...result, before: at((result.splits[2]?.at ?? 0) + 5_000), after: at(clock.now()), notice };
  }

  it("are named in the closing notice, and finish", { timeout: PATIENCE_MS }, async () => {
    const { ended, before, after, notice, weights } = await takenBack();
    expect(ended.outcome).toBe("rolled-back");
    expect(weights.at(-1)).toEqual({ 1: 1 });
    expect(before.length).toBeGreaterThan(40);
    expect(after.length).toBeGreaterThan(40);
    const [, count, names] =
      /(\d+) executions ran on version 2 of etl-workflow-prod, alias live when traffic had left it: (.+) and others; left to finish there/.exec(
        notice,
      ) ?? [];
    expect(Math.abs(Number(count) - before.length)).toBeLessThan(3);
    for (const name of (names ?? "").split(", ")) expect(name).toMatch(/^live-2026-01-07T/);
  });

  it("are stopped where the policy says so", { timeout: PATIENCE_MS }, async () => {
    const { ended, before, after, notice } = await takenBack({}, { inFlight: "stop" });
    expect(ended.outcome).toBe("rolled-back");
    expect(before.length).toBeGreaterThan(40);
    expect(after).toEqual([]);
    expect(notice).toMatch(/and others; stopped\n/);
  });

  it("hold nothing up where they may not be looked at", { timeout: PATIENCE_MS }, async () => {
    const faults = [{ call: "states:ListExecutions", nth: "always", action: "refuse" } as const];
    const { ended, notice, weights } = await takenBack({ faults });
    expect(ended.outcome).toBe("rolled-back");
    expect(weights.at(-1)).toEqual({ 1: 1 });
    expect(notice).toContain("which executions still run on version 2 of etl-workflow-prod, alias live could not be");
  });
});
