/** How long traffic stayed on a candidate after it should have gone back, by the simulated aliases' own history. */
import type { FaultCase } from "./cases.ts";
import type { AliasFacts, Facts } from "./facts.ts";

/**
 * Milliseconds from the instant at which something went wrong while a candidate served anybody, to the change that put the
 * alias wholly back, at worst; null where no traffic had to go back. Where nothing went wrong before the candidate served,
 * it counts from its first request; where the candidate itself is bad, from its first bad one.
 */
export function timeToSafe(facts: Facts): number | null {
  const wrongAt = wrongSince(facts);
  if (wrongAt === null) return null;
  const times = facts.aliases.flatMap((alias) =>
    outings(alias, facts)
      .filter(({ back }) => back >= wrongAt)
      .map(({ since, back }) => back - Math.max(wrongAt, since)),
  );
  return times.length === 0 ? null : Math.max(...times);
}

interface Outing {
  /** When a candidate first had as much traffic as makes it bad, or any, and when all of it was back (epoch ms). */
  readonly since: number;
  readonly back: number;
}

/** The times in which an alias was on its way to a candidate that it did not stay on. */
function outings(alias: AliasFacts, facts: Facts): Outing[] {
  const least = (facts.plan.badFromWeight ?? 1) / 100;
  const found: Outing[] = [];
  let since: number | null = null;
  let home = alias.baseline;
  for (const { at, weights, by } of alias.changes) {
    const belongs = homeAt(alias, facts, at);
    // It stayed where it went: that promotion is done.
    if (belongs !== home) since = null;
    home = belongs;
    const away = alias.candidates.some((one) => one !== null && one !== home && (weights[one] ?? 0) >= least);
    if (by === "hand") since = null;
    else if (away) since ??= at;
    else if (weights[home] === 1) {
      if (since !== null) found.push({ since, back: at });
      since = null;
    }
  }
  return found;
}

/** The version that the alias belongs on: that of the last promotion that was done with it by then. */
function homeAt({ baseline, candidates, environment }: AliasFacts, { facts }: Facts, at: number): string {
  const done = facts.flatMap(({ header, heads }, index) => {
    const version = candidates[index] ?? null;
    const promoted = heads.some((head) => head.environment === environment && head.outcome === "promoted");
    return version !== null && promoted && (header?.closedAt ?? at) < at ? [version] : [];
  });
  return done.at(-1) ?? baseline;
}

/** The first deed or fault that struck (epoch ms); null: none did. Without a deed a bad candidate is what went wrong. */
function wrongSince({ struck, plan, case: what }: Facts): number | null {
  const [first] = struck;
  if (first !== undefined && !isHarmless(what)) return first;
  return plan.badFromWeight === null ? null : plan.scenario.startsAt;
}

const isHarmless = ({ happenings }: FaultCase) =>
  happenings.every(({ deed }) => deed.do === "sweep") && happenings.length > 0;
