import { UpdateStateMachineAliasCommand } from "@aws-sdk/client-sfn";
import { describe, expect, test } from "vitest";
import { CallRefused, NotReady, ServiceTrouble } from "../../../functions/domain/errors.ts";
import type { MachineRoute } from "../../../functions/targets/state-machine-alias/kind.ts";
import { machineAliasTraffic } from "../../../functions/targets/state-machine-alias/traffic.ts";
import { machineVersions } from "../../../functions/targets/state-machine-alias/versions.ts";
import { errorOf, inTurn, simulateMachine } from "../../sandbox/aws/harness.ts";

const route = (...shares: (readonly [version: string, percent: number])[]): MachineRoute => ({
  shares: shares.map(([version, percent]) => ({ version, percent })),
});

/** The target `etl:live` of the simulated service, with versions 1 and 2. */
const scene = (options: Parameters<typeof simulateMachine>[0] = {}) => {
  const simulation = simulateMachine(options);
  const { client, clock, machine } = simulation;
  const plan = {
    stateMachineName: "etl",
    stateMachineArn: machine.arn,
    alias: "live",
    resource: `${machine.arn}:live`,
  };
  const target = machineAliasTraffic({ client: () => client, clock, pace: async () => {} }, plan);
  const write = (to: MachineRoute, { marker = "headgate p1 fence 4", forMs = 15_000 } = {}) =>
    target.write({ route: to, revision: null, marker, deadline: clock.now() + forMs });
  return { ...simulation, plan, target, write, versions: machineVersions({ client: () => client }, machine.arn) };
};

describe("traffic of a state machine's alias", () => {
  test("is read back as it was written, with our mark and no revision", async () => {
    const { run, target, write } = scene();
    const state = await run(async () => {
      await write(route(["1", 90], ["2", 10]));
      return target.read();
    });
    expect(state).toEqual({ route: route(["1", 90], ["2", 10]), revision: null, marker: "headgate p1 fence 4" });
  });

  test("knows no version that gets nothing", async () => {
    const { run, client, plan, target } = scene();
    const routingConfiguration = [
      { stateMachineVersionArn: `${plan.stateMachineArn}:1`, weight: 100 },
      { stateMachineVersionArn: `${plan.stateMachineArn}:2`, weight: 0 },
    ];
    const input = { stateMachineAliasArn: plan.resource, routingConfiguration };
    const state = await run(async () => {
      await client.send(new UpdateStateMachineAliasCommand(input));
      return target.read();
    });
    expect(state).toMatchObject({ route: route(["1", 100]), marker: "" });
  });

  test("cuts a mark to what Step Functions keeps as a description", async () => {
    const { run, target, write } = scene();
    const { marker } = await run(async () => {
      await write(route(["2", 100]), { marker: "m".repeat(300) });
      return target.read();
    });
    expect(marker).toHaveLength(256);
  });

  test("is believed only after reads that agree for longer than an update may take to be felt", async () => {
    const staleness = { ms: 5_000, share: 1 };
    const { run, clock, target, write } = scene({ staleness });
    const { soon, last } = await run(async () => {
      await clock.sleep(60_000);
      await write(route(["1", 90], ["2", 10]));
      const soon = await inTurn(10, async () => (await target.read()).route);
      await clock.sleep((target.readBack.reads - 1) * target.readBack.everyMs);
      return { soon, last: (await target.read()).route };
    });
    expect(soon).toContainEqual(route(["1", 100]));
    expect(last).toEqual(route(["1", 90], ["2", 10]));
  });

  test("is written over whatever somebody else wrote: only deadline and read-back protect", async () => {
    const { run, stepFunctions, target, write } = scene();
    const state = await run(async () => {
      stepFunctions.moveByHand({ machine: "etl", alias: "live" }, { 2: 100 });
      await write(route(["1", 100]));
      return target.read();
    });
    expect(state.route).toEqual(route(["1", 100]));
  });

  test("gives a write up at its deadline", async () => {
    const at = { service: "states", operation: "UpdateStateMachineAlias" };
    const { run, clock, write } = scene({ faults: [{ ...at, nth: "always", action: { kind: "timeout-before" } }] });
    const { error, took } = await run(async () => {
      const from = clock.now();
      const error = await errorOf(write(route(["2", 100]), { forMs: 3_000 }));
      return { error, took: clock.now() - from };
    });
    expect(error).toBeInstanceOf(ServiceTrouble);
    expect(took).toBeLessThanOrEqual(3_200);
  });

  test("is refused where the alias or the version is not there", async () => {
    const { run, write } = scene();
    expect(await run(() => errorOf(write(route(["7", 100]))))).toBeInstanceOf(CallRefused);
  });
});

describe("what stands in the way of a rollout of a state machine's alias", () => {
  test("is nothing where one version serves and the candidate has its settings", async () => {
    const { run, target } = scene();
    expect(await run(() => target.obstacles("2"))).toEqual([]);
    expect(await run(() => target.obstacles(null))).toEqual([]);
  });

  test("is a split, and a version that is not there", async () => {
    const { run, stepFunctions, target } = scene();
    stepFunctions.moveByHand({ machine: "etl", alias: "live" }, { 1: 80, 2: 20 });
    expect(await run(() => target.obstacles("9"))).toEqual([
      "etl:live is split already: 20 % on version 2",
      "etl has no version 9",
    ]);
  });

  test("is another role, logging or tracing, which a release does not bring", async () => {
    const { run, clock, client, stepFunctions } = scene();
    const settings = { roleArn: "arn:aws:iam::1:role/other", tracingConfiguration: { enabled: true } };
    const drifted = stepFunctions.createMachine({
      machine: "drifted",
      versions: [{}, settings],
      aliases: { live: { 1: 100 } },
    });
    const plan = {
      stateMachineName: "drifted",
      stateMachineArn: drifted.arn,
      alias: "live",
      resource: `${drifted.arn}:live`,
    };
    const target = machineAliasTraffic({ client: () => client, clock, pace: async () => {} }, plan);
    expect(await run(() => target.obstacles("2"))).toEqual([
      "version 2 of drifted has another execution role than version 1; a release brings a definition alone",
      "version 2 of drifted has another tracing than version 1; a release brings a definition alone",
    ]);
    expect(await run(() => target.obstacles(null))).toHaveLength(2);
  });
});

describe("versions of a state machine", () => {
  test("are deleted once no alias names them, and a second time without complaint", async () => {
    const { run, versions, stepFunctions, machine } = scene();
    const early = await run(() => errorOf(versions.remove("1")));
    stepFunctions.moveByHand({ machine: "etl", alias: "live" }, { 2: 100 });
    await run(async () => {
      await versions.remove("1");
      await versions.remove("1");
    });
    expect(early).toBeInstanceOf(NotReady);
    expect([...machine.versions.keys()]).toEqual(["2"]);
  });

  test("are never taken for the machine itself", async () => {
    const { run, versions } = scene();
    for (const name of ["", "live", "0"])
      expect(await run(() => errorOf(versions.remove(name)))).toBeInstanceOf(CallRefused);
  });

  test("are named by aliases of any weight, none included", async () => {
    const { run, versions, client, plan } = scene();
    const routingConfiguration = [1, 2].map((number) => ({
      stateMachineVersionArn: `${plan.stateMachineArn}:${number}`,
      weight: number === 1 ? 100 : 0,
    }));
    const input = { stateMachineAliasArn: plan.resource, routingConfiguration };
    const { aliases, missing, description } = await run(async () => {
      await client.send(new UpdateStateMachineAliasCommand(input));
      const aliases = await versions.aliases();
      return { aliases, missing: await versions.description("9"), description: await versions.description("1") };
    });
    expect(aliases).toEqual([{ name: "live", versions: ["1", "2"] }]);
    expect([missing, description]).toEqual([undefined, ""]);
  });
});
