import { DescribeExecutionCommand, StartExecutionCommand } from "@aws-sdk/client-sfn";
import { describe, expect, test } from "vitest";
import { stateMachineAliasGrants } from "../../../functions/targets/state-machine-alias/grants.ts";
import { machineExecutions } from "../../../functions/targets/state-machine-alias/in-flight.ts";
import { NO_RUNS } from "../../../sandbox/aws/step-functions/runs.ts";
import { simulateMachine } from "../../sandbox/aws/harness.ts";

const MACHINE = "arn:aws:states:eu-west-1:111122223333:stateMachine:etl";

/** The machine `etl` with executions that take ten minutes, so many started on each version. */
const scene = (counts: Readonly<Record<string, number>>) => {
  const simulation = simulateMachine();
  const { client, machine, stepFunctions, clock } = simulation;
  stepFunctions.receive({ ...NO_RUNS, fateOf: () => ({ ms: 600_000, ending: "SUCCEEDED", early: true }) });
  const executions = machineExecutions({ client: () => client }, { stateMachineArn: machine.arn, inFlight: "finish" });
  const start = async () => {
    for (const [version, count] of Object.entries(counts)) {
      for (let index = 0; index < count; index += 1) {
        const name = `v${version}-${index}`;
        await client.send(new StartExecutionCommand({ stateMachineArn: `${machine.arn}:${version}`, name }));
      }
    }
    await clock.sleep(10_000);
  };
  const statusOf = async (name: string) => {
    const executionArn = `${machine.arn.replace(":stateMachine:", ":execution:")}:${name}`;
    return client.send(new DescribeExecutionCommand({ executionArn }));
  };
  return { ...simulation, executions, start, statusOf };
};

describe("executions in flight", () => {
  test("are those of exactly one version that run now", async () => {
    const { run, start, executions, clock } = scene({ 1: 2, 2: 3 });
    const [during, later] = await run(async () => {
      await start();
      const found = await executions.running("2");
      await clock.sleep(600_000);
      return [found, await executions.running("2")];
    });
    expect({ ...during, names: during?.names.toSorted() }).toEqual({ names: ["v2-0", "v2-1", "v2-2"], more: false });
    expect(later).toEqual({ names: [], more: false });
  });

  test("are stopped by name, with the reason, and what has ended is left alone", async () => {
    const { run, start, executions, statusOf } = scene({ 2: 2 });
    const [stopped, other] = await run(async () => {
      await start();
      await executions.stop("v2-0", "the version was taken back");
      await executions.stop("v2-0", "again");
      await executions.stop("nobody-has-this-name", "it is gone");
      return [await statusOf("v2-0"), await statusOf("v2-1")];
    });
    expect(stopped).toMatchObject({
      status: "ABORTED",
      error: "Headgate.RolledBack",
      cause: "the version was taken back",
    });
    expect(other).toMatchObject({ status: "RUNNING" });
  });
});

describe("the permissions for executions in flight", () => {
  const granted = (inFlight: "finish" | "stop") => {
    const resources = [`${MACHINE}:live`, MACHINE];
    const placed = { resource: `${MACHINE}:live`, resources, inFlight };
    const target = {
      kind: "state-machine-alias",
      resource: `${MACHINE}:live`,
      resources,
      probed: false,
      retired: false,
    };
    return stateMachineAliasGrants("settle-in-flight", [{ ...target, placed: [placed] }]);
  };

  test("are to list them, and to stop them only where the policy does", () => {
    expect(granted("finish")).toEqual([
      expect.objectContaining({ actions: ["states:ListExecutions"], resources: [MACHINE, `${MACHINE}:*`] }),
      expect.objectContaining({ actions: ["states:StopExecution"], resources: [] }),
    ]);
    expect(granted("stop")).toContainEqual(
      expect.objectContaining({
        actions: ["states:StopExecution"],
        resources: ["arn:aws:states:eu-west-1:111122223333:execution:etl:*"],
      }),
    );
  });
});
