/** The last step: outcome, open ends, and the words of the machine's ending. */
import type * as z from "zod";
import { ErrorInput, PromotionInput, reasonOf } from "./domain/inputs.ts";
import type { Dependencies } from "./domain/ports.ts";
import { closePromotion as close } from "./domain/promotion/close.ts";
import { step } from "./runtime/step.ts";

const Input = PromotionInput.extend({ error: ErrorInput });

/** Step Functions' limit for a cause is 32,768 characters; people read the first lines. */
const LONGEST_SUMMARY = 2_000;

export const closePromotion =
  (deps: Dependencies) =>
  async ({ promotionId, error }: z.output<typeof Input>) => {
    const { outcome, summary } = await close(deps, promotionId, reasonOf(error));
    return { outcome, summary: summary.slice(0, LONGEST_SUMMARY) };
  };

export const handler = step("close-promotion", Input, closePromotion);
