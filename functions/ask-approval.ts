import { askNow } from "./domain/approvals-ask.ts";
import type { Standing } from "./domain/approvals-settle.ts";
import { ApprovalName } from "./domain/approvals-store.ts";
import { approvalPause } from "./domain/pauses.ts";
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
