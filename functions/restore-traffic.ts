/** Brings back whatever this promotion moved and has not closed, in every environment; nothing gates it. */
import type * as z from "zod";
import { isCodeReplaced } from "./domain/candidate/put-back.ts";
import { NotReady } from "./domain/errors.ts";
import { ErrorInput, PromotionInput, reasonOf } from "./domain/inputs.ts";
import { noteEnding } from "./domain/ledger/note-ending.ts";
import type { Dependencies } from "./domain/ports.ts";
import { bringBack, whyBack } from "./domain/promotion/bring-back.ts";
import { step } from "./runtime/step.ts";

const Input = PromotionInput.extend({ error: ErrorInput });

export const restoreTraffic =
  (deps: Dependencies) =>
  async ({ promotionId, error }: z.output<typeof Input>) => {
    const broken = reasonOf(error);
    const fallback = { by: "error" as const, reason: broken ?? "the rollout did not complete" };
    const { state, again, summary } = await bringBack(deps, promotionId, await whyBack(deps, promotionId, fallback));
    if (broken !== null) await noteEnding(deps, promotionId, "errored", broken);
    if (again) throw new NotReady(`traffic is not back yet: ${summary}`);
    // Traffic that was never moved leaves nothing to follow up; code that was replaced does.
    const left = state === "nothing" && (await isCodeReplaced(deps, promotionId)) ? "code" : state;
    return { state: left, summary };
  };

export const handler = step("restore-traffic", Input, restoreTraffic);
