/** How far targets are that move by themselves, by what the journal has of them. */
import type { Intent, TargetRecord } from "../ledger/journal-records.ts";
import type { EnvironmentPlan } from "../plan.ts";
import { isFinished } from "./journal.ts";

/** `done`: each service said so, and all traffic was read back on the candidates. */
export type Movement = "none" | "moving" | "done";

/** The intent by which a target was told to move; undefined: it never was. `intents`: those of one target. */
export function newestDrive<T extends Pick<Intent, "purpose" | "sequence">>(intents: readonly T[]): T | undefined {
  return intents.filter(({ purpose }) => purpose === "drive").toSorted((a, b) => b.sequence - a.sequence)[0];
}

/** Over all targets of a plan. One that was told to move and is not known to have begun counts as moving. */
export function movementOf(
  plan: Pick<EnvironmentPlan, "targets">,
  records: readonly TargetRecord[],
  intents: readonly Pick<Intent, "target" | "purpose" | "sequence" | "result">[],
): Movement {
  const told = plan.targets.map(({ name }) => newestDrive(intents.filter(({ target }) => target === name)));
  if (told.every((intent) => intent === undefined)) return "none";
  const isOver = told.every((intent) => intent?.result?.outcome === "applied");
  return isOver && isFinished(plan, records) ? "done" : "moving";
}
