/** How much the candidate differs, for people. */
import { thousands } from "../text.ts";
import type { Effect, Effects } from "./effect.ts";
import { PER } from "./exposure.ts";

/** "+1.2 points, between +0.6 and +2.0", or "p50 x1.18, between x1.09 and x1.31". */
export function effectInWords(effect: Effect): string {
  const { quantile, estimate, low, high } = effect;
  if (effect.in !== "times") {
    return `${signed(estimate, effect)} ${UNITS[effect.in]}, between ${signed(low, effect)} and ${signed(high, effect)}`;
  }
  return `${quantile} x${times(estimate)}, between x${times(low)} and x${times(high)}`;
}

const UNITS = { points: "points", amount: `per ${thousands(PER)}` } as const;

const SHARES: Readonly<Record<string, string>> = { p50: "half of its requests take", p95: "its slowest 5 % take" };

/** "half of its requests take 2.1 times as long, between 1.9 and 2.3 (p50 180 ms against 85 ms)"; of the others as `effectInWords`. */
export function effectInFull(effect: Effect): string {
  if (effect.in !== "times") return effectInWords(effect);
  const { quantile = "", estimate, low, high, candidate, baseline } = effect;
  const whom = SHARES[quantile] ?? `its ${quantile} takes`;
  const against = `${quantile} ${ms(candidate)} against ${ms(baseline)}`;
  return `${whom} ${times(estimate)} times as long, between ${times(low)} and ${times(high)} (${against})`;
}

/** Of a step, and over all steps where those are more: what an effect is told by beside its figures. Empty: nothing is bounded. */
export function effectsInWords(effects: Effects | null | undefined): string[] {
  if (effects === null || effects === undefined) return [];
  const here = effects.step.map(effectInFull);
  const all = effects.total.map(effectInFull);
  const same = all.length === here.length && all.every((words, index) => words === here[index]);
  return same ? here : [...here, ...all.map((words) => `over all steps ${words}`)];
}

/** As many digits as the bounds are apart: two of their distance. */
function signed(value: number, { low, high }: Pick<Effect, "low" | "high">): string {
  const digits = Math.min(3, Math.max(0, 1 - Math.floor(Math.log10(Math.max(high - low, 1e-9)))));
  const text = Math.abs(value).toFixed(digits);
  if (Number(text) === 0) return text;
  return `${value < 0 ? "-" : "+"}${text}`;
}

const times = (value: number): string =>
  value >= 10 ? value.toFixed(0) : value >= 2 ? value.toFixed(1) : value.toFixed(2);

const ms = (value: number): string => `${Number(value.toPrecision(value >= 100 ? 3 : 2))} ms`;
