import {
  DescribeExecutionCommand,
  ListExecutionsCommand,
  type ListExecutionsCommandInput,
  type SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from "@aws-sdk/client-sfn";
import { describe, expect, it } from "vitest";
import type { RunSource } from "../../../../sandbox/aws/step-functions/runs.ts";
import { NO_RUNS } from "../../../../sandbox/aws/step-functions/runs.ts";
import { errorOf, inTurn, simulateMachine, simulateWorkflow } from "../harness.ts";

/** The machine, whose executions all take ten minutes and fail, unless said. */
const scene = (fate: Partial<ReturnType<RunSource["fateOf"]>> = {}) => {
  const simulation = simulateMachine();
  const { client, machine, stepFunctions } = simulation;
  stepFunctions.receive({ ...NO_RUNS, fateOf: () => ({ ms: 600_000, ending: "FAILED", early: true, ...fate }) });
  const start = async (qualifier = "", name?: string, input?: string) => {
    const more = { ...(name === undefined ? {} : { name }), ...(input === undefined ? {} : { input }) };
    const stateMachineArn = `${machine.arn}${qualifier}`;
    const { executionArn = "" } = await client.send(new StartExecutionCommand({ stateMachineArn, ...more }));
    return executionArn;
  };
  const look = (executionArn: string) => client.send(new DescribeExecutionCommand({ executionArn }));
  return { ...simulation, start, look };
};

const listed = async (client: SFNClient, input: ListExecutionsCommandInput) => {
  const { executions = [] } = await client.send(new ListExecutionsCommand(input));
  return executions;
};

describe("an execution of a workload machine", () => {
  it("is of no version when started on the machine, of one on a version, and of alias and version on an alias", async () => {
    const { run, start, look, machine } = scene();
    const [bare, version, alias] = await run(async () => [
      await look(await start()),
      await look(await start(":2")),
      await look(await start(":live")),
    ]);
    expect(bare?.stateMachineVersionArn).toBeUndefined();
    expect(version?.stateMachineVersionArn).toBe(`${machine.arn}:2`);
    expect(version?.stateMachineAliasArn).toBeUndefined();
    expect(alias).toMatchObject({
      stateMachineArn: machine.arn,
      stateMachineVersionArn: `${machine.arn}:1`,
      stateMachineAliasArn: `${machine.arn}:live`,
    });
  });

  it("gets its version by the alias's weights, and stays on it when the alias moves on", async () => {
    const { run, start, look, stepFunctions } = scene();
    stepFunctions.moveByHand({ machine: "etl", alias: "live" }, { 1: 70, 2: 30 });
    const versions = await run(async () => {
      const arns = await inTurn(200, () => start(":live"));
      stepFunctions.moveByHand({ machine: "etl", alias: "live" }, { 1: 100 });
      const looks = await inTurn(200, () => look(arns.pop() ?? ""));
      return looks.map(({ stateMachineVersionArn }) => stateMachineVersionArn?.at(-1));
    });
    const second = versions.filter((version) => version === "2").length;
    expect(second).toBeGreaterThan(40);
    expect(second).toBeLessThan(80);
  });

  it("runs for its time, then closes as it must", async () => {
    const { run, clock, start, look } = scene();
    const { during, after } = await run(async () => {
      const arn = await start(":live");
      const during = await look(arn);
      await clock.sleep(600_000);
      return { during, after: await look(arn) };
    });
    expect(during).toMatchObject({ status: "RUNNING", input: "{}" });
    expect(during.stopDate).toBeUndefined();
    expect(after).toMatchObject({ status: "FAILED", error: "States.TaskFailed", redriveStatus: "REDRIVABLE" });
    expect(Number(after.stopDate) - Number(after.startDate)).toBe(600_000);
  });

  it("is aborted by a stop, with what the stop says, and stays closed", async () => {
    const { run, clock, client, start, look } = scene();
    const { first, again, after } = await run(async () => {
      const executionArn = await start(":live");
      await clock.sleep(60_000);
      const first = await client.send(new StopExecutionCommand({ executionArn, error: "RolledBack", cause: "why" }));
      await clock.sleep(60_000);
      const again = await client.send(new StopExecutionCommand({ executionArn, error: "Other" }));
      return { first, again, after: await look(executionArn) };
    });
    expect(after).toMatchObject({ status: "ABORTED", error: "RolledBack", cause: "why" });
    expect(after.stopDate).toEqual(first.stopDate);
    expect(again.stopDate).toEqual(first.stopDate);
  });

  it("is the same one for the same name and input while it runs, and taken otherwise", async () => {
    const { run, clock, start } = scene();
    const { same, other, closed } = await run(async () => {
      const same = [await start(":live", "once"), await start(":live", "once")];
      const other = await errorOf(start(":live", "once", '{"a":1}'));
      await clock.sleep(600_000);
      return { same, other, closed: await errorOf(start(":live", "once")) };
    });
    expect(new Set(same).size).toBe(1);
    expect(other.name).toBe("ExecutionAlreadyExists");
    expect(closed.name).toBe("ExecutionAlreadyExists");
  });

  it("is not found, nor its version or alias, where there is none", async () => {
    const { run, client, machine, start, look } = scene();
    const errors = await run(async () => [
      await errorOf(start(":7")),
      await errorOf(start(":gone")),
      await errorOf(look(`${machine.arn.replace("stateMachine", "execution")}:none`)),
      await errorOf(listed(client, { stateMachineArn: `${machine.arn}:gone` })),
    ]);
    expect(errors.map(({ name }) => name)).toEqual([
      "ResourceNotFound",
      "ResourceNotFound",
      "ExecutionDoesNotExist",
      "ResourceNotFound",
    ]);
  });
});

describe("the list of executions", () => {
  it("is that of a machine, a version or an alias, by status, the newest first", async () => {
    const { run, clock, client, machine, start } = scene();
    const lists = await run(async () => {
      await start(":2", "on-version");
      await clock.sleep(60_000);
      await start(":live", "on-alias");
      await clock.sleep(570_000);
      const names = async (qualifier: string, statusFilter?: "RUNNING" | "FAILED") => {
        const filter = statusFilter === undefined ? {} : { statusFilter };
        const found = await listed(client, { stateMachineArn: `${machine.arn}${qualifier}`, ...filter });
        return found.map(({ name }) => name);
      };
      return {
        all: await names(""),
        running: await names("", "RUNNING"),
        failed: await names("", "FAILED"),
        first: await names(":1"),
        second: await names(":2"),
        alias: await names(":live"),
      };
    });
    expect(lists).toEqual({
      all: ["on-version", "on-alias"],
      running: ["on-alias"],
      failed: ["on-version"],
      first: ["on-alias"],
      second: ["on-version"],
      alias: ["on-alias"],
    });
  });

  it("shows the world's executions that still run on a version after the alias has left it", async () => {
    const duration = { median: "3h", sigma: 0.3 };
    const executions = [{ version: "candidate" as const, duration }];
    const { run, clock, client, machine, stepFunctions } = simulateWorkflow({ executions });
    const onSecond = { stateMachineArn: `${machine.arn}:2`, statusFilter: "RUNNING" as const };
    const { split, back, later } = await run(async () => {
      stepFunctions.moveByHand({ machine: "etl", alias: "live" }, { 1: 50, 2: 50 });
      await clock.sleep(600_000);
      const split = await listed(client, onSecond);
      stepFunctions.moveByHand({ machine: "etl", alias: "live" }, { 1: 100 });
      await clock.sleep(600_000);
      const back = await listed(client, onSecond);
      await clock.sleep(12 * 3_600_000);
      return { split, back, later: await listed(client, onSecond) };
    });
    expect(split.length).toBeGreaterThan(60);
    expect(back.map(({ name }) => name)).toEqual(split.map(({ name }) => name));
    expect(later).toEqual([]);
  });

  it("stops one of the world's executions for good", async () => {
    const executions = [{ version: "baseline" as const, duration: { median: "3h", sigma: 0 } }];
    const { run, clock, client, machine } = simulateWorkflow({ executions });
    const running = { stateMachineArn: `${machine.arn}:live`, statusFilter: "RUNNING" as const };
    const { arn, left, status } = await run(async () => {
      await clock.sleep(30_000);
      const [first] = await listed(client, running);
      const executionArn = first?.executionArn ?? "";
      await client.send(new StopExecutionCommand({ executionArn }));
      const left = await listed(client, { ...running, maxResults: 1_000 });
      await clock.sleep(4 * 3_600_000);
      const { status } = await client.send(new DescribeExecutionCommand({ executionArn }));
      return { arn: executionArn, left: left.map((one) => one.executionArn), status };
    });
    expect(arn).toContain(":execution:etl:live-2026-11-24T18-00-");
    expect(left).not.toContain(arn);
    expect(status).toBe("ABORTED");
  });
});
