import { lambdaErrors } from "./errors.ts";

/** What a version fixes: code and settings. */
export interface Settings {
  readonly CodeSha256: string;
  readonly CodeSize: number;
  readonly Role: string;
  readonly Runtime: string;
  readonly Handler: string;
  readonly MemorySize: number;
  readonly Timeout: number;
  readonly Description: string;
  readonly DeadLetterConfig?: { readonly TargetArn?: string | undefined };
  readonly Environment?: { readonly Variables?: Readonly<Record<string, string>> | undefined };
  readonly PackageType?: "Zip" | "Image";
  readonly SnapStart?: { readonly ApplyOn?: string | undefined };
  readonly VpcConfig?: { readonly VpcId?: string | undefined; readonly SubnetIds?: readonly string[] | undefined };
}

/** A published version, or what `$LATEST` is at some time. */
export interface Version {
  readonly version: string;
  readonly settings: Settings;
  readonly publishedAt: number;
  /** Epoch ms from which it can be invoked; a version that was idle comes up anew. */
  activeAt: number;
  /** Why it does not come up at `activeAt`. */
  readonly failure?: { readonly code: string; readonly reason: string } | undefined;
  /** Lambda has reclaimed what it runs on; the next request fails, and wakes it. */
  isIdle?: boolean;
  readonly revisionId: string;
}

/** Shares of traffic by version; they add up to 1. */
export type Weights = Readonly<Record<string, number>>;

/** The weights in force from `at` (epoch ms) until the next point. */
export interface WeightPoint {
  readonly at: number;
  readonly weights: Weights;
}

export interface Alias {
  readonly name: string;
  readonly version: string;
  /** Weights of versions beside the primary; at most one. */
  readonly additional: Weights;
  readonly description: string;
  readonly revisionId: string;
}

/** An alias with what it was: a read shortly after a change may still see the state before. */
export interface AliasRecord {
  current: Alias;
  before: Alias | undefined;
  changedAt: number;
  readonly history: WeightPoint[];
}

/** `$LATEST` is changed in two moves: the revision changes with the update, and again when the update has settled. */
export interface Latest {
  readonly settings: Settings;
  readonly changedAt: number;
  readonly settledAt: number;
  readonly revisionId: string;
  readonly settledRevisionId: string;
}

/** The shares an alias gives: the primary gets the remainder. */
export const weightsOf = ({ version, additional }: Alias): Weights => {
  const rest = Object.values(additional).reduce((sum, weight) => sum + weight, 0);
  return { [version]: 1 - rest, ...additional };
};

/** How long a version stays pending (milliseconds), and why it fails then; undefined: it does not. */
export interface ComingUp {
  readonly ms: number;
  readonly failure?: Version["failure"];
}

/** When a version comes up that was idle: soon after the first request. */
const WAKES_WITHIN_MS = 20_000;

/** Lambda's answer to a request for an idle version is a refusal; meanwhile it makes it anew. */
export const wake = (version: Version, now: number, { ms }: Pick<ComingUp, "ms"> = { ms: WAKES_WITHIN_MS }): void => {
  if (version.isIdle !== true) return;
  version.isIdle = false;
  version.activeAt = now + ms;
};

/** Epoch ms from which requests to it succeed. */
export const servesFrom = ({ activeAt, failure, isIdle }: Version): number =>
  failure !== undefined || isIdle === true ? Number.POSITIVE_INFINITY : activeAt;

/** A function of one account and Region. */
export class SimulatedFunction {
  readonly name: string;
  readonly account: string;
  readonly region: string;
  latest: Latest;
  readonly versions = new Map<string, Version>();
  readonly aliases = new Map<string, AliasRecord>();
  /** Bytes by their hash, of code whose content is known. */
  readonly codes = new Map<string, Uint8Array>();
  /** How new versions come up; null: within seconds. */
  comingUp: ComingUp | null = null;
  /** By version: event sources that are read for it, and the statements of its own policy. */
  readonly callers = new Map<string, { readonly sources: readonly string[]; readonly statements: readonly object[] }>();
  readonly provisioned = new Map<string, { readonly requested: number; readonly readyAt: number }>();
  #nextVersion: number;

  constructor(identity: { name: string; account: string; region: string; firstVersion: number }, latest: Latest) {
    this.name = identity.name;
    this.account = identity.account;
    this.region = identity.region;
    this.#nextVersion = identity.firstVersion;
    this.latest = latest;
  }

  get arn(): string {
    return `arn:aws:lambda:${this.region}:${this.account}:function:${this.name}`;
  }

  /** Numbers are never used twice, even when versions are deleted. */
  takeVersionNumber(): string {
    this.#nextVersion += 1;
    return String(this.#nextVersion - 1);
  }

  /** The version published last, if any is left. */
  get newest(): Version | undefined {
    return [...this.versions.values()].at(-1);
  }

  /** A published version; throws ResourceNotFoundException. */
  version(number: string): Version {
    const found = this.versions.get(number);
    if (found === undefined) throw lambdaErrors.notFound(`${this.arn}:${number}`);
    return found;
  }

  /** An alias; throws ResourceNotFoundException. */
  alias(name: string): AliasRecord {
    const found = this.aliases.get(name);
    if (found === undefined) throw lambdaErrors.aliasNotFound(`${this.arn}:${name}`);
    return found;
  }
}
