/** Every judge over the same scenarios: ours within the process, others as commands. */
import type { Experiment } from "./cells.ts";
import { type CommandJudge, JudgeFailed, startJudge } from "./command.ts";
import { count, measureCell, newTally, rolloutsOf, type Score, scoreOf } from "./measure.ts";
import { METHODS } from "./methods.ts";
import { nameOf } from "./results.ts";
import { type Scored, type Standing, standingOf } from "./standings.ts";

export type Run = { readonly experiments: readonly Experiment[]; readonly repetitions: number; readonly seed: number };

/** The methods that the project brings along. */
export function judgeOurselves({ experiments, repetitions, seed }: Run): Standing[] {
  const results = experiments.map(({ cell, effect, share }) => {
    return { cell, effect, scores: measureCell(cell, repetitions * share, seed).scores };
  });
  const scoresOf = (name: string): Scored[] =>
    results.flatMap(({ cell, effect, scores }) =>
      scores.filter((score) => score.method === name).map((score) => ({ cell, effect, score })),
    );
  return METHODS.map(({ name }) => standingOf(name, scoresOf(name)));
}

/**
 * A judge from outside.
 *
 * @throws JudgeFailed with the scenario, the rollout, the minute and the judge's last words
 */
export async function judgeByCommand(command: string, run: Run, timeoutMs: number): Promise<Standing> {
  const judge = startJudge(command, timeoutMs);
  try {
    const scored: Scored[] = [];
    for (const experiment of run.experiments) {
      const score = await scoreBy(command, judge, experiment, run);
      scored.push({ cell: experiment.cell, effect: experiment.effect, score });
    }
    return standingOf(command, scored);
  } finally {
    await judge.close();
  }
}

async function scoreBy(name: string, judge: CommandJudge, experiment: Experiment, run: Run): Promise<Score> {
  const { cell, share } = experiment;
  const repetitions = run.repetitions * share;
  const tally = newTally();
  try {
    for (const rollout of rolloutsOf(cell, repetitions, run.seed)) {
      count(tally, cell, rollout, await judge.judge(rollout));
    }
  } catch (error) {
    if (!(error instanceof JudgeFailed)) throw error;
    throw new JudgeFailed(`${nameOf(experiment)}, ${cell.noise}, ${error.message}`);
  }
  return scoreOf(name, tally, cell, repetitions);
}
