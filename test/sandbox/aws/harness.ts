import { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { LambdaClient } from "@aws-sdk/client-lambda";
import { SFNClient } from "@aws-sdk/client-sfn";
import { SimulatedCloudWatch } from "../../../sandbox/aws/cloudwatch/cloudwatch.ts";
import { LambdaMetrics } from "../../../sandbox/aws/cloudwatch/lambda-metrics.ts";
import { StatesMetrics } from "../../../sandbox/aws/cloudwatch/states-metrics.ts";
import { SimulatedDynamoDb } from "../../../sandbox/aws/dynamodb/dynamodb.ts";
import type { Fault } from "../../../sandbox/aws/faults.ts";
import { type LambdaOptions, SimulatedLambda } from "../../../sandbox/aws/lambda/lambda.ts";
import { SimulatedAws } from "../../../sandbox/aws/router.ts";
import { clientConfig, type SimulatedClientConfig } from "../../../sandbox/aws/sdk.ts";
import type { Caller } from "../../../sandbox/aws/service.ts";
import {
  SimulatedStepFunctions,
  type StepFunctionsOptions,
} from "../../../sandbox/aws/step-functions/step-functions.ts";
import { type Result, VirtualClock } from "../../../sandbox/clock.ts";
import { ExecutionTraffic } from "../../../sandbox/world/executions.ts";
import { readScenario, type ScenarioFile } from "../../../sandbox/world/scenario.ts";
import { Traffic } from "../../../sandbox/world/traffic.ts";

export const CONTROL_ACCOUNT = "093646564004";
export const REGION = "af-south-1";
export const START = Date.parse("2026-11-24T18:00:00Z");

const CALLER: Caller = { handler: "test", invocation: "1" };

/** A simulation at rest, to be filled with services; `run` runs a body as a process of its clock. */
export const simulate = (options: { seed?: number; faults?: readonly Fault[] } = {}) => {
  const clock = new VirtualClock(START);
  const aws = new SimulatedAws({
    clock,
    seed: options.seed ?? 7,
    account: CONTROL_ACCOUNT,
    region: REGION,
    faults: options.faults ?? [],
  });
  const config = (caller: Partial<Caller> = {}, account = CONTROL_ACCOUNT): SimulatedClientConfig =>
    clientConfig(aws, { ...CALLER, ...caller }, { account });
  const run = async <T>(body: () => Promise<T>): Promise<T> => {
    const process = clock.spawn("test", async () => {
      try {
        return { value: await body() };
      } catch (error) {
        return { error };
      }
    });
    await clock.run();
    const result = process.done.value;
    if (result?.ok !== true) throw new Error("the body never ended");
    if ("error" in result.value) throw result.value.error;
    return result.value.value;
  };
  return { clock, aws, config, run };
};

/** A table with keys `pk` and `sk`, and a client for it. */
export const simulateTable = (options: Parameters<typeof simulate>[0] & { staleMs?: number } = {}) => {
  const simulation = simulate(options);
  const dynamodb = new SimulatedDynamoDb(simulation.aws, { staleMs: options.staleMs ?? 0, staleShare: 1 });
  dynamodb.createTable({
    name: "ledger",
    key: { partition: "pk", sort: "sk" },
    indexes: { due: { partition: "due", sort: "at" } },
  });
  return { ...simulation, dynamodb, client: new DynamoDBClient(simulation.config()) };
};

/** The function `orders` with versions 41 and 42 and the alias `live` on 41, and a client for it. */
export const simulateFunction = (options: Parameters<typeof simulate>[0] & LambdaOptions = {}) => {
  const simulation = simulate(options);
  const lambda = new SimulatedLambda(simulation.aws, { staleMs: 0, ...options });
  lambda.createFunction({
    functionName: "orders",
    versions: [{ version: "41" }, { version: "42" }],
    aliases: { live: { version: "41" } },
  });
  return { ...simulation, lambda, client: new LambdaClient(simulation.config()) };
};

/** The function `orders` under a scenario's traffic, with its metrics in CloudWatch, and clients for both. */
export const simulateWorld = (file: Partial<ScenarioFile> = {}) => {
  const scenario = readScenario({
    name: "test",
    startsAt: "2026-11-24T18:00:00Z",
    traffic: [{ perMinute: 600 }],
    ...file,
  });
  const simulation = simulateFunction({ seed: scenario.seed });
  const { lambda } = simulation;
  const traffic = new Traffic({ scenario, historyOf: (stream) => lambda.weightHistory(stream) });
  const cloudwatch = new SimulatedCloudWatch(simulation.aws, scenario.cloudwatch);
  cloudwatch.addSource(new LambdaMetrics(lambda, traffic));
  return { ...simulation, scenario, traffic, cloudwatch, metrics: new CloudWatchClient(simulation.config()) };
};

/** The machine `etl` with versions 1 and 2 and the alias `live` on 1, and a client for it. Nothing is ever stale. */
export const simulateMachine = (
  options: Parameters<typeof simulate>[0] & { staleness?: StepFunctionsOptions["staleness"] } = {},
) => {
  const simulation = simulate(options);
  const { staleness = { ms: 0, share: 0 } } = options;
  const stepFunctions = new SimulatedStepFunctions(simulation.aws, { staleness });
  const machine = stepFunctions.createMachine({ machine: "etl", versions: [{}, {}], aliases: { live: { 1: 100 } } });
  return { ...simulation, stepFunctions, machine, client: new SFNClient(simulation.config()) };
};

/** The machine `etl` under a scenario's starts, with its metrics in CloudWatch, and clients for both. */
export const simulateWorkflow = (
  file: Partial<ScenarioFile> = {},
  options: Parameters<typeof simulateMachine>[0] = {},
) => {
  const startsAt = "2026-11-24T18:00:00Z";
  const scenario = readScenario({ name: "test", startsAt, starts: [{ perMinute: 20 }], ...file });
  const simulation = simulateMachine({ seed: scenario.seed, ...options });
  const { stepFunctions, clock, aws } = simulation;
  const traffic = new ExecutionTraffic({ scenario, service: stepFunctions, clock });
  stepFunctions.receive(traffic);
  const cloudwatch = new SimulatedCloudWatch(aws, scenario.cloudwatch);
  cloudwatch.addSource(new StatesMetrics(stepFunctions));
  return { ...simulation, scenario, traffic, cloudwatch, metrics: new CloudWatchClient(simulation.config()) };
};

/** What came of `count` calls made side by side, each by a process of its own. */
export const sideBySide = async <T>(clock: VirtualClock, count: number, call: () => Promise<T>) => {
  const processes = Array.from({ length: count }, (_, index) => clock.spawn(`caller ${index}`, call));
  const results: Result<T>[] = [];
  for (const { done } of processes) results.push(await done.wait());
  return results;
};

/** What `count` calls answer, one after the other. */
export const inTurn = async <T>(count: number, call: () => Promise<T>): Promise<T[]> => {
  const answers: T[] = [];
  for (let each = 0; each < count; each += 1) answers.push(await call());
  return answers;
};

/** What a promise rejects with; fails where it does not. */
export const errorOf = async (promise: Promise<unknown>): Promise<Error & Record<string, unknown>> => {
  try {
    await promise;
  } catch (error) {
    return error as Error & Record<string, unknown>;
  }
  throw new Error("expected an error");
};
