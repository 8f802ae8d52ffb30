/**
 * Break-glass: brings the traffic of a promotion back from this machine, by the same journal and the same code as the
 * functions, when those cannot. It needs the table and the targets, and nothing else of Headgate.
 */

import { keys } from "../functions/domain/ledger/keys.ts";
import type { Dependencies } from "../functions/domain/ports.ts";
import { bringBack } from "../functions/domain/promotion/bring-back.ts";

export interface RestoreOptions {
  readonly promotionId: string;
  readonly reason: string;
  readonly deps: Dependencies;
  /** Takes text with its line ends, as `process.stdout.write` does. */
  readonly write: (text: string) => void;
}

/** Between two tries, and how many; an earlier write of a function may be on its way for seconds. */
const TRIES_AGAIN_MS = 5_000;
const MOST_TRIES = 60;

/**
 * Returns the exit code: 0 traffic is back and was read back (or was never moved), 2 there is no such promotion, 5 it is
 * not back, or was left alone because somebody else moved it. The promotion is closed by its sweeper afterwards.
 */
export async function restore({ promotionId, reason, deps, write }: RestoreOptions): Promise<0 | 2 | 5> {
  if ((await deps.ledger.read(keys.header(promotionId))) === undefined) {
    write(`There is no promotion ${promotionId}.\n`);
    return 2;
  }
  for (let tries = 1; ; tries++) {
    const back = await bringBack(deps, promotionId, { by: "operator", reason });
    write(`${back.summary}\n`);
    if (back.state === "verified" || back.state === "nothing") return 0;
    if (!back.again || tries === MOST_TRIES) return 5;
    await deps.clock.sleep(TRIES_AGAIN_MS);
  }
}
