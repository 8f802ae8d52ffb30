/** Every promotion ends as its plan says; otherwise only for what was done to it, and then somebody is told why. */
import type { Outcome } from "../../../functions/domain/outcomes.ts";
import type { FaultCase } from "../cases.ts";
import type { Facts } from "../facts.ts";

type Ending = Outcome | "none";

export function endsAsItSays(facts: Facts): string[] {
  return facts.facts.flatMap(({ header }, index) => {
    const expected = facts.plan.expect[index];
    const outcome: Ending = header === null ? "none" : (header.outcome ?? "none");
    if (expected === undefined || outcome === expected.outcome) return [];
    const allowed = allowedBy(facts.case, expected.outcome);
    const isWarranted = allowed === "any" || allowed.includes(outcome);
    const isAsWritten = facts.case.kind === "none" && facts.case.seed === undefined;
    const isPlanned = !isAsWritten && expected.allow.includes(outcome);
    const found = `promotion ${index + 1} ended ${outcome}, not ${expected.outcome}`;
    if (!isWarranted && !isPlanned) return [`${found}: ${header?.summary ?? "nobody opened it"}`];
    return header !== null && header.summary === "" ? [`${found}, and nobody says why`] : [];
  });
}

/**
 * What a fault excuses, by its kind. Retries absorb what strikes once, so it excuses nothing; who stops or refuses a
 * promotion takes what comes of it. The first row that fits counts.
 */
const EXCUSES: readonly (readonly [RegExp, readonly Ending[] | "any"])[] = [
  [/^none$/, []],
  // A candidate that does not answer in time is what a probe is there to find.
  [/^call lost probe-candidate lambda:Invoke /, ["blocked"]],
  [/^call (throttled|lost|answer lost|arrives late) /, []],
  [/^handler (dies before|dies after|runs twice|wakes up late) /, []],
  [/^child (start lost|unheard) /, []],
  [/^sweeper /, []],
  [/^operator (hold|resume|skip-bake|promote-now) /, []],
  [/^operator roll-back /, ["rolled-back", "cancelled"]],
  [/^operator abort /, ["aborted", "cancelled"]],
  [/^alarm/, ["rolled-back", "blocked"]],
];

function allowedBy({ fault, kind }: FaultCase, expected: Ending): readonly Ending[] | "any" {
  const excuse = EXCUSES.find(([name]) => name.test(kind))?.[1] ?? "any";
  // Who skips the bake of a bad candidate has not let it be found out.
  if (fault === "operator skip-bake" && expected === "rolled-back") return ["promoted"];
  return excuse;
}
