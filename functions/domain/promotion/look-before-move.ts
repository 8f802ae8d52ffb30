/** Looks again, right before traffic is moved, at the approvals that let it be moved. */
import { findApproval } from "../approval/load.ts";
import { whyNoLonger } from "../approval/look-again.ts";
import type { Ledger } from "../ports.ts";
import { decideMove, type Move, type Situation } from "./next-move.ts";
import { askAnew, openedBy } from "./opened-by.ts";

/**
 * The next move; or asking anew where those who said yes to it may not decide any more. Between a yes and its shift lie a
 * hold or a closed window, which may last for weeks. Throws what the ledger throws, and `NotReady` where the policy in force
 * cannot be read.
 */
export async function nextMove(ledger: Ledger, promotionId: string, situation: Situation): Promise<Move> {
  const move = decideMove(situation);
  const { environment } = situation.plan;
  for (const approval of openedBy(situation, move)) {
    const record = await findApproval(ledger, { promotionId, environment, approval });
    const why = record === undefined ? null : await whyNoLonger(ledger, record);
    if (why !== null) return askAnew(approval, situation, why);
  }
  return move;
}
