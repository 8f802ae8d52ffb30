import type { Alias, Settings, SimulatedFunction, Version } from "./function.ts";

/** A function's configuration as the API shows it. */
export interface ConfigurationAnswer {
  readonly FunctionName: string;
  readonly FunctionArn: string;
  readonly Version: string;
  readonly RevisionId: string;
  readonly CodeSha256: string;
  readonly State: string;
  readonly LastUpdateStatus: string;
  readonly LastModified: string;
  readonly [setting: string]: unknown;
}

/** The date form of LastModified: no colon in the offset. */
const modified = (at: number): string => new Date(at).toISOString().replace("Z", "+0000");

/** `$LATEST` as it looks at `now` (epoch ms): an update is in progress until it has settled. */
export const latestAnswer = (fn: SimulatedFunction, now: number): ConfigurationAnswer => {
  const { settings, changedAt, settledAt, revisionId, settledRevisionId } = fn.latest;
  const settled = now >= settledAt;
  return {
    ...settings,
    FunctionName: fn.name,
    FunctionArn: fn.arn,
    Version: "$LATEST",
    RevisionId: settled ? settledRevisionId : revisionId,
    State: "Active",
    LastUpdateStatus: settled ? "Successful" : "InProgress",
    LastModified: modified(changedAt),
    PackageType: settings.PackageType ?? "Zip",
    ...snapStart(settings, "Off"),
  };
};

/** A published version as it looks at `now` (epoch ms): pending for its first moments. */
export const versionAnswer = (fn: SimulatedFunction, version: Version, now: number): ConfigurationAnswer => ({
  ...version.settings,
  FunctionName: fn.name,
  FunctionArn: `${fn.arn}:${version.version}`,
  Version: version.version,
  RevisionId: version.revisionId,
  ...stateOf(version, now),
  LastUpdateStatus: "Successful",
  LastModified: modified(version.publishedAt),
  PackageType: version.settings.PackageType ?? "Zip",
  ...snapStart(version.settings, "On"),
});

/** Snapshots are taken of published versions alone, so this differs between `$LATEST` and a version of the same settings. */
const snapStart = ({ SnapStart }: Settings, OptimizationStatus: "On" | "Off"): object =>
  SnapStart === undefined ? {} : { SnapStart: { ...SnapStart, OptimizationStatus } };

/** `State` with its reason [Lambda API reference, FunctionConfiguration]. */
const stateOf = ({ isIdle, activeAt, failure }: Version, now: number): { State: string } & Record<string, string> => {
  const reason = (State: string, StateReasonCode: string, StateReason: string) => ({
    State,
    StateReasonCode,
    StateReason,
  });
  if (isIdle === true) return reason("Inactive", "Idle", "The function was idle for a long time.");
  if (now < activeAt) return reason("Pending", "Creating", "The function is being created.");
  return failure === undefined ? { State: "Active" } : reason("Failed", failure.code, failure.reason);
};

/** An alias as the API shows it: no RoutingConfig while it points to one version. */
export const aliasAnswer = (fn: SimulatedFunction, alias: Alias): Record<string, unknown> => ({
  AliasArn: `${fn.arn}:${alias.name}`,
  Name: alias.name,
  FunctionVersion: alias.version,
  Description: alias.description,
  RevisionId: alias.revisionId,
  ...(Object.keys(alias.additional).length === 0
    ? {}
    : { RoutingConfig: { AdditionalVersionWeights: alias.additional } }),
});
