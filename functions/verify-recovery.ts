/** Sees in the metrics that requests reach the baseline again: a few closed minutes after the restore. */
import type * as z from "zod";
import { PromotionInput } from "./domain/inputs.ts";
import { appendAudit } from "./domain/ledger/append-audit.ts";
import { loadHeader } from "./domain/ledger/load.ts";
import type { Dependencies } from "./domain/ports.ts";
import { lookAtRecovery } from "./domain/promotion/look-at-recovery.ts";
import { step } from "./runtime/step.ts";

const AGAIN_SECONDS = 60;

export const verifyRecovery =
  (deps: Dependencies) =>
  async ({ promotionId }: z.output<typeof PromotionInput>) => {
    const { environments } = await loadHeader(deps.ledger, promotionId);
    for (const environment of environments) {
      const recovery = await lookAtRecovery(deps, promotionId, environment);
      if (recovery.seen === "none") continue;
      if (recovery.seen === "early") return again();
      await appendAudit(deps, promotionId, {
        id: `recovered-${environment}`,
        kind: "recovered",
        environment,
        summary: `since the rollback: ${recovery.summary}`,
      });
    }
    return { decision: "done", seconds: AGAIN_SECONDS, summary: "looked at the metrics after the rollback" };
  };

const again = () => ({ decision: "again", seconds: AGAIN_SECONDS, summary: "metrics are not in yet" });

export const handler = step("verify-recovery", PromotionInput, verifyRecovery);
