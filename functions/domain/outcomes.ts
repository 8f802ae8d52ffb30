/** How a promotion, or its part in one environment, ended. Only `promoted` ends an execution as succeeded. */
export const OUTCOMES = [
  "promoted",
  "rolled-back",
  "rejected",
  "expired",
  "blocked",
  "superseded",
  "cancelled",
  "aborted",
  "errored",
  "rollback-failed",
] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** Who or what tripped the journal: brought traffic back, or asked for it. */
export const TRIPPED_BY = [
  "judge",
  "alarm",
  "operator",
  "gate",
  "error",
  "sweeper",
  "window",
  "monitor",
  "conflict",
] as const;
export type TrippedBy = (typeof TRIPPED_BY)[number];

const EXIT_CODES: Readonly<Record<Outcome, number>> = {
  promoted: 0,
  errored: 1,
  aborted: 1,
  "rolled-back": 3,
  rejected: 4,
  expired: 4,
  blocked: 4,
  superseded: 4,
  cancelled: 4,
  "rollback-failed": 5,
};

/** Exit code of the command line for an outcome; 2 is kept for bad input. */
export function exitCodeOf(outcome: Outcome): number {
  return EXIT_CODES[outcome];
}
