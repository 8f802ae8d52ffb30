/** Advice as a promotion gives it: from last week's traffic in CloudWatch, once, kept for approvers and for the record. */

import { Terminal, Transient } from "../errors.ts";
import type { GateResult } from "../gates/kinds/gate.ts";
import { appendAudit } from "../ledger/append-audit.ts";
import { item } from "../ledger/items.ts";
import { keys } from "../ledger/keys.ts";
import { placeOf } from "../ledger/plan-parts.ts";
import type { EnvironmentPlan } from "../plan.ts";
import type { Dependencies } from "../ports.ts";
import { adviseSteps, type PlanAdvice, slowestOf, withRules } from "./advice.ts";
import { loadAdvice } from "./load-advice.ts";
import { readPast } from "./read-past.ts";
import { readWeekOfTraffic } from "./read-week.ts";
import { adviseRules } from "./rule-advice.ts";
import { servedOf } from "./served-past.ts";

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
    const steps = { ...adviseSteps(plan, week, now), slowest: slowestOf(week) };
    const advice = hasRules(plan) ? await withTriedRules(deps, plan, steps) : steps;
    if (advice.lines.length + advice.warnings.length + (advice.rules?.lines.length ?? 0) === 0) return null;
    await keep(deps, promotionId, plan.environment, advice);
    return asResult(advice);
  } catch (error) {
    if (!(error instanceof Transient || error instanceof Terminal)) throw error;
    const found = `last week's traffic could not be read: ${error.message}`;
    return { name: BAKES_SEE, passed: false, found, onFail: "warn" };
  }
}

const hasRules = ({ analysis }: EnvironmentPlan): boolean =>
  analysis.metrics.some(({ dryRun, rules }) => !dryRun && rules.length > 0);

async function withTriedRules(deps: Dependencies, plan: EnvironmentPlan, advice: PlanAdvice): Promise<PlanAdvice> {
  const past = await readPast(deps.metrics(placeOf(plan)), plan, deps.clock.now(), deps.settings.pastDays);
  return withRules(
    advice,
    plan,
    adviseRules(plan, (metric) => servedOf(past, metric, plan.analysis)),
  );
}

async function keep(deps: Dependencies, promotionId: string, environment: string, advice: PlanAdvice): Promise<void> {
  const { lines, warnings, refused, rules } = advice;
  const tried = rules === undefined ? {} : { rules: { lines: rules.lines, rate: rules.rate } };
  await appendAudit(deps, promotionId, {
    id: `advice-${environment}`,
    kind: ADVISED,
    environment,
    summary: warnings.length === 0 ? ALL_WELL : warnings.join("; ").slice(0, LONGEST_SUMMARY),
    data: { lines, warnings, refused, ...tried },
  });
  await deps.ledger.write([{ put: item(keys.advice(promotionId, environment), { ...advice }) }]);
}

const LONGEST_SUMMARY = 500;
const ALL_WELL = "each bake sees what it must";

function asResult({ warnings, refused }: PlanAdvice): GateResult {
  const found = warnings.length === 0 ? ALL_WELL : warnings.join("; ");
  return { name: BAKES_SEE, passed: warnings.length === 0, found, onFail: refused ? "block" : "warn" };
}
