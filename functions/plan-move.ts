/** Says what the rollout does next: reads how things stand, and lets `nextMove` decide. */
import type * as z from "zod";
import { EnvironmentInput, executionName } from "./domain/inputs.ts";
import { loadHead, loadPlan, loadSignals } from "./domain/ledger/load.ts";
import { expectLife } from "./domain/ledger/wake-pauses.ts";
import type { Dependencies } from "./domain/ports.ts";
import { holdRollout } from "./domain/promotion/hold-rollout.ts";
import { loadProgress } from "./domain/promotion/load-progress.ts";
import { nextMove } from "./domain/promotion/look-before-move.ts";
import { chunkOf, type Move } from "./domain/promotion/next-move.ts";
import { sayPassed } from "./domain/promotion/say-passed.ts";
import { whyStopped } from "./domain/traffic/journal.ts";
import { stopRollout } from "./domain/traffic/stop.ts";
import { windowAt } from "./domain/windows.ts";
import { step } from "./runtime/step.ts";

type Input = z.output<typeof EnvironmentInput>;

/** Longest a rollout that serves nobody is held before it looks again by itself, in seconds. */
const HOLD_SECONDS = 86_400;

/** How long the step after a move may take before the sweeper looks after it, in ms. */
const MOVE_MS = 20 * 60_000;

export const planMove = (deps: Dependencies) => async (input: Input) => {
  const { promotionId, environment } = input;
  const head = await loadHead(deps.ledger, promotionId, environment);
  if (head.state !== "open") return answer(deps, input, stopped(whyStopped(head)), 1);
  const plan = await loadPlan(deps, promotionId, environment);
  const signals = await loadSignals(deps.ledger, promotionId);
  const progress = await loadProgress(deps, input, plan);
  const window = windowAt(plan.window, deps.clock.now());
  const move = await nextMove(deps.ledger, promotionId, { plan, progress, signals, window, enteredAt: head.enteredAt });
  await expectLife(deps.ledger, promotionId, deps.clock.now() + MOVE_MS, move.summary);
  if (move.kind === "stop") {
    const by = move.outcome === "rejected" || move.outcome === "expired" ? "gate" : "operator";
    await stopRollout(deps, input, { by, outcome: move.outcome, summary: move.summary });
  }
  await sayPassed(deps, promotionId, plan, progress);
  if (move.kind === "watch") await holdRollout(deps, promotionId, plan, move);
  return answer(deps, input, move, chunkOf(progress, move));
};

const stopped = (summary: string): Move => ({ kind: "stop", outcome: "rolled-back", summary });

function answer(deps: Dependencies, { promotionId, environment }: Input, move: Move, chunk: number) {
  const phase = move.kind === "check" ? move.point : "phase" in move ? move.phase : "";
  return {
    kind: move.kind,
    weight: move.kind === "shift" ? move.weight : 0,
    phase,
    chunk,
    name: executionName(deps.hash, promotionId, environment, phase, chunk),
    approval: move.kind === "ask" ? move.approval : "",
    seconds: HOLD_SECONDS,
    summary: move.summary,
  };
}

export const handler = step("plan-move", EnvironmentInput, planMove);
