import {
  DeleteStateMachineVersionCommand,
  DescribeStateMachineCommand,
  ListStateMachineVersionsCommand,
  ListTagsForResourceCommand,
  PublishStateMachineVersionCommand,
  SFNClient,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateStateMachineCommand,
} from "@aws-sdk/client-sfn";
import { describe, expect, it } from "vitest";
import { errorOf, inTurn, simulateMachine } from "../harness.ts";

const DEFINITION = JSON.stringify({ StartAt: "Load", States: { Load: { Type: "Succeed" } } });

const publish = async (client: SFNClient, stateMachineArn: string, revisionId?: string) => {
  const { stateMachineVersionArn = "" } = await client.send(
    new PublishStateMachineVersionCommand({ stateMachineArn, ...(revisionId === undefined ? {} : { revisionId }) }),
  );
  return stateMachineVersionArn;
};

describe("a workload's state machine", () => {
  it("shows its definition, role, logging and tracing, and no revision id before its first update", async () => {
    const { run, stepFunctions, client } = simulateMachine();
    const { arn } = stepFunctions.createMachine({ machine: "fresh", versions: [{ definition: DEFINITION }] });
    const before = await run(() => client.send(new DescribeStateMachineCommand({ stateMachineArn: arn })));
    expect(before).toMatchObject({ name: "fresh", type: "STANDARD", status: "ACTIVE", definition: DEFINITION });
    expect(before).toMatchObject({ loggingConfiguration: { level: "OFF" }, tracingConfiguration: { enabled: false } });
    expect(before.revisionId).toBeUndefined();
  });

  it("gets a new revision with every update, and keeps what the update does not speak of", async () => {
    const { run, machine, client } = simulateMachine();
    const update = (input: { definition?: string; roleArn?: string }) =>
      client.send(new UpdateStateMachineCommand({ stateMachineArn: machine.arn, ...input }));
    const { first, second, after } = await run(async () => ({
      first: await update({ definition: DEFINITION }),
      second: await update({ roleArn: "arn:aws:iam::111122223333:role/other" }),
      after: await client.send(new DescribeStateMachineCommand({ stateMachineArn: machine.arn })),
    }));
    expect(first.revisionId).not.toBe(second.revisionId);
    expect(after).toMatchObject({ definition: DEFINITION, roleArn: "arn:aws:iam::111122223333:role/other" });
    expect(after.revisionId).toBe(second.revisionId);
  });

  it("may be read as it was just before", async () => {
    const { run, clock, machine, client } = simulateMachine({ staleness: { ms: 5_000, share: 1 } });
    const role = async () =>
      (await client.send(new DescribeStateMachineCommand({ stateMachineArn: machine.arn }))).roleArn;
    const roles = await run(async () => {
      await clock.sleep(60_000);
      await client.send(
        new UpdateStateMachineCommand({ stateMachineArn: machine.arn, roleArn: "arn:aws:iam::1:role/new" }),
      );
      const soon = await inTurn(10, role);
      await clock.sleep(5_000);
      return { soon, later: await role() };
    });
    expect(roles.soon).toContain(`arn:aws:iam::${machine.account}:role/etl`);
    expect(roles.later).toBe("arn:aws:iam::1:role/new");
  });

  it.each([
    ["neither definition nor role", {}, "MissingRequiredParameter"],
    [
      "a description of no version",
      { roleArn: "arn:aws:iam::1:role/x", versionDescription: "x" },
      "ValidationException",
    ],
    ["no JSON", { definition: "{" }, "InvalidDefinition"],
    ["a start that is not there", { definition: '{"StartAt":"A","States":{}}' }, "InvalidDefinition"],
  ])("refuses an update with %s", async (_what, input, name) => {
    const { run, machine, client } = simulateMachine();
    const send = () => client.send(new UpdateStateMachineCommand({ stateMachineArn: machine.arn, ...input }));
    expect(await run(() => errorOf(send()))).toMatchObject({ name });
  });

  it("is out of reach of another account, and absent in another Region", async () => {
    const { run, machine, client, config } = simulateMachine();
    const stranger = new SFNClient(config({}, "111122223333"));
    const elsewhere = machine.arn.replace(machine.region, "eu-north-1");
    const [foreign, missing] = await run(async () => [
      await errorOf(stranger.send(new DescribeStateMachineCommand({ stateMachineArn: machine.arn }))),
      await errorOf(client.send(new DescribeStateMachineCommand({ stateMachineArn: elsewhere }))),
    ]);
    expect(foreign?.name).toBe("AccessDeniedException");
    expect(missing?.name).toBe("StateMachineDoesNotExist");
  });

  it("keeps up to fifty tags", async () => {
    const { run, machine, client } = simulateMachine();
    const resourceArn = machine.arn;
    const tags = Array.from({ length: 50 }, (_, index) => ({ key: `k${index}`, value: "v" }));
    const { error, left } = await run(async () => {
      await client.send(new TagResourceCommand({ resourceArn, tags }));
      const error = await errorOf(client.send(new TagResourceCommand({ resourceArn, tags: [{ key: "one more" }] })));
      await client.send(new UntagResourceCommand({ resourceArn, tagKeys: tags.slice(1).map(({ key }) => key) }));
      return { error, left: (await client.send(new ListTagsForResourceCommand({ resourceArn }))).tags };
    });
    expect(error.name).toBe("TooManyTags");
    expect(left).toEqual([{ key: "k0", value: "v" }]);
  });
});

describe("publishing a version", () => {
  it("takes the next number, and freezes what the machine was", async () => {
    const { run, machine, client } = simulateMachine();
    const { arn, version } = await run(async () => {
      await client.send(new UpdateStateMachineCommand({ stateMachineArn: machine.arn, definition: DEFINITION }));
      const arn = await publish(client, machine.arn);
      await client.send(
        new UpdateStateMachineCommand({ stateMachineArn: machine.arn, roleArn: "arn:aws:iam::1:role/x" }),
      );
      return { arn, version: await client.send(new DescribeStateMachineCommand({ stateMachineArn: arn })) };
    });
    expect(arn).toBe(`${machine.arn}:3`);
    expect(version).toMatchObject({ stateMachineArn: arn, definition: DEFINITION });
    expect(version.roleArn).toBe(`arn:aws:iam::${machine.account}:role/etl`);
  });

  it("answers with the version that the revision has already", async () => {
    const { run, machine, client } = simulateMachine();
    const arns = await run(async () => [await publish(client, machine.arn), await publish(client, machine.arn)]);
    expect(arns).toEqual([`${machine.arn}:2`, `${machine.arn}:2`]);
  });

  it("is refused where the machine is at another revision", async () => {
    const { run, machine, client } = simulateMachine();
    const error = await run(async () => {
      const { revisionId } = await client.send(
        new UpdateStateMachineCommand({ stateMachineArn: machine.arn, definition: DEFINITION }),
      );
      await client.send(new UpdateStateMachineCommand({ stateMachineArn: machine.arn, definition: DEFINITION }));
      return errorOf(publish(client, machine.arn, revisionId));
    });
    expect(error).toMatchObject({ name: "ConflictException", $metadata: { httpStatusCode: 409 } });
  });

  it("knows the revision of a machine that nobody has updated as INITIAL", async () => {
    const { run, stepFunctions, client } = simulateMachine();
    const { arn } = stepFunctions.createMachine({ machine: "fresh", versions: [{}] });
    expect(await run(() => publish(client, arn, "INITIAL"))).toBe(`${arn}:1`);
  });

  it("can go with the update that it publishes", async () => {
    const { run, machine, client } = simulateMachine();
    const input = { stateMachineArn: machine.arn, definition: DEFINITION, publish: true, versionDescription: "v3" };
    const { answer, version } = await run(async () => {
      const answer = await client.send(new UpdateStateMachineCommand(input));
      const stateMachineArn = answer.stateMachineVersionArn;
      return { answer, version: await client.send(new DescribeStateMachineCommand({ stateMachineArn })) };
    });
    expect(answer.stateMachineVersionArn).toBe(`${machine.arn}:3`);
    expect(version).toMatchObject({ description: "v3", revisionId: answer.revisionId });
  });

  it("is refused beyond a thousand versions", async () => {
    const { run, stepFunctions, client } = simulateMachine();
    const { arn } = stepFunctions.createMachine({
      machine: "old",
      versions: Array.from({ length: 1_000 }, () => ({})),
    });
    const error = await run(async () => {
      await client.send(new UpdateStateMachineCommand({ stateMachineArn: arn, definition: DEFINITION }));
      return errorOf(publish(client, arn));
    });
    expect(error.name).toBe("ServiceQuotaExceededException");
  });
});

describe("deleting a version", () => {
  it("is refused while an alias names it, and leaves its number unused for ever", async () => {
    const { run, machine, client } = simulateMachine();
    const remove = (number: number) =>
      client.send(new DeleteStateMachineVersionCommand({ stateMachineVersionArn: `${machine.arn}:${number}` }));
    const { error, left, next } = await run(async () => {
      const error = await errorOf(remove(1));
      await remove(2);
      await remove(2);
      const { stateMachineVersions = [] } = await client.send(
        new ListStateMachineVersionsCommand({ stateMachineArn: machine.arn }),
      );
      return { error, left: stateMachineVersions, next: await publish(client, machine.arn) };
    });
    expect(error).toMatchObject({ name: "ConflictException", message: expect.stringContaining("live") });
    expect(left.map(({ stateMachineVersionArn }) => stateMachineVersionArn)).toEqual([`${machine.arn}:1`]);
    expect(next).toBe(`${machine.arn}:3`);
  });

  it("lists the newest first", async () => {
    const { run, machine, client } = simulateMachine();
    const { stateMachineVersions = [] } = await run(() =>
      client.send(new ListStateMachineVersionsCommand({ stateMachineArn: machine.arn })),
    );
    expect(stateMachineVersions.map(({ stateMachineVersionArn }) => stateMachineVersionArn?.at(-1))).toEqual([
      "2",
      "1",
    ]);
  });
});
