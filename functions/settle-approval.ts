/**
 * Reads what people and operators have said so far and says what it amounts to. Its machine runs it on each wake; those who
 * take decisions have it run as soon as there is one, and then it is what wakes the machine.
 */
import * as z from "zod";
import { ApprovalName } from "./domain/approval/records.ts";
import { settleNow } from "./domain/approval/settle.ts";
import { lapOf } from "./domain/chunks.ts";
import { noteEnding } from "./domain/ledger/note-ending.ts";
import { approvalPause } from "./domain/ledger/pauses.ts";
import { wakePauses } from "./domain/ledger/wake-pauses.ts";
import type { Dependencies } from "./domain/ports.ts";
import { approvalName } from "./domain/promotion/children.ts";
import { step } from "./runtime/step.ts";

const Input = ApprovalName.extend({
  /** Sent by who took a decision: the machine sleeps, and is to read it. The machine itself is awake. */
  wake: z.literal(true).optional(),
  /** Number of the execution that waits for this approval, and how often it has looked. */
  chunk: z.int().min(1).optional(),
  looks: z.int().min(0).optional(),
});

export const settleApproval =
  (deps: Dependencies) =>
  async ({ promotionId, environment, approval, wake, ...counts }: z.output<typeof Input>) => {
    const pause = approvalPause(approval);
    const wakeUp = wake && (() => wakePauses(deps, promotionId, environment, pause));
    const { outcome, ...standing } = await settleNow(deps, promotionId, environment, approval, wakeUp);
    // The machines pass on the word alone: without its reason the promotion would end as an error.
    if (outcome !== null && outcome !== "approved")
      await noteEnding(deps, promotionId, outcome, `approval for ${environment}: ${standing.summary}`);
    const looks = (counts.looks ?? 0) + 1;
    const chunk = (counts.chunk ?? 1) + 1;
    return {
      ...standing,
      ...lapOf(outcome, looks),
      looks,
      pause,
      nextName: approvalName(deps.hash, promotionId, environment, chunk),
      nextChunk: chunk,
    };
  };

export const handler = step("settle-approval", Input, settleApproval);
