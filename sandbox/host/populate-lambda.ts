/** The functions behind a plan's Lambda aliases, as they are before anything is promoted. */
import type { EnvironmentPlan } from "../../functions/domain/plan.ts";
import type { LambdaAliasPlan } from "../../functions/targets/lambda-alias/kind.ts";
import type { Settings } from "../aws/lambda/function.ts";
import type { SimulatedLambda, VersionDefinition } from "../aws/lambda/lambda.ts";
import { fits, type Scenario, type SlowVersions } from "../world/scenario.ts";

/** The version that serves before the promotion, unless the release itself names versions. */
export const BASELINE_VERSION = "7";

/** Settings that make Lambda prepare something for each version: a snapshot, an image, a network interface. */
const SLOW_SETTINGS: Readonly<Record<SlowVersions["because"], Partial<Settings>>> = {
  "snap-start": { SnapStart: { ApplyOn: "PublishedVersions" } },
  image: { PackageType: "Image" },
  vpc: { VpcConfig: { VpcId: "vpc-0a1b2c3d", SubnetIds: ["subnet-0a1b2c3d"] } },
};

/** Creates a function with a version that serves, an older one, and one to promote where the release names it. */
export function createFunction(
  lambda: SimulatedLambda,
  { account, region }: Pick<EnvironmentPlan, "account" | "region">,
  { functionName, alias, artifact }: LambdaAliasPlan,
  { slowVersions, timeLimits }: Pick<Scenario, "slowVersions" | "timeLimits">,
): void {
  const named = artifact.from === "version" ? artifact.version : null;
  const baseline = named === BASELINE_VERSION ? String(Number(named) - 1) : BASELINE_VERSION;
  // A release of long ago, for whoever pins traffic to it by hand.
  const older = String(Math.min(Number(baseline), Number(named ?? baseline)) - 1);
  const versions = [older, baseline, ...(named === null ? [] : [named])].sort((a, b) => Number(a) - Number(b));
  const slow = slowVersions.find((rule) => fits(rule.function, functionName));
  const limited = timeLimits.find((rule) => fits(rule.function, functionName));
  lambda.createFunction({
    functionName,
    account,
    region,
    versions: versions.map(
      (version): VersionDefinition => ({
        version,
        code: `${account}/${functionName}@${version}`,
        Role: `arn:aws:iam::${account}:role/${functionName}`,
        ...(limited === undefined ? {} : { Timeout: limited.limit / 1_000 }),
        ...(slow === undefined ? {} : SLOW_SETTINGS[slow.because]),
        // What the release names was published a moment ago.
        ...(slow !== undefined && version === named ? { pendingMs: slow.pendingFor, failure: slow.failure } : {}),
      }),
    ),
    aliases: { [alias]: { version: baseline } },
    ...(slow === undefined ? {} : { comingUp: { ms: slow.pendingFor, failure: slow.failure } }),
  });
}
