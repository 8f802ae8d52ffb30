import type { GetQueryResultsCommandInput, StartQueryCommandInput } from "@aws-sdk/client-cloudwatch-logs";
import { AwsError } from "../errors.ts";
import type { SimulatedAws } from "../router.ts";
import type { Call, SimulatedService, Wire } from "../service.ts";

/** A line of a log group. */
export interface LogLine {
  /** Epoch ms. */
  readonly at: number;
  readonly stream: string;
  readonly message: string;
}

/** Who has the lines of a log group, in [from, to) in epoch ms; undefined: there is no such group. */
export type LogSource = (group: {
  readonly account: string;
  readonly name: string;
  readonly from: number;
  readonly to: number;
}) => readonly LogLine[] | undefined;

interface Query {
  readonly lines: readonly LogLine[];
  readonly limit: number;
  readonly doneAt: number;
}

/** How long a query takes (ms). */
const TAKES_MS = 4_000;

/**
 * CloudWatch Logs, as far as Logs Insights is asked: a query runs for some seconds, and gives lines of which the simulation
 * has only errors. What else the query's text says is not read.
 */
export class SimulatedLogs {
  readonly service: SimulatedService;
  readonly #aws: SimulatedAws;
  readonly #source: LogSource;
  readonly #queries = new Map<string, Query>();

  constructor(aws: SimulatedAws, source: LogSource) {
    this.#aws = aws;
    this.#source = source;
    this.service = {
      name: "logs",
      protocol: "json",
      operations: {
        StartQuery: (input: Wire<StartQueryCommandInput>, call: Call) => this.#start(input, call),
        GetQueryResults: (input: Wire<GetQueryResultsCommandInput>) => this.#results(input),
      },
    };
    aws.register(this.service);
  }

  #start(input: Wire<StartQueryCommandInput>, { account, number }: Call): { readonly queryId: string } {
    const [from, to] = [(input.startTime ?? 0) * 1_000, ((input.endTime ?? 0) + 1) * 1_000];
    const lines = this.#source({ account, name: input.logGroupName ?? "", from, to });
    if (lines === undefined)
      throw new AwsError("ResourceNotFoundException", `Log group '${input.logGroupName}' does not exist`);
    const queryId = `query-${number}`;
    this.#queries.set(queryId, { lines, limit: input.limit ?? 1_000, doneAt: this.#aws.clock.now() + TAKES_MS });
    return { queryId };
  }

  #results({ queryId = "" }: Wire<GetQueryResultsCommandInput>): Record<string, unknown> {
    const query = this.#queries.get(queryId);
    if (query === undefined) throw new AwsError("ResourceNotFoundException", `unknown query ${queryId}`);
    if (this.#aws.clock.now() < query.doneAt) return { status: "Running", results: [] };
    const results = query.lines.slice(0, query.limit).map(({ stream, message }) => [
      { field: "@logStream", value: stream },
      { field: "@message", value: message },
    ]);
    return { status: "Complete", results, statistics: { recordsMatched: query.lines.length } };
  }
}
