/**
 * The embedded sandbox: the real machines and handlers, in one process and in virtual time, against a simulated AWS that
 * meets the scenario's traffic, people, operators and faults. The same seed gives the same world to the byte.
 */

import { type AttributeValue, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { unmarshall } from "@aws-sdk/util-dynamodb";
import { dynamoDbLedger } from "../functions/adapters/dynamodb-ledger.ts";
import { storePolicy } from "../functions/domain/ledger/policies.ts";
import type { PromotionPlan } from "../functions/domain/plan.ts";
import type { Item, Key, Ledger } from "../functions/domain/ports.ts";
import { sha256 } from "../functions/runtime/dependencies.ts";
import type { Executions } from "./asl/executions.ts";
import type { ExecutionsOptions } from "./asl/options.ts";
import type { HistoryEvent, Status } from "./asl/shapes.ts";
import type { AlarmEvent } from "./aws/cloudwatch/alarms.ts";
import { SimulatedCloudWatch } from "./aws/cloudwatch/cloudwatch.ts";
import { LambdaMetrics } from "./aws/cloudwatch/lambda-metrics.ts";
import { StatesMetrics } from "./aws/cloudwatch/states-metrics.ts";
import { SimulatedDynamoDb } from "./aws/dynamodb/dynamodb.ts";
import type { Hosted } from "./aws/lambda/hosted.ts";
import type { Invocation } from "./aws/lambda/invocations.ts";
import { SimulatedLambda } from "./aws/lambda/lambda.ts";
import { SimulatedLogs } from "./aws/logs/logs.ts";
import { SimulatedAws } from "./aws/router.ts";
import { SimulatedS3 } from "./aws/s3/s3.ts";
import { clientConfig } from "./aws/sdk.ts";
import { SimulatedSes } from "./aws/sesv2/sesv2.ts";
import { SimulatedSns } from "./aws/sns/sns.ts";
import { SimulatedStepFunctions } from "./aws/step-functions/step-functions.ts";
import type { Stream } from "./aws/traffic-source.ts";
import { Random } from "./chance/random.ts";
import { VirtualClock } from "./clock.ts";
import { Api } from "./host/api.ts";
import {
  deployedFunctions,
  environmentsOf,
  MAIL_FROM,
  type MachineName,
  type MailBy,
  machineArn,
  stepNamed,
  TABLE,
  TOPIC,
} from "./host/deployment.ts";
import { EventBus } from "./host/event-bus.ts";
import { type DeployedFunction, type InvocationRecord, LambdaHost } from "./host/lambda-host.ts";
import { createMachines } from "./host/machines.ts";
import { CONTROL_ACCOUNT, type SandboxPlace } from "./host/places.ts";
import { artifactsOf, createTargets, quietAlarms } from "./host/populate.ts";
import { createSources, sourceAnswer } from "./host/sources.ts";
import { lambdaAliasesOf } from "./host/targets.ts";
import { type Line, Timeline } from "./timeline.ts";
import { peopleOf, rolesOf } from "./world/addresses.ts";
import { ExecutionTraffic } from "./world/executions.ts";
import { logLinesOf } from "./world/log-lines.ts";
import { scheduleOperators } from "./world/operators.ts";
import { type DeliveredMail, People } from "./world/people.ts";
import type { Scenario } from "./world/scenario.ts";
import { faultOf } from "./world/scenario-faults.ts";
import type { ShareHistory } from "./world/shares.ts";
import { SteadyMetrics } from "./world/steady-metrics.ts";
import { Traffic } from "./world/traffic.ts";
import { workloadOf } from "./world/workload.ts";

export interface SandboxOptions {
  readonly scenario: Scenario;
  readonly policy: unknown;
  /** The plan that the policy and the release resolve to: what the world is populated for. */
  readonly plan: PromotionPlan;
  readonly onLine?: (line: Line) => void;
  readonly onInvocation?: (record: InvocationRecord) => void;
  /** Each line of log and metrics that a handler writes, with the handler that wrote it. */
  readonly onLog?: (line: string, handler: string) => void;
  /** Every history event of every execution, as it is written. */
  readonly onEvent?: (event: HistoryEvent, executionArn: string) => void;
  /** Share, from 0 to 1, of nested executions that never hear that their parent was stopped; none unless said. */
  readonly childStopLoss?: number;
  /** What happens around the start of a nested execution. */
  readonly nestedStarts?: Pick<ExecutionsOptions, "beforeNestedStart" | "afterNestedStart">;
  /** Most events of one execution's history; the service's own unless said. */
  readonly historyLimit?: number;
  /** How mail goes to people; by SNS unless said. */
  readonly mailBy?: MailBy;
  /** How often the sweeper runs, in ms; every quarter of an hour unless said. */
  readonly sweepEveryMs?: number;
  /** Functions that run in the place of those that are deployed, by their names. */
  readonly functions?: ReadonlyMap<string, DeployedFunction>;
  /** Makes another definition of a machine's deployed one. */
  readonly editMachine?: (machine: MachineName, definition: string) => string;
}

/** Deployed, it runs every minute; a rehearsal of days makes do with fewer of its rounds, of which nearly all find nothing. */
const SWEEP_EVERY_MS = 15 * 60_000;

/** As deployed. */
const RETIRE_EVERY_MS = 3_600_000;

/** What an asynchronous invocation waits in Lambda's queue, in ms. */
const QUEUED_MS = 100;

/** Virtual time that the world goes on for after an execution has ended: late events and zombies come to rest. */
const AFTERMATH_MS = 3 * 60_000;

export interface Ended {
  readonly status: Status;
  readonly executionArn: string;
  readonly startedAt: number;
  readonly endedAt: number;
  /** Outcome: the Succeed state's output, or the Fail state's error and cause. */
  readonly outcome: string;
  readonly summary: string;
}

export class Sandbox {
  readonly clock: VirtualClock;
  readonly aws: SimulatedAws;
  readonly dynamoDb: SimulatedDynamoDb;
  readonly lambda: SimulatedLambda;
  readonly cloudWatch: SimulatedCloudWatch;
  readonly sns: SimulatedSns;
  readonly ses: SimulatedSes;
  readonly stepFunctions: SimulatedStepFunctions;
  readonly executions: Executions;
  readonly host: LambdaHost;
  readonly api: Api;
  /** Pages that were asked for on the web, and when (epoch ms). */
  readonly fetched: { readonly at: number; readonly url: string }[] = [];
  /** Between the alarms and their listener. */
  readonly alarmEvents: EventBus<AlarmEvent>;
  readonly timeline: Timeline;
  readonly traffic: Traffic;
  readonly place: SandboxPlace;
  /** The ledger as an onlooker reads it. */
  readonly ledger: Ledger;
  readonly #options: SandboxOptions;
  #over = false;

  constructor(options: SandboxOptions) {
    const { scenario, plan } = options;
    this.#options = options;
    this.place = { account: CONTROL_ACCOUNT, region: plan.environments[0]?.region ?? "us-east-1" };
    this.clock = new VirtualClock(scenario.startsAt);
    const random = Random.of(scenario.seed, "sandbox");
    this.timeline = new Timeline(options.onLine ?? (() => undefined), (key) => this.#stored(key));
    this.aws = new SimulatedAws({
      clock: this.clock,
      seed: scenario.seed,
      ...this.place,
      faults: scenario.faults.map(faultOf(scenario)),
      latencyTimes: scenario.latencyTimes,
    });
    const artifacts = artifactsOf(plan);
    this.dynamoDb = new SimulatedDynamoDb(this.aws);
    this.dynamoDb.createTable({ name: TABLE, key: { partition: "pk", sort: "sk" } });
    const s3 = new SimulatedS3(this.aws);
    for (const artifact of artifacts) s3.plant(artifact);
    this.lambda = new SimulatedLambda(this.aws, {
      code: s3.codeSource,
      workload: this.#workload(scenario),
      hosted: (event) => this.#runLater(event),
    });
    this.traffic = new Traffic({
      scenario,
      historyOf: (stream) => sharesOf(this.lambda, this.place.region, stream),
      servesFrom: ({ account, functionName }, version) =>
        this.lambda.servesFrom({ account, functionName, region: this.place.region }, version),
    });
    this.cloudWatch = new SimulatedCloudWatch(this.aws, scenario.cloudwatch);
    this.cloudWatch.addSource(new LambdaMetrics(this.lambda, this.traffic));
    this.cloudWatch.addSource(new SteadyMetrics(scenario.series));
    new SimulatedLogs(
      this.aws,
      logLinesOf(scenario, (fn) => this.#sharesOf(fn)),
    );
    this.sns = new SimulatedSns(this.aws);
    this.ses = new SimulatedSes(this.aws, { identities: [MAIL_FROM] });
    this.host = this.#makeHost(random);
    this.api = new Api({
      clock: this.clock,
      place: this.place,
      invoke: (step, event) => this.host.invoke(step, event),
    });
    this.alarmEvents = new EventBus(this.clock, (event) => this.host.deliver("alarm-listener", event));
    this.executions = this.#makeExecutions(random);
    this.stepFunctions = new SimulatedStepFunctions(this.aws, { executions: this.executions });
    this.stepFunctions.receive(new ExecutionTraffic({ scenario, service: this.stepFunctions, clock: this.clock }));
    this.cloudWatch.addSource(new StatesMetrics(this.stepFunctions));
    createTargets(this, plan, scenario);
    createSources(this.lambda, plan);
    this.ledger = this.#onlookersLedger();
  }

  /** Starts a promotion of the release and lets the world run until it ends and comes to rest. */
  async promote(release: unknown, name: string): Promise<Ended> {
    const startedAt = this.clock.now();
    const { executionArn, endedAt } = await this.live(async () => {
      const executionArn = await this.#begin(release, name);
      scheduleOperators(this, this.#options.scenario, executionArn);
      await this.executions.closed(executionArn).wait();
      const endedAt = this.clock.now();
      await this.clock.sleep(AFTERMATH_MS);
      return { executionArn, endedAt };
    });
    return { ...this.#ending(executionArn), executionArn, startedAt, endedAt };
  }

  /** As the scenario says: by whoever signs a request to the API, or from the console. */
  async #begin(release: unknown, name: string): Promise<string> {
    const caller = this.#options.scenario.startedBy;
    if (caller === undefined) {
      this.start(release, name);
      return this.arnOf(name);
    }
    const { statusCode, body } = await this.api.start(release, caller);
    this.timeline.add({
      at: this.clock.now(),
      kind: "person",
      environment: "",
      what: caller,
      text: "starts the promotion through the API",
    });
    if (statusCode !== 201) throw new Error(`the API does not start the promotion: ${statusCode} ${body}`);
    return String((JSON.parse(body) as { executionArn: unknown }).executionArn);
  }

  /** Wakes the world, deploys the policy and lets time pass until `body`, a process in that world, returns or throws. */
  async live<T>(body: () => Promise<T>): Promise<T> {
    this.#wakeTheWorld();
    const { done } = this.clock.spawn("driver", async () => {
      await storePolicy({ ledger: this.ledger, hash: sha256, clock: this.clock }, this.#options.policy);
      return body();
    });
    await this.clock.run({ until: () => done.isOpen });
    this.#over = true;
    this.cloudWatch.alarms.stop();
    const result = done.value;
    if (result === undefined) throw new Error("the rehearsal came to a standstill");
    if (!result.ok) throw result.error;
    return result.value;
  }

  /** Starts a promotion under a name of its own. */
  start(release: unknown, name: string): void {
    const stateMachineArn = machineArn(this.place, "promotion");
    this.executions.startExecution({ stateMachineArn, name, input: JSON.stringify(release) });
  }

  /** ARN of the promotion's execution of that name. */
  arnOf(name: string): string {
    return `${machineArn(this.place, "promotion").replace(":stateMachine:", ":execution:")}:${name}`;
  }

  /**
   * Looks at the world as an onlooker, once nothing else drives it: `body` runs as a process, and the clock until it is
   * done. Throws what `body` throws.
   */
  async inspect<T>(body: () => Promise<T>): Promise<T> {
    const { done } = this.clock.spawn("onlooker", body);
    await this.clock.run({ until: () => done.isOpen });
    const result = done.value;
    if (result === undefined) throw new Error("what the onlooker waits for never comes");
    if (!result.ok) throw result.error;
    return result.value;
  }

  #ending(executionArn: string): Pick<Ended, "status" | "outcome" | "summary"> {
    const { status, output, error, cause } = this.executions.describeExecution({ executionArn });
    if (status === "SUCCEEDED") {
      const { outcome, summary } = JSON.parse(output ?? "{}") as { outcome: string; summary: string };
      return { status, outcome, summary };
    }
    return { status, outcome: error ?? status.toLowerCase(), summary: cause ?? "" };
  }

  /** An item of the ledger as it lies there, without a call that the world would notice. */
  #stored({ pk, sk }: Key): Item | null {
    const found = this.dynamoDb.dump()[TABLE]?.find((item) => isText(item.pk, pk) && isText(item.sk, sk));
    return found === undefined ? null : (unmarshall(found as Record<string, AttributeValue>) as Item);
  }

  /** Alarms are evaluated, mail is read, and the sweeper makes its rounds. */
  #wakeTheWorld(): void {
    const { scenario, plan } = this.#options;
    for (const rule of [...scenario.alarms, ...quietAlarms(plan, scenario)]) this.cloudWatch.alarms.add(rule);
    this.cloudWatch.alarms.onStateChange((event) => this.alarmEvents.send(event));
    if (scenario.alarms.length > 0) this.cloudWatch.alarms.start();
    const people = this.#people();
    const deliver = (mail: DeliveredMail) => {
      const what = `mail to ${mail.to}`;
      this.timeline.add({ at: this.clock.now(), kind: "mail", environment: "", what, text: mail.subject });
      people.receive(mail);
    };
    this.sns.onMail(deliver);
    this.ses.onMail(deliver);
    this.#subscribe();
    this.#sweepLater();
    if (plan.environments.some(({ retirePrevious }) => retirePrevious)) this.#retireLater();
  }

  #retireLater(): void {
    this.clock.after(RETIRE_EVERY_MS, "retire-versions", async () => {
      if (this.#over) return;
      this.#retireLater();
      await this.host.deliver("retire-versions", {});
    });
  }

  #sweepLater(): void {
    this.clock.after(this.#options.sweepEveryMs ?? SWEEP_EVERY_MS, "sweeper", async () => {
      if (this.#over) return;
      this.#sweepLater();
      await this.host.deliver("sweeper", {});
    });
  }

  #subscribe(): void {
    const { plan } = this.#options;
    this.sns.createTopic(
      TOPIC,
      peopleOf(plan).map((email) => ({ email, filterPolicy: { recipient: [email] } })),
    );
  }

  #people(): People {
    const { scenario, plan } = this.#options;
    return new People({
      clock: this.clock,
      scenario,
      version: plan.version,
      rolesOf: (address) => rolesOf(plan, address),
      visit: ({ method, link, body }) => this.api.visit(method, link, body),
      decide: (answer) => this.api.decide(answer),
      tell: (who, text) =>
        this.timeline.add({ at: this.clock.now(), kind: "person", environment: "", what: who, text }),
    });
  }

  /** An event for one of Headgate's own functions, which Lambda queues and delivers. */
  #runLater({ account, functionName, payload }: Parameters<Hosted>[0]): boolean {
    const step = account === this.place.account ? stepNamed(functionName) : undefined;
    if (step === undefined) return false;
    this.clock.after(QUEUED_MS, `${step} runs asynchronously`, () => this.host.deliver(step, JSON.parse(payload)));
    return true;
  }

  #workload(scenario: Scenario) {
    const answer = workloadOf(scenario, (fn) => this.#sharesOf(fn) ?? this.#sharesAt(fn, "live"));
    const services = () => this;
    return (call: Invocation) => sourceAnswer(services, this.#options.plan, scenario, call) ?? answer(call);
  }

  /** The shares of a function's alias that the plan is about; undefined: it is about no such function. */
  #sharesOf(fn: Pick<Stream, "account" | "functionName">): ShareHistory | undefined {
    const found = this.#options.plan.environments
      .flatMap(({ targets }) => lambdaAliasesOf(targets))
      .find(({ functionName }) => functionName === fn.functionName);
    return found === undefined ? undefined : this.#sharesAt(fn, found.alias);
  }

  #sharesAt(fn: Pick<Stream, "account" | "functionName">, alias: string): ShareHistory {
    return sharesOf(this.lambda, this.place.region, { ...fn, alias });
  }

  #makeHost(random: Random): LambdaHost {
    const { scenario, onInvocation } = this.#options;
    return new LambdaHost({
      clock: this.clock,
      aws: this.aws,
      random: random.child("lambda"),
      functions: new Map([...deployedFunctions(), ...(this.#options.functions ?? [])]),
      environments: environmentsOf(this.place, this.#options.mailBy),
      faults: scenario.handlerFaults,
      fetchPage: async (url) => {
        this.fetched.push({ at: this.clock.now(), url });
        return { status: 200, body: JSON.stringify({ status: "healthy" }) };
      },
      download: async (url) => this.lambda.download(url),
      onInvocation: (record) => {
        this.timeline.invoked(record);
        onInvocation?.(record);
      },
      onLog: this.#options.onLog ?? (() => undefined),
    });
  }

  #makeExecutions(random: Random): Executions {
    const { childStopLoss = 0, nestedStarts, editMachine, historyLimit } = this.#options;
    return createMachines({
      clock: this.clock,
      place: this.place,
      random,
      childStopLoss,
      ...nestedStarts,
      ...(historyLimit === undefined ? {} : { historyLimit }),
      edit: editMachine,
      invoke: (functionName, payload) => this.host.invoke(functionName, payload),
      onEvent: (event, executionArn) => {
        this.timeline.event(event, executionArn);
        this.#options.onEvent?.(event, executionArn);
      },
      onStatusChange: (detail) => this.#announce(detail),
    });
  }

  /** Status events are best effort on AWS; here they come, a little late. */
  #announce(detail: { readonly stateMachineArn: string; readonly status: string }): void {
    if (detail.stateMachineArn !== machineArn(this.place, "promotion") || detail.status === "RUNNING") return;
    this.clock.after(STATUS_EVENT_MS, "execution status event", () => this.host.deliver("status-listener", { detail }));
  }

  #onlookersLedger(): Ledger {
    const client = new DynamoDBClient(clientConfig(this.aws, { handler: "onlooker", invocation: "onlooker" }));
    const ids = Random.of(this.#options.scenario.seed, "onlooker");
    const entropy = { id: () => ids.uuid().replaceAll("-", "") };
    return dynamoDbLedger({ client: () => client, table: () => TABLE, clock: this.clock, entropy });
  }
}

const STATUS_EVENT_MS = 2_000;

const isText = (value: object | undefined, text: string) => value !== undefined && "S" in value && value.S === text;

function sharesOf(
  lambda: SimulatedLambda,
  region: string,
  { account, functionName, alias }: { account: string; functionName: string; alias: string },
) {
  return lambda.weightHistory({ account, region, functionName, alias });
}
