export type AlarmState = "OK" | "ALARM" | "INSUFFICIENT_DATA";

export type MissingData = "missing" | "breaching" | "notBreaching" | "ignore";

/** What decides an alarm: a threshold, and how many of the latest datapoints must be beyond it. */
export interface Threshold {
  readonly comparison: ">" | ">=" | "<" | "<=";
  readonly threshold: number;
  readonly datapointsToAlarm: number;
  readonly evaluationPeriods: number;
  readonly missing: MissingData;
}

const COMPARISONS: Readonly<Record<Threshold["comparison"], (value: number, threshold: number) => boolean>> = {
  ">": (value, threshold) => value > threshold,
  ">=": (value, threshold) => value >= threshold,
  "<": (value, threshold) => value < threshold,
  "<=": (value, threshold) => value <= threshold,
};

/** Periods looked at beyond those evaluated, so that late datapoints do not count as missing at once. */
export const EXTRA_PERIODS = 3;

/**
 * The state that an alarm's datapoints call for [CloudWatch user guide, alarms and missing data]: where enough of them
 * are there, the latest decide; otherwise the missing ones are filled as the alarm says. `values` are those of the
 * evaluation range, oldest first, undefined where there is none.
 */
export const stateOf = (rule: Threshold, values: readonly (number | undefined)[], before: AlarmState): AlarmState => {
  const real = values.filter((value) => value !== undefined).slice(-rule.evaluationPeriods);
  const breaching = real.filter((value) => COMPARISONS[rule.comparison](value, rule.threshold)).length;
  if (breaching >= rule.datapointsToAlarm) return "ALARM";
  const gaps = rule.evaluationPeriods - real.length;
  if (gaps === 0) return "OK";
  switch (rule.missing) {
    case "breaching":
      return breaching + gaps >= rule.datapointsToAlarm ? "ALARM" : "OK";
    case "notBreaching":
      return "OK";
    case "ignore":
      return before;
    case "missing":
      return real.length === 0 ? "INSUFFICIENT_DATA" : "OK";
  }
};
