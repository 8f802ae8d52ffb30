/** Traffic moves forward only when it may: in an open window, not before its time, and where the whole of it still fits. */

import type { WindowPlan } from "../../../functions/domain/plan.ts";
import { fits, plannedSeconds, windowAt } from "../../../functions/domain/windows.ts";
import type { Facts } from "../facts.ts";
import { type Rise, risesOf } from "./rises.ts";

/** From the look at the window until the write that follows it has arrived, in ms. */
const SLACK_MS = 20_000;

export function windowIsKept(facts: Facts): string[] {
  const rises = risesOf(facts).filter(({ from, to }) => to > from);
  return rises.flatMap((rise) => {
    const why = whyNot(rise, rises);
    return why === null ? [] : [`${rise.functionName} went from ${rise.from} % to ${rise.to} % ${why}`];
  });
}

function whyNot(rise: Rise, rises: readonly Rise[]): string | null {
  const { at, from } = rise;
  const { window, notBefore, steps } = rise.plan;
  if (notBefore !== null && at < notBefore) return "before its time";
  if (window === null) return null;
  const hasBegun = from > 0 || rises.some((other) => isOfOne(other, rise) && other.at < at - SLACK_MS);
  const isOpen = [at, at - SLACK_MS].some((moment) => windowAt(window, moment).open);
  if (!isOpen) return hasBegun && mayGoOn(rise, window) ? null : "outside the change window";
  if (hasBegun || window.scope === "shifts") return null;
  // How long before the first weight the rollout begins, candidate and probe included, depends on what goes wrong there.
  const mayFit = fits(window, at, plannedSeconds(steps) - BEGINNING_S);
  return mayFit ? null : "with too little of the change window left for the rollout";
}

const BEGINNING_S = 300;

/** What was monitored beside a baseline is not taken back for the hour, where a plan says that the rest is. */
const mayGoOn = ({ isFinish }: Rise, { whenItCloses }: WindowPlan): boolean =>
  whenItCloses === "finish" || (isFinish && whenItCloses === "roll-back");

const isOfOne = (one: Rise, other: Rise) => one.promotion === other.promotion && one.plan === other.plan;
