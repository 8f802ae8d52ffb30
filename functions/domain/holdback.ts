/**
 * The share that the version serving before keeps at the step of 100 % and while the candidate is monitored, so that what
 * both share is no evidence against it. The finish gives the candidate all of the traffic when that is over.
 */
import type { EnvironmentPlan } from "./plan.ts";

type Held = Pick<EnvironmentPlan, "holdback">;

/** Percent of traffic that is held back; 0 where the plan asks for none. */
export const heldBack = ({ holdback = 0 }: Held): number => holdback;

/** Percent of traffic that a step really sets. */
export const shareAt = (plan: Held, weight: number): number => Math.min(weight, 100 - heldBack(plan));

/** Whether the monitoring comes before the finish, with the baseline beside the candidate. */
export const monitorsBeside = (plan: Held & Pick<EnvironmentPlan, "monitor">): boolean =>
  heldBack(plan) > 0 && plan.monitor !== null;

/** `1 % held back until the monitoring ends`; null where nothing is held back at this share. */
export function heldInWords(plan: Held & Pick<EnvironmentPlan, "monitor">, share: number): string | null {
  if (heldBack(plan) === 0 || share !== shareAt(plan, 100)) return null;
  return `${heldBack(plan)} % held back until ${plan.monitor === null ? "its bake" : "the monitoring"} ends`;
}
