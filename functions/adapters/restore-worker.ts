import { InvokeCommand, type LambdaClient } from "@aws-sdk/client-lambda";
import type { RestoreWorker } from "../domain/ports.ts";
import { ask } from "./shared/aws-errors.ts";

export interface WorkerTools {
  readonly client: () => LambdaClient;
  /** Name or ARN of the function that restores. */
  readonly functionName: () => string;
}

/**
 * Restores in an invocation of their own. Lambda queues an asynchronous invocation and answers 202 before it runs; one
 * that fails runs twice more, after one minute and after two [Lambda developer guide, asynchronous invocation].
 */
export function restoreWorker({ client, functionName }: WorkerTools): RestoreWorker {
  return {
    async start(promotionId) {
      const command = new InvokeCommand({
        FunctionName: functionName(),
        InvocationType: "Event",
        // What a machine sends whose promotion has seen no error.
        Payload: JSON.stringify({ promotionId, error: { Error: "none" } }),
      });
      await ask("lambda:InvokeFunction", () => client().send(command));
    },
  };
}
