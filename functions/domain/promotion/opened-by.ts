/** Which approvals a move of traffic rests on, and asking anew for one, pure. */
import { approvalPhase, type Milestone, type Move, milestones, type Situation } from "./next-move.ts";

/**
 * The approvals since the last step that was baked, by their ids: they are what lets this move happen. None where it moves
 * no traffic: a weight that is set already is gone on with, and so is what moves by itself.
 */
export function openedBy({ plan, progress }: Pick<Situation, "plan" | "progress">, move: Move): string[] {
  if (move.kind !== "drive" && move.kind !== "finish" && move.kind !== "shift") return [];
  if (move.kind === "shift" && move.weight === progress.weight) return [];
  const all = milestones(plan);
  const before = all.slice(
    0,
    all.findIndex((one) => isTowards(one, move)),
  );
  const behind = before.findLastIndex((one) => one.kind === "step" && progress.baked[one.phase] !== undefined);
  return before.slice(behind + 1).flatMap((one) => (one.kind === "ask" ? [one.approval] : []));
}

function isTowards(milestone: Milestone, move: Move): boolean {
  if (move.kind !== "shift") return milestone.kind === move.kind;
  return milestone.kind === "step" && milestone.phase === move.phase;
}

/** Asks once more for an approval whose people have gone. Traffic stays as it is, and is watched, until others decide. */
export function askAnew(approval: string, { progress }: Pick<Situation, "progress">, why: string): Move {
  const phase = approvalPhase(approval, progress.baked);
  return { kind: "ask", approval, phase, summary: `asks anew for approval ${approval}: ${why}` };
}
