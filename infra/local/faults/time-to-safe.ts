/** How long traffic stayed on a candidate after it should have gone back, by the simulated aliases' own history. */
import type { FaultCase } from "./cases.ts";
import type { AliasFacts } from "./facts.ts";
import type { Facts } from "./invariants.ts";

/**
 * Milliseconds from the instant at which something went wrong while the candidate served anybody, to the last change that
 * put an alias wholly back; null where no traffic had to go back. Where nothing went wrong before the candidate served,
 * it counts from its first request; where the candidate itself is bad, from its first bad one.
 */
export function timeToSafe(facts: Facts): number | null {
  const wrongAt = wrongSince(facts);
  const times = facts.aliases.flatMap((alias) => {
    const back = backOnBaseline(alias);
    if (back === null || wrongAt === null) return [];
    const badAt = Math.max(wrongAt, firstBad(alias, facts.plan.badFromWeight) ?? back);
    return [Math.max(0, back - badAt)];
  });
  return times.length === 0 ? null : Math.max(...times);
}

/** When the alias came back to the version that it began with for good; null: it never left it, or is not there. */
function backOnBaseline({ changes, baseline }: AliasFacts): number | null {
  const last = changes.at(-1);
  if (last === undefined || last.by === "hand" || last.weights[baseline] !== 1) return null;
  const away = changes.findLastIndex(({ weights }) => weights[baseline] !== 1);
  return away < 0 ? null : (changes[away + 1]?.at ?? null);
}

function firstBad({ changes, candidates }: AliasFacts, badFromWeight: number | null): number | null {
  const least = (badFromWeight ?? 1) / 100;
  const bad = changes.find(({ weights }) => candidates.some((one) => one !== null && (weights[one] ?? 0) >= least));
  return bad?.at ?? null;
}

/** The first deed or fault that struck (epoch ms); null: none did. Without a deed a bad candidate is what went wrong. */
function wrongSince({ struck, plan, case: what }: Facts): number | null {
  const [first] = struck;
  if (first !== undefined && !isHarmless(what)) return first;
  return plan.badFromWeight === null ? null : plan.scenario.startsAt;
}

const isHarmless = ({ happenings }: FaultCase) =>
  happenings.every(({ deed }) => deed.do === "sweep") && happenings.length > 0;
