/** The functions behind a plan's Lambda aliases, as they are before anything is promoted. */
import { createHash } from "node:crypto";
import type { EnvironmentPlan } from "../../functions/domain/plan.ts";
import type { LambdaAliasPlan } from "../../functions/targets/lambda-alias/kind.ts";
import type { SimulatedLambda } from "../aws/lambda/lambda.ts";

/** The version that serves before the promotion, unless the release itself names versions. */
export const BASELINE_VERSION = "7";

const digest = (text: string) => createHash("sha256").update(text);

/** Creates a function with a version that serves, an older one, and one to promote where the release names it. */
export function createFunction(
  lambda: SimulatedLambda,
  { account, region }: Pick<EnvironmentPlan, "account" | "region">,
  { functionName, alias, artifact }: LambdaAliasPlan,
): void {
  const named = artifact.from === "version" ? artifact.version : null;
  const baseline = named === BASELINE_VERSION ? String(Number(named) - 1) : BASELINE_VERSION;
  // A release of long ago, for whoever pins traffic to it by hand.
  const older = String(Math.min(Number(baseline), Number(named ?? baseline)) - 1);
  const versions = [older, baseline, ...(named === null ? [] : [named])].sort((a, b) => Number(a) - Number(b));
  lambda.createFunction({
    functionName,
    account,
    region,
    versions: versions.map((version) => ({
      version,
      CodeSha256: digest(`${account}/${functionName}@${version}`).digest("base64"),
      Role: `arn:aws:iam::${account}:role/${functionName}`,
    })),
    aliases: { [alias]: { version: baseline } },
  });
}
