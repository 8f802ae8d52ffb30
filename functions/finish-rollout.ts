/** Makes the candidate the primary version of every target and clears the split, by the journal. */
import type * as z from "zod";
import { EnvironmentInput } from "./domain/inputs.ts";
import { appendAudit } from "./domain/ledger/append-audit.ts";
import type { Dependencies } from "./domain/ports.ts";
import { moveAll } from "./domain/traffic/move-all.ts";
import { step } from "./runtime/step.ts";

export const finishRollout = (deps: Dependencies) => async (promotion: z.output<typeof EnvironmentInput>) => {
  const { promotionId, environment } = promotion;
  const moved = await moveAll(deps, promotion, { purpose: "finish" });
  if (moved.decision === "stop") return moved;
  await appendAudit(deps, promotionId, {
    id: `finished-${environment}`,
    kind: "finished",
    environment,
    summary: "the candidate is the primary version, the split is cleared, read back",
  });
  return moved;
};

export const handler = step("finish-rollout", EnvironmentInput, finishRollout);
