import { thousands } from "../../text.ts";
import { viewsOf } from "./detectable-cold.ts";
import { powerModel } from "./detectable-power.ts";
import { nth } from "./nth.ts";
import { completeConfig, type SequentialConfig } from "./sequential-config.ts";
import type { ArmCounts } from "./sequential-lanes.ts";
import { type Wander, wanderDispersion } from "./wander.ts";

/**
 * What a plan's bakes can see, said before the start: a pass means little if the bake could not have failed.
 *
 * A rise is the candidate's true error rate less the baseline's. Each step is taken on its own, as if the regression
 * began with it and nothing had been caught before, so that the advice errs on the cautious side.
 */
export type Traffic = {
  /** Both arms together. */
  readonly requestsPerMinute: number;
  /** The baseline's error rate, as a fraction. */
  readonly errorRate: number;
  /** Dispersion as `estimateDispersion` finds it; 1, independent errors, unless given. */
  readonly phi?: number;
  /** How its rate wanders for minutes at a time, as `estimateWander` finds it; not at all unless given. */
  readonly wander?: Wander;
  /** Requests in each hour of the week, from Monday 00:00 UTC on; the same in all of them unless given. */
  readonly hours?: readonly number[];
};

export type PlannedStep = { readonly weight: number; readonly bakeMinutes: number };

export type DetectableInput = {
  readonly traffic: Traffic;
  /** Weights in percent; 100 leaves no baseline beside the canary. */
  readonly steps: readonly PlannedStep[];
  /** Settings that differ from the judge's defaults. */
  readonly config?: Partial<SequentialConfig>;
  /** This metric's share of the environment's evidence (see `combineEvidence`); 1 unless given. */
  readonly share?: number;
  /** The rise that one wants to see, as a fraction; one point unless given. */
  readonly wantedRise?: number;
  /** In what share of cases a rise must be caught to count as seen; 0.8 unless given. */
  readonly certainty?: number;
};

export type StepAdvice = PlannedStep & {
  /** Smallest rise seen within the bake, as a fraction; `null` when the bake can see none at all. */
  readonly smallestRise: number | null;
  readonly seesWanted: boolean;
  /** Shortest bake at this weight that sees the wanted rise, up to 7 days. */
  readonly minutesForWanted: number | null;
  /** Smallest larger weight, in whole percents up to 50, that sees the wanted rise within this bake. */
  readonly weightForWanted: number | null;
  /** Least traffic, requests a minute of both arms, at which a step sees the wanted rise that it does not see; up to a million. */
  readonly trafficForWanted: number | null;
};

export type Advice = {
  readonly traffic: Traffic;
  readonly wantedRise: number;
  readonly certainty: number;
  readonly steps: readonly StepAdvice[];
};

export const LONGEST_BAKE = 7 * 24 * 60;
/** More than half on the candidate no longer gains power, and is no canary. */
const LARGEST_WEIGHT = 50;
const WHOLE = 100;
/** Traffic is looked for in steps of an eighth, 20 a decade, up to a million requests a minute. */
const STEPS_OF_TEN = 20;
const MOST_STEPS = 6 * STEPS_OF_TEN;
/** Halvings of the unit interval: rises are found to 0.0001 points. */
const HALVINGS = 20;

type Question = {
  readonly traffic: Traffic;
  readonly config: SequentialConfig;
  readonly logThreshold: number;
  readonly certainty: number;
};

/**
 * Advice for each step of a plan. Deterministic; a few milliseconds a step. See `powerModel` for the method and how near
 * it comes to simulation.
 *
 * @throws RangeError when a setting would void the judge's stated error rate
 */
export function adviseDetectable(input: DetectableInput): Advice {
  const config = completeConfig(input.config ?? {});
  const wantedRise = input.wantedRise ?? 0.01;
  const certainty = input.certainty ?? 0.8;
  const logThreshold = -Math.log(config.alpha * (input.share ?? 1));
  const question = { traffic: input.traffic, config, logThreshold, certainty };
  const starts = startMasses(input.steps, config);
  const steps = input.steps.map((step, i) => adviseStep(question, step, nth(starts, i), wantedRise));
  return { traffic: input.traffic, wantedRise, certainty, steps };
}

function adviseStep(question: Question, step: PlannedStep, logStart: number, wantedRise: number): StepAdvice {
  const sees = (rise: number, at: PlannedStep): boolean => isSeen(question, at, logStart, rise);
  const smallestRise = smallestSeen(question, step, logStart);
  const seesWanted = smallestRise !== null && smallestRise <= wantedRise;
  return {
    ...step,
    smallestRise,
    seesWanted,
    minutesForWanted: least(1, LONGEST_BAKE, (bakeMinutes) => sees(wantedRise, { ...step, bakeMinutes })),
    weightForWanted: least(Math.ceil(step.weight), LARGEST_WEIGHT, (weight) => sees(wantedRise, { ...step, weight })),
    trafficForWanted: seesWanted ? null : trafficFor(question, step, logStart, wantedRise),
  };
}

function trafficFor(question: Question, step: PlannedStep, logStart: number, rise: number): number | null {
  const requests = (steps: number) => Math.ceil(10 ** (steps / STEPS_OF_TEN));
  const at = (requestsPerMinute: number) => ({ ...question, traffic: { ...question.traffic, requestsPerMinute } });
  const steps = least(0, MOST_STEPS, (count) => isSeen(at(requests(count)), step, logStart, rise));
  return steps === null ? null : requests(steps);
}

function isSeen(question: Question, step: PlannedStep, logStart: number, rise: number): boolean {
  const caught = caughtAt(question, step, logStart);
  return caught !== null && caught(question.traffic.errorRate + rise) >= question.certainty;
}

function smallestSeen(question: Question, step: PlannedStep, logStart: number): number | null {
  const caught = caughtAt(question, step, logStart);
  if (caught === null || caught(1) < question.certainty) return null;
  let [unseen, seen] = [question.traffic.errorRate, 1];
  for (let round = 0; round < HALVINGS; round++) {
    const middle = (unseen + seen) / 2;
    if (caught(middle) >= question.certainty) seen = middle;
    else unseen = middle;
  }
  return seen - question.traffic.errorRate;
}

/** Chance of being caught by the candidate's error rate; `null` where nothing is judged at all. */
function caughtAt(question: Question, step: PlannedStep, logStart: number): ((rate: number) => number) | null {
  const { traffic, config, logThreshold } = question;
  const alone = step.weight >= WHOLE;
  const canary = (traffic.requestsPerMinute * Math.min(step.weight, WHOLE)) / WHOLE;
  if (canary <= 0 || step.bakeMinutes < 1 || (alone && config.slo === null)) return null;
  const exposure = {
    canary,
    baseline: alone ? null : traffic.requestsPerMinute - canary,
    logStart,
    phi: dispersionIn(traffic, step.bakeMinutes, canary, alone ? null : traffic.requestsPerMinute - canary),
  };
  const models = viewsOf({ config, minutes: step.bakeMinutes, logThreshold }).map((view) =>
    powerModel({ ...exposure, minutes: view.minutes }, traffic.errorRate, view.config, view.logThreshold),
  );
  return (rate) => Math.max(...models.map(({ caught }) => caught(rate)));
}

/**
 * The dispersion that tempers bets on so many requests a minute at the end of a bake: that of its minutes, and what has
 * gathered by then where the rate wanders, as if all of that were the arms' own.
 */
export function dispersionIn(traffic: Traffic, minutes: number, canary: number, baseline: number | null): number {
  const arm = (requests: number): ArmCounts => ({ requests, errors: 0 });
  const beside = baseline === null ? null : arm(baseline);
  return Math.max(1, traffic.phi ?? 1) + wanderDispersion(traffic.wander ?? null, minutes, arm(canary), beside);
}

/** ln of the start mass that the judge spends on each step's first minute, when every bake runs its length. */
export function startMasses(steps: readonly PlannedStep[], config: SequentialConfig): number[] {
  let logMass = 0;
  return steps.map((step, i) => {
    const hazard = i === 0 ? config.hazardFirst : config.hazardStep;
    const logStart = logMass + Math.log(hazard);
    logMass += Math.log1p(-hazard) + Math.max(0, step.bakeMinutes - 1) * Math.log1p(-config.hazardMinute);
    return logStart;
  });
}

/** The least whole number from `low` to `high` that satisfies a condition which, once met, stays met. */
export function least(low: number, high: number, holds: (value: number) => boolean): number | null {
  if (low > high || !holds(high)) return null;
  let [below, enough] = [low - 1, high];
  while (enough - below > 1) {
    const middle = Math.floor((below + enough) / 2);
    if (holds(middle)) enough = middle;
    else below = middle;
  }
  return enough;
}

/**
 * One line a step: "10 % for 15 minutes, the last 2 unread, at 40 requests a minute: sees an error rise of +6 points or
 * more in 80 % of cases; to see +1 point bake 2 h, or start at 25 %, or have 900 requests a minute". Where it sees that,
 * it says how soon. Figures are rounded to the cautious side. The advice is about minutes that are read; a bake is planned with the `unread` ones at its end, which have not settled.
 */
export function adviceInWords(advice: Advice, unread = 0): string[] {
  return advice.steps.map((step, i) => {
    const traffic = trafficInWords(advice.traffic.requestsPerMinute);
    const settling = unread === 0 ? "" : `, the last ${unread} unread,`;
    const where = `${step.weight} % for ${durationInWords(step.bakeMinutes + unread)}${settling} at ${traffic}`;
    return `${where}: ${sight(advice, step)}${remedy(advice, step, i === 0 ? "start at" : "shift to", unread)}`;
  });
}

function sight(advice: Advice, step: StepAdvice): string {
  if (step.smallestRise === null) return "sees no error rise at all";
  const share = Math.round(advice.certainty * 100);
  return `sees an error rise of ${riseInWords(step.smallestRise)} or more in ${share} % of cases`;
}

function remedy(advice: Advice, step: StepAdvice, shift: string, unread: number): string {
  const { minutesForWanted, weightForWanted, trafficForWanted } = step;
  const wanted = riseInWords(advice.wantedRise);
  const bake = minutesForWanted === null ? null : minutesForWanted + unread;
  if (step.seesWanted) return bake === null ? "" : `, and ${wanted} within ${durationInWords(bake)}`;
  const ways = [
    ...(bake === null ? [] : [`bake ${durationInWords(roundedUp(bake))}`]),
    ...(weightForWanted === null ? [] : [`${shift} ${weightForWanted} %`]),
    ...(trafficForWanted === null ? [] : [`have ${thousands(twoDigitsUp(trafficForWanted))} requests a minute`]),
  ];
  return ways.length === 0
    ? `; no bake of up to 7 d sees ${wanted} at this traffic`
    : `; to see ${wanted} ${ways.join(", or ")}`;
}

function twoDigitsUp(count: number): number {
  const scale = 10 ** Math.max(0, Math.floor(Math.log10(count)) - 1);
  return Math.ceil(count / scale) * scale;
}

/** "+6 points", rounded up to two significant digits. */
export function riseInWords(rise: number): string {
  const points = rise * 100;
  const scale = 10 ** (Math.floor(Math.log10(points)) - 1);
  const rounded = Number((Math.ceil(points / scale - 1e-9) * scale).toPrecision(2));
  return `+${rounded} ${rounded === 1 ? "point" : "points"}`;
}

const HOUR = 60;
const DAY = 24 * HOUR;

/** Minutes rounded up to what one would write in a plan. */
export function roundedUp(minutes: number): number {
  const grain = [
    { from: 2 * DAY, grain: DAY },
    { from: 6 * HOUR, grain: HOUR },
    { from: HOUR, grain: 30 },
  ].find(({ from }) => minutes > from)?.grain;
  return Math.ceil(minutes / (grain ?? 5)) * (grain ?? 5);
}

export function durationInWords(minutes: number): string {
  if (minutes >= 2 * DAY && minutes % DAY === 0) return `${minutes / DAY} d`;
  if (minutes < 2 * HOUR) return minutes === 1 ? "1 minute" : `${minutes} minutes`;
  const rest = minutes % HOUR;
  return `${Math.floor(minutes / HOUR)} h${rest === 0 ? "" : ` ${rest} min`}`;
}

/** "600 requests a minute", or an hour's where that is less than one a minute. */
export function trafficInWords(perMinute: number): string {
  if (perMinute > 0 && perMinute < 1) return `${requestsInWords(60 * perMinute)} an hour`;
  return `${requestsInWords(perMinute)} a minute`;
}

function requestsInWords(count: number): string {
  const rounded = count < 10 ? Math.round(count * 10) / 10 : Math.round(count);
  const digits = count < 10 ? String(rounded) : thousands(rounded);
  return `${digits} ${rounded === 1 ? "request" : "requests"}`;
}
