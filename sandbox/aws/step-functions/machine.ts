import type { LoggingConfiguration, TracingConfiguration } from "@aws-sdk/client-sfn";
import { SfnError } from "../../asl/errors.ts";
import type { RunStream } from "./runs.ts";

/** What a version fixes: definition, role, logging and tracing. */
export interface Settings {
  readonly definition: string;
  readonly roleArn: string;
  readonly loggingConfiguration: LoggingConfiguration;
  readonly tracingConfiguration: TracingConfiguration;
}

/** A state machine as it was from `at` (epoch ms) on, until the next update. */
export interface Revision {
  readonly at: number;
  /** `INITIAL` until the first update. */
  readonly revisionId: string;
  readonly settings: Settings;
}

export interface MachineVersion {
  readonly number: string;
  readonly revision: Revision;
  readonly description: string;
  readonly publishedAt: number;
}

/** Shares of new executions by version, in whole percent; the newest entry is not always last. */
export type Routing = readonly { readonly version: string; readonly weight: number }[];

/** An alias as it was from `at` (epoch ms) on, until its next change. */
export interface AliasState {
  readonly at: number;
  readonly description: string;
  readonly routing: Routing;
}

export interface MachineAlias {
  readonly name: string;
  readonly createdAt: number;
  /** Oldest first, never empty. */
  readonly history: AliasState[];
}

/** What held at an instant: the newest entry that is no younger, or the first one. Oldest first, never empty. */
export const asOf = <T extends { readonly at: number }>(history: readonly T[], at: number): T => {
  const found = history.findLast((entry) => entry.at <= at) ?? history[0];
  if (found === undefined) throw new RangeError("a history is never empty");
  return found;
};

/** A workload's state machine (Standard) in one account and Region. */
export class WorkloadMachine {
  readonly name: string;
  readonly account: string;
  readonly region: string;
  readonly createdAt: number;
  /** Oldest first, never empty. */
  readonly revisions: Revision[];
  readonly versions = new Map<string, MachineVersion>();
  readonly aliases = new Map<string, MachineAlias>();
  readonly tags = new Map<string, string>();
  #published = 0;

  constructor(identity: Pick<WorkloadMachine, "name" | "account" | "region">, first: Revision) {
    this.name = identity.name;
    this.account = identity.account;
    this.region = identity.region;
    this.createdAt = first.at;
    this.revisions = [first];
  }

  get arn(): string {
    return `arn:aws:states:${this.region}:${this.account}:stateMachine:${this.name}`;
  }

  get current(): Revision {
    return asOf(this.revisions, Number.POSITIVE_INFINITY);
  }

  /** The starts that come in through one of its aliases. */
  stream(alias: string): RunStream {
    return { account: this.account, region: this.region, machine: this.name, alias };
  }

  /** Publishes the present revision under the next number; numbers are never used twice. */
  publish(description: string, at: number): MachineVersion {
    this.#published += 1;
    const version = { number: String(this.#published), revision: this.current, description, publishedAt: at };
    this.versions.set(version.number, version);
    return version;
  }

  /** A published version; throws ResourceNotFound. */
  version(number: string): MachineVersion {
    const found = this.versions.get(number);
    if (found === undefined) throw notFound(`${this.arn}:${number}`);
    return found;
  }

  /** An alias; throws ResourceNotFound. */
  alias(name: string): MachineAlias {
    const found = this.aliases.get(name);
    if (found === undefined) throw notFound(`${this.arn}:${name}`);
    return found;
  }

  /** The aliases that name a version now, and so keep it from being deleted. */
  aliasesOf(number: string): MachineAlias[] {
    return [...this.aliases.values()].filter(({ history }) =>
      asOf(history, Number.POSITIVE_INFINITY).routing.some(({ version }) => version === number),
    );
  }
}

const notFound = (arn: string): SfnError => new SfnError("ResourceNotFound", `Resource not found: '${arn}'`);
