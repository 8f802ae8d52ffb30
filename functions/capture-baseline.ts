/** Writes down what serves now, before anything is touched, and refuses what cannot be rolled out or watched. */
import type * as z from "zod";
import { requireAsApproved } from "./domain/approval/load-bound.ts";
import { EnvironmentInput } from "./domain/inputs.ts";
import { captureReference } from "./domain/judge/capture-reference.ts";
import { loadHead, loadPlan, loadTargets } from "./domain/ledger/load.ts";
import type { Dependencies } from "./domain/ports.ts";
import { armAlarms } from "./domain/traffic/arm-alarms.ts";
import { captureTargets } from "./domain/traffic/capture-targets.ts";
import { whyStopped } from "./domain/traffic/journal.ts";
import { stopRollout } from "./domain/traffic/stop.ts";
import { step } from "./runtime/step.ts";
import { kindOf } from "./targets/kinds.ts";

export const captureBaseline = (deps: Dependencies) => async (promotion: z.output<typeof EnvironmentInput>) => {
  const { promotionId, environment } = promotion;
  const head = await loadHead(deps.ledger, promotionId, environment);
  if (head.state !== "open") return { decision: "stop", targets: [], summary: whyStopped(head) };
  await requireAsApproved(deps, promotionId, environment);
  const plan = await loadPlan(deps, promotionId, environment);
  const obstacle = (await captureTargets(deps, promotion, plan)) ?? (await armAlarms(deps, promotion, plan));
  if (obstacle !== null) {
    const stop = await stopRollout(deps, promotion, { by: "gate", outcome: "blocked", summary: obstacle });
    return { ...stop, targets: [] };
  }
  await captureReference(deps, plan, promotionId);
  const records = await loadTargets(deps.ledger, promotionId, environment);
  return {
    decision: "go",
    targets: records.map(({ target }) => target),
    summary: records
      .map(({ target, kind, baseline }) => `${target}: ${kindOf(kind).inWords(baseline.route)}`)
      .join("; "),
  };
};

export const handler = step("capture-baseline", EnvironmentInput, captureBaseline);
