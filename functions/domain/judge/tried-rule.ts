/** What came of trying a rule on what serves, kept beside the rule for whoever reads a verdict on it. */
import type { RulePlan } from "../plan.ts";

/** What came of trying one rule, as it is kept. Chances are of one rollout of a candidate as good as what serves. */
export interface TriedRule {
  readonly rollsBack: number;
  readonly holds: number;
  /** Of a rule that only warns. */
  readonly notes: number;
  /** How often what serves broke it by itself in the last `days`; null where only a summary of a week was known. */
  readonly times: number | null;
  readonly days: number | null;
}

/** "rolls back a good candidate with 12 %, and what serves broke it 14 times in the last 7 days". */
export function triedInWords({ rollsBack, holds, notes, times, days }: TriedRule, { onBreach }: RulePlan): string {
  const also = holds >= SMALLEST ? `, holds one with ${chanceInWords(holds)}` : "";
  const chances = {
    rollback: `rolls back a good candidate with ${chanceInWords(rollsBack)}${also}`,
    block: `holds a good candidate with ${chanceInWords(holds)}`,
    warn: `is noted of a good candidate with ${chanceInWords(notes)}`,
  }[onBreach];
  if (times === null || days === null) return chances;
  const often = { 0: "never", 1: "once" }[times] ?? `${times} times`;
  return `${chances}, and what serves broke it ${often} in the last ${spanInWords(days)}`;
}

function spanInWords(days: number): string {
  const [count, unit] = days < 1 ? [Math.round(days * 24), "hour"] : [Math.round(days), "day"];
  return count === 1 ? unit : `${count} ${unit}s`;
}

const SMALLEST = 1e-4;

/** A chance as people read it; below 0.01 % it rests on a model's tails. */
export function chanceInWords(chance: number): string {
  if (chance < SMALLEST) return "less than 0.01 %";
  return `${Number((100 * chance).toPrecision(2))} %`;
}
