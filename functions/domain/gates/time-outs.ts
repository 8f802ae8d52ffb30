import { type Running, raisedSettles, tooShortBakes } from "../lateness.ts";
import type { EnvironmentPlan } from "../plan.ts";
import type { GateResult } from "./kinds/gate.ts";

/** Name of the check. */
const BAKES_HOLD = "bakes hold minutes that count";

/**
 * Whether each bake holds a minute that can count for the candidate, by the time-outs of what serves and of what would: one
 * that holds none is refused before anybody is asked. Empty where every minute counts as soon as `settle` says.
 */
export function timeOutsGate(plan: EnvironmentPlan, running: readonly Running[]): GateResult[] {
  const problems = tooShortBakes(plan, running);
  const found = (problems.length > 0 ? problems : raisedSettles(plan, running)).join("; ");
  return found === "" ? [] : [{ name: BAKES_HOLD, passed: problems.length === 0, found, onFail: "block" }];
}
