import { promises } from "../../functions/runtime/concurrency.ts";
import type { Host } from "../../functions/runtime/host.ts";
import type { LambdaContext } from "../../functions/runtime/step.ts";
import { type Answer, countedEntropy, handClock, wire } from "../adapters/wire.ts";

/** A host whose AWS is a scripted wire, and whose log lines are kept as the objects they print. */
export function testHost(environment: Host["environment"] = {}, ...answers: Answer[]) {
  const line = wire(...answers);
  const { clock, advance } = handClock();
  const lines: Record<string, unknown>[] = [];
  const host: Host = {
    environment,
    clock,
    concurrency: promises,
    entropy: countedEntropy(),
    clientConfig: (place) => ({ ...line.config, region: place?.region ?? "af-south-1" }),
    fetchPage: async () => ({ status: 200, body: "" }),
    download: async () => ({ status: 404, body: new Uint8Array() }),
    write: (text) => lines.push(JSON.parse(text) as Record<string, unknown>),
    kept: new Map(),
  };
  return { host, lines, sent: line.sent, advance };
}

export const CONTEXT: LambdaContext = { awsRequestId: "request-1", getRemainingTimeInMillis: () => 30_000 };
