import type {
  CreateStateMachineAliasInput,
  DescribeStateMachineAliasInput,
  ListStateMachineAliasesInput,
  RoutingConfigurationListItem,
  UpdateStateMachineAliasInput,
} from "@aws-sdk/client-sfn";
import { paginate } from "../../asl/requests.ts";
import { AwsError } from "../errors.ts";
import type { SimulatedAws } from "../router.ts";
import type { Call } from "../service.ts";
import { isVersion, qualified } from "./arns.ts";
import { checkAliasName, checkDescription, checkRouting, invalidRouting, quotaExceeded, validation } from "./checks.ts";
import type { Consistency } from "./consistency.ts";
import { type AliasState, asOf, type MachineAlias, type Routing, type WorkloadMachine } from "./machine.ts";
import type { Machines } from "./machines.ts";

/** [Step Functions developer guide, service quotas: versions and aliases] */
const MOST_ALIASES = 100;

/** An alias that changed (epoch ms), by a call or by somebody's hand. */
export interface AliasChange {
  readonly at: number;
  readonly account: string;
  readonly region: string;
  readonly machine: string;
  readonly alias: string;
  readonly routing: Routing;
  readonly by: "call" | "hand";
}

type Items = readonly RoutingConfigurationListItem[];

const seconds = (ms: number): number => ms / 1_000;
const present = ({ history }: MachineAlias): AliasState => asOf(history, Number.POSITIVE_INFINITY);

const isSame = (left: AliasState, right: Omit<AliasState, "at">): boolean =>
  JSON.stringify([left.description, left.routing]) === JSON.stringify([right.description, right.routing]);

/** Aliases of workload machines: no revision guards them, and a change is felt a moment later. */
export class AliasOperations {
  readonly listeners: ((change: AliasChange) => void)[] = [];
  readonly #aws: SimulatedAws;
  readonly #machines: Machines;
  readonly #consistency: Consistency;

  constructor(aws: SimulatedAws, machines: Machines, consistency: Consistency) {
    this.#aws = aws;
    this.#machines = machines;
    this.#consistency = consistency;
  }

  /** The machine is that of the first version. The same request again is answered with the alias that is there. */
  create(input: CreateStateMachineAliasInput, call: Call): Record<string, unknown> {
    const { name = "", description = "", routingConfiguration = [] } = input;
    checkAliasName(name);
    checkDescription("description", description);
    const machine = this.#machineOf(routingConfiguration, call);
    const state = { description, routing: routingOf(machine, routingConfiguration) };
    checkRouting(machine, state.routing);
    const known = machine.aliases.get(name);
    if (known !== undefined && !isSame(present(known), state)) {
      throw new AwsError("ConflictException", `Alias already exists: ${machine.arn}:${name}`, { status: 409 });
    }
    if (known === undefined && machine.aliases.size >= MOST_ALIASES) {
      throw quotaExceeded(`${MOST_ALIASES} aliases of ${machine.arn}`);
    }
    const { createdAt } = known ?? this.put(machine, name, state, "call");
    return { stateMachineAliasArn: `${machine.arn}:${name}`, creationDate: seconds(createdAt) };
  }

  /** The alias as it was a moment ago. */
  describe({ stateMachineAliasArn = "" }: DescribeStateMachineAliasInput, call: Call): Record<string, unknown> {
    const { machine, alias } = this.#find(stateMachineAliasArn, call);
    const { at, description, routing } = asOf(alias.history, this.#consistency.seenBy(call));
    return {
      stateMachineAliasArn,
      name: alias.name,
      ...(description === "" ? {} : { description }),
      routingConfiguration: routing.map(({ version, weight }) => ({
        stateMachineVersionArn: `${machine.arn}:${version}`,
        weight,
      })),
      creationDate: seconds(alias.createdAt),
      updateDate: seconds(at),
    };
  }

  /** Replaces what is given, and leaves the rest; whoever writes last wins. */
  update(input: UpdateStateMachineAliasInput, call: Call): Record<string, unknown> {
    const { stateMachineAliasArn = "", description, routingConfiguration } = input;
    if (description === undefined && routingConfiguration === undefined) {
      throw validation("At least one of description or routingConfiguration must be specified");
    }
    checkDescription("description", description);
    const { machine, alias } = this.#find(stateMachineAliasArn, call);
    const before = present(alias);
    const routing = routingConfiguration === undefined ? before.routing : routingOf(machine, routingConfiguration);
    checkRouting(machine, routing);
    const next = { description: description ?? before.description, routing };
    if (!isSame(before, next)) this.put(machine, alias.name, next, "call");
    return { updateDate: seconds(present(alias).at) };
  }

  /** Those of a machine, or those that name a version; the newest first. */
  list(input: ListStateMachineAliasesInput, call: Call): Record<string, unknown> {
    const { stateMachineArn = "" } = input;
    const { qualifier } = qualified(stateMachineArn);
    const machine = this.#machines.of(stateMachineArn, call);
    const all = qualifier === null ? [...machine.aliases.values()] : machine.aliasesOf(qualifier);
    const { page, ...next } = paginate(all.reverse(), input);
    const stateMachineAliases = page.map(({ name, createdAt }) => ({
      stateMachineAliasArn: `${machine.arn}:${name}`,
      creationDate: seconds(createdAt),
    }));
    return { stateMachineAliases, ...next };
  }

  /** Puts an alias as it is given from now on, and tells the listeners. */
  put(machine: WorkloadMachine, name: string, to: Omit<AliasState, "at">, by: "call" | "hand"): MachineAlias {
    const at = this.#aws.clock.now();
    const alias = machine.aliases.get(name) ?? { name, createdAt: at, history: [] };
    alias.history.push({ at, ...to });
    machine.aliases.set(name, alias);
    const { account, region, name: machineName } = machine;
    const change = { at, account, region, machine: machineName, alias: name, routing: to.routing, by };
    for (const listener of this.listeners) listener(change);
    return alias;
  }

  #machineOf([first]: Items, call: Call): WorkloadMachine {
    if (first === undefined) throw invalidRouting("at least one version");
    return this.#machines.of(first.stateMachineVersionArn ?? "", call);
  }

  #find(arn: string, call: Call): { readonly machine: WorkloadMachine; readonly alias: MachineAlias } {
    const { qualifier } = qualified(arn);
    if (qualifier === null || isVersion(qualifier)) throw validation(`'${arn}' is no ARN of a state machine alias`);
    const machine = this.#machines.of(arn, call);
    return { machine, alias: machine.alias(qualifier) };
  }
}

/** Versions by number; those of another machine are refused. */
const routingOf = (machine: WorkloadMachine, items: Items): Routing =>
  items.map(({ stateMachineVersionArn = "", weight = 0 }) => {
    const { machineArn, qualifier } = qualified(stateMachineVersionArn);
    if (machineArn !== machine.arn) throw invalidRouting("versions of one state machine");
    if (qualifier === null || !isVersion(qualifier)) throw invalidRouting("the ARNs of versions");
    return { version: qualifier, weight };
  });
