/** The emulator with what a deployment has: table, topic, machines; and the functions as they are on Lambda. */
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { CreateTableCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import {
  CreateStateMachineCommand,
  DescribeExecutionCommand,
  GetExecutionHistoryCommand,
  SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from "@aws-sdk/client-sfn";
import { CreateTopicCommand, SNSClient, SubscribeCommand } from "@aws-sdk/client-sns";
import type { Dependencies } from "../../../functions/domain/ports.ts";
import { buildDependencies } from "../../../functions/runtime/dependencies.ts";
import { awsHost, type Host } from "../../../functions/runtime/host.ts";
import { openLog } from "../../../functions/runtime/log.ts";
import { functionNameOf } from "../../../infra/functions.ts";
import {
  definitionOf,
  environmentsOf,
  MACHINES,
  type MachineName,
  machineArn,
  NAME,
  substitutions,
  TABLE,
  TOPIC,
} from "../../../sandbox/host/deployment.ts";
import { HANDLERS } from "../../../sandbox/host/handlers.ts";
import { FrontDoor, type Invoked } from "./front-door.ts";
import { type Moto, startMoto } from "./moto.ts";

/** Moto's own account number, in a Region of the examples. */
export const PLACE = { account: "123456789012", region: "af-south-1", roleArn: null } as const;

/** How a definition is changed before it is created; most are not. */
export type Change = (definition: string) => string;

export interface Ended {
  readonly executionArn: string;
  readonly status: string;
  readonly output: Record<string, unknown>;
  readonly error: string | undefined;
  /** Names of the states that were entered, in order. */
  readonly states: readonly string[];
}

/** Milliseconds that functions believe to have passed on top of real time. */
class ShiftedClock {
  #aheadMs = 0;

  now(): number {
    return Date.now() + this.#aheadMs;
  }

  async sleep(ms: number): Promise<void> {
    await sleep(ms);
  }

  advance(ms: number): void {
    this.#aheadMs += ms;
  }
}

export class Emulator {
  readonly door: FrontDoor;
  readonly clock = new ShiftedClock();
  readonly host: Host;
  /** Everything that functions reach, wired as on Lambda. */
  readonly deps: Dependencies;
  /** What GetFunction's links lead to: the emulator names a bucket of AWS's own, which nobody here can reach. */
  behindLinks: Uint8Array = new Uint8Array();
  readonly #moto: Moto;
  readonly #sfn = new SFNClient({});

  constructor(door: FrontDoor, moto: Moto) {
    this.door = door;
    this.#moto = moto;
    const download: Host["download"] = async () => ({ status: 200, body: this.behindLinks });
    this.host = { ...awsHost(process.env), clock: this.clock, download, write: () => {} };
    this.deps = buildDependencies(this.host, openLog(this.host, {}), () => 900_000);
    this.installHandlers();
  }

  /** Every function as it is deployed: machines here call it by its step's name, other functions by its own. */
  installHandlers(): void {
    for (const [step, handler] of HANDLERS) {
      const run: Invoked = (event) => this.call(handler, event);
      this.door.functions.set(step, run);
      this.door.functions.set(functionNameOf(NAME, step), run);
    }
  }

  /** Runs a handler on the emulator's host, with the time that a step has. */
  call<O>(handler: { on(host: Host): (event: unknown, context: typeof CONTEXT) => Promise<O> }, event: unknown) {
    return handler.on(this.host)(event, CONTEXT);
  }

  async createTable(): Promise<void> {
    const key = (AttributeName: string) => ({ AttributeName, AttributeType: "S" as const });
    await new DynamoDBClient({}).send(
      new CreateTableCommand({
        TableName: TABLE,
        BillingMode: "PAY_PER_REQUEST",
        AttributeDefinitions: [key("pk"), key("sk")],
        KeySchema: [
          { AttributeName: "pk", KeyType: "HASH" },
          { AttributeName: "sk", KeyType: "RANGE" },
        ],
      }),
    );
  }

  /** The topic; each person subscribed by mail, and by the inbox, under the filter that the deployment sets. */
  async createTopic(people: readonly string[]): Promise<void> {
    const sns = new SNSClient({});
    const { TopicArn } = await sns.send(new CreateTopicCommand({ Name: TOPIC }));
    for (const address of people) {
      const Attributes = { FilterPolicy: JSON.stringify({ recipient: [address] }) };
      await sns.send(new SubscribeCommand({ TopicArn, Protocol: "email", Endpoint: address, Attributes }));
      const Endpoint = this.door.inboxOf(address);
      await sns.send(new SubscribeCommand({ TopicArn, Protocol: "http", Endpoint, Attributes }));
    }
  }

  async createMachines(change: Change = (definition) => definition): Promise<void> {
    for (const machine of MACHINES) await this.createMachine(`headgate-${machine}`, change(definitionOf(machine)));
  }

  /** Creates a machine with its placeholders filled in, and gives its ARN. */
  async createMachine(name: string, definition: string): Promise<`arn:${string}`> {
    const values = substitutions(PLACE);
    const filled = definition.replace(/\$\{(\w+)\}/g, (placeholder, key: string) => values[key] ?? placeholder);
    const roleArn = `arn:aws:iam::${PLACE.account}:role/headgate`;
    const command = new CreateStateMachineCommand({ name, definition: filled, roleArn });
    await this.#sfn.send(command);
    return `arn:aws:states:${PLACE.region}:${PLACE.account}:stateMachine:${name}`;
  }

  /** Starts one of the machines, or another by its ARN. */
  async start(machine: MachineName | `arn:${string}`, input: unknown, name: string = randomUUID()): Promise<string> {
    const stateMachineArn = isArn(machine) ? machine : machineArn(PLACE, machine);
    const command = new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify(input) });
    return (await this.#sfn.send(command)).executionArn ?? "";
  }

  /** Stops an execution as the console does. */
  async halt(executionArn: string): Promise<void> {
    await this.#sfn.send(new StopExecutionCommand({ executionArn }));
  }

  /** Waits for the end of an execution, and gives what is to be known of it. */
  async endOf(executionArn: string): Promise<Ended> {
    for (;;) {
      const { status, output, error } = await this.#sfn.send(new DescribeExecutionCommand({ executionArn }));
      if (status !== undefined && status !== "RUNNING") {
        const states = await this.statesOf(executionArn);
        return { executionArn, status, output: JSON.parse(output ?? "{}"), error, states };
      }
      await sleep(100);
    }
  }

  async statesOf(executionArn: string): Promise<string[]> {
    const history = await this.#sfn.send(new GetExecutionHistoryCommand({ executionArn, maxResults: 1_000 }));
    return (history.events ?? []).flatMap(({ stateEnteredEventDetails }) => stateEnteredEventDetails?.name ?? []);
  }

  async run(machine: MachineName | `arn:${string}`, input: unknown): Promise<Ended> {
    return this.endOf(await this.start(machine, input));
  }

  async stop(): Promise<void> {
    await this.#moto.stop();
    await this.door.close();
  }
}

const CONTEXT = { awsRequestId: "emulated", getRemainingTimeInMillis: () => 900_000 };

const isArn = (text: string): text is `arn:${string}` => text.startsWith("arn:");

/**
 * Starts the emulator, and points this process at it as Lambda points functions at AWS: by environment variables, which
 * also keep a developer's own profile out.
 */
export async function startEmulator(): Promise<Emulator> {
  const door = new FrontDoor();
  const port = await door.open();
  try {
    const moto = await startMoto(port);
    door.motoPort = moto.port;
    delete process.env.AWS_PROFILE;
    Object.assign(process.env, ...environmentsOf(PLACE).values(), {
      HEADGATE_ROLLBACK_MACHINE_ARN: machineArn(PLACE, "rollback"),
      AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
      AWS_REGION: PLACE.region,
      AWS_ACCESS_KEY_ID: "emulated",
      AWS_SECRET_ACCESS_KEY: "emulated",
      AWS_CONFIG_FILE: "/dev/null",
      AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
    });
    return new Emulator(door, moto);
  } catch (error) {
    await door.close();
    throw error;
  }
}

/** Asks until the answer is there. */
export async function until<T>(what: string, ask: () => Promise<T | undefined>, withinMs = 20_000): Promise<T> {
  const end = Date.now() + withinMs;
  while (Date.now() < end) {
    const found = await ask();
    if (found !== undefined) return found;
    await sleep(50);
  }
  throw new Error(`${what}: not within ${withinMs} ms`);
}
