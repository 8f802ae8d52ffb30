/** In which order an environment's targets move: within a class side by side, one class after the other. */
import { kindOf } from "../../targets/kinds.ts";
import type { EnvironmentPlan } from "../plan.ts";

interface Named {
  readonly target: string;
  readonly kind: string;
}

/**
 * Forward: what is called before what requests enter by, so that new code is never met through an old door alone; and a
 * target that follows another's split after everything that is split.
 */
export function forwardClasses<T extends Named>(plan: Pick<EnvironmentPlan, "targets">, records: readonly T[]): T[][] {
  const isFollowing = ({ target }: T) =>
    plan.targets.some(({ name, follows }) => name === target && follows !== undefined);
  const split = records.filter((record) => !isFollowing(record));
  const following = records.filter(isFollowing);
  return [...byClass(split).toReversed(), ...byClass(following).toReversed()];
}

/**
 * Back: entry points come back before what they call, since a request must not meet new code through an old door, or the
 * reverse. Within a class, `first` goes ahead of the others: it is what the promotion was stopped for.
 */
export function backwardClasses<T extends Named>(records: readonly T[], first: readonly string[] = []): T[][] {
  const rank = ({ target }: T) => (first.includes(target) ? 0 : 1);
  const sorted = records.toSorted((a, b) => rank(a) - rank(b) || (a.target < b.target ? -1 : 1));
  return byClass(sorted);
}

function byClass<T extends Named>(records: readonly T[]): T[][] {
  const classes = Map.groupBy(records, ({ kind }) => kindOf(kind).restoreOrder);
  return [...classes].toSorted(([a], [b]) => a - b).map(([, members]) => members);
}
