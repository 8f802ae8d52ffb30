/**
 * Does a newcomer's first promotion pass? `npm run bench:defaults [-- SEEDS [SEED]]` plays good candidates of a policy that
 * says nothing of how it is judged, over traffic and error rates, and then bad ones. Ends with status 1 when fewer than 95 %
 * of the good ones of a cell are promoted (refused with what would do counts as well), or any bad one passes every step.
 */

import { fitToTraffic } from "../functions/domain/judge/fit.ts";
import { type End, newcomersPlan, play, RELEASED, type World } from "./defaults/world.ts";

const TRAFFIC = [60, 200, 600, 2_000, 6_000, 20_000, 60_000] as const;
const RATES = [0.0005, 0.001, 0.005, 0.01] as const;
const BURSTS = [1, 3] as const;
const ENDS: readonly End[] = ["promoted", "refused", "held", "rolled back"];
/** A candidate that fails this much more often has to be found. */
const BAD = 0.05;
const WANTED = 0.95;

const [, , seeds = "200", seed = "2026"] = process.argv;

function measure(world: World): { readonly shares: Record<End, number>; readonly minutes: number } {
  const played = Array.from({ length: Number(seeds) }, (_, index) =>
    play(world, `${seed}/${JSON.stringify(world)}/${index}`),
  );
  const count = (end: End) => played.filter((one) => one.end === end).length / played.length;
  const times = played.filter(({ end }) => end === "promoted").map(({ minutes }) => minutes);
  const shares = {
    promoted: count("promoted"),
    refused: count("refused"),
    held: count("held"),
    "rolled back": count("rolled back"),
  };
  return { shares, minutes: times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0 };
}

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
let missed = 0;

for (const burst of BURSTS) {
  console.log(`\n${burst === 1 ? "independent errors" : `bursts of ${burst}`}, ${seeds} seeds a cell`);
  console.log(
    "requests a minute, errors | promoted, refused, held, rolled back | median minutes | +5 points: promoted | settings",
  );
  for (const requestsPerMinute of TRAFFIC) {
    for (const errorRate of RATES) {
      const world = { requestsPerMinute, errorRate, rise: 0, burst };
      const good = measure(world);
      const bad = measure({ ...world, rise: BAD });
      const { analysis } = fitToTraffic(
        newcomersPlan(),
        { order: { requestsPerMinute, errorRate, phi: burst === 1 ? 1 : 5 } },
        RELEASED,
      ).plan;
      const settings = `+${Number((100 * (analysis.metrics[0]?.sequential?.passDelta ?? 0)).toFixed(1))} points, ${analysis.extendSeconds / 60} min`;
      const well = good.shares.promoted + good.shares.refused >= WANTED && bad.shares.promoted === 0;
      if (!well) missed += 1;
      console.log(
        `${requestsPerMinute}, ${Number((100 * errorRate).toFixed(2))} % | ${ENDS.map((end) => percent(good.shares[end])).join(", ")} | ${good.minutes} | ${percent(bad.shares.promoted)} | ${settings}${well ? "" : "  MISSED"}`,
      );
    }
  }
}
if (missed > 0) console.log(`\n${missed} cells miss the goal`);
process.exitCode = missed > 0 ? 1 : 0;
