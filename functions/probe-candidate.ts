/** Calls the exact candidate version of each target while it serves nobody. */
import type * as z from "zod";
import { Made, whyNotMade } from "./domain/candidate/made.ts";
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

/** An execution that began under Headgate 0.1.0 does not say how the making ended: there, a failure came no further. */
const Input = EnvironmentInput.extend({ candidates: Made.optional() });

export const probeCandidate = (deps: Dependencies) => async (input: z.output<typeof Input>) => {
  const { candidates = [], ...promotion } = input;
  const { promotionId, environment } = promotion;
  const head = await loadHead(deps.ledger, promotionId, environment);
  if (head.state !== "open") return { decision: "stop", summary: head.trip?.reason ?? whyStopped(head) };
  const broken = whyNotMade(candidates);
  if (broken !== null) return stopRollout(deps, promotion, { by: "error", outcome: "errored", summary: broken });
  const plan = await loadPlan(deps, promotionId, environment);
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

export const handler = step("probe-candidate", Input, probeCandidate);
