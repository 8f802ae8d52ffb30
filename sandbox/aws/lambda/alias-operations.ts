import type { SimulatedAws } from "../router.ts";
import { type Call, Reply } from "../service.ts";
import { additionalAfter, checkAliasName, checkRouting } from "./aliases.ts";
import { aliasAnswer } from "./answers.ts";
import { lambdaErrors } from "./errors.ts";
import { type Alias, type AliasRecord, type SimulatedFunction, type Weights, wake, weightsOf } from "./function.ts";

/** An alias that changed (epoch ms), by a call or by somebody's hand. */
export interface AliasChange {
  readonly at: number;
  readonly account: string;
  readonly region: string;
  readonly functionName: string;
  readonly alias: string;
  readonly weights: Weights;
  readonly by: "call" | "hand";
}

export interface AliasInput {
  readonly Name?: string;
  readonly FunctionVersion?: string;
  readonly Description?: string;
  readonly RoutingConfig?: { readonly AdditionalVersionWeights?: Weights };
  readonly RevisionId?: string;
}

/** How often, and for how long (milliseconds) after a change, GetAlias still shows what was before. */
export interface Staleness {
  readonly ms: number;
  readonly share: number;
}

/** Aliases: which versions serve, at what weights, guarded by a revision id that every change renews. */
export class AliasOperations {
  readonly #aws: SimulatedAws;
  readonly #staleness: Staleness;
  readonly #revision: () => string;
  readonly listeners: ((change: AliasChange) => void)[] = [];

  constructor(aws: SimulatedAws, staleness: Staleness, revision: () => string) {
    this.#aws = aws;
    this.#staleness = staleness;
    this.#revision = revision;
  }

  get(fn: SimulatedFunction, { Name = "" }: AliasInput, call: Call): Record<string, unknown> {
    const record = fn.alias(Name);
    return aliasAnswer(fn, this.#isStale(record, call) ? (record.before ?? record.current) : record.current);
  }

  create(fn: SimulatedFunction, input: AliasInput): Reply {
    const { Name = "", FunctionVersion = "", Description = "" } = input;
    checkAliasName(Name);
    if (fn.aliases.has(Name)) throw lambdaErrors.conflict(`Alias already exists: ${fn.arn}:${Name}`);
    const alias: Alias = {
      name: Name,
      version: FunctionVersion,
      additional: additionalAfter({}, input.RoutingConfig),
      description: Description,
      revisionId: this.#revision(),
    };
    checkRouting(fn, alias);
    this.put(fn, alias, "call");
    return new Reply(aliasAnswer(fn, alias), 201);
  }

  /** Throws PreconditionFailedException (412) where the revision given is not the present one. */
  update(fn: SimulatedFunction, input: AliasInput): Record<string, unknown> {
    const { current } = fn.alias(input.Name ?? "");
    if (input.RevisionId !== undefined && input.RevisionId !== current.revisionId) {
      throw lambdaErrors.revision("GetAlias");
    }
    const next: Alias = {
      name: current.name,
      version: input.FunctionVersion ?? current.version,
      additional: additionalAfter(current.additional, input.RoutingConfig),
      description: input.Description ?? current.description,
      revisionId: this.#revision(),
    };
    checkRouting(fn, next);
    this.put(fn, next, "call");
    return aliasAnswer(fn, next);
  }

  /** Puts an alias as it is given and remembers the weights; tells the listeners. */
  put(fn: SimulatedFunction, alias: Alias, by: "call" | "hand"): void {
    const at = this.#aws.clock.now();
    const weights = weightsOf(alias);
    const record = fn.aliases.get(alias.name);
    if (record === undefined) {
      fn.aliases.set(alias.name, { current: alias, before: undefined, changedAt: at, history: [{ at, weights }] });
    } else {
      record.before = record.current;
      record.current = alias;
      record.changedAt = at;
      record.history.push({ at, weights });
    }
    for (const version of Object.keys(weights)) {
      // Traffic comes at once, and its first request wakes what was idle.
      if (version !== "$LATEST") wake(fn.version(version), at, fn.comingUp ?? undefined);
    }
    const { account, region, name: functionName } = fn;
    const change = { at, account, region, functionName, alias: alias.name, weights, by };
    for (const listener of this.listeners) listener(change);
  }

  #isStale(record: AliasRecord, call: Call): boolean {
    const age = this.#aws.clock.now() - record.changedAt;
    if (record.before === undefined || age >= this.#staleness.ms) return false;
    return this.#aws.random("stale-alias", call.number).chance(this.#staleness.share);
  }
}
