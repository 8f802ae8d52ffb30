import { isDeepStrictEqual } from "node:util";
import { InvokeCommand, type InvokeCommandOutput, type LambdaClient } from "@aws-sdk/client-lambda";
import { ServiceTrouble } from "../domain/errors.ts";
import type { Probe } from "../domain/plan.ts";
import type { Clock, Prober } from "../domain/ports.ts";
import { ask } from "./shared/aws-errors.ts";

export interface ProberTools {
  /** A client that does not retry: a probe counts one answer, and the function may not be idempotent. */
  readonly client: () => LambdaClient;
  readonly clock: Clock;
}

/** Longest piece of an answer that is shown to people and kept in records, in characters. */
const LONGEST_FOUND = 300;

interface Finding {
  readonly ok: boolean;
  readonly found: string;
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
  const body = parsed(text);
  const wrong = Object.entries(probe.expect).find(([path, wanted]) => !isDeepStrictEqual(valueAt(body, path), wanted));
  if (wrong === undefined) return { ok: true, found: shorten(text) };
  const [path, wanted] = wrong;
  return {
    ok: false,
    found: shorten(`${path} is ${JSON.stringify(valueAt(body, path))}, not ${JSON.stringify(wanted)}`),
  };
}

/** The answer as JSON; as text where it is none, in which no path is found. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** The value at a dotted path such as `body.items.0.price`; undefined where the path leads nowhere. */
export function valueAt(root: unknown, path: string): unknown {
  return path.split(".").reduce<unknown>((value, key) => {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
    return Reflect.get(value, key);
  }, root);
}

function shorten(text: string): string {
  return text.length <= LONGEST_FOUND ? text : `${text.slice(0, LONGEST_FOUND - 1)}…`;
}
