/**
 * How soon the judge sees that durations changed, and how often it is wrong: rollouts of 10/25/50 % for 15 minutes each.
 *
 *     node bench/latency.ts [--repetitions N] [--seed N]
 *
 * Everything is drawn from the seed. Ends with status 1 when a goal is missed.
 */
import { parseArgs } from "node:util";
import { type Judged, judgeDurations } from "./latency/judge.ts";
import {
  type Effect,
  medianDoubled,
  type Noise,
  simulateDurations,
  slowedBy,
  someSlowedBy,
  type Tail,
  twoHumps,
} from "./latency/traffic.ts";
import { createRandom } from "./random.ts";

const { values } = parseArgs({
  options: { repetitions: { type: "string", default: "400" }, seed: { type: "string", default: "1" } },
});
const repetitions = Number(values.repetitions);
/** A false rollback is rare: it takes more rollouts to measure. */
const NULL_TIMES = 5;

const NOISES: readonly Noise[] = [
  { name: "independent" },
  { name: "slow requests in bursts of 5", burst: 5 },
  { name: "each arm 5 % a minute", own: { sd: 0.05, memory: 0 } },
  { name: "both arms drift 15 %", shared: { sd: 0.15, memory: 0.9 } },
];

interface Case {
  readonly name: string;
  readonly sigma: number;
  readonly shape?: Tail;
  readonly effect: Effect;
  /** `good` and `tolerated` may not be rolled back. */
  readonly is: "good" | "tolerated" | "bad";
}

const CASES: readonly Case[] = [
  { name: "x1.0", sigma: 0.5, effect: slowedBy(1), is: "good" },
  { name: "x1.0, heavy tail", sigma: 1, effect: slowedBy(1), is: "good" },
  { name: "x1.0, two humps", sigma: 0, shape: twoHumps, effect: slowedBy(1), is: "good" },
  { name: "x1.1", sigma: 0.5, effect: slowedBy(1.1), is: "tolerated" },
  { name: "x1.2", sigma: 0.5, effect: slowedBy(1.2), is: "bad" },
  { name: "x1.2, two humps", sigma: 0, shape: twoHumps, effect: slowedBy(1.2), is: "bad" },
  { name: "x1.2, heavy tail", sigma: 1, effect: slowedBy(1.2), is: "bad" },
  { name: "x1.5", sigma: 0.5, effect: slowedBy(1.5), is: "bad" },
  { name: "p50 x2, p95 as before", sigma: 0.5, effect: medianDoubled(0.5), is: "bad" },
  { name: "3 % x20", sigma: 0.5, effect: someSlowedBy(0.03, 20), is: "bad" },
];

interface Result {
  readonly noise: string;
  readonly requestsPerMinute: number;
  readonly of: Case;
  readonly caught: number;
  readonly median: number;
  readonly passed: number;
}

const results = NOISES.flatMap((noise) =>
  [60, 600, 6_000].flatMap((requestsPerMinute) => CASES.map((of) => measure(noise, requestsPerMinute, of))),
);

function measure(noise: Noise, requestsPerMinute: number, of: Case): Result {
  const random = createRandom(`${values.seed}/${noise.name}/${requestsPerMinute}/${of.name}`);
  const { sigma, effect, shape } = of;
  const cell = { requestsPerMinute, sigma, noise, effect, ...(shape && { shape }) };
  const rollouts = repetitions * (of.is === "bad" ? 1 : NULL_TIMES);
  const judged = Array.from({ length: rollouts }, () => judgeDurations(simulateDurations(cell, random)));
  const share = (is: (one: Judged) => boolean) => judged.filter(is).length / rollouts;
  return {
    noise: noise.name,
    requestsPerMinute,
    of,
    caught: share(({ failedAt }) => failedAt !== null),
    median: medianOf(judged.map(({ failedAt }) => failedAt ?? Number.POSITIVE_INFINITY)),
    passed: share(({ passedAt }) => passedAt !== null),
  };
}

function medianOf(minutes: readonly number[]): number {
  const sorted = minutes.toSorted((one, other) => one - other);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.POSITIVE_INFINITY;
}

const percent = (share: number): string => (100 * share).toFixed(share > 0 && share < 0.1 ? 2 : 0);

process.stdout.write(`# Durations as a distribution: seed ${values.seed}, ${repetitions} repetitions a cell\n\n`);
process.stdout.write("rolled back % / median minute; good ones: passed in the first step %\n\n");
for (const { noise, requestsPerMinute, of, caught, median, passed } of results) {
  const cell = `${noise}, ${requestsPerMinute} a minute, ${of.name}`.padEnd(62);
  const minute = Number.isFinite(median) ? median : "-";
  const told = of.is === "good" ? `   passed ${percent(passed)} %` : "";
  process.stdout.write(`${cell} ${percent(caught)} % / ${minute}${told}\n`);
}

interface Goal {
  readonly says: string;
  readonly found: number;
  readonly met: boolean;
}

const among = (is: Case["is"]): Result[] => results.filter(({ of }) => of.is === is);
const worst = (some: readonly Result[]): number => Math.max(...some.map(({ caught }) => caught));
const at = (name: string, noise = NOISES[0]?.name): Result | undefined =>
  results.find((one) => one.of.name === name && one.noise === noise && one.requestsPerMinute === 600);
const within = (says: string, result: Result | undefined, minutes: number): Goal => {
  const found = result?.median ?? Number.POSITIVE_INFINITY;
  return { says: `${says} at 600 a minute: median <= ${minutes} minutes`, found, met: found <= minutes };
};
const atMost = (says: string, share: number, most: number): Goal => {
  return { says: `${says} <= ${100 * most} %`, found: 100 * share, met: share <= most };
};

const goals: Goal[] = [
  atMost("good, rolled back in any cell", worst(among("good")), 0.005),
  atMost("+10 %, tolerated, rolled back in any cell", worst(among("tolerated")), 0.005),
  within("+20 %", at("x1.2"), 15),
  within("p50 x2 under the same p95", at("p50 x2, p95 as before"), 5),
  within("3 % x20", at("3 % x20"), 10),
  within("x1.5 while both arms drift", at("x1.5", "both arms drift 15 %"), 10),
];
process.stdout.write("\n");
for (const { says, found, met } of goals) {
  process.stdout.write(`${met ? "met    " : "NOT MET"} ${says}: ${Number(found.toFixed(2))}\n`);
  if (!met) process.exitCode = 1;
}
