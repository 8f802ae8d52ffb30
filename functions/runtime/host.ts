/**
 * Where the functions run: on AWS, in the sandbox, in a test. A host is all that differs between them, so the same
 * handlers, adapters and SDK clients run on each.
 */
import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Tracer } from "@aws-lambda-powertools/tracer";
import type { LambdaClientConfig } from "@aws-sdk/client-lambda";
import { fromTemporaryCredentials } from "@aws-sdk/credential-providers";
import type { Download } from "../adapters/lambda-code.ts";
import type { FetchPage } from "../adapters/web.ts";
import { accessNamed, roleFor } from "../domain/access.ts";
import type { Clock, Concurrency, Entropy, Place } from "../domain/ports.ts";
import { promises } from "./concurrency.ts";
import { download } from "./download.ts";
import { fetchPage } from "./fetch-page.ts";

/** What every SDK client of one place is built with. */
export type ClientConfig = { readonly region: string } & Pick<
  LambdaClientConfig,
  | "credentials"
  | "requestHandler"
  | "retryStrategy"
  | "retryMode"
  | "maxAttempts"
  | "defaultsMode"
  | "useDualstackEndpoint"
  | "useFipsEndpoint"
  | "userAgentAppId"
>;

export interface Host {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly concurrency: Concurrency;
  readonly entropy: Entropy;
  /** Client settings for an environment's account, or for the control plane's own where `place` is null. */
  clientConfig(place: Place | null): ClientConfig;
  readonly fetchPage: FetchPage;
  readonly download: Download;
  /** Takes one line of structured log or metrics. */
  write(line: string): void;
  /** What warm invocations share: SDK clients. Hosts that share the map share those. */
  readonly kept: Map<string, unknown>;
  /** Absent: no traces. Loaded only where it is wanted, since X-Ray's SDK hooks into every promise of the process. */
  readonly tracer?: () => Promise<Tracer>;
}

/** What is kept on the host under `name`, made on the first call. One name always stands for one type. */
export function keep<T>(host: Pick<Host, "kept">, name: string, make: () => T): T {
  if (!host.kept.has(name)) host.kept.set(name, make());
  return host.kept.get(name) as T;
}

/** Appears in CloudTrail as the session of every call that Headgate makes in a target account. */
const SESSION_NAME = "headgate";

/**
 * One attempt of one call, in milliseconds. The SDK's default is to wait for ever, and a call that hangs would use up
 * the invocation that has to bring traffic back. Without `throwOnRequestTimeout` the SDK only logs that time is up.
 */
const HTTP = { connectionTimeout: 2_000, requestTimeout: 5_000, throwOnRequestTimeout: true } as const;

/** The host on Lambda: real time, real randomness, and a role of its own in each place that names one. */
export function awsHost(environment: Host["environment"]): Host {
  return {
    environment,
    clock: { now: () => Date.now(), sleep: async (ms) => sleep(ms) },
    concurrency: promises,
    entropy: { id: (bytes) => randomBytes(bytes).toString("hex") },
    clientConfig: (place) => configOf(environment, place),
    fetchPage,
    download,
    write: (line) => void process.stdout.write(`${line}\n`),
    kept: new Map(),
    ...(environment._X_AMZN_TRACE_ID === undefined ? {} : { tracer: loadTracer }),
  };
}

async function loadTracer(): Promise<Tracer> {
  const { Tracer } = await import("@aws-lambda-powertools/tracer");
  return new Tracer({ serviceName: "headgate" });
}

function configOf(environment: Host["environment"], place: Place | null): ClientConfig {
  const region = place?.region ?? environment.AWS_REGION ?? "us-east-1";
  if (place === null || place.roleArn === null) return { region, requestHandler: HTTP };
  const ExternalId = environment.HEADGATE_EXTERNAL_ID;
  const RoleArn = roleFor(accessNamed(environment.HEADGATE_ACCESS), place.roleArn);
  const credentials = fromTemporaryCredentials({
    params: { RoleArn, RoleSessionName: SESSION_NAME, ...(ExternalId ? { ExternalId } : {}) },
    clientConfig: { region, requestHandler: HTTP },
  });
  return { region, credentials, requestHandler: HTTP };
}
