/** Has an approval settled by whoever may say what follows from it. */
import type { Dependencies } from "../ports.ts";
import type { ApprovalName } from "./records.ts";

/** Begins it; should that fail, the sweeper finds the approval's news within a minute. */
export async function haveSettled(
  deps: Pick<Dependencies, "settleWorker" | "log">,
  { promotionId, environment, approval }: ApprovalName,
): Promise<void> {
  const name = { promotionId, environment, approval };
  try {
    await deps.settleWorker.start(name);
  } catch (error) {
    deps.log.warn("an approval waits for the sweeper: settling could not be begun", { ...name, error: String(error) });
  }
}
