/** Closes the journal of an environment as promoted, flips the version registry with it, then gives the locks back. */
import * as z from "zod";
import { EnvironmentInput } from "./domain/inputs.ts";
import { appendAudit } from "./domain/ledger/append-audit.ts";
import { loadHead, loadHeader, loadPlan, loadTargets } from "./domain/ledger/load.ts";
import type { Dependencies } from "./domain/ports.ts";
import { closePromoted } from "./domain/promotion/close-promoted.ts";
import { leaveEnvironment } from "./domain/promotion/leave.ts";
import { step } from "./runtime/step.ts";

const Input = EnvironmentInput.extend({ position: z.int().min(0) });

export const recordEnvironment =
  (deps: Dependencies) =>
  async ({ promotionId, environment, position }: z.output<typeof Input>) => {
    const header = await loadHeader(deps.ledger, promotionId);
    const head = await loadHead(deps.ledger, promotionId, environment);
    const plan = await loadPlan(deps, promotionId, environment);
    const targets = await loadTargets(deps.ledger, promotionId, environment);
    if (!(await closePromoted(deps, { header, head, plan, targets }))) return { decision: "stop", position };
    await leaveEnvironment(deps, promotionId, plan);
    await appendAudit(deps, promotionId, {
      id: `promoted-${environment}`,
      kind: "promoted",
      environment,
      summary: `${header.version} serves ${environment}`,
      data: { versions: Object.fromEntries(targets.map(({ target, candidate }) => [target, candidate])) },
    });
    return { decision: "go", position: position + 1 };
  };

export const handler = step("record-environment", Input, recordEnvironment);
