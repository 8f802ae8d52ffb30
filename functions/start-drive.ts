/** Tells every target that moves by itself to start, by the journal. */
import type * as z from "zod";
import { EnvironmentInput } from "./domain/inputs.ts";
import { appendAudit } from "./domain/ledger/append-audit.ts";
import type { Dependencies } from "./domain/ports.ts";
import { startMovement } from "./domain/traffic/drive.ts";
import { step } from "./runtime/step.ts";

export const startDrive = (deps: Dependencies) => async (promotion: z.output<typeof EnvironmentInput>) => {
  const { promotionId, environment } = promotion;
  const started = await startMovement(deps, promotion);
  if (started.decision === "stop") return started;
  await appendAudit(deps, promotionId, {
    id: `drive-started-${environment}`,
    kind: "drive-started",
    environment,
    summary: `told to move to the candidate by itself: ${started.summary}`,
  });
  return { ...started, decision: "go" as const };
};

export const handler = step("start-drive", EnvironmentInput, startDrive);
