/** What a Lambda function's configuration says: which settings a version freezes, and whether it may serve. */
import type { FunctionConfiguration } from "@aws-sdk/client-lambda";
import { canonicalJson } from "../../domain/canonical.ts";
import type { Readiness } from "../../domain/ports.ts";

export type HashText = (text: string) => string;

type Frozen = Readonly<Partial<Record<keyof FunctionConfiguration, (value: FunctionConfiguration) => unknown>>>;

/**
 * Every setting that a version freezes [Lambda developer guide, function versions], as far as people set it. Not here:
 * code and its signature, which the release brings; the description, which is ours on each version; the runtime's own
 * version, which AWS moves with an update; and what is a state, or is worked out from the rest.
 */
const FROZEN: Frozen = {
  Architectures: ({ Architectures }) => Architectures,
  CapacityProviderConfig: ({ CapacityProviderConfig }) => CapacityProviderConfig,
  DeadLetterConfig: ({ DeadLetterConfig }) => DeadLetterConfig?.TargetArn || undefined,
  DurableConfig: ({ DurableConfig }) => DurableConfig,
  Environment: ({ Environment }) => (hasKeys(Environment?.Variables) ? Environment?.Variables : Environment?.Error),
  EphemeralStorage: ({ EphemeralStorage }) => EphemeralStorage?.Size,
  FileSystemConfigs: ({ FileSystemConfigs }) => (FileSystemConfigs?.length ? FileSystemConfigs : undefined),
  Handler: ({ Handler }) => Handler,
  ImageConfigResponse: ({ ImageConfigResponse }) => ImageConfigResponse?.ImageConfig,
  KMSKeyArn: ({ KMSKeyArn }) => KMSKeyArn || undefined,
  Layers: ({ Layers }) => (Layers?.length ? Layers.map(({ Arn }) => Arn) : undefined),
  LoggingConfig: ({ LoggingConfig }) => LoggingConfig,
  MemorySize: ({ MemorySize }) => MemorySize,
  PackageType: ({ PackageType }) => PackageType,
  Role: ({ Role }) => Role,
  Runtime: ({ Runtime }) => Runtime,
  SnapStart: ({ SnapStart }) => SnapStart?.ApplyOn,
  TenancyConfig: ({ TenancyConfig }) => TenancyConfig,
  Timeout: ({ Timeout }) => Timeout,
  TracingConfig: ({ TracingConfig }) => TracingConfig?.Mode,
  VpcConfig: ({ VpcConfig }) => (VpcConfig?.VpcId ? VpcConfig : undefined),
};

const hasKeys = (value: object | undefined) => value !== undefined && Object.keys(value).length > 0;

/** A hash of each setting that is set, by the name that Lambda gives it. */
export function settingsOf(configuration: FunctionConfiguration, hash: HashText): Record<string, string> {
  const set = Object.entries(FROZEN).flatMap(([name, read]) => {
    const value = read(configuration);
    return value === undefined ? [] : [[name, hash(canonicalJson(value))] as const];
  });
  return Object.fromEntries(set);
}

/**
 * Whether it may serve: `Active`, and its last update successful [Lambda developer guide, function states]. A function that
 * was idle for weeks is `Inactive`: the first request fails, and wakes it.
 */
export function readinessOf(configuration: FunctionConfiguration): Readiness {
  const { State = "Active", LastUpdateStatus = "Successful" } = configuration;
  const why = `${State}${inBrackets(configuration.StateReasonCode, configuration.StateReason)}`;
  if (State === "Pending") return { is: "pending", why };
  if (State === "Inactive") return { is: "inactive", why };
  if (State !== "Active") return { is: "failed", why };
  const { LastUpdateStatusReasonCode: code, LastUpdateStatusReason: reason } = configuration;
  const update = `its last update is ${LastUpdateStatus}${inBrackets(code, reason)}`;
  if (LastUpdateStatus === "InProgress") return { is: "pending", why: update };
  return LastUpdateStatus === "Successful" ? { is: "ready" } : { is: "failed", why: update };
}

function inBrackets(code: string | undefined, reason: string | undefined): string {
  const words = [code, reason].filter((part) => part !== undefined && part !== "");
  return words.length === 0 ? "" : ` (${words.join(": ")})`;
}
