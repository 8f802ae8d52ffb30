import type { SimulatedAws } from "../router.ts";
import { type Call, Reply } from "../service.ts";
import { versionAnswer } from "./answers.ts";
import { lambdaErrors } from "./errors.ts";
import { type SimulatedFunction, servesFrom, wake, weightsOf } from "./function.ts";

/** One invocation of a workload's function. */
export interface Invocation {
  readonly account: string;
  readonly region: string;
  readonly functionName: string;
  /** The version that serves it: a number or `$LATEST`. */
  readonly version: string;
  /** The qualifier it was invoked with. */
  readonly qualifier: string;
  /** The body, as text. */
  readonly payload: string;
  readonly type: "RequestResponse" | "Event";
  readonly at: number;
  readonly number: number;
}

/** What the function did: its answer as JSON text, how long it took (milliseconds), and whether it threw. */
export interface InvocationAnswer {
  readonly payload: string;
  readonly ms?: number;
  readonly error?: "Unhandled" | "Handled";
}

export type Workload = (invocation: Invocation) => InvocationAnswer | Promise<InvocationAnswer>;

const HEALTHY: Workload = () => ({ payload: JSON.stringify({ statusCode: 200, body: '{"status":"healthy"}' }) });

interface InvokeInput {
  readonly FunctionName?: string;
  readonly Qualifier?: string;
  readonly InvocationType?: string;
  readonly Payload?: string;
}

/** Invocation: picks the version that serves, by weight where an alias has two, and passes on what it answers. */
export class Invocations {
  readonly #aws: SimulatedAws;
  readonly #workload: Workload;

  constructor(aws: SimulatedAws, workload: Workload = HEALTHY) {
    this.#aws = aws;
    this.#workload = workload;
  }

  async invoke(fn: SimulatedFunction, input: InvokeInput, call: Call): Promise<Reply> {
    // An ARN or a `name:qualifier` in the path may carry the qualifier.
    const inName = /:?(?:function:)?[^:]+:([^:]+)$/.exec((input.FunctionName ?? "").replace(/^arn:.*:function:/, ""));
    const qualifier = input.Qualifier ?? inName?.[1] ?? "$LATEST";
    const version = this.#versionFor(fn, qualifier, call);
    if (input.InvocationType === "DryRun") return new Reply("", 204);
    const type = input.InvocationType === "Event" ? "Event" : "RequestResponse";
    const { account, region, name: functionName } = fn;
    const invocation: Invocation = {
      account,
      region,
      functionName,
      version,
      qualifier,
      payload: input.Payload ?? "",
      type,
      at: this.#aws.clock.now(),
      number: call.number,
    };
    const headers = { "x-amz-executed-version": version };
    if (type === "Event") {
      this.#aws.clock.after(
        0,
        `${functionName} runs asynchronously`,
        async () => void (await this.#workload(invocation)),
      );
      return new Reply("", 202, headers);
    }
    const answer = await this.#workload(invocation);
    if (answer.ms !== undefined) await this.#aws.clock.sleep(answer.ms);
    const thrown = answer.error === undefined ? {} : { "x-amz-function-error": answer.error };
    return new Reply(answer.payload, 200, { ...headers, ...thrown });
  }

  #versionFor(fn: SimulatedFunction, qualifier: string, call: Call): string {
    const version = this.#choose(fn, qualifier, call);
    if (version === "$LATEST") return version;
    const now = this.#aws.clock.now();
    const found = fn.version(version);
    if (now >= servesFrom(found)) return version;
    const { State } = versionAnswer(fn, found, now);
    wake(found, now, fn.comingUp ?? undefined);
    throw lambdaErrors.conflict(
      `The operation cannot be performed at this time. The function is currently in the following state: ${State}`,
    );
  }

  #choose(fn: SimulatedFunction, qualifier: string, call: Call): string {
    if (qualifier === "$LATEST" || /^\d+$/.test(qualifier)) return qualifier;
    let left = this.#aws.random("routing", call.number).uniform();
    const { current } = fn.alias(qualifier);
    for (const [version, weight] of Object.entries(weightsOf(current))) {
      if (left < weight) return version;
      left -= weight;
    }
    return current.version;
  }
}
