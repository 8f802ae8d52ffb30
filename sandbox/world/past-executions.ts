import type { RunFigures } from "../aws/step-functions/runs.ts";
import { cumulative } from "../chance/normal.ts";
import type { Random } from "../chance/random.ts";
import { binomial, normal, poisson } from "../chance/samplers.ts";
import type { ExecutionConduct } from "./execution-conduct.ts";

/**
 * A minute of executions of which nobody asks for any by name: how many ended in which way is drawn as numbers, and how
 * long they took only if that is asked for. They are distributed as executions that are made one by one.
 */
export const pastFigures = (conduct: ExecutionConduct, random: Random, mean: number): RunFigures => {
  const { duration, timeLimit } = conduct;
  const started = poisson(random, mean);
  const failed = binomial(random, started, conduct.failed);
  const aborted = binomial(random, started - failed, shareOfRest(conduct.aborted, conduct.failed));
  const whole = started - failed - aborted;
  const hung = binomial(random, whole, shareOfRest(conduct.timedOut, conduct.failed + conduct.aborted));
  const late = binomial(random, whole - hung, tooLong(conduct));
  const [timedOut, succeeded] = [hung + late, whole - hung - late];
  let times: readonly number[] | undefined;
  return {
    started,
    endings: { SUCCEEDED: succeeded, FAILED: failed, TIMED_OUT: timedOut, ABORTED: aborted },
    get times() {
      if (times !== undefined) return times;
      const own = random.child("times");
      const drawn = () => Math.ceil(duration.median * Math.exp(duration.sigma * normal(own)));
      const within = (part: number) => Math.max(1, Math.min(timeLimit, Math.ceil(part * drawn())));
      times = [
        ...Array.from({ length: succeeded }, () => within(1)),
        ...Array.from({ length: failed + aborted }, () => within(own.uniform())),
        ...new Array<number>(timedOut).fill(timeLimit),
      ];
      return times;
    },
  };
};

const shareOfRest = (share: number, taken: number): number => (taken < 1 ? Math.min(1, share / (1 - taken)) : 0);

/** The share of executions that would take longer than they may. */
const tooLong = ({ duration: { median, sigma }, timeLimit }: ExecutionConduct): number => {
  if (sigma === 0) return median >= timeLimit ? 1 : 0;
  return 1 - cumulative(Math.log(timeLimit / median) / sigma);
};
