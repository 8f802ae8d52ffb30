import { logAdd, logMean, logSum } from "./log-numbers.ts";
import { nth } from "./nth.ts";
import { NOTHING_TOLD, ownShare, type Trace, told } from "./own-share.ts";
import { completeConfig, type SequentialConfig } from "./sequential-config.ts";
import {
  type ArmCounts,
  cleanCounts,
  type Dispersion,
  estimateDispersion,
  logFactor,
  logPassFactor,
  robustFactor,
  temper,
} from "./sequential-lanes.ts";
import { estimateWander, type Wander, wanderDispersion } from "./wander.ts";

/**
 * A sequential judge of a canary, on request counts, that may be looked at every minute.
 *
 * It keeps an e-process: a number E that starts at 1, multiplies up with the evidence, and whose expectation never
 * exceeds 1 while in every minute p_canary <= rho * p_baseline + delta, whatever the baseline's rate does. By Ville's
 * inequality E ever reaches 1/alpha with probability at most alpha, for any number of looks, steps and extensions. That
 * is proved for independent requests, or overdispersed ones with the right phi; for the rest see `bench/judge.ts`.
 * Where the old version's rate wandered by itself for minutes at a time, both lanes are tempered by that too (`wander.ts`).
 *
 * E mixes a fast lane (bets at several ratios, tempered by phi, at most `capNats` a minute so that no single minute can
 * roll back) with a slow lane that no burst fools, and mixes over the minute at which the regression began, so that a
 * canary that turns bad late is caught without starting alpha anew. A second process, restarted at each step, gathers
 * the evidence for a pass.
 */

/** One closed minute of the rollout. `baseline: null` says that there is no baseline arm at all (the 100 % step). */
export type Minute = {
  readonly step: number;
  readonly canary: ArmCounts | null;
  readonly baseline: ArmCounts | null;
};

export type SequentialVerdict = "continue" | "pass" | "fail";

export type Judgement = {
  /** `fail` is latched; `pass` holds for the current step as of the last minute. */
  readonly verdict: SequentialVerdict;
  /** ln E now. */
  readonly logE: number;
  /** The largest ln E so far, at least 0. */
  readonly maxLogE: number;
  /** exp(-maxLogE): an anytime-valid p-value. */
  readonly pValue: number;
  /** ln of the evidence for a pass, in the current step. */
  readonly logPass: number;
  readonly phi: number;
  /** Minutes judged, silent ones included. */
  readonly minutes: number;
  /** The minute (1 is the first) at which E reached 1/alpha. */
  readonly failedAt: number | null;
};

/** A monitor between two ticks, as plain JSON of about a kilobyte; `null` in a list stands for -Infinity. */
export type MonitorState = {
  readonly version: 1;
  readonly phi: number;
  readonly referenceRequestsPerMinute: number;
  /** Absent from states that were saved before it was measured. */
  readonly wander?: Wander | null;
  /** What the arms have told of it; absent where the rate did not wander. */
  readonly own?: readonly Trace[];
  readonly step: number | null;
  readonly minutes: number;
  readonly minutesInStep: number;
  readonly logMass: number | null;
  readonly fast: readonly (number | null)[];
  readonly robust: readonly (number | null)[];
  readonly pass: readonly (number | null)[];
  readonly logE: number;
  readonly maxLogE: number;
  readonly failedAt: number | null;
};

export type Monitor = {
  /** Takes the next minute, in order, once. */
  push(minute: Minute): Judgement;
  /** The judgement as of the last minute. */
  judgement(): Judgement;
  /** What `resumeMonitor` needs to go on to the bit. */
  state(): MonitorState;
};

type Ledger = {
  readonly dispersion: Dispersion;
  readonly wander: Wander | null;
  own: readonly Trace[];
  step: number | null;
  minutes: number;
  minutesInStep: number;
  logMass: number;
  readonly fast: number[];
  readonly robust: number[];
  readonly pass: number[];
  logE: number;
  maxLogE: number;
  failedAt: number | null;
};

const NOTHING = Number.NEGATIVE_INFINITY;

/**
 * Judges a whole series at once: the same numbers, to the bit, as pushing its minutes one by one.
 *
 * @param reference minutes of the old version before the release, all traffic; up to 24 h of them
 * @param config settings that differ from `SEQUENTIAL_DEFAULTS`
 * @throws RangeError when a setting would void the stated error rate
 */
export function judge(input: {
  readonly reference: readonly (ArmCounts | null)[];
  readonly minutes: readonly Minute[];
  readonly config: Partial<SequentialConfig>;
}): Judgement {
  const monitor = createMonitor(input.config, input.reference);
  for (const minute of input.minutes) monitor.push(minute);
  return monitor.judgement();
}

/** A judge that takes one minute at a time; see `judge` for the arguments and errors. */
export function createMonitor(overrides: Partial<SequentialConfig>, reference: readonly (ArmCounts | null)[]): Monitor {
  const config = completeConfig(overrides);
  const measured = estimateDispersion(reference, config);
  return monitorOver(config, {
    dispersion: { ...measured, phi: config.phi ?? measured.phi },
    wander: estimateWander(reference, measured.phi),
    own: NOTHING_TOLD,
    step: null,
    minutes: 0,
    minutesInStep: 0,
    logMass: 0,
    fast: config.grid.map(() => NOTHING),
    robust: config.robust.map(() => NOTHING),
    pass: config.passGrid.map(() => 0),
    logE: 0,
    maxLogE: 0,
    failedAt: null,
  });
}

/**
 * Goes on where `state()` left off. Counts that are revised later are handled by keeping the state of an earlier minute
 * and pushing the tail again.
 *
 * @throws RangeError when the state was saved under settings of another shape
 */
export function resumeMonitor(overrides: Partial<SequentialConfig>, state: MonitorState): Monitor {
  const config = completeConfig(overrides);
  const fits =
    state.version === 1 &&
    state.fast.length === config.grid.length &&
    state.robust.length === config.robust.length &&
    state.pass.length === config.passGrid.length;
  if (!fits) throw new RangeError("this judge state was saved under other settings: its bets do not match the grid");
  return monitorOver(config, {
    dispersion: { phi: state.phi, requestsPerMinute: state.referenceRequestsPerMinute },
    wander: state.wander ?? null,
    own: state.own ?? NOTHING_TOLD,
    step: state.step,
    minutes: state.minutes,
    minutesInStep: state.minutesInStep,
    logMass: decode(state.logMass),
    fast: state.fast.map(decode),
    robust: state.robust.map(decode),
    pass: state.pass.map(decode),
    logE: state.logE,
    maxLogE: state.maxLogE,
    failedAt: state.failedAt,
  });
}

function monitorOver(config: SequentialConfig, ledger: Ledger): Monitor {
  return {
    push: (minute) => {
      advance(config, ledger, minute);
      return judgementOf(config, ledger);
    },
    judgement: () => judgementOf(config, ledger),
    state: () => save(ledger),
  };
}

function save(ledger: Ledger): MonitorState {
  return {
    version: 1,
    phi: ledger.dispersion.phi,
    referenceRequestsPerMinute: ledger.dispersion.requestsPerMinute,
    wander: ledger.wander,
    ...(ledger.wander !== null && { own: ledger.own }),
    step: ledger.step,
    minutes: ledger.minutes,
    minutesInStep: ledger.minutesInStep,
    logMass: encode(ledger.logMass),
    fast: ledger.fast.map(encode),
    robust: ledger.robust.map(encode),
    pass: ledger.pass.map(encode),
    logE: ledger.logE,
    maxLogE: ledger.maxLogE,
    failedAt: ledger.failedAt,
  };
}

const encode = (log: number): number | null => (log === NOTHING ? null : log);
const decode = (log: number | null): number => log ?? NOTHING;

function judgementOf(config: SequentialConfig, ledger: Ledger): Judgement {
  const logPass = logMean(ledger.pass);
  return {
    verdict: verdictOf(config, ledger, logPass),
    logE: ledger.logE,
    maxLogE: ledger.maxLogE,
    pValue: Math.exp(-ledger.maxLogE),
    logPass,
    phi: ledger.dispersion.phi,
    minutes: ledger.minutes,
    failedAt: ledger.failedAt,
  };
}

function verdictOf(config: SequentialConfig, ledger: Ledger, logPass: number): SequentialVerdict {
  if (ledger.failedAt !== null) return "fail";
  const passed = logPass >= -Math.log(config.passAlpha) && ledger.minutesInStep >= config.minPassMinutes;
  return passed ? "pass" : "continue";
}

/** What one minute offers to bet on. `null` margins carry no evidence: a silent arm, or an arm alone without an SLO. */
type Offer = {
  readonly canary: ArmCounts;
  readonly baseline: ArmCounts | null;
  readonly tolerated: number | null;
  readonly passMargin: number | null;
  readonly phi: number;
  /** By how much noise that lasts tempers the slow lane. */
  readonly lasting: number;
  /** The phi of the pass, whose bets begin with the step. */
  readonly passPhi: number;
};

function advance(config: SequentialConfig, ledger: Ledger, minute: Minute): void {
  const newStep = minute.step !== ledger.step;
  if (newStep) beginStep(ledger, minute.step);
  ledger.minutes += 1;
  ledger.minutesInStep += 1;

  const offer = offerOf(config, ledger, minute);
  const logStart = takeStartMass(config, ledger, newStep);
  betFast(config, ledger, offer, logStart);
  betRobust(config, ledger, offer, logStart);
  betPass(config, ledger, offer);
  hear(ledger, offer);
  weigh(config, ledger);
}

function offerOf(config: SequentialConfig, ledger: Ledger, minute: Minute): Offer {
  const canary = cleanCounts(minute.canary);
  const baseline = minute.baseline === null ? null : cleanCounts(minute.baseline);
  if (canary.requests === 0 || baseline?.requests === 0) {
    return { canary, baseline, tolerated: null, passMargin: null, phi: 1, lasting: 1, passPhi: 1 };
  }
  const warm = ledger.minutesInStep <= config.warmupMinutes;
  const stated = baseline === null ? config.slo : config.delta;
  const margin = baseline === null ? config.passSlo : config.passDelta;
  const phi = temper(ledger.dispersion, config.phiBurst, canary, baseline);
  const share = ownShare(ledger.own);
  const wandering = (age: number): number => share * wanderDispersion(ledger.wander, age, canary, baseline);
  return {
    canary,
    baseline,
    tolerated: stated !== null && warm ? Math.max(stated, config.warmupDelta) : stated,
    passMargin: warm ? null : margin,
    phi: phi + wandering(ledger.minutes),
    // A minute's bet is fair whatever that minute's noise: only what outlasts it, relative to that noise, tempers.
    lasting: 1 + wandering(ledger.minutes) / temper(ledger.dispersion, 1, canary, baseline),
    passPhi: phi + wandering(ledger.minutesInStep),
  };
}

/** After the minute's bets, so that no bet knows its own outcome. */
function hear(ledger: Ledger, { canary, baseline }: Offer): void {
  if (ledger.wander !== null && baseline !== null) ledger.own = told(ledger.own, ledger.wander, canary, baseline);
}

function beginStep(ledger: Ledger, step: number): void {
  ledger.step = step;
  ledger.minutesInStep = 0;
  ledger.pass.fill(0);
}

/** Breaks this minute's piece off the start mass and returns its logarithm. */
function takeStartMass(config: SequentialConfig, ledger: Ledger, newStep: boolean): number {
  const later = newStep ? config.hazardStep : config.hazardMinute;
  const hazard = ledger.minutes === 1 ? config.hazardFirst : later;
  const logStart = ledger.logMass + Math.log(hazard);
  ledger.logMass += Math.log1p(-hazard);
  return logStart;
}

function betFast(config: SequentialConfig, ledger: Ledger, offer: Offer, logStart: number): void {
  const { canary, baseline, tolerated, phi } = offer;
  config.grid.forEach((ratio, i) => {
    const log = tolerated === null ? 0 : logFactor(canary, baseline, ratio, config.rho, tolerated) / phi;
    ledger.fast[i] = logAdd(ledger.fast[i] ?? NOTHING, logStart) + Math.min(log, config.capNats);
  });
}

function betRobust(config: SequentialConfig, ledger: Ledger, offer: Offer, logStart: number): void {
  const { canary, baseline, tolerated, lasting } = offer;
  config.robust.forEach(([ratio, stake], i) => {
    const alone = tolerated === null || baseline === null;
    const factor = alone ? 1 : robustFactor(canary, baseline, ratio, config.rho, tolerated, stake);
    ledger.robust[i] = logAdd(ledger.robust[i] ?? NOTHING, logStart) + Math.log(factor) / lasting;
  });
}

function betPass(config: SequentialConfig, ledger: Ledger, offer: Offer): void {
  const { canary, baseline, passMargin, passPhi } = offer;
  if (passMargin === null) return;
  config.passGrid.forEach((stake, i) => {
    const log = logPassFactor(canary, baseline, stake, config.passRho, passMargin) / passPhi;
    ledger.pass[i] = nth(ledger.pass, i) + Math.min(log, config.passCapNats);
  });
}

/** E = fastWeight*mean(fast) + (1-fastWeight)*mean(robust) + the start mass not yet spent; latches a fail. */
function weigh(config: SequentialConfig, ledger: Ledger): void {
  ledger.logE = logSum([
    Math.log(config.fastWeight) + logMean(ledger.fast),
    Math.log(1 - config.fastWeight) + logMean(ledger.robust),
    ledger.logMass,
  ]);
  ledger.maxLogE = Math.max(ledger.maxLogE, ledger.logE);
  if (ledger.failedAt === null && ledger.logE >= -Math.log(config.alpha)) ledger.failedAt = ledger.minutes;
}
