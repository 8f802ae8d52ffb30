/**
 * Puts the code that versions are published from back, after the traffic: nobody is served from it. Then it looks at what
 * still runs on the candidates.
 */
import type * as z from "zod";
import { putBackCode } from "./domain/candidate/put-back.ts";
import { PromotionInput } from "./domain/inputs.ts";
import type { Dependencies } from "./domain/ports.ts";
import { settleInFlight } from "./domain/promotion/settle-in-flight.ts";
import { step } from "./runtime/step.ts";

export const restoreCode =
  (deps: Dependencies) =>
  async ({ promotionId }: z.output<typeof PromotionInput>) => {
    const code = await putBackCode(deps, promotionId);
    return { summary: [code, ...(await settleInFlight(deps, promotionId))].join("; ") };
  };

export const handler = step("restore-code", PromotionInput, restoreCode);
