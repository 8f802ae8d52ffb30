/** Fills the simulated AWS with what a plan expects to find: functions, aliases, artifacts, alarms. */
import { createHash } from "node:crypto";
import { gateOf } from "../../functions/domain/gates/kinds/table.ts";
import type { EnvironmentPlan, GatePlan, PromotionPlan, TargetPlan } from "../../functions/domain/plan.ts";
import type { AlarmRule } from "../aws/cloudwatch/alarms.ts";
import type { SimulatedLambda } from "../aws/lambda/lambda.ts";
import type { Scenario } from "../world/scenario.ts";

/** The version that serves before the promotion, unless the release itself names versions. */
export const BASELINE_VERSION = "7";

const digest = (text: string) => createHash("sha256").update(text);

export interface Artifact {
  readonly bucket: string;
  readonly key: string;
  readonly versionId: string;
  /** Hex. */
  readonly sha256: string;
}

/** Every S3 object that the plan speaks of; its content is its name. */
export function artifactsOf(plan: PromotionPlan): Artifact[] {
  return plan.environments.flatMap(({ targets }) =>
    targets.flatMap(({ artifact }) => {
      if (artifact.from !== "s3") return [];
      const { bucket, key, versionId } = artifact;
      return [
        {
          bucket,
          key,
          versionId,
          sha256: artifact.sha256 ?? digest(`${bucket}/${key}@${versionId}`).digest("hex"),
        },
      ];
    }),
  );
}

/** Creates each environment's functions with a version that serves, and one to promote where the release names it. */
export function createFunctions(lambda: SimulatedLambda, plan: PromotionPlan): void {
  for (const environment of plan.environments) {
    for (const target of environment.targets) createFunction(lambda, environment, target);
  }
}

function createFunction(lambda: SimulatedLambda, { account, region }: EnvironmentPlan, target: TargetPlan): void {
  const { functionName, alias, artifact } = target;
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

/** Alarms that the plan names and the scenario does not: they are there, and green. */
export function quietAlarms(plan: PromotionPlan, scenario: Scenario): AlarmRule[] {
  return plan.environments.flatMap((environment) => {
    const wanted = new Set([...environment.alarms, ...environment.checks.flatMap(alarmsOf)]);
    const known = new Set(scenario.alarms.map(({ name }) => name));
    return [...wanted].filter((name) => !known.has(name)).map((name) => quietAlarm(name, environment.account));
  });
}

const alarmsOf = (gate: GatePlan): readonly string[] => gateOf(gate.kind).alarms?.(gate) ?? [];

function quietAlarm(name: string, account: string): AlarmRule {
  return {
    name,
    account,
    namespace: "Headgate/Sandbox",
    metric: name,
    dimensions: {},
    statistic: "Sum",
    period: 60_000,
    comparison: ">",
    threshold: 0,
    datapointsToAlarm: 1,
    evaluationPeriods: 1,
    missing: "notBreaching",
    begins: "OK",
    turns: [],
  };
}
