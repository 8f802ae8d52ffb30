import {
  DescribeExecutionCommand,
  SendTaskSuccessCommand,
  type SFNClient,
  StartExecutionCommand,
} from "@aws-sdk/client-sfn";
import type { ExecutionStatus, Executions } from "../domain/ports.ts";
import { ask } from "./shared/aws-errors.ts";

export interface ExecutionTools {
  readonly client: () => SFNClient;
  /** ARN of the promotion machine. */
  readonly machineArn: () => string;
}

const nobodyWaits = (): boolean => false;

/** Step Functions: waking tokens, and promotions' beginning and state. */
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
    start: (name, input) => start(client(), machineArn(), name, JSON.stringify(input)),
    arnOf: (name) => `${machineArn().replace(":stateMachine:", ":execution:")}:${name}`,
  };
}

function start(client: SFNClient, stateMachineArn: string, name: string, input: string): Promise<"started" | "taken"> {
  return ask<"started" | "taken">(
    "states:StartExecution",
    async () => {
      await client.send(new StartExecutionCommand({ stateMachineArn, name, input }));
      return "started";
    },
    { ExecutionAlreadyExists: () => "taken" },
  );
}
