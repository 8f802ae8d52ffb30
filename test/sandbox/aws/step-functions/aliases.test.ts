import {
  CreateStateMachineAliasCommand,
  DescribeStateMachineAliasCommand,
  ListStateMachineAliasesCommand,
  UpdateStateMachineAliasCommand,
} from "@aws-sdk/client-sfn";
import { describe, expect, it } from "vitest";
import { errorOf, inTurn, START, sideBySide, simulateMachine } from "../harness.ts";

/** The machine with an `update` and a `describe` of its alias `live`; weights by version. */
const scene = (options: Parameters<typeof simulateMachine>[0] = {}) => {
  const simulation = simulateMachine(options);
  const { client, machine } = simulation;
  const stateMachineAliasArn = `${machine.arn}:live`;
  const routing = (weights: Record<string, number>) =>
    Object.entries(weights).map(([version, weight]) => ({
      stateMachineVersionArn: `${machine.arn}:${version}`,
      weight,
    }));
  const update = (weights: Record<string, number>, description?: string) =>
    client.send(
      new UpdateStateMachineAliasCommand({
        stateMachineAliasArn,
        routingConfiguration: routing(weights),
        ...(description === undefined ? {} : { description }),
      }),
    );
  const describeIt = () => client.send(new DescribeStateMachineAliasCommand({ stateMachineAliasArn }));
  const weights = async () => {
    const { routingConfiguration = [] } = await describeIt();
    return Object.fromEntries(
      routingConfiguration.map(({ stateMachineVersionArn = "", weight }) => [stateMachineVersionArn.at(-1), weight]),
    );
  };
  return { ...simulation, stateMachineAliasArn, routing, update, describe: describeIt, weights };
};

describe("a state machine's alias", () => {
  it("takes whole weights of two versions, and keeps its description where none is given", async () => {
    const { run, update, describe } = scene();
    const shown = await run(async () => {
      await update({ 1: 90, 2: 10 }, "orders of the day");
      await update({ 1: 75, 2: 25 });
      return describe();
    });
    expect(shown).toMatchObject({ name: "live", description: "orders of the day" });
    expect(shown.routingConfiguration?.map(({ weight }) => weight)).toEqual([75, 25]);
  });

  it.each([
    ["weights that do not add up", { 1: 90, 2: 11 }],
    ["half a percent", { 1: 99.5, 2: 0.5 }],
    ["a negative weight", { 1: 110, 2: -10 }],
    ["no version", {}],
  ])("refuses %s", async (_what, weights) => {
    const { run, update } = scene();
    expect(await run(() => errorOf(update(weights)))).toMatchObject({
      name: "ValidationException",
      reason: "INVALID_ROUTING_CONFIGURATION",
    });
  });

  it("refuses a version twice, three versions, and those of another machine", async () => {
    const { run, client, stateMachineAliasArn, routing, stepFunctions } = scene();
    const other = stepFunctions.createMachine({ machine: "other", versions: [{}] });
    const [one] = routing({ 1: 50 });
    const wrong = [
      [one, one],
      routing({ 1: 40, 2: 30, 3: 30 }),
      [{ stateMachineVersionArn: `${other.arn}:1`, weight: 100 }],
      [{ stateMachineVersionArn: stateMachineAliasArn, weight: 100 }],
    ];
    for (const routingConfiguration of wrong) {
      const input = {
        stateMachineAliasArn,
        routingConfiguration: routingConfiguration.filter((item) => item !== undefined),
      };
      const error = await run(() => errorOf(client.send(new UpdateStateMachineAliasCommand(input))));
      expect(error).toMatchObject({ name: "ValidationException", reason: "INVALID_ROUTING_CONFIGURATION" });
    }
  });

  it("knows no version, alias or update that is not there", async () => {
    const { run, client, machine, update, stateMachineAliasArn } = scene();
    const errors = await run(async () => [
      await errorOf(update({ 7: 100 })),
      await errorOf(client.send(new DescribeStateMachineAliasCommand({ stateMachineAliasArn: `${machine.arn}:gone` }))),
      await errorOf(client.send(new UpdateStateMachineAliasCommand({ stateMachineAliasArn }))),
      await errorOf(client.send(new DescribeStateMachineAliasCommand({ stateMachineAliasArn: `${machine.arn}:1` }))),
      await errorOf(update({ 1: 100 }, "x".repeat(257))),
    ]);
    expect(errors.map(({ name }) => name)).toEqual([
      "ResourceNotFound",
      "ResourceNotFound",
      "ValidationException",
      "ValidationException",
      "ValidationException",
    ]);
  });

  it("has no optimistic lock: whoever writes last wins", async () => {
    const { run, clock, update, weights } = scene();
    const after = await run(async () => {
      const both = [{ 1: 90, 2: 10 }, { 2: 100 }];
      await sideBySide(clock, 2, () => update(both.pop() ?? {}));
      return weights();
    });
    expect([{ 1: 90, 2: 10 }, { 2: 100 }]).toContainEqual(after);
  });

  it("answers the same update again without a change", async () => {
    const { run, clock, update, describe } = scene();
    const [first, again] = await run(async () => {
      await update({ 1: 90, 2: 10 });
      const first = await describe();
      await clock.sleep(60_000);
      await update({ 1: 90, 2: 10 });
      return [first, await describe()];
    });
    expect(again?.updateDate).toEqual(first?.updateDate);
  });

  it("may be read as it was for up to five seconds after a change, and never later", async () => {
    const { run, clock, update, weights } = scene({ staleness: { ms: 5_000, share: 1 } });
    const seen = await run(async () => {
      await clock.sleep(60_000);
      await update({ 1: 90, 2: 10 });
      const soon = await inTurn(20, weights);
      await clock.sleep(5_000);
      return { soon, later: await inTurn(20, weights) };
    });
    expect(seen.soon).toContainEqual({ 1: 100 });
    for (const later of seen.later) expect(later).toEqual({ 1: 90, 2: 10 });
  });

  it("tells of each change, by a call or by hand, and remembers the shares", async () => {
    const { run, clock, update, stepFunctions } = scene();
    const told: string[] = [];
    stepFunctions.onAliasChange(({ alias, by, routing }) => told.push(`${alias} ${by} ${JSON.stringify(routing)}`));
    await run(async () => {
      await update({ 1: 90, 2: 10 });
      await clock.sleep(60_000);
      stepFunctions.moveByHand({ machine: "etl", alias: "live" }, { 2: 100 });
    });
    expect(told).toEqual([
      'live call [{"version":"1","weight":90},{"version":"2","weight":10}]',
      'live hand [{"version":"2","weight":100}]',
    ]);
    const history = stepFunctions.weightHistory({ machine: "etl", alias: "live" });
    expect(history.map(({ weights }) => weights)).toEqual([{ 1: 1 }, { 1: 0.9, 2: 0.1 }, { 2: 1 }]);
    expect(history[0]?.at).toBe(START);
  });
});

describe("a fault of an alias's update", () => {
  const at = { service: "states", operation: "UpdateStateMachineAlias", nth: 1 } as const;

  it("leaves the weights as they were where the request is lost, and the next attempt moves them", async () => {
    const { run, update, weights, aws } = scene({ faults: [{ ...at, action: { kind: "throttle" } }] });
    const after = await run(async () => {
      await update({ 1: 90, 2: 10 });
      return weights();
    });
    expect(after).toEqual({ 1: 90, 2: 10 });
    expect(aws.counters.get("states:UpdateStateMachineAlias")).toBe(2);
  });

  it("has moved the weights where only the answer is lost", async () => {
    const { run, update, stepFunctions } = scene({ faults: [{ ...at, action: { kind: "timeout-after" } }] });
    await run(() => update({ 1: 90, 2: 10 }));
    const history = stepFunctions.weightHistory({ machine: "etl", alias: "live" });
    expect(history.map(({ weights }) => weights)).toEqual([{ 1: 1 }, { 1: 0.9, 2: 0.1 }]);
  });

  it("refuses whom it is told to refuse", async () => {
    const { run, update } = scene({ faults: [{ ...at, nth: "always", action: { kind: "refuse" } }] });
    expect(await run(() => errorOf(update({ 2: 100 })))).toMatchObject({ name: "AccessDeniedException" });
  });
});

describe("creating and listing aliases", () => {
  it("creates one, again with the same answer, and refuses another of its name", async () => {
    const { run, client, routing, machine } = scene();
    const create = (weights: Record<string, number>) =>
      client.send(new CreateStateMachineAliasCommand({ name: "next", routingConfiguration: routing(weights) }));
    const { first, again, error } = await run(async () => ({
      first: await create({ 2: 100 }),
      again: await create({ 2: 100 }),
      error: await errorOf(create({ 1: 100 })),
    }));
    expect(first.stateMachineAliasArn).toBe(`${machine.arn}:next`);
    expect(again.creationDate).toEqual(first.creationDate);
    expect(error.name).toBe("ConflictException");
  });

  it("refuses a number as a name", async () => {
    const { run, client, routing } = scene();
    const input = { name: "12", routingConfiguration: routing({ 1: 100 }) };
    expect(await run(() => errorOf(client.send(new CreateStateMachineAliasCommand(input))))).toMatchObject({
      name: "InvalidName",
    });
  });

  it("has room for a hundred aliases", async () => {
    const { run, client, routing, stepFunctions } = scene();
    const aliases = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`a${index}`, { 1: 100 }]));
    const full = stepFunctions.createMachine({ machine: "full", versions: [{}], aliases });
    const routingConfiguration = routing({ 1: 100 }).map(({ weight }) => ({
      stateMachineVersionArn: `${full.arn}:1`,
      weight,
    }));
    const input = { name: "one-more", routingConfiguration };
    expect(await run(() => errorOf(client.send(new CreateStateMachineAliasCommand(input))))).toMatchObject({
      name: "ServiceQuotaExceededException",
    });
  });

  it("lists those of a machine, or those that name a version", async () => {
    const { run, client, machine, routing } = scene();
    const listed = async (stateMachineArn: string) => {
      const { stateMachineAliases = [] } = await client.send(new ListStateMachineAliasesCommand({ stateMachineArn }));
      return stateMachineAliases.map(({ stateMachineAliasArn }) => stateMachineAliasArn?.split(":").at(-1));
    };
    const { all, ofOne } = await run(async () => {
      await client.send(
        new CreateStateMachineAliasCommand({ name: "next", routingConfiguration: routing({ 2: 100 }) }),
      );
      return { all: await listed(machine.arn), ofOne: await listed(`${machine.arn}:2`) };
    });
    expect(all).toEqual(["next", "live"]);
    expect(ofOne).toEqual(["next"]);
  });
});
