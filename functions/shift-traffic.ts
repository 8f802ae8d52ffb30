/** Sets the weight of a step on every target, by the journal, and reads it back. */
import * as z from "zod";
import { heldInWords } from "./domain/holdback.ts";
import { EnvironmentInput } from "./domain/inputs.ts";
import { appendAudit } from "./domain/ledger/append-audit.ts";
import { loadHeader, loadPlan } from "./domain/ledger/load.ts";
import { send } from "./domain/notices/send.ts";
import type { EnvironmentPlan } from "./domain/plan.ts";
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
    const plan = await loadPlan(deps, promotionId, environment);
    const held = heldInWords(plan, weight);
    await appendAudit(deps, promotionId, {
      id: `shifted-${environment}-${weight}`,
      kind: "shifted",
      environment,
      summary: `${weight} % of traffic on the candidate, read back${held === null ? "" : `, ${held}`}`,
      data: { weight },
    });
    await tell(deps, promotionId, plan, weight);
    return moved;
  };

async function tell(deps: Dependencies, promotionId: string, plan: EnvironmentPlan, weight: number): Promise<void> {
  const { environment } = plan;
  const { service, version } = await loadHeader(deps.ledger, promotionId);
  const held = heldInWords(plan, weight);
  const rest = held === null ? "" : `${held}: the version before keeps it, and both are compared.\n`;
  const subject = `${service} ${version}: ${weight} % in ${environment}`;
  const body = `${weight} % of traffic in ${environment} is on ${version}, read back.\n${rest}Promotion: ${promotionId}\n`;
  const notice = { name: `shifted-${environment}-${weight}`, subject, body };
  await send(deps, promotionId, notice, plan.notices, { mark: "before" });
}

export const handler = step("shift-traffic", Input, shiftTraffic);
