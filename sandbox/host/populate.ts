/** Fills the simulated AWS with what a plan expects to find: functions, aliases, artifacts, alarms. */
import { createHash } from "node:crypto";
import { gateOf } from "../../functions/domain/gates/kinds/table.ts";
import type { GatePlan, PromotionPlan } from "../../functions/domain/plan.ts";
import type { AlarmRule } from "../aws/cloudwatch/alarm.ts";
import type { Scenario } from "../world/scenario.ts";
import { simulated, type TargetServices } from "./targets.ts";

const digest = (text: string) => createHash("sha256").update(text);

export interface Artifact {
  readonly bucket: string;
  readonly key: string;
  readonly versionId: string;
  /** Hex. */
  readonly sha256: string;
  readonly body?: string;
}

/** Every S3 object that the plan speaks of; its content is made of its name, unless the release says what its hash is. */
export function artifactsOf(plan: PromotionPlan): Artifact[] {
  return plan.environments.flatMap(({ targets }) =>
    targets.flatMap((target) => {
      const { artifact } = target;
      if (artifact.from !== "s3") return [];
      const { bucket, key, versionId } = artifact;
      const name = `${bucket}/${key}@${versionId}`;
      const body = simulated(target).artifact?.(name) ?? name;
      return [{ bucket, key, versionId, ...contentOf(body, artifact.sha256) }];
    }),
  );
}

function contentOf(body: string, said: string | undefined): Pick<Artifact, "sha256" | "body"> {
  return said === undefined ? { sha256: digest(body).digest("hex"), body } : { sha256: said };
}

/** Creates what holds each environment's traffic, with a version that serves. */
export function createTargets(
  services: TargetServices,
  plan: PromotionPlan,
  world: Pick<Scenario, "slowVersions" | "timeLimits">,
): void {
  for (const environment of plan.environments) {
    for (const target of environment.targets) simulated(target).create(services, environment, target, world);
  }
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
