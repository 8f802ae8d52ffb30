/** Looks how far the targets are that move by themselves, and writes it down: again, done, or stop. */
import type * as z from "zod";
import { EnvironmentInput } from "./domain/inputs.ts";
import { appendAudit } from "./domain/ledger/append-audit.ts";
import type { Dependencies } from "./domain/ports.ts";
import { followMovement } from "./domain/traffic/drive.ts";
import { step } from "./runtime/step.ts";

export const followDrive = (deps: Dependencies) => async (promotion: z.output<typeof EnvironmentInput>) => {
  const { promotionId, environment } = promotion;
  const followed = await followMovement(deps, promotion);
  if (followed.decision === "done") {
    await appendAudit(deps, promotionId, {
      id: `drive-done-${environment}`,
      kind: "drive-done",
      environment,
      summary: `all traffic on the candidate, read back: ${followed.summary}`,
    });
  }
  return followed;
};

export const handler = step("follow-drive", EnvironmentInput, followDrive);
