import { askNow } from "./domain/approval/ask.ts";
import type { Standing } from "./domain/approval/standing.ts";
import { ApprovalName } from "./domain/approval/store.ts";
import { approvalPause } from "./domain/ledger/pauses.ts";
import type { Dependencies } from "./domain/ports.ts";
import { step } from "./runtime/step.ts";

/** Asks the people whom the plan names for an approval, each by a personal link. */
export const askApproval =
  (deps: Dependencies) =>
  async (name: ApprovalName): Promise<Standing & { readonly pause: string }> => ({
    ...(await askNow(deps, name)),
    pause: approvalPause(name.approval),
  });

export const handler = step("ask-approval", ApprovalName, askApproval);
