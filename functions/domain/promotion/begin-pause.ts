/**
 * Keeps the token of a state that waits, then looks again: a word that came between the last look and the token would
 * otherwise be slept through.
 */

import { isNoted } from "../approval/in-force.ts";
import { findApproval, loadDecisions } from "../approval/load.ts";
import { loadInForce } from "../approval/load-in-force.ts";
import { settle } from "../approval/settlement.ts";
import { loadHead, loadSignals } from "../ledger/load.ts";
import { approvalPause, HOLD_PAUSE } from "../ledger/pauses.ts";
import { isHeld, isStop } from "../ledger/signals.ts";
import { expectLife, storePause } from "../ledger/wake-pauses.ts";
import type { Dependencies } from "../ports.ts";

type Tools = Pick<Dependencies, "ledger" | "clock" | "executions">;

export interface Waiting {
  readonly promotionId: string;
  readonly environment: string;
  /** The pause's name, as in `ledger/pauses.ts`. */
  readonly pause: string;
  readonly seconds: number;
  readonly token: string;
}

export async function beginPause(deps: Tools, waiting: Waiting): Promise<void> {
  const { promotionId, environment, pause, seconds, token } = waiting;
  const until = deps.clock.now() + seconds * 1_000;
  await storePause(deps.ledger, promotionId, environment, { pause, token, until });
  await expectLife(deps.ledger, promotionId, until, `the pause "${pause}" ends`);
  if (await isOver(deps, waiting)) await deps.executions.wake(token);
}

async function isOver(deps: Tools, { promotionId, environment, pause }: Waiting): Promise<boolean> {
  const signals = await loadSignals(deps.ledger, promotionId);
  const approval = approvalOf(pause);
  if (signals.some(isStop)) return true;
  if (approval === null)
    return pause === HOLD_PAUSE && (!isHeld(signals) || (await isStopped(deps, promotionId, environment)));
  const record = await findApproval(deps.ledger, { promotionId, environment, approval });
  if (record === undefined) return false;
  const decisions = await loadDecisions(deps.ledger, { promotionId, environment, approval });
  const inForce = await loadInForce(deps.ledger, record);
  const { state, gone } = settle(record, decisions, signals, inForce, deps.clock.now());
  return state !== "waiting" || !isNoted(record, gone);
}

/** An alarm trips the journal without a signal; whoever closes a promotion does. */
async function isStopped(deps: Tools, promotionId: string, environment: string): Promise<boolean> {
  return (await loadHead(deps.ledger, promotionId, environment)).state !== "open";
}

const APPROVAL_PREFIX = approvalPause("");

function approvalOf(pause: string): string | null {
  return pause.startsWith(APPROVAL_PREFIX) ? pause.slice(APPROVAL_PREFIX.length) : null;
}
