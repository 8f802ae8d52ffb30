import { ListExecutionsCommand } from "@aws-sdk/client-sfn";
import { describe, expect, test } from "vitest";
import { stateMachineAliasGrants } from "../../../functions/targets/state-machine-alias/grants.ts";
import { executionProber } from "../../../functions/targets/state-machine-alias/prober.ts";
import type { CalledFate } from "../../../sandbox/aws/step-functions/runs.ts";
import { NO_RUNS } from "../../../sandbox/aws/step-functions/runs.ts";
import { simulateMachine } from "../../sandbox/aws/harness.ts";

const MACHINE = "arn:aws:states:eu-west-1:111122223333:stateMachine:etl";
const PROBE = { payload: { smokeTest: true }, expect: { status: "healthy" }, timeoutSeconds: 60 };
const HEALTHY: CalledFate = { ms: 12_000, ending: "SUCCEEDED", early: true, output: '{"status":"healthy"}' };

/** A probe of version 2, of whose executions this becomes; with every execution that there was afterwards. */
const probed = async (fate: Partial<CalledFate> = {}, probe: Partial<typeof PROBE> = {}) => {
  const { client, clock, machine, stepFunctions, run, aws } = simulateMachine();
  stepFunctions.receive({ ...NO_RUNS, fateOf: () => ({ ...HEALTHY, ...fate }) });
  const prober = executionProber({ client: () => client, clock }, machine.arn);
  const finding = await run(() => prober.invoke("2", { ...PROBE, ...probe }));
  const looks = aws.calls.filter(({ operation }) => operation === "DescribeExecution").length;
  const { executions = [] } = await run(() =>
    client.send(new ListExecutionsCommand({ stateMachineArn: `${machine.arn}:2` })),
  );
  return { finding, looks, executions, machine };
};

describe("a probe of a state machine's version", () => {
  test("starts one execution of exactly that version, and waits for its output", async () => {
    const { finding, looks, executions, machine } = await probed();
    expect(finding).toMatchObject({ ok: true, found: '{"status":"healthy"}' });
    expect(finding.ms).toBeGreaterThanOrEqual(12_000);
    expect(finding.ms).toBeLessThan(20_000);
    expect(executions.map(({ stateMachineVersionArn }) => stateMachineVersionArn)).toEqual([`${machine.arn}:2`]);
    expect(looks).toBeLessThan(10);
  });

  test("says what it found instead of what it expects", async () => {
    const { finding } = await probed({ output: '{"status":"unhealthy"}' });
    expect(finding).toMatchObject({ ok: false, found: 'status is "unhealthy", not "healthy"' });
  });

  test("fails with the execution, and gives its error", async () => {
    const { finding } = await probed({ ending: "FAILED" });
    expect(finding.ok).toBe(false);
    expect(finding.found).toMatch(/^the execution ended FAILED: States\.TaskFailed: /);
  });

  test("waits no longer than it may, and looks ever less often", async () => {
    const { finding, looks } = await probed({ ms: 3_600_000 });
    expect(finding).toMatchObject({ ok: false, found: "no end within 60 s; the execution runs on" });
    expect(finding.ms).toBeGreaterThanOrEqual(60_000);
    expect(finding.ms).toBeLessThan(62_000);
    expect(looks).toBeLessThan(15);
  });
});

test("the permissions for probes are those of the versions and executions of machines that are probed", () => {
  const grantsOf = (probes: boolean) => {
    const resources = [`${MACHINE}:live`, MACHINE];
    const target = { kind: "state-machine-alias", resource: `${MACHINE}:live`, resources, retired: false, placed: [] };
    return stateMachineAliasGrants("invoke", [{ ...target, probed: probes }]);
  };
  expect(grantsOf(true).map(({ actions, resources }) => [actions, resources])).toEqual([
    [["states:StartExecution"], [`${MACHINE}:*`]],
    [["states:DescribeExecution"], ["arn:aws:states:eu-west-1:111122223333:execution:etl:*"]],
  ]);
  expect(grantsOf(false).flatMap(({ resources }) => resources)).toEqual([]);
});
