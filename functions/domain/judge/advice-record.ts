/** Advice as a promotion gives it: from last week's traffic in CloudWatch, once, kept for approvers and for the record. */

import { Terminal, Transient } from "../errors.ts";
import type { GateResult } from "../gates/kinds/gate.ts";
import { appendAudit } from "../ledger/append-audit.ts";
import { item } from "../ledger/items.ts";
import { keys } from "../ledger/keys.ts";
import { placeOf } from "../ledger/plan-parts.ts";
import type { EnvironmentPlan } from "../plan.ts";
import type { Dependencies, Ledger } from "../ports.ts";
import { adviseSteps, type PlanAdvice, slowestOf } from "./advice.ts";
import { readWeekOfTraffic } from "./read-week.ts";

/** Name of the check, and kind of the trail's entry. */
export const BAKES_SEE = "what the bakes can see";
export const ADVISED = "advice";

/**
 * Advises upon an environment's bakes, as a check does: it fails where a bake is blind or too short to pass, and blocks
 * only where the plan asks to be refused. Last week's traffic that cannot be read is a warning: it says nothing about the
 * release. Null where nothing in the plan can be advised upon.
 */
export async function adviseBefore(
  deps: Dependencies,
  promotionId: string,
  plan: EnvironmentPlan,
): Promise<GateResult | null> {
  const known = await loadAdvice(deps.ledger, promotionId, plan.environment);
  if (known !== null) return asResult(known);
  try {
    const now = deps.clock.now();
    const week = await readWeekOfTraffic(deps.metrics(placeOf(plan)), plan, now);
    const advice = { ...adviseSteps(plan, week, now), slowest: slowestOf(week) };
    if (advice.lines.length + advice.warnings.length === 0) return null;
    await keep(deps, promotionId, plan.environment, advice);
    return asResult(advice);
  } catch (error) {
    if (!(error instanceof Transient || error instanceof Terminal)) throw error;
    const found = `last week's traffic could not be read: ${error.message}`;
    return { name: BAKES_SEE, passed: false, found, onFail: "warn" };
  }
}

async function keep(
  deps: Dependencies,
  promotionId: string,
  environment: string,
  { lines, warnings, refused, slowest }: PlanAdvice,
): Promise<void> {
  await appendAudit(deps, promotionId, {
    id: `advice-${environment}`,
    kind: ADVISED,
    environment,
    summary: warnings.length === 0 ? "each bake sees what it must" : warnings.join("; ").slice(0, LONGEST_SUMMARY),
    data: { lines, warnings, refused },
  });
  await deps.ledger.write([
    { put: item(keys.advice(promotionId, environment), { lines, warnings, refused, slowest }) },
  ]);
}

const LONGEST_SUMMARY = 500;

function asResult({ warnings, refused }: PlanAdvice): GateResult {
  const found = warnings.length === 0 ? "each bake sees what it must" : warnings.join("; ");
  return { name: BAKES_SEE, passed: warnings.length === 0, found, onFail: refused ? "block" : "warn" };
}

/** Null before it was given, and where there was none to give. */
export async function loadAdvice(ledger: Ledger, promotionId: string, environment: string): Promise<PlanAdvice | null> {
  const found = await ledger.read(keys.advice(promotionId, environment));
  if (found === undefined) return null;
  const { lines, warnings, refused, slowest } = found as unknown as PlanAdvice;
  return { lines, warnings, refused, ...(slowest !== undefined && { slowest }) };
}
