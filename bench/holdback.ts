/**
 * What a share that is held back is worth: incidents that both arms share, and candidates that turn bad at 100 %.
 *
 *     node bench/holdback.ts [--repetitions N] [--seed N]
 *
 * Everything is drawn from the seed: the same arguments print the same figures. Ends with status 1 if a goal is missed.
 */
import { parseArgs } from "node:util";
import { ADDED, ALONE, BAD, type Cell, GOOD, SHARED, SHARES, WATCHED } from "./holdback/cells.ts";
import { type Judged, judgeRollout, WHOLE_FROM, type World } from "./holdback/rollout.ts";
import { wholeNumber } from "./judge/options.ts";
import { table } from "./judge/results.ts";
import { createRandom } from "./random.ts";

const { values } = parseArgs({
  options: { repetitions: { type: "string", default: "500" }, seed: { type: "string", default: "1" } },
});
const repetitions = wholeNumber("--repetitions", values.repetitions);
const seed = wholeNumber("--seed", values.seed);
/** Of good candidates, over all cells and in the worst one: the judge's own goals. */
const FALSE_MEAN = 0.003;
const FALSE_WORST = 0.01;

const rollouts = (name: string, world: World, count: number): Judged[] => {
  process.stderr.write(`${name}\n`);
  const random = createRandom(`${seed}/holdback/${name}`);
  return Array.from({ length: count }, (_, index) => judgeRollout(world, random.split(String(index))));
};
const rolledBack = (judged: readonly Judged[]): number =>
  judged.filter(({ rolledBackAt }) => rolledBackAt !== null).length;
const held = (judged: readonly Judged[]): number => judged.filter(({ heldAt }) => heldAt !== null).length;
const play = ({ says, world }: Cell, count = repetitions) => ({ says, judged: rollouts(says, world, count) });

const shared = SHARED.map((cell) => play(cell));
const alone = ALONE.map((cell) => play(cell));
const good = GOOD.map((cell) => play(cell));
const bad = BAD.map((cell) => {
  const { rpm, added, holdback, world } = cell;
  return { ...cell, judged: rollouts(`${rpm} +${added} ${holdback}`, world, Math.ceil(repetitions / 5)) };
});

/** `5, 98 %`: the median minute after the shift in which those caught were rolled back, and how many were. */
function caughtInWords(judged: readonly Judged[]): string {
  const minutes = judged.flatMap(({ rolledBackAt }) => (rolledBackAt === null ? [] : [rolledBackAt - WHOLE_FROM]));
  const median = minutes.toSorted((one, other) => one - other)[Math.floor((minutes.length - 1) / 2)];
  return `${median ?? "-"}, ${Math.round((100 * minutes.length) / judged.length)} %`;
}

const falseRates = good.map(({ judged }) => rolledBack(judged) / judged.length);
const mean = falseRates.reduce((sum, rate) => sum + rate, 0) / falseRates.length;
const worst = Math.max(...falseRates);
const total = bad.filter(({ added }) => added === 1);
const goals = [
  {
    says: "shared with a baseline beside it: none rolled back, none held",
    met: shared.every(({ judged }) => rolledBack(judged) + held(judged) === 0),
  },
  {
    says: "shared with nothing beside it: none rolled back",
    met: alone.every(({ judged }) => rolledBack(judged) === 0),
  },
  { says: "shared with nothing beside it: all held", met: alone.every(({ judged }) => held(judged) === judged.length) },
  { says: "good with 1 % held back: at most 0.3 % rolled back on average", met: mean <= FALSE_MEAN },
  { says: "good with 1 % held back: at most 1 % in each cell", met: worst <= FALSE_WORST },
  {
    says: "a total failure at 99 %: caught at any traffic",
    met: total.every(({ judged }) => rolledBack(judged) === judged.length),
  },
];

const outcomes = (all: readonly { readonly says: string; readonly judged: readonly Judged[] }[]) =>
  all.map(({ says, judged }) => [says, `${rolledBack(judged)}`, `${held(judged)}`]);
const rows = [...new Set(BAD.map(({ rpm }) => rpm))].flatMap((rpm) =>
  SHARES.map((holdback) => [
    String(rpm),
    `${holdback} %`,
    ...ADDED.map((added) => {
      const one = bad.find((cell) => cell.rpm === rpm && cell.holdback === holdback && cell.added === added);
      return one === undefined ? "" : caughtInWords(one.judged);
    }),
  ]),
);
process.stdout.write(`# A share held back: seed ${seed}, ${repetitions} rollouts a cell

${table([["", "rolled back", "held"], ...outcomes([...shared, ...alone, ...good])])}

A candidate that turns bad with the last step, 0.1 % errors before; the median minute after the shift in which it is rolled
back, and how many are within ${WATCHED} minutes:

${table([["requests a minute", "held back", ...ADDED.map((added) => `+${100 * added} points`)], ...rows])}

Good candidates: ${(100 * mean).toFixed(2)} % rolled back on average, ${(100 * worst).toFixed(2)} % in the worst cell.

## Goals

${table(goals.map(({ says, met }) => [met ? "met" : "NOT MET", says]))}
`);
if (!goals.every(({ met }) => met)) process.exitCode = 1;
