/**
 * What stands around every handler: input check, structured log, traces, counters. `step` is for machines' tasks,
 * `httpStep` for pages.
 */
import type { Tracer } from "@aws-lambda-powertools/tracer";
import middy, { type MiddlewareObj } from "@middy/core";
import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context } from "aws-lambda";
import type * as z from "zod";
import { BadInput } from "../domain/errors.ts";
import type { Dependencies } from "../domain/ports.ts";
import { fieldsOf } from "../domain/text.ts";
import { failureAnswer, handlerFailure } from "../pages/failure.ts";
import type { HttpRequest, HttpResponse } from "../pages/http.ts";
import { buildDependencies } from "./dependencies.ts";
import { awsHost, type Host } from "./host.ts";
import { fromGateway, toGateway } from "./http.ts";
import { hideSecrets, type InvocationLog, openLog } from "./log.ts";
import { countError, countOutput } from "./metrics.ts";

/** What of Lambda's context is used; the sandbox provides this much. */
export type LambdaContext = Pick<Context, "awsRequestId" | "getRemainingTimeInMillis">;

/** A Lambda handler, and a way to run the same code on another host. */
export interface Step<O> {
  (event: unknown, context: LambdaContext): Promise<O>;
  readonly step: string;
  on(host: Host): (event: unknown, context: LambdaContext) => Promise<O>;
}

/**
 * The handler of one step: parses the input (unknown or ill-formed: `BadInput`), runs `action`, returns its output.
 * What `action` throws passes as it is, so that its class name is what the machine's Retry and Catch see.
 */
export function step<S extends z.ZodType, O>(
  name: string,
  input: S,
  action: (deps: Dependencies) => (input: z.output<S>) => Promise<O>,
): Step<O> {
  return wrap(name, (invocation) => action(invocation.deps)(parse(name, input, invocation.event)));
}

/** The handler of one page, behind API Gateway. One that fails is a 409, 500 or 503 without details. */
export function httpStep(
  name: string,
  action: (deps: Dependencies) => (request: HttpRequest) => Promise<HttpResponse>,
): Step<APIGatewayProxyResult> {
  return wrap(name, async ({ deps, event, log, host, requestId }) => {
    const request = fromGateway(event as APIGatewayProxyEvent);
    try {
      return toGateway(await action(deps)(request));
    } catch (error) {
      log.error("the page failed", error);
      countError(host, name, error);
      return toGateway(failureAnswer(deps.hash, request, handlerFailure(error, requestId)));
    }
  });
}

interface Invocation {
  readonly host: Host;
  readonly event: unknown;
  readonly requestId: string;
  readonly log: InvocationLog;
  readonly deps: Dependencies;
}

function wrap<O>(name: string, run: (invocation: Invocation) => Promise<O>): Step<O> {
  const on = (host: Host) => onHost(name, host, run);
  let lambda: ReturnType<typeof on> | undefined;
  const handler = (event: unknown, context: LambdaContext) => {
    lambda ??= on(awsHost(process.env));
    return lambda(event, context);
  };
  return Object.assign(handler, { step: name, on });
}

function onHost<O>(name: string, host: Host, run: (invocation: Invocation) => Promise<O>) {
  let chain: ReturnType<typeof chainOn<O>> | undefined;
  return async (event: unknown, context: LambdaContext): Promise<O> => {
    chain ??= chainOn(name, host, run);
    // Nothing in the chain reads more of the context than `LambdaContext` has.
    return (await chain)(open(name, host, event, context), context as Context);
  };
}

async function chainOn<O>(name: string, host: Host, run: (invocation: Invocation) => Promise<O>) {
  // Middy's early time-out is a real timer, which virtual time does not know; Lambda's own limit does without it.
  const chain = middy<Invocation, O>((invocation: Invocation) => run(invocation), { timeoutEarlyInMillis: 0 });
  if (host.tracer !== undefined) chain.use(await tracing(await host.tracer()));
  return chain.use(telling(name));
}

function open(name: string, host: Host, event: unknown, context: LambdaContext): Invocation {
  const requestId = context.awsRequestId;
  const log = openLog(host, { step: name, requestId, ...subjectOf(event) });
  const deps = buildDependencies(host, log, () => context.getRemainingTimeInMillis());
  return { host, event, requestId, log, deps };
}

/** Logs and counts how the invocation ended. */
function telling(name: string): MiddlewareObj<Invocation> {
  return {
    after: ({ event: { host, log }, response }) => {
      countOutput(host, name, response);
      log.info("done");
    },
    onError: ({ event: { host, log }, error }) => {
      countError(host, name, error);
      log.error("failed", error);
    },
  };
}

/** Traces the invocation, found again by its promotion. Answers are not copied into traces: they hold links. */
async function tracing(tracer: Tracer): Promise<MiddlewareObj<Invocation>[]> {
  const { captureLambdaHandler } = await import("@aws-lambda-powertools/tracer/middleware");
  const annotate: MiddlewareObj<Invocation> = {
    before: ({ event }) => {
      for (const [key, value] of Object.entries(subjectOf(event.event))) tracer.putAnnotation(key, value);
    },
  };
  return [captureLambdaHandler(tracer, { captureResponse: false }), annotate];
}

const SUBJECT = ["promotionId", "environment"] as const;

/** What an event is about, whether a machine sent it or a page was asked for. */
function subjectOf(event: unknown): Record<string, string> {
  const fields = fieldsOf(event);
  const places = [fields, fieldsOf(fields.pathParameters)];
  const found = SUBJECT.flatMap((key) => {
    const value = places.map((place) => place[key]).find((candidate) => typeof candidate === "string");
    return typeof value === "string" ? [[key, value] as const] : [];
  });
  return Object.fromEntries(found);
}

function parse<S extends z.ZodType>(name: string, schema: S, event: unknown): z.output<S> {
  const result = schema.safeParse(event);
  if (result.success) return result.data;
  const problems = result.error.issues.flatMap((issue) => describe(issue, event));
  throw new BadInput(
    `${name} cannot read its input: ${problems.join("; ")} (hint: only Headgate's own machines send it; see functions/${name}.ts)`,
  );
}

const LONGEST_SHOWN = 80;

/** Where, what stands there, and what would do: one sentence for each place. */
function describe(issue: z.core.$ZodIssue, event: unknown): string[] {
  const path = issue.path.map(String);
  const places = issue.code === "unrecognized_keys" ? issue.keys.map((key) => [...path, key]) : [path];
  return places.map((place) => `at ${place.join(".") || "the top"} stands ${shownAt(event, place)}: ${issue.message}`);
}

function shownAt(event: unknown, path: readonly string[]): string {
  const value = path.reduce<unknown>((inner, key) => fieldsOf(inner)[key], event);
  const safe = hideSecrets(path.at(-1) ?? "", value);
  return safe === undefined ? "nothing" : JSON.stringify(safe, hideSecrets).slice(0, LONGEST_SHOWN);
}
