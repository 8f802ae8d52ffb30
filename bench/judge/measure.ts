import { createRandom } from "../random.ts";
import { METHODS } from "./methods.ts";
import { type Cell, type Rollout, simulateRollout } from "./traffic.ts";

export type Score = {
  readonly method: string;
  /** Share of rollouts that were rolled back. */
  readonly caught: number;
  /** Median minute of the rollback; Infinity when fewer than half were rolled back. */
  readonly medianMinute: number;
  /** Mean failed requests of the canary until rollback; a miss also pays one bake at 100 %. */
  readonly errorsServed: number;
};

export type CellResult = { readonly cell: Cell; readonly repetitions: number; readonly scores: readonly Score[] };

type Tally = { minutes: number[]; errors: number };

/** Runs every method over the same rollouts of a cell. */
export function measureCell(cell: Cell, repetitions: number, seed: number): CellResult {
  const random = createRandom(`${seed}/${JSON.stringify(cell)}`);
  const tallies = METHODS.map((): Tally => ({ minutes: [], errors: 0 }));
  for (let repetition = 0; repetition < repetitions; repetition++) {
    const rollout = simulateRollout(cell, random);
    METHODS.forEach((method, i) => {
      const tally = tallies[i];
      if (tally !== undefined) follow(rollout, method.begin(rollout), cell, tally);
    });
  }
  const scores = METHODS.map(({ name }, i) => scoreOf(name, tallies[i] ?? { minutes: [], errors: 0 }, repetitions));
  return { cell, repetitions, scores };
}

function follow(
  rollout: Rollout,
  judge: ReturnType<(typeof METHODS)[number]["begin"]>,
  cell: Cell,
  tally: Tally,
): void {
  for (const [index, minute] of rollout.minutes.entries()) {
    tally.errors += minute.canary.errors;
    if (judge(minute, index)) {
      tally.minutes.push(index + 1);
      return;
    }
  }
  tally.errors += cell.bakeMinutes * cell.requestsPerMinute * cell.candidateRate;
}

function scoreOf(method: string, tally: Tally, repetitions: number): Score {
  const sorted = tally.minutes.toSorted((a, b) => a - b);
  return {
    method,
    caught: tally.minutes.length / repetitions,
    medianMinute: sorted[Math.ceil(repetitions / 2) - 1] ?? Number.POSITIVE_INFINITY,
    errorsServed: tally.errors / repetitions,
  };
}
