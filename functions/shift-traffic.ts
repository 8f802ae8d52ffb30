/** Sets the weight of a step on every target, by the journal, and reads it back. */
import * as z from "zod";
import { EnvironmentInput } from "./domain/inputs.ts";
import { appendAudit } from "./domain/ledger/append-audit.ts";
import { loadHeader, loadPlan } from "./domain/ledger/load.ts";
import { send } from "./domain/notices/send.ts";
import type { Dependencies } from "./domain/ports.ts";
import { moveAll } from "./domain/traffic/move-all.ts";
import { step } from "./runtime/step.ts";

const Input = EnvironmentInput.extend({ weight: z.number().gt(0).max(100) });

export const shiftTraffic =
  (deps: Dependencies) =>
  async ({ weight, ...promotion }: z.output<typeof Input>) => {
    const { promotionId, environment } = promotion;
    const moved = await moveAll(deps, promotion, { purpose: "shift", weight });
    if (moved.decision === "stop") return moved;
    await appendAudit(deps, promotionId, {
      id: `shifted-${environment}-${weight}`,
      kind: "shifted",
      environment,
      summary: `${weight} % of traffic on the candidate, read back`,
      data: { weight },
    });
    await tell(deps, promotionId, environment, weight);
    return moved;
  };

async function tell(deps: Dependencies, promotionId: string, environment: string, weight: number): Promise<void> {
  const { service, version } = await loadHeader(deps.ledger, promotionId);
  const plan = await loadPlan(deps, promotionId, environment);
  const subject = `${service} ${version}: ${weight} % in ${environment}`;
  const body = `${weight} % of traffic in ${environment} is on ${version}, read back.\nPromotion: ${promotionId}\n`;
  const notice = { name: `shifted-${environment}-${weight}`, subject, body };
  await send(deps, promotionId, notice, plan.notices, { mark: "before" });
}

export const handler = step("shift-traffic", Input, shiftTraffic);
