/**
 * How soon a regression is rolled back, and how often a good candidate is, in whole rehearsed promotions: the real
 * machines and handlers, the simulated CloudWatch with its late and partial minutes. Seeds 1 to N, none chosen.
 *
 *     node bench/rehearsed-judge.ts [--seeds N]
 *
 * 600 requests a minute, 0.1 % errors before the release, 10/25/50/100 % for a quarter of an hour each; the regression
 * fails five points more often from the first request on. Ends with status 1 if a bound is missed.
 */
import { parseArgs } from "node:util";
import { BOUNDS, type Caught, caught, type Spared, spared } from "./rehearsed/figures.ts";
import { type Rollout, rollOut } from "./rehearsed/rollout.ts";

const { values } = parseArgs({ options: { seeds: { type: "string", default: "200" } } });
const seeds = Number(values.seeds);
if (!Number.isInteger(seeds) || seeds < 1)
  throw new RangeError(`--seeds takes a whole number from 1, not ${values.seeds}`);

const bad = caught(await rollOuts(0.051), 10);
const good = spared(await rollOuts(0.001));
process.stdout.write(`# The judge, rehearsed: seeds 1 to ${seeds}\n\n${inWords(bad, good).join("\n")}\n`);
if (!isMet(bad, good)) process.exitCode = 1;

async function rollOuts(candidateErrorRate: number): Promise<Rollout[]> {
  const rollouts: Rollout[] = [];
  for (let seed = 1; seed <= seeds; seed++) {
    rollouts.push(await rollOut({ seed, requestsPerMinute: 600, baselineErrorRate: 0.001, candidateErrorRate }));
    if (seed % 20 === 0) process.stderr.write(`${seed} of ${seeds} with ${candidateErrorRate * 100} % errors\n`);
  }
  return rollouts;
}

function inWords(regression: Caught, healthy: Spared): string[] {
  const { medianMinutes, percentile95Minutes, falseRollbacksOf200 } = BOUNDS;
  return [
    "A regression of +5 points on 0.1 %, at 10 %:",
    `  rolled back in that step   ${regression.caughtAtOnce} of ${regression.rollouts}`,
    `  closed minutes             median ${regression.median} (at most ${medianMinutes}), 95th percentile ${regression.percentile95} (at most ${percentile95Minutes})`,
    ...regression.distribution.map(
      ([minutes, count]) =>
        `    ${String(minutes).padStart(8)}  ${String(count).padStart(4)}  ${"#".repeat(Math.ceil((60 * count) / regression.rollouts))}`,
    ),
    `  from shift to verdict      median ${regression.medianFromShift.toFixed(1)} minutes, settling included`,
    "",
    "A candidate as good as the baseline:",
    `  promoted                   ${healthy.promoted} of ${healthy.rollouts}`,
    `  rolled back                ${healthy.rolledBack} (at most ${falseRollbacksOf200} of 200)`,
  ];
}

function isMet(regression: Caught, healthy: Spared): boolean {
  return (
    regression.median <= BOUNDS.medianMinutes &&
    regression.percentile95 <= BOUNDS.percentile95Minutes &&
    healthy.rolledBack * 200 <= BOUNDS.falseRollbacksOf200 * Math.max(200, healthy.rollouts)
  );
}
