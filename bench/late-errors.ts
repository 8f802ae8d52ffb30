/**
 * Whether a candidate that hangs is ever promoted, and what a good one waits for that. CloudWatch hears of a request when
 * it ends, under the time of its start. Of the bad candidate's requests 30 % hang, in each rollout for another time up to
 * the function's time-out of 29 s, 3 or 15 minutes, and fail then. 600 requests a minute, 0.1 % errors before the release,
 * 10/25/50/100 %, bakes as long as the time-out needs.
 *
 *     node bench/late-errors.ts [--rollouts N] [--machines N] [--from SEED]
 *
 * Rollouts are the judge's own looks, minute by minute; `--machines`: so many more are whole promotions through the
 * sandbox, on the real machines and handlers. Beside them the judge that takes two equal readings for the last word, as
 * 0.1.0 did. Ends with status 1 if one that hangs is promoted, or more than one good candidate in twenty is not.
 */
import { parseArgs } from "node:util";
import { type Ended, rollOut } from "./late/rollout.ts";
import { percentile } from "./rehearsed/figures.ts";
import { rollOut as rehearsed } from "./rehearsed/rollout.ts";

const { values } = parseArgs({
  options: {
    rollouts: { type: "string", default: "200" },
    machines: { type: "string", default: "0" },
    from: { type: "string", default: "1" },
  },
});
const [rollouts, machines, from] = [values.rollouts, values.machines, values.from].map(Number) as [
  number,
  number,
  number,
];
if (![rollouts, machines, from].every((value) => Number.isInteger(value) && value >= 0))
  throw new RangeError("--rollouts, --machines and --from take whole numbers");

interface Case {
  readonly limitSeconds: number;
  readonly bakeMinutes: number;
}

const CASES: readonly Case[] = [
  { limitSeconds: 29, bakeMinutes: 15 },
  { limitSeconds: 180, bakeMinutes: 15 },
  { limitSeconds: 900, bakeMinutes: 30 },
];

/** Share of good candidates that has to be promoted; there is one for so many that hang, since it takes all steps. */
const GOOD = 0.95;
const GOOD_OF = 4;

const median = (all: readonly number[]): number =>
  percentile(
    [...all].sort((a, b) => a - b),
    50,
  );
const seeds = (count: number): number[] => Array.from({ length: count }, (_, index) => from + index);
const hangSeconds = (seed: number, limit: number): number => 1 + ((seed * 7_919) % limit);
const promoted = (all: readonly { readonly outcome: string }[]): number =>
  all.filter(({ outcome }) => outcome === "promoted").length;

process.stdout.write(`# Late errors: seeds ${from} to ${from + Math.max(rollouts, machines) - 1}\n\n`);
for (const one of CASES) {
  const bad = simulated(one, { hangs: true, asBefore: false });
  const badBefore = simulated(one, { hangs: true, asBefore: true });
  const good = simulated(one, { hangs: false, asBefore: false });
  const early = [false, true].map((asBefore) => simulated(one, { hangs: false, asBefore, earlyPass: true }));
  const whole = await onMachines(one);
  process.stdout.write(`${inWords(one, { bad, badBefore, good, early, whole }).join("\n")}\n\n`);
  const wrong = promoted(bad) + promoted(whole);
  if (wrong > 0 || promoted(good) < GOOD * good.length) process.exitCode = 1;
}

interface Kind {
  readonly hangs: boolean;
  readonly asBefore: boolean;
  readonly earlyPass?: boolean;
}

function simulated({ limitSeconds, bakeMinutes }: Case, { hangs, asBefore, earlyPass = false }: Kind): Ended[] {
  return seeds(hangs ? rollouts : Math.ceil(rollouts / GOOD_OF)).map((seed) =>
    rollOut({
      seed,
      perMinute: 600,
      limitSeconds: asBefore ? null : limitSeconds,
      hangs: hangs ? { share: 0.3, seconds: hangSeconds(seed, limitSeconds) } : null,
      bakeMinutes,
      earlyPass,
    }),
  );
}

async function onMachines({ limitSeconds, bakeMinutes }: Case): Promise<{ readonly outcome: string }[]> {
  const all: { readonly outcome: string }[] = [];
  const steps = [10, 25, 50, 100].map((weight) => ({ weight, bake: `${bakeMinutes}m` }));
  for (const seed of seeds(machines)) {
    const hanging = { share: 0.3, seconds: hangSeconds(seed, limitSeconds) };
    const rates = { requestsPerMinute: 600, baselineErrorRate: 0.001, candidateErrorRate: 0.001 };
    all.push(await rehearsed({ seed, ...rates, steps, limitSeconds, hanging }));
    if (all.length % 10 === 0) process.stderr.write(`${all.length} of ${machines} at ${limitSeconds} s\n`);
  }
  return all;
}

interface Found {
  readonly bad: readonly Ended[];
  readonly badBefore: readonly Ended[];
  readonly good: readonly Ended[];
  readonly early: readonly (readonly Ended[])[];
  readonly whole: readonly { readonly outcome: string }[];
}

function inWords({ limitSeconds, bakeMinutes }: Case, { bad, badBefore, good, early, whole }: Found): string[] {
  const beyond = (all: readonly Ended[]) => all.filter(({ weight }) => weight > 10).length;
  const [now = Number.NaN, before = Number.NaN] = early.map((all) => median(all.map(({ allMinutes }) => allMinutes)));
  return [
    `A time-out of ${limitSeconds} s, bakes of ${bakeMinutes} minutes:`,
    `  30 % hang for up to that   promoted ${promoted(bad)} of ${bad.length}, beyond 10 % ${beyond(bad)}; as 0.1.0 ${promoted(badBefore)}, beyond 10 % ${beyond(badBefore)}`,
    `  from shift to the verdict  median ${median(bad.map(({ minutes }) => minutes)).toFixed(0)} minutes`,
    ...(whole.length === 0 ? [] : [`  on the real machines       promoted ${promoted(whole)} of ${whole.length}`]),
    `  as good as the baseline    promoted ${promoted(good)} of ${good.length}`,
    `  with earlyPass             promoted after a median of ${now.toFixed(0)} minutes; as 0.1.0 ${before.toFixed(0)}`,
  ];
}
