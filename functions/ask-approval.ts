/** Asks the people whom the plan names for an approval, each by a personal link. */
import { askNow } from "./domain/approval/ask.ts";
import { ApprovalName } from "./domain/approval/records.ts";
import { lapOf } from "./domain/chunks.ts";
import { approvalPause } from "./domain/ledger/pauses.ts";
import type { Dependencies } from "./domain/ports.ts";
import { step } from "./runtime/step.ts";

export const askApproval = (deps: Dependencies) => async (name: ApprovalName) => {
  const { outcome, ...standing } = await askNow(deps, name);
  return { ...standing, ...lapOf(outcome, 0), pause: approvalPause(name.approval) };
};

export const handler = step("ask-approval", ApprovalName, askApproval);
