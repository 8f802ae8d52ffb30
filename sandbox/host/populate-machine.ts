/** The state machines behind a plan's aliases, as they are before anything is promoted. */
import type { EnvironmentPlan } from "../../functions/domain/plan.ts";
import type { MachineAliasPlan } from "../../functions/targets/state-machine-alias/kind.ts";
import type { SimulatedStepFunctions } from "../aws/step-functions/step-functions.ts";

/** A workload's definition that differs from any other by its comment. */
export const definitionNamed = (Comment: string): string =>
  JSON.stringify({ Comment, StartAt: "Work", States: { Work: { Type: "Succeed" } } });

/**
 * Creates a machine with a version that serves. Where the release names a version, all up to it are there, and the one
 * before it serves: versions are counted from 1 without a gap.
 */
export function createMachine(
  stepFunctions: SimulatedStepFunctions,
  { account, region }: Pick<EnvironmentPlan, "account" | "region">,
  { stateMachineName: machine, alias, artifact }: MachineAliasPlan,
): void {
  const newest = artifact.from === "version" ? Number(artifact.version) : 1;
  const serving = String(Math.max(1, artifact.from === "version" ? newest - 1 : newest));
  const versions = Array.from({ length: newest }, (_, index) => ({
    definition: definitionNamed(`version ${index + 1} of ${machine}`),
  }));
  stepFunctions.createMachine({ machine, account, region, versions, aliases: { [alias]: { [serving]: 100 } } });
}
