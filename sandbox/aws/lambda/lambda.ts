import { createHash } from "node:crypto";
import type { SimulatedAws } from "../router.ts";
import { TokenBucket } from "../s3/buckets.ts";
import { type Call, type Operation, Reply, type SimulatedService } from "../service.ts";
import { type AliasChange, AliasOperations } from "./alias-operations.ts";
import { checkRouting } from "./aliases.ts";
import { aliasAnswer } from "./answers.ts";
import { lambdaErrors } from "./errors.ts";
import {
  type ComingUp,
  type Settings,
  SimulatedFunction,
  servesFrom,
  type Version,
  type WeightPoint,
  type Weights,
} from "./function.ts";
import { type Hosted, hosting } from "./hosted.ts";
import { Invocations, type Workload } from "./invocations.ts";
import { Provisioned } from "./provisioned.ts";
import { ROUTES } from "./routes.ts";
import { type CodeSource, Versions } from "./versions.ts";

export interface LambdaOptions {
  /** Where S3 artifacts lie; none unless said. */
  readonly code?: CodeSource;
  /** What answers when a workload's function is invoked; healthy unless said. */
  readonly workload?: Workload;
  /** Functions whose code runs outside this service; absent: there are none. */
  readonly hosted?: Hosted;
  /** How long GetAlias may show the state before a change, in milliseconds; 200 unless said. 0: never. */
  readonly staleMs?: number;
  /** The share of such reads that do; 0.1 unless said. */
  readonly staleShare?: number;
  /** Control-plane calls a second and account; 15, as on AWS, unless said. */
  readonly callsPerSecond?: number;
}

/** A function to begin with. */
export interface FunctionDefinition {
  readonly functionName: string;
  readonly account?: string;
  readonly region?: string;
  /** Code and settings of its published versions, oldest first. `$LATEST` begins as the last of them. */
  readonly versions: readonly VersionDefinition[];
  /** How versions that are published later come up; within seconds unless said. */
  readonly comingUp?: ComingUp;
  readonly aliases?: Readonly<Record<string, { readonly version: string; readonly weights?: Weights }>>;
}

export interface VersionDefinition extends Partial<Settings> {
  readonly version: string;
  /** The package itself, whose hash it then has. */
  readonly code?: string;
  /** How long it is still pending, in milliseconds; it is active unless said. */
  readonly pendingMs?: number;
  /** Why it does not come up after that. */
  readonly failure?: Version["failure"];
}

/** Which alias, in which account and Region (the simulation's own unless said). */
export interface AliasReference {
  readonly functionName: string;
  readonly alias: string;
  readonly account?: string;
  readonly region?: string;
}

const hashOf = (code: string): string => createHash("sha256").update(code).digest("base64");

interface Named {
  readonly FunctionName?: string;
}

const DEFAULTS: Settings = {
  CodeSha256: "",
  CodeSize: 1024,
  Role: "arn:aws:iam::000000000000:role/workload",
  Runtime: "nodejs24.x",
  Handler: "index.handler",
  MemorySize: 512,
  Timeout: 30,
  Description: "",
};

/** Over all non-invoke calls of an account together; GetFunction has a limit of its own [Lambda quotas]. */
const CALLS_PER_SECOND = { GetFunction: 100, others: 15 };

/** Lambda: functions, versions, aliases, provisioned concurrency and invocation, per account and Region. */
export class SimulatedLambda {
  readonly service: SimulatedService;
  readonly #aws: SimulatedAws;
  readonly #aliases: AliasOperations;
  readonly #functions = new Map<string, SimulatedFunction>();
  readonly #buckets = new Map<string, TokenBucket>();
  readonly #callsPerSecond: number;
  #revisions = 0;

  constructor(aws: SimulatedAws, options: LambdaOptions = {}) {
    this.#aws = aws;
    this.#callsPerSecond = options.callsPerSecond ?? CALLS_PER_SECOND.others;
    const revision = () => this.#revision();
    const staleness = { ms: options.staleMs ?? 200, share: options.staleShare ?? 0.1 };
    this.#aliases = new AliasOperations(aws, staleness, revision);
    const versions = new Versions(aws, options.code ?? (() => undefined), revision);
    const invocations = new Invocations(aws, options.workload);
    this.service = {
      name: "lambda",
      protocol: "rest-json",
      routes: ROUTES,
      operations: {
        ...this.#limited(this.#controlPlane(versions, new Provisioned(aws))),
        Invoke: hosting(options.hosted, this.#on(invocations.invoke.bind(invocations))),
      },
    };
    aws.register(this.service);
  }

  #controlPlane(versions: Versions, provisioned: Provisioned): Record<string, Operation> {
    const aliases = this.#aliases;
    return {
      GetFunctionConfiguration: this.#on(versions.configuration.bind(versions)),
      GetFunction: this.#on(versions.describe.bind(versions)),
      UpdateFunctionCode: this.#on(versions.updateCode.bind(versions)),
      UpdateFunctionConfiguration: this.#on(versions.updateConfiguration.bind(versions)),
      PublishVersion: this.#on(versions.publish.bind(versions)),
      ListVersionsByFunction: this.#on(versions.list.bind(versions)),
      DeleteFunction: this.#on(versions.delete.bind(versions)),
      GetPolicy: this.#on((fn, { Qualifier = "" }: { Qualifier?: string }) => {
        const Statement = fn.callers.get(Qualifier)?.statements ?? [];
        if (Statement.length === 0) throw lambdaErrors.notFound(`${fn.arn}:${Qualifier}`);
        return { Policy: JSON.stringify({ Version: "2012-10-17", Id: "default", Statement }) };
      }),
      ListEventSourceMappings: this.#on((fn, { FunctionName = "" }: Named) => {
        const sources = fn.callers.get(FunctionName.split(":").at(-1) ?? "")?.sources ?? [];
        return {
          EventSourceMappings: sources.map((EventSourceArn) => ({ EventSourceArn, FunctionArn: FunctionName })),
        };
      }),
      GetAlias: this.#on(aliases.get.bind(aliases)),
      CreateAlias: this.#on(aliases.create.bind(aliases)),
      UpdateAlias: this.#on(aliases.update.bind(aliases)),
      DeleteAlias: this.#on((fn, input: { Name?: string }) => {
        fn.aliases.delete(input.Name ?? "");
        return new Reply(undefined, 204);
      }),
      ListAliases: this.#on((fn) => ({
        Aliases: [...fn.aliases.values()].map(({ current }) => aliasAnswer(fn, current)),
      })),
      PutProvisionedConcurrencyConfig: this.#on(provisioned.put.bind(provisioned)),
      GetProvisionedConcurrencyConfig: this.#on(provisioned.get.bind(provisioned)),
      DeleteProvisionedConcurrencyConfig: this.#on(provisioned.delete.bind(provisioned)),
    };
  }

  /** Creates a function with published versions and aliases, as they are when the simulation begins. */
  createFunction(definition: FunctionDefinition): SimulatedFunction {
    const { functionName: name, account = this.#aws.account, region = this.#aws.region } = definition;
    const at = this.#aws.clock.now();
    const versions = definition.versions.map(({ version, code, pendingMs = 0, failure, ...settings }): Version => {
      const CodeSha256 = settings.CodeSha256 ?? (code === undefined ? `sha256-of-${name}-${version}` : hashOf(code));
      const whole = { ...DEFAULTS, ...settings, CodeSha256 };
      const revisionId = this.#revision();
      // What is there when the world begins has long served: its past is read as well.
      const activeAt = pendingMs === 0 ? Number.NEGATIVE_INFINITY : at + pendingMs;
      return { version, settings: whole, publishedAt: at, activeAt, failure, revisionId };
    });
    const firstVersion = Math.max(0, ...versions.map(({ version }) => Number(version))) + 1;
    const revisionId = this.#revision();
    const settings = versions.at(-1)?.settings ?? DEFAULTS;
    const latest = { settings, changedAt: at, settledAt: at, revisionId, settledRevisionId: revisionId };
    const fn = new SimulatedFunction({ name, account, region, firstVersion }, latest);
    fn.comingUp = definition.comingUp ?? null;
    for (const version of versions) fn.versions.set(version.version, version);
    for (const { code } of definition.versions) {
      if (code !== undefined) fn.codes.set(hashOf(code), Buffer.from(code));
    }
    this.#functions.set(fn.arn, fn);
    for (const [alias, { version, weights = {} }] of Object.entries(definition.aliases ?? {})) {
      this.#put(fn, alias, version, weights);
    }
    return fn;
  }

  /** Somebody else moves an alias: no revision is asked for, and a new one is set. Throws as UpdateAlias would. */
  moveByHand(reference: AliasReference, to: { readonly version: string; readonly weights?: Weights }): void {
    this.#put(this.#function(reference), reference.alias, to.version, to.weights ?? {});
  }

  /** The weights an alias has had, oldest first. */
  weightHistory(reference: AliasReference): readonly WeightPoint[] {
    return this.#function(reference).alias(reference.alias).history;
  }

  /** Calls `listener` with every change of every alias. */
  onAliasChange(listener: (change: AliasChange) => void): void {
    this.#aliases.listeners.push(listener);
  }

  /** What a link of GetFunction leads to, as S3 answers it: 403 once it has run out, 404 for code known by its hash alone. */
  download(url: string): { readonly status: number; readonly body: Uint8Array } {
    const { pathname, searchParams, hostname } = new URL(url);
    const [, , account, name, hex = ""] = pathname.split("/");
    const region = /^awslambda-(.+)-tasks\.s3\./.exec(hostname)?.[1];
    const arn = `arn:aws:lambda:${region}:${account}:function:${name}`;
    if (this.#aws.clock.now() > Number(searchParams.get("until"))) return { status: 403, body: new Uint8Array() };
    const body = this.#functions.get(arn)?.codes.get(Buffer.from(hex, "hex").toString("base64"));
    return body === undefined ? { status: 404, body: new Uint8Array() } : { status: 200, body };
  }

  /** Lambda reclaims what an idle version runs on, as it does after weeks without a request. */
  goIdle(reference: Omit<AliasReference, "alias">, version: string): void {
    this.#function({ ...reference, alias: "" }).version(version).isIdle = true;
  }

  /** From when on (epoch ms) requests to a version succeed. */
  servesFrom(reference: Omit<AliasReference, "alias">, version: string): number {
    const found = this.#function({ ...reference, alias: "" }).versions.get(version);
    return found === undefined ? Number.NEGATIVE_INFINITY : servesFrom(found);
  }

  /** Every function, for reports and invariants. */
  functions(): SimulatedFunction[] {
    return [...this.#functions.values()];
  }

  #put(fn: SimulatedFunction, name: string, version: string, additional: Weights): void {
    const description = fn.aliases.get(name)?.current.description ?? "";
    const alias = { name, version, additional, description, revisionId: this.#revision() };
    checkRouting(fn, alias);
    this.#aliases.put(fn, alias, "hand");
  }

  #function({
    functionName,
    account = this.#aws.account,
    region = this.#aws.region,
  }: AliasReference): SimulatedFunction {
    const arn = `arn:aws:lambda:${region}:${account}:function:${functionName}`;
    const found = this.#functions.get(arn);
    if (found === undefined) throw lambdaErrors.notFound(arn);
    return found;
  }

  #on<Input>(operation: (fn: SimulatedFunction, input: Input, call: Call) => unknown): Operation {
    return (input: Input & Named, call: Call) => operation(this.#named(input.FunctionName ?? "", call), input, call);
  }

  /** A function by name, partial or whole ARN, each perhaps with a qualifier. */
  #named(text: string, call: Call): SimulatedFunction {
    const functionName = text.replace(/^.*function:/, "").split(":")[0] ?? "";
    return this.#function({ functionName, alias: "", account: call.account, region: call.region });
  }

  #limited(operations: Record<string, Operation>): Record<string, Operation> {
    const limited = Object.entries(operations).map(([name, run]) => {
      const operation = (input: never, call: Call) => {
        if (!this.#bucket(name, call).take()) throw lambdaErrors.tooMany();
        return run(input, call);
      };
      return [name, operation] as const;
    });
    return Object.fromEntries(limited);
  }

  #bucket(operation: string, { account, region }: Call): TokenBucket {
    const own = operation === "GetFunction";
    const key = `${account} ${region} ${own ? operation : "others"}`;
    let bucket = this.#buckets.get(key);
    if (bucket === undefined) {
      bucket = new TokenBucket(this.#aws.clock, own ? CALLS_PER_SECOND.GetFunction : this.#callsPerSecond);
      this.#buckets.set(key, bucket);
    }
    return bucket;
  }

  #revision(): string {
    this.#revisions += 1;
    return this.#aws.random("revision", this.#revisions).uuid();
  }
}
