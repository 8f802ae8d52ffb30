/** Writes down where the evidence of a failed candidate lies before anybody tidies up: versions, logs, span of time. */
import type * as z from "zod";
import { PromotionInput } from "./domain/inputs.ts";
import { appendAudit } from "./domain/ledger/append-audit.ts";
import { asHead } from "./domain/ledger/journal-records.ts";
import { keys } from "./domain/ledger/keys.ts";
import { loadHeader, loadPlanAsStored, loadTargets } from "./domain/ledger/load.ts";
import type { Dependencies } from "./domain/ports.ts";
import { bind } from "./domain/traffic/bind.ts";
import { step } from "./runtime/step.ts";
import { kindOf } from "./targets/kinds.ts";

export const preserveEvidence =
  (deps: Dependencies) =>
  async ({ promotionId }: z.output<typeof PromotionInput>) => {
    const { environments } = await loadHeader(deps.ledger, promotionId);
    let kept = 0;
    for (const environment of environments) {
      const head = await deps.ledger.read(keys.head(promotionId, environment));
      if (head === undefined || asHead(head).firstShiftAt === null || asHead(head).outcome === "promoted") continue;
      const { firstShiftAt, trip } = asHead(head);
      const plan = await loadPlanAsStored(deps.ledger, promotionId, environment);
      const targets = await loadTargets(deps.ledger, promotionId, environment);
      const evidence = targets.map((record) => ({
        target: record.target,
        candidate: record.candidate,
        baseline: kindOf(record.kind).serving(record.baseline.route),
        logGroup: kindOf(record.kind).logGroup(bind(deps, plan, record).plan),
      }));
      const span = { from: firstShiftAt, to: deps.clock.now() };
      await appendAudit(deps, promotionId, {
        id: `evidence-${environment}`,
        kind: "evidence",
        environment,
        summary: `candidate versions are kept; their logs: ${evidence.map(({ logGroup }) => logGroup).join(", ")}`,
        data: { ...span, account: plan.account, region: plan.region, trip, targets: evidence },
      });
      kept += evidence.length;
    }
    return { summary: `evidence of ${kept} targets is written down` };
  };

export const handler = step("preserve-evidence", PromotionInput, preserveEvidence);
