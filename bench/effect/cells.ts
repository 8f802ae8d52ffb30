/** Cells of the effect's bench: what is true in each, and whether the bounds of the judge's own fold hold it. */
import { effectsOf } from "../../functions/domain/judge/effect.ts";
import { advance } from "../../functions/domain/judge/fold.ts";
import type { WatchReference } from "../../functions/domain/judge/reference-line.ts";
import { type ArmSample, NO_BOUNDS, type Span, type Watch } from "../../functions/domain/judge/sampling.ts";
import type { Progress } from "../../functions/domain/judge/state.ts";
import type { Durations } from "../../functions/domain/judge/statistics/duration-lanes.ts";
import { measureDurations, SHAPE_QUANTILES } from "../../functions/domain/judge/statistics/duration-reference.ts";
import { SEQUENTIAL_DEFAULTS } from "../../functions/domain/judge/statistics/sequential-config.ts";
import { type ArmCounts, estimateDispersion } from "../../functions/domain/judge/statistics/sequential-lanes.ts";
import { estimateWander } from "../../functions/domain/judge/statistics/wander.ts";
import type { MetricPlan } from "../../functions/domain/plan.ts";
import { type Cell as ErrorCell, type Noise as ErrorNoise, simulateRollout } from "../judge/traffic.ts";
import {
  inMs,
  MARGIN,
  type Noise,
  quantileOf,
  shapeOf,
  simulateDurations,
  slowedBy,
  type Tail,
  twoHumps,
} from "../latency/traffic.ts";
import { createRandom } from "../random.ts";

export interface Found {
  readonly cell: string;
  /** Share of rollouts in which the bounds left out the truth at some look. */
  readonly missed: number;
  /** Median width after 15 and after 45 minutes. */
  readonly early: number;
  readonly late: number;
  readonly unit: string;
}

/** One look: the truth so far, and the bounds on it; null: there are none yet. */
interface Look {
  readonly truth: number;
  readonly bounds: { readonly low: number; readonly high: number } | null;
}

const MINUTE = 60_000;
const WEIGHTS = [10, 25, 50];
const BAKE = 15;

const SETTINGS = { weight: 1, rho: 1, delta: 0, slo: null, passDelta: 0.02, warmupMinutes: 0, warmupDelta: 0 };
const metricOf = (preset: string): MetricPlan => ({
  name: "metric",
  target: "order",
  source: { preset },
  periodSeconds: 60,
  settleSeconds: 120,
  rules: [],
  sequential: { ...SETTINGS, phiBurst: null, latencyMargin: MARGIN },
  dryRun: false,
});

function* rollout(
  watch: Watch,
  reference: WatchReference,
  minutes: readonly (readonly [candidate: ArmSample, baseline: ArmSample])[],
) {
  let progress: Progress | null = null;
  for (const [index, [candidate, baseline]] of minutes.entries()) {
    const step = Math.floor(index / BAKE);
    const span: Span = { from: step * BAKE * MINUTE, weight: WEIGHTS[step] ?? 50, finished: false };
    const period = { at: index * MINUTE, span, sample: { candidate, baseline } };
    progress = advance({ watch, alpha: 0.05, reference }, progress, [period]);
    yield effectsOf({ watch, reference }, progress.effect, span.from)?.total ?? [];
  }
}

const errors = ({ requests, errors: bad }: ArmCounts): ArmSample => [requests, bad, requests && (100 * bad) / requests];

function referenceOf(minutes: readonly ArmCounts[]): WatchReference {
  const requests = minutes.reduce((sum, minute) => sum + minute.requests, 0);
  const bad = minutes.reduce((sum, minute) => sum + minute.errors, 0);
  const { phi, requestsPerMinute } = estimateDispersion(minutes, SEQUENTIAL_DEFAULTS);
  const wander = estimateWander(minutes, phi);
  return {
    periods: minutes.length,
    requests,
    bad,
    worstRate: bad / requests,
    value: 0,
    quantileMs: null,
    phi,
    requestsPerPeriod: requestsPerMinute,
    ...(wander === null ? {} : { wander }),
  };
}

const INCIDENT = { from: 10, until: 20 };

const ERROR_NOISES: readonly ErrorNoise[] = ["independent", "bursts", "rate noise"];

/** Error rates; every second rollout goes through an incident that both arms share. */
export function errorCells(repetitions: number, seed: string): Found[] {
  return ERROR_NOISES.flatMap((noise) =>
    [60, 600, 6_000].flatMap((requestsPerMinute) =>
      [0.001, 0.02].flatMap((baselineRate) =>
        [0, 0.01].map((rise) => {
          const shape = {
            requestsPerMinute,
            baselineRate,
            candidateRate: baselineRate + rise,
            noise,
            bakeMinutes: BAKE,
            wander: null,
          };
          const name = `errors, ${noise}, ${requestsPerMinute} a minute, ${100 * baselineRate} %, +${100 * rise} points`;
          const random = createRandom(`${seed}/${name}`);
          return measured(name, " points", repetitions, (index) =>
            errorLooks({ ...shape, incident: index % 2 === 1 ? INCIDENT : null }, random),
          );
        }),
      ),
    ),
  );
}

/** During an incident both arms fail 20 times as often, up to half: see `judge/traffic.ts`. */
const worsened = (rate: number, minute: number, { incident }: ErrorCell): number =>
  incident !== null && minute >= incident.from && minute < incident.until ? Math.min(rate * 20, 0.5) : rate;

function errorLooks(cell: ErrorCell, random: ReturnType<typeof createRandom>): Look[] {
  const { reference, minutes } = simulateRollout(cell, random);
  const watch: Watch = { id: "errors", metric: metricOf("lambda-error-rate"), arms: null, bounds: NO_BOUNDS };
  const looks = rollout(
    watch,
    referenceOf(reference),
    minutes.map(({ canary, baseline }) => [errors(canary), errors(baseline)] as const),
  );
  let [requests, more] = [0, 0];
  return [...looks].map(([effect], index) => {
    const count = minutes[index]?.canary.requests ?? 0;
    requests += count;
    more += count * (worsened(cell.candidateRate, index, cell) - worsened(cell.baselineRate, index, cell));
    return { truth: requests === 0 ? 0 : (100 * more) / requests, bounds: effect ?? null };
  });
}

const NOISES: readonly (Noise & { readonly shape?: Tail })[] = [
  { name: "independent" },
  { name: "of two humps", shape: twoHumps },
  { name: "in bursts of 5", burst: 5 },
  { name: "both arms drift 15 %", shared: { sd: 0.15, memory: 0.9 } },
];

/** Durations: how many times as long half of the requests take, and the slowest 5 %. */
export function latencyCells(repetitions: number, seed: string): Found[] {
  return NOISES.flatMap((noise) =>
    [600, 6_000].flatMap((requestsPerMinute) =>
      [1, 1.2, 2].flatMap((times) => {
        const name = `durations, ${noise.name}, ${requestsPerMinute} a minute, x${times}`;
        const random = createRandom(`${seed}/${name}`);
        const cell = {
          requestsPerMinute,
          sigma: 0.5,
          noise,
          effect: slowedBy(times),
          ...(noise.shape && { shape: noise.shape }),
        };
        const rollouts = Array.from({ length: repetitions }, () => durationLooks(cell, times, random));
        return ["p50", "p95"].map((quantile, at) =>
          measured(`${name}, ${quantile}`, " times", repetitions, (index) => rollouts[index]?.[at] ?? []),
        );
      }),
    ),
  );
}

const spread = ({ requests, slower }: Durations): ArmSample => [requests, slower[2] ?? 0, 0, ...slower];

function durationLooks(
  cell: Parameters<typeof simulateDurations>[0],
  truth: number,
  random: ReturnType<typeof createRandom>,
): [Look[], Look[]] {
  const { bounds, reference, minutes } = simulateDurations(cell, random);
  const baseline = inMs(bounds);
  const candidate = baseline.map((bound) => (1 + MARGIN) * bound);
  const each = { baseline, candidate };
  const watch: Watch = {
    id: "durations",
    metric: metricOf("lambda-duration"),
    arms: null,
    bounds: { candidate: candidate[2] ?? null, baseline: baseline[2] ?? null, each },
  };
  const durations = measureDurations(baseline, reference, 60) ?? undefined;
  const counts = reference.map(({ requests, slower }) => ({ requests, errors: slower[2] ?? 0 }));
  const shapeMs = inMs(SHAPE_QUANTILES.map((quantile) => quantileOf(shapeOf(cell), 1 - quantile)));
  const known = durations && { durations: { ...durations, shapeMs } };
  const line = { ...referenceOf(counts), quantileMs: baseline[2] ?? null, ...known };
  const looks = [
    ...rollout(
      watch,
      line,
      minutes.map((minute) => [spread(minute.candidate), spread(minute.baseline)] as const),
    ),
  ];
  const of = (quantile: string) =>
    looks.map((effects) => ({ truth, bounds: effects.find((one) => one.quantile === quantile) ?? null }));
  return [of("p50"), of("p95")];
}

function measured(cell: string, unit: string, repetitions: number, looksOf: (index: number) => Look[]): Found {
  const all = Array.from({ length: repetitions }, (_, index) => looksOf(index));
  const left = all.filter((looks) => looks.some(leavesOut)).length;
  const quiet = all.filter((_, index) => index % 2 === 0);
  return { cell, unit, missed: left / repetitions, early: widthAt(quiet, BAKE), late: widthAt(quiet, 3 * BAKE) };
}

/** What is told is rounded to four digits. */
const leavesOut = ({ truth, bounds }: Look): boolean =>
  bounds !== null &&
  (bounds.low > truth + ROUNDING * Math.abs(truth) || bounds.high < truth - ROUNDING * Math.abs(truth));

const ROUNDING = 1e-3;

function widthAt(all: readonly Look[][], minute: number): number {
  const widths = all.map((looks) => {
    const bounds = looks[minute - 1]?.bounds;
    return bounds == null ? Number.POSITIVE_INFINITY : bounds.high - bounds.low;
  });
  return widths.toSorted((one, other) => one - other)[Math.floor(widths.length / 2)] ?? Number.POSITIVE_INFINITY;
}
