/**
 * Does a newcomer's first promotion pass? Good and bad candidates of a policy that says nothing of how it is judged, over
 * traffic and error rates: last week is drawn, the plan is fitted to it, and each look of the rollout is judged.
 *
 *     node bench/defaults.ts [--seeds N] [--seed NAME] [--burst N]
 *
 * Ends with status 1 when in any cell fewer than 95 % of good candidates are promoted, or refused at the start with what
 * would do; or when a candidate that fails five points more often passes every step.
 */
import { parseArgs } from "node:util";
import { type End, type Played, play, type World } from "./defaults/world.ts";

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "200" },
    seed: { type: "string", default: "1" },
    // Mean size of the bursts in which errors come; 1: independent. Both 1 and 3 unless given.
    burst: { type: "string" },
  },
});
const seeds = Number(values.seeds);
if (!Number.isInteger(seeds) || seeds < 1)
  throw new RangeError(`--seeds takes a whole number from 1, not ${values.seeds}`);

const TRAFFIC = [60, 200, 600, 6_000, 60_000] as const;
const RATES = [0.0005, 0.001, 0.005, 0.01] as const;
const BURSTS = values.burst === undefined ? [1, 3] : [Number(values.burst)];
const ENDS: readonly End[] = ["promoted", "refused", "held", "rolled back"];
/** A candidate that fails this much more often has to be found. */
const BAD = 0.05;
const WANTED = 0.95;
/** Bad candidates end soon, or are a scandal: fewer of them tell. */
const FEWER = 4;

const played = (world: World, count: number): Played[] =>
  Array.from({ length: count }, (_, index) => play(world, `${values.seed}/${JSON.stringify(world)}/${index}`));

const shareOf = (all: readonly Played[], end: End): number => all.filter((one) => one.end === end).length / all.length;

function median(all: readonly Played[]): number {
  const minutes = all.flatMap((one) => (one.end === "promoted" ? [one.minutes] : [])).toSorted((a, b) => a - b);
  return minutes[Math.floor(minutes.length / 2)] ?? 0;
}

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;

/** Whether the cell is as it should be. */
function measure(world: Omit<World, "rise">): boolean {
  const good = played({ ...world, rise: 0 }, seeds);
  const bad = played({ ...world, rise: BAD }, Math.ceil(seeds / FEWER));
  const well = shareOf(good, "promoted") + shareOf(good, "refused") >= WANTED && shareOf(bad, "promoted") === 0;
  const ends = ENDS.map((end) => `${end} ${percent(shareOf(good, end))}`).join(", ");
  process.stdout.write(
    `${world.requestsPerMinute} a minute, ${Number((100 * world.errorRate).toFixed(2))} %: ${ends}, median ${median(good)} min; +5 points promoted ${percent(shareOf(bad, "promoted"))}${well ? "" : "  NOT MET"}\n`,
  );
  return well;
}

let met = true;
for (const burst of BURSTS) {
  const noise = burst === 1 ? "independent errors" : `errors in bursts of ${burst}`;
  process.stdout.write(`\n# A newcomer's policy, ${noise}: seed ${values.seed}, ${seeds} good candidates a cell\n\n`);
  for (const requestsPerMinute of TRAFFIC) {
    for (const errorRate of RATES) met = measure({ requestsPerMinute, errorRate, burst }) && met;
  }
}
if (!met) process.exitCode = 1;
