import type { Ending, Run, RunFigures, Tally } from "./runs.ts";

interface Closed {
  readonly run: Run;
  /** Epoch ms. */
  readonly at: number;
  readonly ending: Ending;
}

/** Figures while they are counted. */
interface Counting {
  started: number;
  readonly endings: Record<Ending, number>;
  readonly times: number[];
}

const nothing = (): Counting => ({
  started: 0,
  endings: { SUCCEEDED: 0, FAILED: 0, TIMED_OUT: 0, ABORTED: 0 },
  times: [],
});

type Counted = Pick<Tally, "version" | "alias"> & { readonly whole: Counting; readonly first: Counting };

/** What started and closed in one minute, by version and alias. */
export const tallied = (started: readonly Run[], closed: readonly Closed[]): readonly Tally[] => {
  const tallies = new Map<string, Counted>();
  const of = ({ version, alias }: Run): Counted => {
    const key = `${version} ${alias}`;
    const tally = tallies.get(key) ?? { version, alias, whole: nothing(), first: nothing() };
    tallies.set(key, tally);
    return tally;
  };
  const figuresOf = (run: Run): Counting[] => (run.early ? [of(run).whole, of(run).first] : [of(run).whole]);
  for (const run of started) for (const figures of figuresOf(run)) figures.started += 1;
  for (const { run, at, ending } of closed) {
    for (const { endings, times } of figuresOf(run)) {
      endings[ending] += 1;
      times.push(at - run.startedAt);
    }
  }
  return [...tallies.values()];
};

const ENDINGS = ["SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"] as const;

/** How many closed, whatever their ending. */
export const closedOf = ({ endings }: RunFigures): number => ENDINGS.reduce((sum, ending) => sum + endings[ending], 0);
