import type { Problem } from "../documents/problems.ts";
import { Terminal, Transient } from "../errors.ts";
import { type Fitted, fitToTraffic } from "../judge/fit.ts";
import { readWeekOfTraffic } from "../judge/read-week.ts";
import { placeOf } from "../ledger/plan-parts.ts";
import type { Resolution } from "../plan/resolve.ts";
import type { EnvironmentPlan, PromotionPlan } from "../plan.ts";
import type { Dependencies } from "../ports.ts";
import { oneLine } from "../text.ts";

type Reading = Pick<Dependencies, "metrics" | "clock">;

/**
 * A resolved release whose environments are fitted to last week's traffic, as far as the policy leaves that open; refused
 * where no setting would pass a good candidate. Traffic that cannot be read decides nothing: the plan says so, and stays.
 */
export async function fitPlan(deps: Reading, resolved: Resolution): Promise<Resolution> {
  if (!resolved.ok) return resolved;
  const problems: Problem[] = [];
  const environments: EnvironmentPlan[] = [];
  for (const plan of resolved.plan.environments) {
    const one = await fitted(deps, plan, resolved.plan);
    environments.push(one.plan);
    problems.push(...one.problems);
  }
  if (problems.length > 0) return { ok: false, problems };
  return { ...resolved, plan: { ...resolved.plan, environments } };
}

async function fitted({ metrics, clock }: Reading, plan: EnvironmentPlan, release: PromotionPlan): Promise<Fitted> {
  if (plan.analysis.left === undefined) return { plan, problems: [] };
  try {
    return fitToTraffic(plan, await readWeekOfTraffic(metrics(placeOf(plan)), plan, clock.now()), release);
  } catch (error) {
    if (!(error instanceof Transient || error instanceof Terminal)) throw error;
    return { plan: unfitted(plan, oneLine(error.message)), problems: [] };
  }
}

function unfitted(plan: EnvironmentPlan, why: string): EnvironmentPlan {
  const chosen = [`the bakes are not fitted to the traffic, since last week's could not be read: ${why}`];
  return { ...plan, analysis: { ...plan.analysis, chosen } };
}
