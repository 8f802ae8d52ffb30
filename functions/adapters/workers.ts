import { InvokeCommand, type LambdaClient } from "@aws-sdk/client-lambda";
import type { RestoreWorker, SettleWorker } from "../domain/ports.ts";
import { ask } from "./shared/aws-errors.ts";

export interface WorkerTools {
  readonly client: () => LambdaClient;
  /** Name or ARN of the function that does the work. */
  readonly functionName: () => string;
}

/** Restores in an invocation of their own. */
export function restoreWorker(tools: WorkerTools): RestoreWorker {
  // What a machine sends whose promotion has seen no error.
  return { start: (promotionId) => invoke(tools, { promotionId, error: { Error: "none" } }) };
}

/** Settles approvals in an invocation of their own. */
export function settleWorker(tools: WorkerTools): SettleWorker {
  return {
    start: ({ promotionId, environment, approval }) =>
      invoke(tools, { promotionId, environment, approval, wake: true }),
  };
}

/**
 * Lambda queues an asynchronous invocation and answers 202 before it runs; one that fails runs twice more, after one minute
 * and after two [Lambda developer guide, asynchronous invocation].
 */
async function invoke({ client, functionName }: WorkerTools, payload: object): Promise<void> {
  const command = new InvokeCommand({
    FunctionName: functionName(),
    InvocationType: "Event",
    Payload: JSON.stringify(payload),
  });
  await ask("lambda:InvokeFunction", () => client().send(command));
}
