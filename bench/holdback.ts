/**
 * What a share that is held back is worth: incidents that both arms share, and candidates that turn bad at 100 %.
 *
 *     node bench/holdback.ts [--repetitions N] [--seed N] [--part shared|alone|good|bad]...
 *
 * Everything is drawn from the seed: the same arguments print the same figures. Ends with status 1 if a goal is missed.
 */
import { parseArgs } from "node:util";
import { ADDED, ALONE, BAD, GOOD, SHARED, SHARES, type SharedCell, WATCHED } from "./holdback/cells.ts";
import { type Judged, judgeRollout, WHOLE_FROM, type World } from "./holdback/rollout.ts";
import { wholeNumber } from "./judge/options.ts";
import { table } from "./judge/results.ts";
import { createRandom } from "./random.ts";

const { values } = parseArgs({
  options: {
    repetitions: { type: "string", default: "500" },
    seed: { type: "string", default: "1" },
    part: { type: "string", multiple: true, default: ["shared", "alone", "good", "bad"] },
  },
});
/** The cells of a part that is asked for; none of another. */
const cellsOf = <C>(part: string, cells: readonly C[]): readonly C[] => (values.part.includes(part) ? cells : []);
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
/** Good candidates are played two fifths as often as what is shared, bad ones a tenth: they take longer, or show at once. */
const some = (share: number): number => Math.ceil(repetitions * share);
const shared = cellsOf("shared", SHARED).map(playShared);
const alone = cellsOf("alone", ALONE).map(playShared);
const good = cellsOf("good", GOOD).map(({ says, world }) => ({ says, judged: rollouts(says, world, some(0.4)) }));
const bad = cellsOf("bad", BAD).map((cell) => {
  const { rpm, added, holdback, world } = cell;
  return { ...cell, judged: rollouts(`${rpm} +${added} ${holdback}`, world, some(0.1)) };
});

function playShared({ says, world, from, until }: SharedCell) {
  const judged = rollouts(says, world, repetitions);
  const during = judged.filter(
    ({ rolledBackAt }) => rolledBackAt !== null && rolledBackAt >= from && rolledBackAt <= until,
  );
  return { says, judged, during: during.length };
}

/** `5, 98 %`: the median minute after the shift in which those caught were rolled back, and how many were. */
function caughtInWords(judged: readonly Judged[]): string {
  const minutes = judged.flatMap(({ rolledBackAt }) => (rolledBackAt === null ? [] : [rolledBackAt - WHOLE_FROM]));
  const median = minutes.toSorted((one, other) => one - other)[Math.floor((minutes.length - 1) / 2)];
  return `${median ?? "-"}, ${Math.round((100 * minutes.length) / judged.length)} %`;
}

interface Played {
  readonly says: string;
  readonly judged: readonly Judged[];
  /** Rolled back while something was shared. */
  readonly during?: number;
}

const falseRates = good.map(({ judged }) => rolledBack(judged) / judged.length);
const mean = falseRates.reduce((sum, rate) => sum + rate, 0) / Math.max(1, falseRates.length);
const worst = Math.max(0, ...falseRates);
const total = bad.filter(({ added }) => added === 1);
const goals = [
  {
    part: "shared",
    says: "shared with a baseline beside it: none rolled back while it lasts, none held",
    met: shared.every(({ judged, during }) => during + held(judged) === 0),
  },
  {
    part: "alone",
    says: "shared with nothing beside it: none rolled back while it lasts",
    met: alone.every(({ during }) => during === 0),
  },
  {
    part: "alone",
    says: "shared with nothing beside it: all held that came so far",
    met: alone.every(({ judged }) => held(judged) + rolledBack(judged) === judged.length),
  },
  { part: "good", says: "good with 1 % held back: at most 0.3 % rolled back on average", met: mean <= FALSE_MEAN },
  { part: "good", says: "good with 1 % held back: at most 1 % in each cell", met: worst <= FALSE_WORST },
  {
    part: "bad",
    says: "a total failure at 99 %: caught at any traffic",
    met: total.every(({ judged }) => rolledBack(judged) === judged.length),
  },
].filter(({ part }) => values.part.includes(part));

const outcomes = (all: readonly Played[]) =>
  all.map(({ says, judged, during = 0 }) => {
    const otherwise = rolledBack(judged) - during;
    return [says, `${during}`, `${otherwise}`, `${held(judged)}`, `${judged.length}`];
  });
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
const played = [...shared, ...alone, ...good];
const sections = [
  `# A share held back: seed ${seed}, ${repetitions} rollouts a cell`,
  ...(played.length === 0 ? [] : [table([["", "rolled back in it", "otherwise", "held", "of"], ...outcomes(played)])]),
  ...(bad.length === 0
    ? []
    : [
        `A candidate that turns bad with the last step, 0.1 % errors before; the median minute after the shift in which it is
rolled back, and how many are within ${WATCHED} minutes:`,
        table([["requests a minute", "held back", ...ADDED.map((added) => `+${100 * added} points`)], ...rows]),
      ]),
  ...(good.length === 0
    ? []
    : [
        `Good candidates: ${(100 * mean).toFixed(2)} % rolled back on average, ${(100 * worst).toFixed(2)} % in the worst cell.`,
      ]),
  "## Goals",
  table(goals.map(({ says, met }) => [met ? "met" : "NOT MET", says])),
];
process.stdout.write(`${sections.join("\n\n")}\n`);
if (!goals.every(({ met }) => met)) process.exitCode = 1;
