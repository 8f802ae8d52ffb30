import {
  DescribeStateMachineAliasCommand,
  ListExecutionsCommand,
  SFNClient,
  UpdateStateMachineAliasCommand,
} from "@aws-sdk/client-sfn";
import { describe, expect, it } from "vitest";
import { clientConfig, VirtualRetryStrategy } from "../../../../sandbox/aws/sdk.ts";
import { sideBySide, simulateMachine } from "../harness.ts";

/** How many of `count` calls at one instant pass, of a client that never tries again. */
const scene = () => {
  const { run, clock, aws, stepFunctions } = simulateMachine();
  const clientIn = (region: string) => {
    const machine = stepFunctions.createMachine({
      machine: "busy",
      region,
      versions: [{}],
      aliases: { live: { 1: 100 } },
    });
    const config = clientConfig(aws, { handler: "test", invocation: "1" }, { region });
    const retryStrategy = new VirtualRetryStrategy(clock, aws.random("never"), 1);
    return { client: new SFNClient({ ...config, retryStrategy }), arn: machine.arn };
  };
  const passing = async (count: number, call: () => Promise<unknown>) => {
    const refused = (await sideBySide(clock, count, call)).filter(({ ok }) => !ok);
    for (const result of refused) expect(result).toMatchObject({ error: { name: "ThrottlingException" } });
    return count - refused.length;
  };
  return { run, clock, clientIn, passing };
};

describe("the rate of calls to Step Functions", () => {
  it("is a hundred alias updates at once, and one more each second, for the whole account and Region", async () => {
    const { run, clock, clientIn, passing } = scene();
    const { client, arn } = clientIn("us-east-1");
    const stateMachineAliasArn = `${arn}:live`;
    let number = 0;
    const update = () => {
      number += 1;
      return client.send(new UpdateStateMachineAliasCommand({ stateMachineAliasArn, description: `${number}` }));
    };
    const { atOnce, after } = await run(async () => {
      const atOnce = await passing(130, update);
      await clock.sleep(10_000);
      return { atOnce, after: await passing(30, update) };
    });
    expect(atOnce).toBe(100);
    expect(after).toBeGreaterThanOrEqual(10);
    expect(after).toBeLessThanOrEqual(12);
  });

  it("counts each operation by itself", async () => {
    const { run, clientIn, passing } = scene();
    const { client, arn } = clientIn("us-east-1");
    const stateMachineAliasArn = `${arn}:live`;
    const describeIt = () => client.send(new DescribeStateMachineAliasCommand({ stateMachineAliasArn }));
    const update = () => client.send(new UpdateStateMachineAliasCommand({ stateMachineAliasArn, description: "x" }));
    expect(await run(() => passing(101, update))).toBe(100);
    expect(await run(() => passing(210, describeIt))).toBeGreaterThanOrEqual(200);
  });

  it.each([
    ["eu-west-1", 200],
    ["eu-north-1", 100],
  ])("lets %s list executions %d times at once", async (region, most) => {
    const { run, clientIn, passing } = scene();
    const { client, arn } = clientIn(region);
    const list = () => client.send(new ListExecutionsCommand({ stateMachineArn: arn, statusFilter: "RUNNING" }));
    const passed = await run(() => passing(most + 40, list));
    expect(passed).toBeGreaterThanOrEqual(most);
    expect(passed).toBeLessThan(most + 5);
  });
});
