/**
 * Keeps the token of a state that waits, then looks again: a word that came between the last look and the token would
 * otherwise be slept through.
 */
import * as z from "zod";
import { settle } from "./domain/approval/approval.ts";
import { findApproval, loadDecisions } from "./domain/approval/load.ts";
import { EnvironmentInput } from "./domain/inputs.ts";
import { loadHead, loadSignals } from "./domain/ledger/load.ts";
import { approvalPause, HOLD_PAUSE } from "./domain/ledger/pauses.ts";
import { isHeld, isStop } from "./domain/ledger/signals.ts";
import { expectLife, storePause } from "./domain/ledger/wake-pauses.ts";
import type { Dependencies } from "./domain/ports.ts";
import { step } from "./runtime/step.ts";

const Input = EnvironmentInput.extend({ pause: z.string().min(1), seconds: z.int().min(1), token: z.string().min(1) });
type Input = z.output<typeof Input>;

export const pause = (deps: Dependencies) => async (input: Input) => {
  const { promotionId, environment, seconds, token } = input;
  const until = deps.clock.now() + seconds * 1_000;
  await storePause(deps.ledger, promotionId, environment, { pause: input.pause, token, until });
  await expectLife(deps.ledger, promotionId, until, `the pause "${input.pause}" ends`);
  if (await isOver(deps, input)) await deps.executions.wake(token);
  return { summary: `paused for at most ${seconds} s` };
};

async function isOver(deps: Dependencies, { promotionId, environment, pause }: Input): Promise<boolean> {
  const signals = await loadSignals(deps.ledger, promotionId);
  const approval = approvalOf(pause);
  if (signals.some(isStop)) return true;
  if (approval === null)
    return pause === HOLD_PAUSE && (!isHeld(signals) || (await isStopped(deps, promotionId, environment)));
  const record = await findApproval(deps.ledger, { promotionId, environment, approval });
  if (record === undefined) return false;
  const decisions = await loadDecisions(deps.ledger, { promotionId, environment, approval });
  return settle(record, decisions, signals, deps.clock.now()).state !== "waiting";
}

/** An alarm trips the journal without a signal; whoever closes a promotion does. */
async function isStopped(deps: Dependencies, promotionId: string, environment: string): Promise<boolean> {
  return (await loadHead(deps.ledger, promotionId, environment)).state !== "open";
}

const APPROVAL_PREFIX = approvalPause("");

function approvalOf(pause: string): string | null {
  return pause.startsWith(APPROVAL_PREFIX) ? pause.slice(APPROVAL_PREFIX.length) : null;
}

export const handler = step("pause", Input, pause);
