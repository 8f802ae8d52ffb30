import type { When } from "../plan.ts";

/** `before`, `at-0`, `at-25`, `after`: how a point of the rollout is written in keys, phases and machine input. */
export function pointOf(when: When): string {
  return typeof when === "number" ? `at-${when}` : when;
}
