/** One case from its plan to what is said of it. */
import type { Line } from "../timeline.ts";
import type { FaultCase } from "./cases.ts";
import { factsOf } from "./facts.ts";
import { isPaged, violations } from "./invariants.ts";
import { readFaultPlan } from "./plans.ts";
import { timeToSafe } from "./time-to-safe.ts";
import { run, type Trial } from "./trial.ts";

/** Plain data, so that a worker can send it. */
export interface Verdict {
  readonly id: string;
  readonly plan: string;
  readonly fault: string;
  /** How each promotion ended, by its record; `none` where there is none. */
  readonly outcomes: readonly string[];
  /** Empty: every rule holds. */
  readonly violations: readonly string[];
  /** Milliseconds; null: no traffic had to go back. */
  readonly timeToSafeMs: number | null;
  /** Whether anybody on call was paged. */
  readonly paged: boolean;
}

/** Runs a case and holds it to every rule. A case that throws violates the first of them: it does not end. */
export async function judgeCase(what: FaultCase, onLine?: (line: Line) => void): Promise<Verdict> {
  const { id, plan, fault } = what;
  try {
    return judgeTrial(await run(readFaultPlan(plan), what, onLine));
  } catch (error) {
    const found = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return {
      id,
      plan,
      fault,
      outcomes: [],
      violations: [`runs to its end: ${found}`],
      timeToSafeMs: null,
      paged: false,
    };
  }
}

/** Holds a case that has run to every rule. */
export function judgeTrial(trial: Trial): Verdict {
  const facts = factsOf(trial);
  const { id, plan, fault } = facts.case;
  return {
    id,
    plan,
    fault,
    outcomes: facts.facts.map(({ header }) => header?.outcome ?? "none"),
    violations: violations(facts),
    timeToSafeMs: timeToSafe(facts),
    paged: isPaged(facts),
  };
}
