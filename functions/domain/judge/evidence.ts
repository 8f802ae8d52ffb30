import { thousands } from "../text.ts";
import { logSum } from "./statistics/log-numbers.ts";
import type { SequentialVerdict } from "./statistics/sequential.ts";

/**
 * The evidence of several metrics and targets as one verdict, under one alpha, and in words.
 *
 * A weighted mean of e-processes is an e-process whatever the dependence between them, so an environment fails when
 * sum(w_i E_i) reaches 1/alpha with weights that sum to 1: no Bonferroni, and a single metric with weight w still fails
 * it alone at 1/(w*alpha). The price is in the power of each: ln(1/w) nats.
 */
export type MetricEvidence = {
  readonly name: string;
  /** Share of the environment's evidence; those of all acting metrics sum to 1. Ignored for a dry run. */
  readonly weight: number;
  /** ln E of this metric now. */
  readonly logE: number;
  /** The metric's own verdict; only its `pass` counts here, whether it fails is for the sum to say. */
  readonly verdict: SequentialVerdict;
  /** Shown, never acting. */
  readonly dryRun?: boolean;
};

export type CombinedEvidence = {
  /** `fail` as of this look; the caller latches it. */
  readonly verdict: SequentialVerdict;
  /** ln sum(w_i E_i). */
  readonly logE: number;
  /** The metric that contributes most; `null` when none acts. */
  readonly leading: string | null;
  /** Each acting metric's part of the sum, largest first; the shares sum to 1. */
  readonly parts: readonly { readonly name: string; readonly logE: number; readonly share: number }[];
};

/** How far the weights may miss 1 by rounding. */
const WEIGHT_SLACK = 1e-9;

/**
 * Combines metrics after each minute. `pass` takes a pass of every acting metric, and there must be one: no evidence is
 * never a pass.
 *
 * @throws RangeError when the acting metrics' weights are not positive or do not sum to 1
 */
export function combineEvidence(metrics: readonly MetricEvidence[], alpha: number): CombinedEvidence {
  const acting = metrics.filter((metric) => metric.dryRun !== true);
  if (acting.length === 0) return { verdict: "continue", logE: 0, leading: null, parts: [] };
  requireWeights(acting);
  const weighted = acting.map((metric) => ({ ...metric, logPart: Math.log(metric.weight) + metric.logE }));
  const logE = logSum(weighted.map((metric) => metric.logPart));
  const parts = weighted
    .toSorted((a, b) => b.logPart - a.logPart)
    .map((metric) => ({ name: metric.name, logE: metric.logE, share: Math.exp(metric.logPart - logE) }));
  return { verdict: verdictOf(acting, logE, alpha), logE, leading: parts[0]?.name ?? null, parts };
}

function verdictOf(acting: readonly MetricEvidence[], logE: number, alpha: number): SequentialVerdict {
  if (logE >= -Math.log(alpha)) return "fail";
  return acting.every((metric) => metric.verdict === "pass") ? "pass" : "continue";
}

function requireWeights(acting: readonly MetricEvidence[]): void {
  const sum = acting.reduce((total, metric) => total + metric.weight, 0);
  const sound = acting.every((metric) => metric.weight > 0) && Math.abs(sum - 1) <= WEIGHT_SLACK;
  if (!sound) throw new RangeError(`the weights of the acting metrics must be positive and sum to 1, not ${sum}`);
}

/**
 * Relative weights made to sum to 1, so that a policy may say "errors 5, latency 3" for any number of targets.
 *
 * @throws RangeError when a weight is not positive
 */
export function shareWeights(relative: readonly number[]): number[] {
  if (!relative.every((weight) => weight > 0)) throw new RangeError("every weight must be positive");
  const sum = relative.reduce((total, weight) => total + weight, 0);
  return relative.map((weight) => weight / sum);
}

/** Beyond one in this many the exact number tells nobody anything. */
const RAREST = 1_000_000_000;

/**
 * "1 in 3,400": how rarely a tolerable candidate would ever show evidence this strong, as an upper bound (1/E, by
 * Ville's inequality), rounded to the cautious side; `null` while E is below 2 and the bound says nothing.
 */
export function oddsInWords(logE: number): string | null {
  if (logE < Math.LN2) return null;
  if (logE >= Math.log(RAREST)) return `less than 1 in ${thousands(RAREST)}`;
  return `1 in ${thousands(twoDigits(Math.exp(logE)))}`;
}

/**
 * The evidence in a sentence for whoever decides. Give it the largest ln E so far: the bound holds for the highest point
 * ever reached. It is not the chance that the candidate is good, and does not say so.
 */
export function evidenceInWords(logE: number): string {
  const bound = boundInWords(logE);
  if (bound === null) return "no evidence against the candidate: it behaves as the baseline does, within the tolerance";
  return `evidence against the candidate: were it as good as the baseline, evidence this strong would appear in ${bound} rollouts`;
}

/** "at most 1 of 3,400"; `null` as in `oddsInWords`. */
export function boundInWords(logE: number): string | null {
  const odds = oddsInWords(logE)?.replace(" in ", " of ");
  if (odds === undefined) return null;
  return odds.startsWith("less") ? odds : `at most ${odds}`;
}

/** Rounded down to two significant digits, so that a bound is never overstated. */
function twoDigits(value: number): number {
  const scale = 10 ** Math.max(0, Math.floor(Math.log10(value)) - 1);
  return Math.floor(value / scale + 1e-9) * scale;
}
