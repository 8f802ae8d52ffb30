/**
 * The four verdicts, and how many of them become one.
 *
 * `inconclusive` is a measurement that says neither; `error` is no measurement at all. Neither is ever a pass.
 */
export const VERDICTS = ["pass", "inconclusive", "error", "fail"] as const;
export type Verdict = (typeof VERDICTS)[number];

/** Why a metric says neither: no datapoint is a thing of its own, and never a zero. */
export const NO_DATA = "no-data";

/**
 * The one table of severities. A fail outweighs an error: what was measured and is bad must bring traffic back, whatever
 * else could not be measured.
 */
const SEVERITY: Readonly<Record<Verdict, number>> = { pass: 0, inconclusive: 1, error: 2, fail: 3 };

/** Throws RangeError for a word that is no verdict: a misspelt verdict must not count as the mildest one. */
export function severityOf(verdict: Verdict): number {
  const severity: number | undefined = Object.hasOwn(SEVERITY, verdict) ? SEVERITY[verdict] : undefined;
  if (severity === undefined) throw new RangeError(`"${verdict}" is not a verdict`);
  return severity;
}

/** The most severe verdict. None at all is inconclusive: no evidence is never a pass. Throws RangeError (`severityOf`). */
export function worstOf(verdicts: readonly Verdict[]): Verdict {
  let worst: Verdict | undefined;
  for (const verdict of verdicts) {
    if (worst === undefined || severityOf(verdict) > severityOf(worst)) worst = verdict;
  }
  if (worst === undefined) return "inconclusive";
  severityOf(worst);
  return worst;
}
