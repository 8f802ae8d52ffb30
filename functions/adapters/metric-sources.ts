import { InvokeCommand, type InvokeCommandOutput, type LambdaClient } from "@aws-sdk/client-lambda";
import {
  readSourceAnswer,
  type SourceReading,
  type SourceRequest,
  sourceCall,
  sourcePoints,
  sourceRequest,
} from "../domain/documents/metric-source.ts";
import { Terminal, Transient } from "../domain/errors.ts";
import type { AnySeriesQuery, Clock, Concurrency, Metrics, Series, SourceQuery } from "../domain/ports.ts";
import { ask } from "./shared/aws-errors.ts";
import { shorten } from "./shared/probe-finding.ts";

export interface SourceTools {
  /** A client that does not retry: how often a source is asked is decided here. */
  readonly client: () => LambdaClient;
  readonly clock: Clock;
  readonly concurrency: Pick<Concurrency, "together">;
}

/** Sources that are asked at once; the rest wait for their turn. */
const AT_ONCE = 10;
const TRIES = 2;
/** No call begins later than this after the first (ms); one takes up to 15 s, and a look has two minutes. */
const PATIENCE_MS = 40_000;

export const isSources = (query: AnySeriesQuery): query is SourceQuery => "source" in query;

type Call = readonly [SourceQuery, ...SourceQuery[]];

/**
 * Metrics of the team's own functions, one invocation for each metric of a target. Whatever goes wrong with one of them is
 * the trouble of its own series alone: a source that is down must not blind the judge to the rest.
 */
export function metricSources(tools: SourceTools): Metrics {
  return {
    async read(queries, from, to) {
      const alike = [...Map.groupBy(queries.filter(isSources), sourceCall).values()];
      const calls = alike.flatMap(([first, ...rest]): Call[] => (first === undefined ? [] : [[first, ...rest]]));
      const deadline = tools.clock.now() + PATIENCE_MS;
      const found = new Map<SourceQuery, Series>();
      for (let at = 0; at < calls.length; at += AT_ONCE) {
        const turn = calls.slice(at, at + AT_ONCE).map((call) => () => answerTo(tools, call, { from, to, deadline }));
        for (const series of await tools.concurrency.together(turn))
          for (const [query, one] of series) found.set(query, one);
      }
      return queries.map(
        (query) =>
          (isSources(query) ? found.get(query) : undefined) ?? { id: query.id, points: new Map(), complete: false },
      );
    },
  };
}

interface Window {
  readonly from: number;
  readonly to: number;
  readonly deadline: number;
}

async function answerTo(
  tools: SourceTools,
  call: Call,
  { from, to, deadline }: Window,
): Promise<[SourceQuery, Series][]> {
  const periodMs = call[0].periodSeconds * 1_000;
  const [start, end] = [Math.ceil(from / periodMs) * periodMs, Math.floor(to / periodMs) * periodMs];
  if (start >= end) return call.map((query) => [query, { id: query.id, points: new Map(), complete: true }]);
  const reading = await patiently(tools, call[0], sourceRequest(call, start, end), deadline);
  if (!reading.ok) {
    const trouble = `metric source ${call[0].source.function}: ${reading.problem}`;
    return call.map((query) => [query, { id: query.id, points: new Map(), complete: false, trouble }]);
  }
  const { complete } = reading.answer;
  const trouble = complete ? {} : { trouble: `metric source ${call[0].source.function} could not read all of it` };
  return call.map((query) => [
    query,
    { id: query.id, points: sourcePoints(query, reading.answer), complete, ...trouble },
  ]);
}

/** Asks again once where no answer came or the function failed; an answer that breaks the contract would break it again. */
async function patiently(
  tools: SourceTools,
  { source }: SourceQuery,
  request: SourceRequest,
  deadline: number,
): Promise<SourceReading> {
  let problem = "the look had no time left to ask it";
  for (let attempt = 1; attempt <= TRIES && tools.clock.now() < deadline; attempt++) {
    const answer = await invoke(tools.client(), source, request);
    if (answer.gave === "payload") return parsed(request, answer.text);
    problem = answer.problem;
    if (!answer.again) break;
  }
  return { ok: false, problem };
}

type Answer =
  | { readonly gave: "payload"; readonly text: string }
  | { readonly gave: "nothing"; readonly problem: string; readonly again: boolean };

async function invoke(client: LambdaClient, source: SourceQuery["source"], request: SourceRequest): Promise<Answer> {
  const command = new InvokeCommand({ FunctionName: source.function, Payload: JSON.stringify(request) });
  const requestTimeout = source.timeoutSeconds * 1_000;
  try {
    return answered(await ask("lambda:Invoke", () => client.send(command, { requestTimeout })));
  } catch (error) {
    if (!(error instanceof Transient || error instanceof Terminal)) throw error;
    return { gave: "nothing", problem: shorten(error.message), again: error instanceof Transient };
  }
}

function answered({ FunctionError, Payload }: InvokeCommandOutput): Answer {
  const text = new TextDecoder().decode(Payload);
  if (FunctionError === undefined) return { gave: "payload", text };
  return { gave: "nothing", problem: shorten(`it failed, ${FunctionError}: ${text}`), again: true };
}

function parsed(request: SourceRequest, text: string): SourceReading {
  try {
    return readSourceAnswer(request, JSON.parse(text));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return { ok: false, problem: shorten(`its answer is no JSON: ${text}`) };
  }
}
