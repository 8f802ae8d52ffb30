import { LambdaClient, PutProvisionedConcurrencyConfigCommand } from "@aws-sdk/client-lambda";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CallRefused, ServiceTrouble } from "../../../functions/domain/errors.ts";
import { RevisionMoved, type Route } from "../../../functions/domain/ports.ts";
import { aliasTraffic, fractionOf, percentOf } from "../../../functions/targets/lambda-alias/traffic.ts";
import { type FunctionDefinition, SimulatedLambda } from "../../../sandbox/aws/lambda/lambda.ts";
import { type Answer, fault, handClock, lost, ok, wire } from "../../adapters/wire.ts";
import { simulate } from "../../sandbox/aws/harness.ts";

const ORDER = { functionName: "bbws-prod-order", alias: "live" };
const ROLE = "arn:aws:iam::093646564004:role/order";
const split = (percent: number): Route => ({ primary: "7", secondary: { version: "8", percent } });
const whole = (primary: string): Route => ({ primary, secondary: null });

const onWire = (...answers: Answer[]) => {
  const line = wire(...answers);
  const { clock, advance } = handClock();
  const client = new LambdaClient(line.config);
  const write = (route: Route, more: { revision?: string | null; marker?: string; forMs?: number } = {}) => {
    const { revision = "rev-1", marker = "headgate p1 fence 4", forMs = 15_000 } = more;
    return target.write({ route, revision, marker, deadline: clock.now() + forMs });
  };
  const target = aliasTraffic({ client: () => client, clock, pace: async () => {} }, ORDER);
  return { ...line, target, clock, advance, write };
};

describe("on the wire", () => {
  test("a shift names the primary, the candidate's fraction, our mark and the revision it expects", async () => {
    const { sent, write } = onWire(ok());

    await write(split(10));

    expect(sent).toHaveLength(1);
    expect(sent[0]?.method).toBe("PUT");
    expect(sent[0]?.path).toBe("/2015-03-31/functions/bbws-prod-order/aliases/live");
    expect(sent[0]?.json).toEqual({
      FunctionVersion: "7",
      RoutingConfig: { AdditionalVersionWeights: { "8": 0.1 } },
      Description: "headgate p1 fence 4",
      RevisionId: "rev-1",
    });
  });

  test.each([
    ["without a split", whole("8")],
    ["that gives the candidate nothing", split(0)],
  ])("a route %s clears the weights explicitly, as leaving them out would keep them", async (_, route) => {
    const { sent, write } = onWire(ok());

    await write(route);

    expect(sent[0]?.json.RoutingConfig).toEqual({ AdditionalVersionWeights: {} });
  });

  test("without a revision to expect, none is sent", async () => {
    const { sent, write } = onWire(ok());

    await write(whole("8"), { revision: null });

    expect(sent[0]?.json).not.toHaveProperty("RevisionId");
  });

  test("a mark is cut to what Lambda keeps as a description", async () => {
    const { sent, write } = onWire(ok());

    await write(whole("8"), { marker: "m".repeat(300) });

    expect(String(sent[0]?.json.Description)).toHaveLength(256);
  });

  test("reading turns fractions into percent without floating dust", async () => {
    const { target } = onWire(
      ok({
        FunctionVersion: "7",
        RoutingConfig: { AdditionalVersionWeights: { "8": 0.07 } },
        RevisionId: "rev-2",
        Description: "set by hand",
      }),
    );

    expect(await target.read()).toEqual({ route: split(7), revision: "rev-2", marker: "set by hand" });
  });

  test("an additional version of weight zero is no split", async () => {
    const { target } = onWire(ok({ FunctionVersion: "7", RoutingConfig: { AdditionalVersionWeights: { "8": 0 } } }));

    expect((await target.read()).route).toEqual(whole("7"));
  });

  test("a stale revision is said as such, and not tried again", async () => {
    const { sent, write } = onWire(fault("PreconditionFailedException", 412));

    await expect(write(split(10))).rejects.toBeInstanceOf(RevisionMoved);
    expect(sent).toHaveLength(1);
  });

  test("a lost answer is asked again; when the first one had taken effect, the revision has moved", async () => {
    const { sent, write } = onWire(lost(), fault("PreconditionFailedException", 412));

    await expect(write(split(10))).rejects.toBeInstanceOf(RevisionMoved);
    expect(sent).toHaveLength(2);
  });

  test("an alias that is not there is refused for good", async () => {
    const { target } = onWire(fault("ResourceNotFoundException", 404));

    await expect(target.read()).rejects.toBeInstanceOf(CallRefused);
  });
});

test("percent and fraction are each other's inverse, to the hundredth of a percent", async () => {
  await fc.assert(
    fc.property(fc.integer({ min: 0, max: 10_000 }), (hundredths) => {
      const percent = hundredths / 100;
      expect(percentOf(fractionOf(percent))).toBe(percent);
    }),
  );
  expect([10, 25, 50, 7, 100].map(fractionOf)).toEqual([0.1, 0.25, 0.5, 0.07, 1]);
});

/** An order function with versions 7 and 8 behind its alias, on the simulated Lambda. */
const simulated = (definition: Partial<FunctionDefinition> = {}, faults?: Parameters<typeof simulate>[0]) => {
  const world = simulate(faults);
  const lambda = new SimulatedLambda(world.aws, { staleMs: 0 });
  lambda.createFunction({
    functionName: ORDER.functionName,
    versions: [
      { version: "7", Role: ROLE },
      { version: "8", Role: ROLE },
    ],
    aliases: { live: { version: "7" } },
    ...definition,
  });
  const client = new LambdaClient(world.config());
  return {
    ...world,
    lambda,
    client,
    target: aliasTraffic({ client: () => client, clock: world.clock, pace: async () => {} }, ORDER),
  };
};

describe("against the simulated Lambda", () => {
  test("a rollout leaves exactly the weights that were asked for, and ends without a split", async () => {
    const { run, target, lambda, clock } = simulated();

    await run(async () => {
      for (const route of [split(10), split(25), split(50), whole("8")]) {
        const { revision } = await target.read();
        await target.write({ route, revision, marker: "headgate p1 fence 1", deadline: clock.now() + 15_000 });
        expect((await target.read()).route).toEqual(route);
      }
    });

    const history = lambda.weightHistory(ORDER).map(({ weights }) => weights);
    expect(history.at(1)).toEqual({ "7": 0.9, "8": 0.1 });
    expect(history.at(-1)).toEqual({ "8": 1 });
  });

  test("a write under the revision from before somebody's hand is refused and changes nothing", async () => {
    const { run, target, lambda, clock } = simulated();

    await run(async () => {
      const { revision } = await target.read();
      lambda.moveByHand(ORDER, { version: "7", weights: { "8": 0.5 } });
      const write = target.write({ route: split(10), revision, marker: "m", deadline: clock.now() + 15_000 });
      await expect(write).rejects.toBeInstanceOf(RevisionMoved);
      expect((await target.read()).route).toEqual(split(50));
    });
  });

  test("a write whose answers are lost is given up at its deadline, retries included", async () => {
    const fault = { operation: "UpdateAlias", action: { kind: "timeout-before" } } as const;
    const { run, target, clock, aws } = simulated({}, { faults: [fault] });

    const took = await run(async () => {
      const begin = clock.now();
      const write = target.write({ route: split(10), revision: null, marker: "m", deadline: begin + 7_000 });
      await expect(write).rejects.toBeInstanceOf(ServiceTrouble);
      return clock.now() - begin;
    });

    // One attempt of 5 s, one of the 2 s that were left; none begins after that.
    expect(aws.calls.filter((call) => call.operation === "UpdateAlias" && call.ms > 0)).toHaveLength(2);
    expect(took).toBeGreaterThanOrEqual(6_900);
    expect(took).toBeLessThanOrEqual(8_000);
  });

  test("a function whose versions are alike, with an unsplit alias, has no obstacles", async () => {
    const { run, target } = simulated();

    expect(await run(() => target.obstacles("8"))).toEqual([]);
    expect(await run(() => target.obstacles(null))).toEqual([]);
  });

  test("an alias that is split already is an obstacle", async () => {
    const { run, target } = simulated({ aliases: { live: { version: "7", weights: { "8": 0.2 } } } });

    expect(await run(() => target.obstacles("8"))).toEqual([
      "bbws-prod-order:live is split already: 20 % on version 8",
    ]);
  });

  test("provisioned concurrency on the alias is an obstacle", async () => {
    const { run, target, client } = simulated();
    const provision = new PutProvisionedConcurrencyConfigCommand({
      FunctionName: ORDER.functionName,
      Qualifier: "live",
      ProvisionedConcurrentExecutions: 5,
    });

    await run(() => client.send(provision));

    expect(await run(() => target.obstacles("8"))).toEqual([expect.stringContaining("provisioned concurrency")]);
  });

  test("a version starts warm once its provisioned concurrency is ready, and not before", async () => {
    const { run, target, client, clock } = simulated();
    const provision = new PutProvisionedConcurrencyConfigCommand({
      FunctionName: ORDER.functionName,
      Qualifier: "8",
      ProvisionedConcurrentExecutions: 5,
    });
    const startsWarm = () => run(async () => target.startsWarm?.("8"));

    expect(await startsWarm()).toBe(false);
    await run(() => client.send(provision));
    expect(await startsWarm()).toBe(false);
    await run(() => clock.sleep(120_000));
    expect(await startsWarm()).toBe(true);
  });

  test.each([
    ["execution role", { Role: "arn:aws:iam::093646564004:role/other" }],
    ["dead-letter target", { Role: ROLE, DeadLetterConfig: { TargetArn: "arn:aws:sqs:af-south-1:093646564004:dlq" } }],
  ])("a candidate with another %s cannot share the alias", async (what, settings) => {
    const versions = [
      { version: "7", Role: ROLE },
      { version: "8", ...settings },
    ];
    const { run, target } = simulated({ versions });

    expect(await run(() => target.obstacles("8"))).toEqual([
      `version 8 of bbws-prod-order has another ${what} than version 7; they cannot share an alias`,
    ]);
    expect(await run(() => target.obstacles(null))).toEqual([expect.stringContaining("$LATEST")]);
  });

  test("a candidate that was never published is an obstacle", async () => {
    const { run, target } = simulated();

    expect(await run(() => target.obstacles("9"))).toEqual(["bbws-prod-order has no version 9"]);
  });
});

test("an alias on $LATEST is an obstacle", async () => {
  const { target } = onWire(
    ok({ FunctionVersion: "$LATEST" }),
    fault("ProvisionedConcurrencyConfigNotFoundException", 404),
    ok({ Role: ROLE }),
  );

  expect(await target.obstacles(null)).toEqual([expect.stringContaining("points to $LATEST")]);
});
