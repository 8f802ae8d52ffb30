/** Calls the exact candidate version of each target while it serves nobody. */
import type * as z from "zod";
import { EnvironmentInput } from "./domain/inputs.ts";
import { appendAudit } from "./domain/ledger/append-audit.ts";
import type { TargetRecord } from "./domain/ledger/journal-records.ts";
import { loadHead, loadPlan, loadTargets } from "./domain/ledger/load.ts";
import { placeOf } from "./domain/ledger/plan-parts.ts";
import type { EnvironmentPlan } from "./domain/plan.ts";
import type { Dependencies } from "./domain/ports.ts";
import { whyStopped } from "./domain/traffic/journal.ts";
import { stopRollout } from "./domain/traffic/stop.ts";
import { step } from "./runtime/step.ts";

export const probeCandidate = (deps: Dependencies) => async (promotion: z.output<typeof EnvironmentInput>) => {
  const { promotionId, environment } = promotion;
  const head = await loadHead(deps.ledger, promotionId, environment);
  if (head.state !== "open") return { decision: "stop", summary: head.trip?.reason ?? whyStopped(head) };
  const plan = await loadPlan(deps.ledger, promotionId, environment);
  const findings: string[] = [];
  for (const record of await loadTargets(deps.ledger, promotionId, environment)) {
    const probed = await probe(deps, plan, record);
    if (probed === null) continue;
    const summary = `${record.target}, version ${record.candidate}: ${probed.found}`;
    await appendAudit(deps, promotionId, {
      id: `probe-${environment}-${record.target}`,
      kind: "probed",
      environment,
      summary,
    });
    if (!probed.ok) {
      return stopRollout(deps, promotion, {
        by: "gate",
        outcome: "blocked",
        summary: `the candidate does not answer as it must: ${summary}`,
      });
    }
    findings.push(summary);
  }
  return { decision: "go", summary: findings.length === 0 ? "no probes are set" : findings.join("; ") };
};

async function probe(deps: Dependencies, plan: EnvironmentPlan, record: TargetRecord) {
  const targetPlan = plan.targets.find(({ name }) => name === record.target);
  if (targetPlan?.probe === undefined || record.candidate === null) return null;
  const { prober } = deps.target(placeOf(plan), targetPlan);
  return prober === undefined ? null : prober.invoke(record.candidate, targetPlan.probe);
}

export const handler = step("probe-candidate", EnvironmentInput, probeCandidate);
