import {
  DescribeExecutionCommand,
  SendTaskSuccessCommand,
  type SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from "@aws-sdk/client-sfn";
import type { ExecutionStatus, Executions } from "../domain/ports.ts";
import { ask } from "./aws-errors.ts";

export interface ExecutionTools {
  readonly client: () => SFNClient;
  /** ARN of each machine that functions start. */
  readonly machineArn: (machine: "rollback") => string;
}

/** Step Functions' limit for a cause. */
const LONGEST_CAUSE = 32_768;

const nobodyWaits = (): boolean => false;

/** Step Functions: waking tokens, and other executions' beginning, state and end. */
export function executions({ client, machineArn }: ExecutionTools): Executions {
  return {
    wake: (taskToken) =>
      ask(
        "states:SendTaskSuccess",
        async () => {
          // The token only wakes: whoever wakes reads the ledger, so there is nothing to say.
          await client().send(new SendTaskSuccessCommand({ taskToken, output: "{}" }));
          return true;
        },
        // AWS answers a token that was used, whose time is up, or whose execution was stopped with any of these.
        { TaskTimedOut: nobodyWaits, TaskDoesNotExist: nobodyWaits, InvalidToken: nobodyWaits },
      ),
    status: (executionArn) =>
      ask<ExecutionStatus | undefined>(
        "states:DescribeExecution",
        async () => (await client().send(new DescribeExecutionCommand({ executionArn }))).status,
        { ExecutionDoesNotExist: () => undefined },
      ),
    start: (machine, name, input) => start(client(), machineArn(machine), name, JSON.stringify(input)),
    async stop(executionArn, cause) {
      const command = new StopExecutionCommand({ executionArn, cause: cause.slice(0, LONGEST_CAUSE) });
      await ask<unknown>("states:StopExecution", () => client().send(command), {
        ExecutionDoesNotExist: () => undefined,
      });
    },
  };
}

/**
 * Step Functions answers a second start with the first one's ARN only while that runs with the same input; afterwards,
 * or with another input, it refuses the name. Names say what a run is for, so either way the first one is meant.
 */
function start(
  client: SFNClient,
  stateMachineArn: string,
  name: string,
  input: string,
): Promise<{ executionArn: string }> {
  const ofName = { executionArn: `${stateMachineArn.replace(":stateMachine:", ":execution:")}:${name}` };
  return ask(
    "states:StartExecution",
    async () => {
      const answer = await client.send(new StartExecutionCommand({ stateMachineArn, name, input }));
      return { executionArn: answer.executionArn ?? ofName.executionArn };
    },
    { ExecutionAlreadyExists: () => ofName },
  );
}
