/**
 * Cold starts and regressions that begin at once: how often the judge takes the one for the other, and how much later it
 * sees the second for the first's sake. Rollouts of 10/25/50 % for 15 minutes each under the defaults of a Lambda alias,
 * beside the same judge without a warm-up.
 *
 *     node bench/cold-starts.ts [--repetitions N] [--seed N]
 *
 * Everything is drawn from the seed. Ends with status 1 if a goal is missed.
 */
import { parseArgs } from "node:util";
import { type Cell, rollOut } from "./cold/rollouts.ts";

const { values } = parseArgs({
  options: { repetitions: { type: "string", default: "500" }, seed: { type: "string", default: "1" } },
});
const repetitions = Number(values.repetitions);
if (!Number.isInteger(repetitions) || repetitions < 1)
  throw new RangeError(`--repetitions takes a whole number from 1, not ${values.repetitions}`);

/** Minutes that a regression may be seen later with a warm-up; as many as the warm-up has. */
const LATER = 2;
const CRASH_WITHIN = 3;
/** Share of slow requests where all take 1.5 or 2 times as long (lognormal, sigma 0.5), above 1.1 times the p95. */
const SLOW = { base: 0.05, x15: 0.153, x2: 0.327 };
const TRAFFIC = [60, 600, 6_000, 60_000];

let missed = 0;
const lines = [
  "## Candidates that are bad only when cold, rolled back",
  "",
  "| bad when cold | requests a minute | otherwise | with the warm-up | for their cold starts | without a warm-up |",
  "|---|---|---|---|---|---|",
  ...TRAFFIC.flatMap((requestsPerMinute) =>
    [0.001, 0.01].map((base) =>
      spared("5 % errors, first minute", {
        requestsPerMinute,
        base,
        metric: "errors",
        candidate: during(1, 0.05, base),
      }),
    ),
  ),
  ...TRAFFIC.map((requestsPerMinute) =>
    spared("1.5 times as slow, 2 minutes", {
      requestsPerMinute,
      base: SLOW.base,
      metric: "durations",
      candidate: during(2, SLOW.x15, SLOW.base),
    }),
  ),
  "",
  "## Regressions from the first request on: minute caught, median and 90th percentile",
  "",
  "| regression | requests a minute | with the warm-up | without | median later | caught, with of without |",
  "|---|---|---|---|---|---|",
  ...[60, 600, 6_000].flatMap((requestsPerMinute) => [
    ...[1, 0.5, 0.3, 0.101, 0.051, 0.011].map((rate) =>
      caught(`${Number((100 * rate).toPrecision(3))} % errors on 0.1 %`, {
        requestsPerMinute,
        base: 0.001,
        metric: "errors",
        candidate: () => rate,
      }),
    ),
    caught("twice as slow", { requestsPerMinute, base: SLOW.base, metric: "durations", candidate: () => SLOW.x2 }),
  ]),
];
process.stdout.write(`# Cold starts: seed ${values.seed}, ${repetitions} rollouts a line\n\n${lines.join("\n")}\n\n`);
process.stdout.write(missed === 0 ? "every goal is met\n" : `${missed} NOT MET\n`);
if (missed > 0) process.exitCode = 1;

function during(minutes: number, cold: number, warm: number): Cell["candidate"] {
  return (minute) => (minute < minutes ? cold : warm);
}

function minutesOf(name: string, cell: Cell) {
  process.stderr.write(`${name}, ${cell.requestsPerMinute} a minute\n`);
  return rollOut(cell, repetitions, `${values.seed}/${name}/${cell.requestsPerMinute}/${cell.base}`);
}

/** Goal: none that its twin, which is as good when cold as later, is not rolled back too. */
function spared(name: string, cell: Cell): string {
  const { withWarmUp, without, twin } = minutesOf(name, cell);
  const blamed = withWarmUp.filter((minute, index) => minute < Infinity && twin[index] === Infinity).length;
  const base = `${Number((100 * cell.base).toPrecision(2))} %`;
  const goal = met(blamed === 0);
  return `| ${name} | ${cell.requestsPerMinute} | ${base} | ${count(withWarmUp)} | ${blamed}${goal} | ${count(without)} |`;
}

function count(minutes: readonly number[]): number {
  return minutes.filter((minute) => minute < Infinity).length;
}

/** Goals: the same rollout no later than the warm-up is long, a crash not at all, and that within 3 minutes. */
function caught(name: string, cell: Cell): string {
  const { withWarmUp, without } = minutesOf(name, cell);
  const later = percentile(differences(withWarmUp, without), 0.5);
  const crashes = cell.metric === "errors" && cell.candidate(0) >= 0.5;
  const soon = !crashes || (later <= 0 && percentile(withWarmUp, 0.5) <= CRASH_WITHIN);
  const shares = [withWarmUp, without].map((minutes) => `${Math.round((100 * count(minutes)) / repetitions)} %`);
  return `| ${name} | ${cell.requestsPerMinute} | ${both(withWarmUp)} | ${both(without)} | ${later}${met(soon && later <= LATER)} | ${shares.join(" of ")} |`;
}

/** Of rollouts that both catch. */
function differences(some: readonly number[], others: readonly number[]): number[] {
  return some.flatMap((minute, index) => {
    const later = minute - (others[index] ?? Infinity);
    return Number.isFinite(later) ? [later] : [];
  });
}

function both(minutes: readonly number[]): string {
  return [0.5, 0.9].map((share) => String(percentile(minutes, share)).replace("Infinity", "-")).join(" / ");
}

function percentile(minutes: readonly number[], share: number): number {
  return minutes.toSorted((a, b) => a - b)[Math.ceil(share * minutes.length) - 1] ?? Infinity;
}

function met(isMet: boolean): string {
  if (!isMet) missed += 1;
  return isMet ? "" : ", NOT MET";
}
