import { SfnError } from "../../asl/errors.ts";
import type { Executions } from "../../asl/executions.ts";
import type { Random } from "../../chance/random.ts";
import { AwsError } from "../errors.ts";
import type { SimulatedAws } from "../router.ts";
import type { Call, Operation, SimulatedService } from "../service.ts";
import { type AliasChange, AliasOperations } from "./alias-operations.ts";
import { checkDefinition, checkRouting } from "./checks.ts";
import { Consistency, type Staleness, USUAL_STALENESS } from "./consistency.ts";
import { engineOperations } from "./engine-operations.ts";
import { asOf, type Routing, type Settings, WorkloadMachine } from "./machine.ts";
import { INITIAL, MachineOperations } from "./machine-operations.ts";
import { Machines } from "./machines.ts";
import { Quotas } from "./quotas.ts";
import type { RunSource, RunStream } from "./runs.ts";
import { drawVersion, WorkloadExecutions } from "./workload-executions.ts";

export interface StepFunctionsOptions {
  /** The machines that the engine runs, Headgate's own; none unless said. */
  readonly executions?: Executions;
  /** How reads and starts lag behind changes; a quarter of them by up to five seconds unless said. */
  readonly staleness?: Staleness;
}

/** A workload's machine to begin with. */
export interface WorkloadDefinition {
  readonly machine: string;
  readonly account?: string;
  readonly region?: string;
  /** What each published version fixes, oldest first; the first gets the number 1. The machine begins as the last. */
  readonly versions: readonly Partial<Settings>[];
  /** Versions by number, in whole percent. */
  readonly aliases?: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** Which alias, in which account and Region (the simulation's own unless said). */
export interface MachineAliasReference {
  readonly machine: string;
  readonly alias: string;
  readonly account?: string;
  readonly region?: string;
}

const DEFAULTS: Settings = {
  definition: JSON.stringify({ StartAt: "Work", States: { Work: { Type: "Succeed" } } }),
  roleArn: "arn:aws:iam::000000000000:role/workload",
  loggingConfiguration: { level: "OFF", includeExecutionData: false },
  tracingConfiguration: { enabled: false },
};

/** Operations that a machine of either sort has: a workload's by its ARN, the engine's otherwise. */
const SHARED = ["StartExecution", "StopExecution", "DescribeExecution", "ListExecutions"] as const;

type Named = { readonly stateMachineArn?: string; readonly executionArn?: string };

/** Step Functions: machines that the engine runs, and workload machines whose executions a world starts. */
export class SimulatedStepFunctions {
  readonly service: SimulatedService;
  readonly executions: WorkloadExecutions;
  readonly #aws: SimulatedAws;
  readonly #machines = new Machines();
  readonly #consistency: Consistency;
  readonly #aliases: AliasOperations;

  constructor(aws: SimulatedAws, { executions, staleness = USUAL_STALENESS }: StepFunctionsOptions = {}) {
    this.#aws = aws;
    this.#consistency = new Consistency(aws, staleness);
    this.#aliases = new AliasOperations(aws, this.#machines, this.#consistency);
    this.executions = new WorkloadExecutions(aws, this.#machines, this.#consistency);
    const engine = executions === undefined ? {} : engineOperations(executions);
    const quotas = new Quotas(aws);
    const all = Object.entries({ ...engine, ...this.#shared(engine), ...this.#controlPlane() });
    const operations = all.map(([name, run]) => [name, quotas.limited(name, underApiNames(run))] as const);
    this.service = { name: "states", protocol: "json", medianMs: 25, operations: Object.fromEntries(operations) };
    aws.register(this.service);
  }

  /** The executions that reach workload machines come from there. */
  receive(source: RunSource): void {
    this.executions.source = source;
  }

  /** Creates a workload's machine with published versions and aliases, as it is when the simulation begins. */
  createMachine(definition: WorkloadDefinition): WorkloadMachine {
    const { machine: name, account = this.#aws.account, region = this.#aws.region, versions } = definition;
    const at = this.#aws.clock.now();
    const revisions = versions.map((own, index) => ({
      at,
      revisionId: index === 0 ? INITIAL : this.#aws.random("first-revision", account, name, index).uuid(),
      settings: { ...DEFAULTS, roleArn: `arn:aws:iam::${account}:role/${name}`, ...own },
    }));
    const [first = { at, revisionId: INITIAL, settings: DEFAULTS }, ...later] = revisions;
    checkDefinition(name, first.settings.definition);
    const machine = new WorkloadMachine({ name, account, region }, first);
    if (versions.length > 0) machine.publish("", at);
    for (const revision of later) {
      machine.revisions.push(revision);
      machine.publish("", at);
    }
    this.#machines.add(machine);
    for (const [alias, weights] of Object.entries(definition.aliases ?? {})) this.#put(machine, alias, weights);
    return machine;
  }

  /** Somebody else moves an alias. Throws as UpdateStateMachineAlias would. */
  moveByHand(reference: MachineAliasReference, weights: Readonly<Record<string, number>>): void {
    this.#put(this.#machine(reference), reference.alias, weights);
  }

  /** The shares (fractions, by version) that an alias has given since when (epoch ms), oldest first. */
  weightHistory(reference: MachineAliasReference) {
    return this.#history(reference).map(({ at, routing }) => ({ at, weights: sharesOf(routing) }));
  }

  /** What is written on an alias now. */
  descriptionOf(reference: MachineAliasReference): string {
    return this.#history(reference).at(-1)?.description ?? "";
  }

  /** The version that a start through an alias gets at an instant: as the alias was then, or a moment before. */
  versionAt(stream: RunStream, at: number, random: Random): string {
    const { routing } = asOf(this.#history(stream), this.#consistency.seenAt(at, random.child("seen")));
    return drawVersion(routing, random.child("version"));
  }

  /** Calls `listener` with every change of every alias. */
  onAliasChange(listener: (change: AliasChange) => void): void {
    this.#aliases.listeners.push(listener);
  }

  /** Every workload machine, for metrics, reports and invariants. */
  machines(): WorkloadMachine[] {
    return this.#machines.all();
  }

  #controlPlane(): Readonly<Record<string, Operation>> {
    const machines = new MachineOperations(this.#aws, this.#machines, this.#consistency);
    const aliases = this.#aliases;
    return {
      DescribeStateMachine: machines.describe.bind(machines),
      UpdateStateMachine: machines.update.bind(machines),
      PublishStateMachineVersion: machines.publish.bind(machines),
      ListStateMachineVersions: machines.listVersions.bind(machines),
      DeleteStateMachineVersion: machines.deleteVersion.bind(machines),
      TagResource: machines.tag.bind(machines),
      UntagResource: machines.untag.bind(machines),
      ListTagsForResource: machines.listTags.bind(machines),
      CreateStateMachineAlias: aliases.create.bind(aliases),
      DescribeStateMachineAlias: aliases.describe.bind(aliases),
      UpdateStateMachineAlias: aliases.update.bind(aliases),
      ListStateMachineAliases: aliases.list.bind(aliases),
    };
  }

  #shared(engine: Readonly<Record<string, Operation>>): Readonly<Record<string, Operation>> {
    const { executions } = this;
    const workload: Readonly<Record<(typeof SHARED)[number], Operation>> = {
      StartExecution: executions.start.bind(executions),
      StopExecution: executions.stop.bind(executions),
      DescribeExecution: executions.describe.bind(executions),
      ListExecutions: executions.list.bind(executions),
    };
    const shared = SHARED.map((name) => {
      const operation = (input: Named, call: Call) => {
        const run = this.#isWorkload(input) ? workload[name] : (engine[name] ?? workload[name]);
        return run(input as never, call);
      };
      return [name, operation] as const;
    });
    return Object.fromEntries(shared);
  }

  #isWorkload({ stateMachineArn, executionArn }: Named): boolean {
    return this.#machines.has(stateMachineArn ?? executionArn?.replace(":execution:", ":stateMachine:") ?? "");
  }

  #put(machine: WorkloadMachine, alias: string, weights: Readonly<Record<string, number>>): void {
    const routing = Object.entries(weights).map(([version, weight]) => ({ version, weight }));
    checkRouting(machine, routing);
    const description = machine.aliases.get(alias)?.history.at(-1)?.description ?? "";
    this.#aliases.put(machine, alias, { description, routing }, "hand");
  }

  #history(reference: MachineAliasReference) {
    return this.#machine(reference).alias(reference.alias).history;
  }

  #machine({ machine, account = this.#aws.account, region = this.#aws.region }: MachineAliasReference) {
    return this.#machines.at(`arn:aws:states:${region}:${account}:stateMachine:${machine}`);
  }
}

const sharesOf = (routing: Routing): Readonly<Record<string, number>> =>
  Object.fromEntries(routing.map(({ version, weight }) => [version, weight / 100]));

/** Errors of the engine travel under the API's own names. */
function underApiNames(operation: Operation): Operation {
  return (input, call) => {
    try {
      return operation(input, call);
    } catch (error) {
      if (error instanceof SfnError) throw new AwsError(error.name, error.message);
      throw error;
    }
  };
}
