import {
  type CloudWatchLogsClient,
  GetQueryResultsCommand,
  type ResultField,
  StartQueryCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import { ServiceTrouble } from "../domain/errors.ts";
import type { Logs } from "../domain/ports.ts";
import { ask } from "./shared/aws-errors.ts";

export interface LogsTools {
  readonly client: () => CloudWatchLogsClient;
}

/** Most lines that one query gives [StartQuery]. */
const MOST_LINES = 10_000;

/** What Lambda's runtimes and most loggers write of an error. The runtime's own lines of each invocation are none. */
const ERROR_LINES = [
  "fields @logStream, @message",
  "filter @message like /(?i)(error|exception|fatal|panic|timed out|unhandled)/",
  "filter @message not like /^(START|END|REPORT|INIT_START) /",
].join(" | ");

/** What there is to be found where the function has never written a line. */
const NO_GROUP = "no-log-group";

/** Error lines by Logs Insights: a query is begun, and its results are asked for later. */
export function cloudWatchLogs({ client }: LogsTools): Logs {
  return {
    search({ group, from, to }) {
      const command = new StartQueryCommand({
        logGroupName: group,
        // Whole seconds, the last of them included.
        startTime: Math.floor(from / 1_000),
        endTime: Math.ceil(to / 1_000) - 1,
        queryString: ERROR_LINES,
        limit: MOST_LINES,
      });
      const begin = async () => (await client().send(command)).queryId ?? "";
      return ask("logs:StartQuery", begin, { ResourceNotFoundException: () => NO_GROUP });
    },
    async found(id) {
      if (id === NO_GROUP) return { lines: [], complete: true };
      const answer = await ask("logs:GetQueryResults", () =>
        client().send(new GetQueryResultsCommand({ queryId: id })),
      );
      if (answer.status === "Running" || answer.status === "Scheduled") return null;
      if (answer.status !== "Complete")
        throw new ServiceTrouble(`a search of logs ended as ${answer.status ?? "nothing"}`);
      const lines = (answer.results ?? []).map(lineOf);
      return { lines, complete: (answer.statistics?.recordsMatched ?? lines.length) <= lines.length };
    },
  };
}

function lineOf(fields: readonly ResultField[]): { stream: string; message: string } {
  const member = (name: string) => fields.find(({ field }) => field === name)?.value ?? "";
  return { stream: member("@logStream"), message: member("@message") };
}
