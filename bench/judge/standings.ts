/** What became of each judge over the scenarios: the figures of the table and the picture. */
import { NONE } from "./cells.ts";
import { errorsUnjudged, type Score } from "./measure.ts";
import { mean, percent, type Result } from "./results.ts";
import type { Noise } from "./traffic.ts";

/** Shares are fractions; means are over scenarios. */
export type Standing = {
  readonly name: string;
  readonly falseRollbacks: readonly { readonly group: string; readonly mean: number; readonly worst: number }[];
  /** Over all scenarios with a good candidate. */
  readonly falseMean: number;
  readonly caught: number;
  /** Minute of the rollback of a bad candidate; a miss counts as the whole rollout. */
  readonly minutes: number;
  /** Failed requests of bad candidates, of those that they would serve with nobody judging. */
  readonly served: number;
};

/** A judge's score in one scenario. */
export type Scored = Pick<Result, "cell" | "effect"> & { readonly score: Score };

const INCIDENT = "shared incident";
const GROUPS: readonly (Noise | typeof INCIDENT)[] = ["independent", "bursts", "rate noise", "wandering", INCIDENT];

/** A judge's standing from its scores, one a scenario. */
export function standingOf(name: string, scored: readonly Scored[]): Standing {
  const good = scored.filter(({ effect }) => effect === NONE);
  const bad = scored.filter(({ effect }) => effect !== NONE);
  return {
    name,
    falseRollbacks: GROUPS.map((group) => {
      const shares = good.filter((one) => groupOf(one) === group).map(({ score }) => score.caught);
      return { group, mean: mean(shares), worst: Math.max(...shares) };
    }),
    falseMean: mean(good.map(({ score }) => score.caught)),
    caught: mean(bad.map(({ score }) => score.caught)),
    minutes: mean(bad.map(({ score }) => score.meanMinute)),
    served: mean(bad.map(({ cell, score }) => score.errorsServed / errorsUnjudged(cell))),
  };
}

const groupOf = ({ cell }: Scored): string => (cell.incident === null ? cell.noise : INCIDENT);

/** As Markdown, for the page. */
export function standingsTable(standings: readonly Standing[]): string {
  const header = ["| |", ...GROUPS.map((group) => ` ${group} |`), " caught | minutes | served |"].join("");
  const rule = `|---|${"---|".repeat(GROUPS.length + 3)}`;
  const rows = standings.map(({ name, falseRollbacks, caught, minutes, served }) => {
    const shares = falseRollbacks.map((one) => ` ${percent(one.mean)} (${percent(one.worst)}) |`).join("");
    return `| ${name} |${shares} ${percent(caught)} % | ${minutes.toFixed(1)} | ${percent(served)} % |`;
  });
  return [header, rule, ...rows].join("\n");
}
