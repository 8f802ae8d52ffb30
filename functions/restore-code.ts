/** Puts the code that versions are published from back, after the traffic: nobody is served from it. */
import type * as z from "zod";
import { putBackCode } from "./domain/candidate/put-back.ts";
import { PromotionInput } from "./domain/inputs.ts";
import type { Dependencies } from "./domain/ports.ts";
import { step } from "./runtime/step.ts";

export const restoreCode =
  (deps: Dependencies) =>
  async ({ promotionId }: z.output<typeof PromotionInput>) => ({ summary: await putBackCode(deps, promotionId) });

export const handler = step("restore-code", PromotionInput, restoreCode);
