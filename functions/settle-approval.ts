import { type Standing, settleNow } from "./domain/approvals-settle.ts";
import { ApprovalName } from "./domain/approvals-store.ts";
import { approvalPause } from "./domain/pauses.ts";
import type { Dependencies } from "./domain/ports.ts";
import { step } from "./runtime/step.ts";

/** Reads what people and operators have said so far and says what it amounts to. */
export const settleApproval =
  (deps: Dependencies) =>
  async ({ promotionId, environment, approval }: ApprovalName): Promise<Standing & { readonly pause: string }> => ({
    ...(await settleNow(deps, promotionId, environment, approval)),
    pause: approvalPause(approval),
  });

export const handler = step("settle-approval", ApprovalName, settleApproval);
