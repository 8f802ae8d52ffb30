import type {
  DescribeExecutionInput,
  ListExecutionsInput,
  StartExecutionInput,
  StopExecutionInput,
} from "@aws-sdk/client-sfn";
import { SfnError } from "../../asl/errors.ts";
import { checkFailure, checkJson, checkName, paginate } from "../../asl/requests.ts";
import type { Random } from "../../chance/random.ts";
import type { SimulatedAws } from "../router.ts";
import type { Call } from "../service.ts";
import { executionArn, executionParts, isVersion, qualified } from "./arns.ts";
import type { Consistency } from "./consistency.ts";
import { asOf, type Routing, type WorkloadMachine } from "./machine.ts";
import type { Machines } from "./machines.ts";
import { type Ending, NO_RUNS, type Run, type RunSource, type Tally } from "./runs.ts";
import { tallied } from "./tallies.ts";

const MINUTE_MS = 60_000;

/** How far back closed executions are listed, in minutes: a day. AWS keeps them for 90. */
const LISTED_MINUTES = 24 * 60;

interface Stop {
  readonly at: number;
  readonly error: string | undefined;
  readonly cause: string | undefined;
}

interface Closing {
  readonly at: number;
  readonly ending: Ending;
}

/** An execution that somebody started by a call. */
interface Started {
  readonly run: Run;
  readonly input: string;
  readonly output: string;
}

/** An execution that has closed: when, and how. */
export interface Closed extends Closing {
  readonly run: Run;
}

const seconds = (ms: number): number => ms / 1_000;

/** The version that one of the weights falls on. */
export const drawVersion = (routing: Routing, random: Random): string => {
  let left = random.uniform() * 100;
  for (const { version, weight } of routing) {
    if (left < weight) return version;
    left -= weight;
  }
  return routing.at(-1)?.version ?? "";
};

/** Executions of workload machines: the world's, and those that calls start. Each stays on the version it started on. */
export class WorkloadExecutions {
  source: RunSource = NO_RUNS;
  readonly #aws: SimulatedAws;
  readonly #machines: Machines;
  readonly #consistency: Consistency;
  /** By ARN of the execution. */
  readonly #stops = new Map<string, Stop>();
  /** By ARN of the machine, then by name. */
  readonly #started = new Map<string, Map<string, Started>>();
  /** Of minutes that are over, which nothing changes any more. */
  readonly #tallies = new Map<WorkloadMachine, Map<number, readonly Tally[]>>();

  constructor(aws: SimulatedAws, machines: Machines, consistency: Consistency) {
    this.#aws = aws;
    this.#machines = machines;
    this.#consistency = consistency;
  }

  /** On an alias's ARN the weights choose the version; on the machine's own none is recorded. */
  start(input: StartExecutionInput, call: Call): Record<string, unknown> {
    const { stateMachineArn = "", input: text = "{}" } = input;
    const { qualifier } = qualified(stateMachineArn);
    const machine = this.#machines.of(stateMachineArn, call);
    const name = input.name ?? this.#aws.random("workload-execution", call.number).uuid();
    checkName(name);
    checkJson(text, "input");
    const known = this.#startedOn(machine).get(name);
    if (known !== undefined && (known.input !== text || !this.#isRunning(machine, known.run))) {
      throw new SfnError("ExecutionAlreadyExists", `Execution Already Exists: '${executionArn(machine.arn, name)}'`);
    }
    const { startedAt } = known?.run ?? this.#begin(machine, { name, text, ...this.#routed(machine, qualifier, call) });
    return { executionArn: executionArn(machine.arn, name), startDate: seconds(startedAt) };
  }

  /** Aborts an execution that runs; one that has closed stays as it is. */
  stop(input: StopExecutionInput, call: Call): Record<string, unknown> {
    const { executionArn: arn = "", error, cause } = input;
    checkFailure(error, cause);
    const { machine, run } = this.#find(arn, call);
    if (this.#isRunning(machine, run)) this.#stops.set(arn, { at: this.#aws.clock.now(), error, cause });
    return { stopDate: seconds(this.closing(machine, run).at) };
  }

  describe({ executionArn: arn = "" }: DescribeExecutionInput, call: Call): Record<string, unknown> {
    const { machine, run } = this.#find(arn, call);
    const { input = "{}", output = "{}" } = this.#startedOn(machine).get(run.name) ?? {};
    const listed = this.#listed(machine, run, this.#aws.clock.now());
    const given = listed.status === "SUCCEEDED" ? { output, outputDetails: { included: true } } : {};
    const answer = { ...listed, input, inputDetails: { included: true }, ...given };
    const redriveStatus =
      answer.status === "RUNNING" || answer.status === "SUCCEEDED" ? "NOT_REDRIVABLE" : "REDRIVABLE";
    return { ...answer, ...this.#failure(arn, answer.status), redriveStatus };
  }

  /** Those of a machine, version or alias, as they were a moment ago; the newest first. */
  list(input: ListExecutionsInput, call: Call): Record<string, unknown> {
    const { stateMachineArn = "", statusFilter } = input;
    const { qualifier } = qualified(stateMachineArn);
    const machine = this.#machines.of(stateMachineArn, call);
    if (qualifier !== null) this.#check(machine, qualifier);
    const at = this.#consistency.seenBy(call);
    const running = statusFilter === undefined || statusFilter === "RUNNING" ? this.runningAt(machine, at) : [];
    const closed = statusFilter === "RUNNING" ? [] : this.#closedBefore(machine, at);
    const wanted = [...running, ...closed]
      .filter(({ version, alias }) => qualifier === null || qualifier === (isVersion(qualifier) ? version : alias))
      .map((run) => this.#listed(machine, run, at))
      .filter(({ status }) => status === (statusFilter ?? status))
      .sort((left, right) => (right.stopDate ?? right.startDate) - (left.stopDate ?? left.startDate));
    const { page, ...next } = paginate(wanted, input);
    return { executions: page, ...next };
  }

  /** The executions that started in the minute that begins at `minute` (epoch ms). */
  startedIn(machine: WorkloadMachine, minute: number): Run[] {
    const own = this.#ownRuns(machine).filter(({ startedAt }) => startedAt >= minute && startedAt < minute + MINUTE_MS);
    return [...this.#streams(machine, (stream) => this.source.startedIn(stream, minute)), ...own];
  }

  /** The executions that close in that minute, as far as they have started: by their fate, or stopped. */
  closedIn(machine: WorkloadMachine, minute: number): Closed[] {
    const fated = this.#streams(machine, (stream) => this.source.endingIn(stream, minute));
    const stopped = [...this.#stops.keys()].flatMap((arn) => this.#runOf(machine, arn) ?? []);
    return [...new Set([...fated, ...this.#ownRuns(machine), ...stopped])]
      .map((run) => ({ run, ...this.closing(machine, run) }))
      .filter(({ at }) => at >= minute && at < minute + MINUTE_MS);
  }

  /** A minute of the machine, version by version and alias by alias. */
  talliesIn(machine: WorkloadMachine, minute: number): readonly Tally[] {
    const minutes = this.#tallies.get(machine) ?? new Map<number, readonly Tally[]>();
    this.#tallies.set(machine, minutes);
    const known = minutes.get(minute);
    if (known !== undefined) return known;
    const past = [...machine.aliases.keys()].map((alias) => this.source.talliedIn(machine.stream(alias), minute));
    const fresh = [...past.flatMap((tallies) => tallies ?? []), ...this.#tallied(machine, minute)];
    if (minute + MINUTE_MS <= this.#aws.clock.now()) minutes.set(minute, fresh);
    return fresh;
  }

  #tallied(machine: WorkloadMachine, minute: number): readonly Tally[] {
    const closed = this.closedIn(machine, minute);
    return tallied(this.startedIn(machine, minute), closed);
  }

  /** How many state transitions of the machine were throttled in that minute, which is over. */
  throttledIn(machine: WorkloadMachine, minute: number): number {
    const counts = this.#streams(machine, (stream) => [this.source.throttledIn(stream, minute)]);
    return counts.reduce((sum, count) => sum + count, 0);
  }

  /** The executions that ran at an instant, present or past. */
  runningAt(machine: WorkloadMachine, at: number): Run[] {
    const drawn = this.#streams(machine, (stream) => this.source.runningAt(stream, at));
    const own = this.#ownRuns(machine).filter(({ startedAt }) => startedAt <= at);
    return [...drawn, ...own].filter((run) => this.closing(machine, run).at > at);
  }

  /** When an execution closes and how: by a stop, if that comes before its fate. */
  closing(machine: WorkloadMachine, { name, endsAt, ending }: Run): Closing {
    if (this.#stops.size === 0) return { at: endsAt, ending };
    const stop = this.#stops.get(executionArn(machine.arn, name));
    return stop === undefined ? { at: endsAt, ending } : { at: stop.at, ending: "ABORTED" };
  }

  #isRunning(machine: WorkloadMachine, run: Run): boolean {
    return this.closing(machine, run).at > this.#aws.clock.now();
  }

  /** Throws ResourceNotFound for a version or alias that is not there. */
  #check(machine: WorkloadMachine, qualifier: string): void {
    if (isVersion(qualifier)) machine.version(qualifier);
    else machine.alias(qualifier);
  }

  #routed(machine: WorkloadMachine, qualifier: string | null, call: Call): Pick<Run, "version" | "alias"> {
    if (qualifier === null) return { version: null, alias: null };
    if (isVersion(qualifier)) return { version: machine.version(qualifier).number, alias: null };
    const { routing } = asOf(machine.alias(qualifier).history, this.#consistency.seenBy(call));
    const random = this.#aws.random("workload-version", call.number);
    return { version: drawVersion(routing, random), alias: qualifier };
  }

  #begin(
    machine: WorkloadMachine,
    { name, text, version, alias }: Pick<Run, "name" | "version" | "alias"> & { readonly text: string },
  ): Run {
    const startedAt = this.#aws.clock.now();
    const { account, region, name: machineName } = machine;
    const own = version ?? [...machine.versions.keys()].at(-1) ?? "";
    const start = { account, region, machine: machineName, version: own, name, at: startedAt };
    const { ms, output = "{}", ...fate } = this.source.fateOf(start);
    const run: Run = { name, version, alias, startedAt, endsAt: startedAt + ms, ...fate };
    this.#startedOn(machine).set(name, { run, input: text, output });
    return run;
  }

  #startedOn(machine: WorkloadMachine): Map<string, Started> {
    const known = this.#started.get(machine.arn) ?? new Map<string, Started>();
    this.#started.set(machine.arn, known);
    return known;
  }

  #ownRuns(machine: WorkloadMachine): Run[] {
    return [...this.#startedOn(machine).values()].map(({ run }) => run);
  }

  #streams<T>(machine: WorkloadMachine, of: (stream: ReturnType<WorkloadMachine["stream"]>) => readonly T[]): T[] {
    return [...machine.aliases.keys()].flatMap((alias) => of(machine.stream(alias)));
  }

  #closedBefore(machine: WorkloadMachine, at: number): Run[] {
    const last = at - (at % MINUTE_MS);
    const minutes = Array.from({ length: LISTED_MINUTES }, (_, ago) => last - ago * MINUTE_MS);
    return minutes.flatMap((minute) =>
      this.closedIn(machine, minute)
        .filter((one) => one.at <= at)
        .map(({ run }) => run),
    );
  }

  #find(arn: string, call: Call): { readonly machine: WorkloadMachine; readonly run: Run } {
    const machine = this.#machines.of(executionParts(arn).machineArn, call);
    const run = this.#runOf(machine, arn);
    if (run === undefined) throw new SfnError("ExecutionDoesNotExist", `Execution Does Not Exist: '${arn}'`);
    return { machine, run };
  }

  #runOf(machine: WorkloadMachine, arn: string): Run | undefined {
    const { machineArn, name } = executionParts(arn);
    if (machineArn !== machine.arn) return undefined;
    const own = this.#startedOn(machine).get(name)?.run;
    if (own !== undefined) return own;
    return this.#streams(machine, (stream) => [this.source.find(stream, name)]).find((run) => run !== undefined);
  }

  #listed(machine: WorkloadMachine, run: Run, at: number) {
    const { name, version, alias, startedAt } = run;
    const closing = this.closing(machine, run);
    const isOver = closing.at <= at;
    return {
      executionArn: executionArn(machine.arn, name),
      stateMachineArn: machine.arn,
      name,
      status: isOver ? closing.ending : "RUNNING",
      startDate: seconds(startedAt),
      redriveCount: 0,
      ...(isOver && { stopDate: seconds(closing.at) }),
      ...(version !== null && { stateMachineVersionArn: `${machine.arn}:${version}` }),
      ...(alias !== null && { stateMachineAliasArn: `${machine.arn}:${alias}` }),
    };
  }

  /** What a failed execution says, and an aborted one if its stop said anything; a timed-out one says nothing. */
  #failure(arn: string, status: string): Partial<Pick<Stop, "error" | "cause">> {
    if (status === "FAILED") return { error: "States.TaskFailed", cause: "the workload failed" };
    const { error, cause } = this.#stops.get(arn) ?? {};
    return { ...(error !== undefined && { error }), ...(cause !== undefined && { cause }) };
  }
}
