import { createRandom } from "../random.ts";
import { METHODS, type Method } from "./methods.ts";
import { type Cell, type Rollout, simulateRollout, WEIGHTS } from "./traffic.ts";

export type Score = {
  readonly method: string;
  /** Share of rollouts that were rolled back. */
  readonly caught: number;
  /** Median minute of the rollback; Infinity when fewer than half were rolled back. */
  readonly medianMinute: number;
  /** Mean minute of the rollback; a miss counts as the whole rollout. */
  readonly meanMinute: number;
  /** Mean failed requests of the canary until rollback; a miss also pays one bake at 100 %. */
  readonly errorsServed: number;
};

export type CellResult = { readonly cell: Cell; readonly repetitions: number; readonly scores: readonly Score[] };

type Tally = { readonly minutes: number[]; errors: number };

/** The rollouts of a cell, one after the other: the same for the same seed, whoever judges them. */
export function* rolloutsOf(cell: Cell, repetitions: number, seed: number | string): Generator<Rollout> {
  const random = createRandom(`${seed}/${JSON.stringify(cell)}`);
  for (let repetition = 0; repetition < repetitions; repetition++) yield simulateRollout(cell, random);
}

/** Runs every method over the same rollouts of a cell. */
export function measureCell(
  cell: Cell,
  repetitions: number,
  seed: number | string,
  methods: readonly Method[] = METHODS,
): CellResult {
  const tallies = methods.map((): Tally => ({ minutes: [], errors: 0 }));
  for (const rollout of rolloutsOf(cell, repetitions, seed)) {
    methods.forEach((method, i) => {
      const judge = method.begin(rollout);
      const stopped = rollout.minutes.findIndex((minute, index) => judge(minute, index));
      count(tallies[i], cell, rollout, stopped === -1 ? null : stopped);
    });
  }
  const scores = methods.map(({ name }, i) => scoreOf(name, tallies[i] ?? newTally(), cell, repetitions));
  return { cell, repetitions, scores };
}

export const newTally = (): Tally => ({ minutes: [], errors: 0 });

/** Adds a rollout that was rolled back after its minute `stopped`, counted from 0; null: never. */
export function count(tally: Tally | undefined, cell: Cell, { minutes }: Rollout, stopped: number | null): void {
  if (tally === undefined) return;
  const seen = stopped === null ? minutes : minutes.slice(0, stopped + 1);
  for (const minute of seen) tally.errors += minute.canary.errors;
  if (stopped === null) tally.errors += bakeAtFull(cell);
  else tally.minutes.push(stopped + 1);
}

export function scoreOf(method: string, { minutes, errors }: Tally, cell: Cell, repetitions: number): Score {
  const sorted = minutes.toSorted((a, b) => a - b);
  const missed = (repetitions - minutes.length) * WEIGHTS.length * cell.bakeMinutes;
  return {
    method,
    caught: minutes.length / repetitions,
    medianMinute: sorted[Math.ceil(repetitions / 2) - 1] ?? Number.POSITIVE_INFINITY,
    meanMinute: (minutes.reduce((sum, minute) => sum + minute, 0) + missed) / repetitions,
    errorsServed: errors / repetitions,
  };
}

const bakeAtFull = (cell: Cell): number => cell.bakeMinutes * cell.requestsPerMinute * cell.candidateRate;

/** Failed requests that the candidate of a cell serves on average when nobody judges it, one bake at 100 % included. */
export const errorsUnjudged = (cell: Cell): number =>
  bakeAtFull(cell) * (1 + WEIGHTS.reduce((sum, weight) => sum + weight, 0));
