/**
 * Is what is said of a bake's power before the start what the judge then does? For each cell the smallest rise that is said
 * to be seen in 80 % of cases, and the bake that is said to see one point, are played on the judge of a metric as it runs.
 *
 *     node bench/power.ts [--repetitions N] [--seed N]
 *
 * Ends with status 1 when, in any cell, what is said to be seen in 80 % of cases is seen in less than 75 %, or a smallest
 * rise in more than 96 %. A bake counts whole minutes, and may see more than it says.
 */
import { parseArgs } from "node:util";
import { resumeColdMonitor } from "../functions/domain/judge/statistics/cold-start.ts";
import { adviseDetectable } from "../functions/domain/judge/statistics/detectable.ts";
import { createMonitor } from "../functions/domain/judge/statistics/sequential.ts";
import { createRandom } from "./random.ts";

const { values } = parseArgs({
  options: { repetitions: { type: "string", default: "1000" }, seed: { type: "string", default: "1" } },
});
const repetitions = Number(values.repetitions);
const SAID = 0.8;
const [LOWEST, HIGHEST] = [0.75, 0.96];
/** As the default of a Lambda function. */
const WARM_UP = { warmupMinutes: 2, warmupDelta: 0.05 };
const ALPHA = 0.05;
const WANTED = 0.01;

interface Cell {
  readonly rpm: number;
  readonly rate: number;
  readonly weight: number;
  readonly minutes: number;
  readonly phi: number;
}

const CELLS: readonly Cell[] = [60, 600, 6_000, 60_000].flatMap((rpm) =>
  [0.0005, 0.001, 0.01].flatMap((rate) =>
    [10, 50].flatMap((weight) =>
      [1, 3].flatMap((phi) => [15, 60].map((minutes) => ({ rpm, rate, weight, minutes, phi }))),
    ),
  ),
);

const SETTINGS = { alpha: ALPHA, delta: 0.0005 };
const COLD = { delta: WARM_UP.warmupDelta };

function adviceOn({ rpm, rate, weight, minutes, phi }: Cell) {
  const [step] = adviseDetectable({
    traffic: { requestsPerMinute: rpm, errorRate: rate, phi },
    steps: [{ weight, bakeMinutes: minutes }],
    config: { ...SETTINGS, ...WARM_UP },
    wantedRise: WANTED,
    certainty: SAID,
  }).steps;
  return step;
}

/** Share of bakes in which the judge fails a candidate that is worse by this much from its first request on. */
function seen({ rpm, rate, weight, phi }: Cell, minutes: number, rise: number): number {
  const random = createRandom(`${values.seed}/${[rpm, rate, weight, phi, minutes].join("/")}`);
  const burst = (mean: number): number => phi * random.poisson(mean / phi);
  const canary = (rpm * weight) / 100;
  const baseline = rpm - canary;
  const bakes = Array.from({ length: repetitions }, () => {
    const monitor = resumeColdMonitor(SETTINGS, COLD, { ...createMonitor(SETTINGS, []).state(), phi });
    for (let minute = 0; minute < minutes; minute++) {
      const arms = {
        canary: { requests: canary, errors: burst(canary * (rate + rise)) },
        baseline: { requests: baseline, errors: burst(baseline * rate) },
      };
      monitor.push({ step: 0, ...arms }, minute < WARM_UP.warmupMinutes);
      if (monitor.judgement().logE >= -Math.log(ALPHA)) return 1;
    }
    return 0;
  });
  return bakes.reduce((sum: number, caught) => sum + caught, 0) / repetitions;
}

const rises: number[] = [];
const times: number[] = [];
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
process.stdout.write(`# Said to be seen in ${percent(SAID)}: seed ${values.seed}, ${repetitions} bakes a cell\n\n`);
for (const cell of CELLS) {
  const advice = adviceOn(cell);
  const where = `${cell.rpm} rpm, ${100 * cell.rate} %, ${cell.weight} %, phi ${cell.phi}`;
  if (advice === undefined || advice.smallestRise === null) {
    process.stdout.write(`${where}, ${cell.minutes} min: sees nothing\n`);
    continue;
  }
  const rise = seen(cell, cell.minutes, advice.smallestRise);
  rises.push(rise);
  process.stdout.write(
    `${where}, ${cell.minutes} min: +${(100 * advice.smallestRise).toFixed(3)} points in ${percent(rise)}\n`,
  );
  if (cell.minutes !== 15 || advice.minutesForWanted === null || advice.minutesForWanted > 600) continue;
  const soon = seen(cell, advice.minutesForWanted, WANTED);
  times.push(soon);
  process.stdout.write(`${where}, ${advice.minutesForWanted} min: +1 point in ${percent(soon)}\n`);
}
const [low, high, late] = [Math.min(...rises), Math.max(...rises), Math.min(...times)];
const met = Math.min(low, late) >= LOWEST && high <= HIGHEST;
process.stdout.write(
  `\nsmallest rises: seen in ${percent(low)} to ${percent(high)} of bakes, ${rises.length} cells; one point: in ${percent(late)} or more, ${times.length} cells (${met ? "met" : "NOT MET"})\n`,
);
if (!met) process.exitCode = 1;
