import { settleNow } from "./domain/approval/settle.ts";
import type { Standing } from "./domain/approval/standing.ts";
import { ApprovalName } from "./domain/approval/store.ts";
import { noteEnding } from "./domain/ledger/note-ending.ts";
import { approvalPause } from "./domain/ledger/pauses.ts";
import type { Dependencies } from "./domain/ports.ts";
import { step } from "./runtime/step.ts";

/** Reads what people and operators have said so far and says what it amounts to. */
export const settleApproval =
  (deps: Dependencies) =>
  async ({ promotionId, environment, approval }: ApprovalName): Promise<Standing & { readonly pause: string }> => {
    const standing = await settleNow(deps, promotionId, environment, approval);
    const { outcome, summary } = standing;
    // The machines pass on the word alone: without its reason the promotion would end as an error.
    if (outcome !== null && outcome !== "approved")
      await noteEnding(deps, promotionId, outcome, `approval for ${environment}: ${summary}`);
    return { ...standing, pause: approvalPause(approval) };
  };

export const handler = step("settle-approval", ApprovalName, settleApproval);
