import { InvokeCommand, type InvokeCommandOutput, type LambdaClient } from "@aws-sdk/client-lambda";
import { ServiceTrouble } from "../domain/errors.ts";
import type { Probe } from "../domain/plan.ts";
import type { Clock, Prober } from "../domain/ports.ts";
import { ask } from "./shared/aws-errors.ts";
import { compared, type Finding, shorten } from "./shared/probe-finding.ts";

export interface ProberTools {
  /** A client that does not retry: a probe counts one answer, and the function may not be idempotent. */
  readonly client: () => LambdaClient;
  readonly clock: Clock;
}

/** Invokes versions of one function. Throttling and 5xx are not the candidate's doing: `ServiceTrouble`. */
export function lambdaProber({ client, clock }: ProberTools, functionName: string): Prober {
  return {
    async invoke(version, probe) {
      const begin = clock.now();
      const finding = await invokeOnce(client(), functionName, version, probe);
      return { ...finding, ms: clock.now() - begin };
    },
  };
}

function invokeOnce(client: LambdaClient, functionName: string, version: string, probe: Probe): Promise<Finding> {
  const command = new InvokeCommand({
    FunctionName: functionName,
    Qualifier: version,
    Payload: JSON.stringify(probe.payload ?? {}),
  });
  const requestTimeout = probe.timeoutSeconds * 1_000;
  return ask<Finding>(
    "lambda:Invoke",
    async () => judge(await client.send(command, { requestTimeout }), version, probe),
    {
      TimeoutError: () => ({ ok: false, found: `no answer within ${probe.timeoutSeconds} s` }),
      // 502s that are about the function's own code or packaging, not about the service.
      InvalidRuntimeException: refusedToRun,
      InvalidZipFileException: refusedToRun,
      ServiceException: (cause) => {
        throw new ServiceTrouble(`lambda:Invoke failed: ${cause.message}`, { cause });
      },
    },
  );
}

const refusedToRun = (error: Error): Finding => ({ ok: false, found: shorten(`${error.name}: ${error.message}`) });

function judge(answer: InvokeCommandOutput, version: string, probe: Probe): Finding {
  const text = new TextDecoder().decode(answer.Payload);
  if (answer.FunctionError !== undefined)
    return { ok: false, found: shorten(`${answer.FunctionError} error: ${text}`) };
  if (answer.ExecutedVersion !== version) {
    return { ok: false, found: `version ${answer.ExecutedVersion ?? "?"} answered instead of ${version}` };
  }
  return compared(text, probe.expect);
}
