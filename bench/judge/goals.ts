import { AT_25, NONE } from "./cells.ts";
import { measureCell } from "./measure.ts";
import { KAYENTA, KAYENTA_WHOLE, METHODS, OURS } from "./methods.ts";
import { isNull, matches, mean, percent, type Result, scoreOf, timeRatio } from "./results.ts";
import type { Noise } from "./traffic.ts";

export type Goal = { readonly says: string; readonly met: boolean; readonly figure: string };

/** Kinds of noise for which the goals of false rollbacks in quiet traffic stand; wandering arms have one of their own. */
const QUIET: readonly Noise[] = ["independent", "bursts", "rate noise"];

/** Everything that the judge shall keep to. `worst`: the worst cells again, over more rollouts. */
export function goals(results: readonly Result[], worst: readonly Result[]): Goal[] {
  return [
    ...falseRollbackGoals(results, worst),
    wanderingGoal(results),
    ...speedGoals(results),
    caughtGoal(results),
    ...medianGoals(results),
    ...incidentGoals(results),
  ];
}

const isShortNull = (result: Result): boolean =>
  isNull(result) && result.cell.bakeMinutes === 15 && QUIET.includes(result.cell.noise);
const caught = (result: Result): number => scoreOf(result, OURS).caught;

/** The five cells where the judge rolled back most good candidates, drawn anew: the worst of many is partly bad luck. */
export function measureWorst(results: readonly Result[], repetitions: number, seed: number): Result[] {
  const five = results
    .filter(isShortNull)
    .toSorted((a, b) => caught(b) - caught(a))
    .slice(0, 5);
  const ours = METHODS.filter(({ name }) => name === OURS);
  return five.map(({ cell, effect }) => ({ ...measureCell(cell, repetitions, `${seed}/worst`, ours), effect }));
}

function falseRollbackGoals(results: readonly Result[], again: readonly Result[]): Goal[] {
  const shares = results.filter(isShortNull).map(caught);
  const worst = Math.max(...again.map(caught));
  const rollouts = again[0]?.repetitions ?? 0;
  return [
    {
      says: "false rollback <= 1 % in every 15-minute cell, the worst five drawn anew",
      met: worst <= 0.01,
      figure: `worst ${percent(worst)} % of ${rollouts} (${percent(Math.max(...shares))} % at first)`,
    },
    {
      says: "false rollback <= .3 % on average",
      met: mean(shares) <= 0.003,
      figure: `mean ${percent(mean(shares))} %`,
    },
  ];
}

function wanderingGoal(results: readonly Result[]): Goal {
  const shares = results.filter((r) => r.cell.noise === "wandering" && r.effect === NONE).map(caught);
  const worst = Math.max(...shares);
  return {
    says: "an arm that wanders by itself: false rollback <= 2 % in every cell",
    met: worst <= 0.02,
    figure: `worst ${percent(worst)} %, mean ${percent(mean(shares))} %`,
  };
}

const SPEEDS: readonly (readonly [noise: Noise, times: number])[] = [
  ["independent", 2.4],
  ["bursts", 2.3],
  ["rate noise", 1],
];

function speedGoals(results: readonly Result[]): Goal[] {
  return SPEEDS.flatMap(([noise, times]) =>
    [KAYENTA, KAYENTA_WHOLE].map((peer) => {
      const cells = results.filter((r) => r.effect !== NONE && matches(r, noise, 15));
      const ratio = timeRatio(cells, peer);
      return {
        says: `${times} times as soon as ${peer}, ${noise}`,
        met: ratio >= times,
        figure: `${ratio.toFixed(2)}x`,
      };
    }),
  );
}

function caughtGoal(results: readonly Result[]): Goal {
  const share = mean(results.filter((r) => r.effect !== NONE && matches(r, "independent", 15)).map(caught));
  return { says: "caught >= 85 %, independent", met: share >= 0.85, figure: `${percent(share)} %` };
}

const MEDIAN_GOALS: readonly (readonly [requestsPerMinute: number, minutes: number])[] = [
  [600, 12],
  [6_000, 4],
  [60_000, 2],
];

function medianGoals(results: readonly Result[]): Goal[] {
  return MEDIAN_GOALS.map(([requestsPerMinute, minutes]) => {
    const cell = results.find(
      (r) =>
        r.effect === "+1pp" &&
        matches(r, "independent", 15) &&
        r.cell.requestsPerMinute === requestsPerMinute &&
        r.cell.baselineRate === 0.001,
    );
    const median = cell === undefined ? Number.POSITIVE_INFINITY : scoreOf(cell, OURS).medianMinute;
    const says = `+1pp on .1 % at ${requestsPerMinute} a minute: median <= ${minutes} minutes`;
    return { says, met: median <= minutes, figure: `${median} minutes` };
  });
}

/**
 * Literally never is beyond any test that can fail at all; what is asked is that the incident itself moves nothing, so
 * that good candidates are rolled back in it no more often than in quiet traffic.
 */
function incidentGoals(results: readonly Result[]): Goal[] {
  const all = results.filter((r) => r.cell.incident !== null);
  const quiet = rolledBackShare(results.filter((r) => isNull(r) && matches(r, "independent", 15)));
  const at25 = all.filter((r) => r.cell.incident?.from === AT_25.from);
  return [
    incidentGoal("an incident shared by both arms: false rollback <= .3 % there too", all, quiet.share),
    incidentGoal("the same at 25 %", at25, quiet.share),
  ];
}

function incidentGoal(says: string, cells: readonly Result[], quiet: number): Goal {
  const { share, of } = rolledBackShare(cells);
  return { says, met: share <= 0.003, figure: `${of} (${percent(share)} %; without an incident ${percent(quiet)} %)` };
}

function rolledBackShare(cells: readonly Result[]): { share: number; of: string } {
  const rolledBack = cells.reduce((sum, r) => sum + caught(r) * r.repetitions, 0);
  const repetitions = cells.reduce((sum, r) => sum + r.repetitions, 0);
  return { share: rolledBack / repetitions, of: `${Math.round(rolledBack)} of ${repetitions}` };
}
