import { ListExecutionsCommand, type SFNClient, StopExecutionCommand } from "@aws-sdk/client-sfn";
import { ask } from "../../adapters/shared/aws-errors.ts";
import type { InFlight } from "../../domain/ports.ts";
import type { MachineAliasPlan } from "./kind.ts";

export interface InFlightTools {
  readonly client: () => SFNClient;
}

/** What one page of ListExecutions holds at most [ListExecutions]. */
const PAGE = 1_000;

const MOST_PAGES = 10;

/** Step Functions' limits for what a stop says [StopExecution]. */
const ERROR = "Headgate.RolledBack";
const LONGEST_CAUSE = 32_768;

/** Executions of a state machine: they stay on the version that they started on, whatever its alias does. */
export function machineExecutions(
  { client }: InFlightTools,
  { stateMachineArn, inFlight }: Pick<MachineAliasPlan, "stateMachineArn" | "inFlight">,
): InFlight {
  return {
    what: "executions",
    onRestore: inFlight,
    running: (version) => running(client(), `${stateMachineArn}:${version}`),
    async stop(name, cause) {
      const executionArn = `${stateMachineArn.replace(":stateMachine:", ":execution:")}:${name}`;
      const command = new StopExecutionCommand({ executionArn, error: ERROR, cause: cause.slice(0, LONGEST_CAUSE) });
      await ask<unknown>("states:StopExecution", () => client().send(command), {
        ExecutionDoesNotExist: () => undefined,
      });
    },
  };
}

async function running(client: SFNClient, stateMachineArn: string) {
  const names: string[] = [];
  let nextToken: string | undefined;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const from = nextToken === undefined ? {} : { nextToken };
    const command = new ListExecutionsCommand({ stateMachineArn, statusFilter: "RUNNING", maxResults: PAGE, ...from });
    const answer = await ask("states:ListExecutions", () => client.send(command));
    names.push(...(answer.executions ?? []).flatMap(({ name }) => name ?? []));
    nextToken = answer.nextToken;
    if (nextToken === undefined) return { names, more: false };
  }
  return { names, more: true };
}
