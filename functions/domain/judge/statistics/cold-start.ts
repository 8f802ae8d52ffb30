/**
 * The e-process of a metric whose steps begin cold: the first requests to a new version, and to each environment that a
 * further share starts, may fail or be slow for some minutes. That is no regression, and no reason to look away either.
 *
 * Null: p_c <= rho p_b + delta_t in every minute, delta_t being larger in cold ones. Two monitors of `sequential.ts` bet
 * against it. The warm one leaves cold minutes out, so that a regression too small for their bound costs it nothing there.
 * The other bets through them, so that what is bad from the first request on need not be shown anew once the step is warm.
 * A pass is mixed likewise, under one and the same margin.
 * Each is an e-process under this null, and so is their mixture: it holds the metric's own share of alpha, nothing on top.
 */
import { logAdd } from "./log-numbers.ts";
import {
  createMonitor,
  type Judgement,
  type Minute,
  type Monitor,
  type MonitorState,
  resumeMonitor,
} from "./sequential.ts";
import { SEQUENTIAL_DEFAULTS, type SequentialConfig } from "./sequential-config.ts";
import { type ArmCounts, SILENT } from "./sequential-lanes.ts";

/** Share of the evidence that bets through cold minutes. */
export const THROUGH_SHARE = 0.25;
/** The same of the evidence for a pass: most candidates start without trouble, and their cold minutes speak for them. */
export const PASS_THROUGH_SHARE = 0.8;
/**
 * How the other monitor bets: on what is large, since nothing else can be told from a cold start, and begins with a step. What
 * is small, begins later, or comes in bursts is the warm one's.
 */
export const THROUGH = {
  grid: [5, 15, 100],
  fastWeight: 1,
  hazardFirst: 0.75,
  hazardStep: 0.5,
  hazardMinute: 0.002,
} as const satisfies Partial<SequentialConfig>;

type Settings = Partial<SequentialConfig>;

/** Between two looks, as plain JSON: the warm monitor's, and the other's with it where steps begin cold. */
export type ColdState = MonitorState & { readonly through?: MonitorState };

export interface ColdMonitor {
  /** Takes the next minute, in order, once. */
  push(minute: Minute, cold: boolean): void;
  /** Of the mixtures; a fail that the warm monitor alone has come to is latched. */
  judgement(): Pick<Judgement, "verdict" | "logE" | "logPass" | "minutes">;
  state(): ColdState;
}

/**
 * Starts before the first minute. `cold`: what differs in cold minutes; null: no step begins cold. Throws RangeError when
 * a setting would void the stated rate.
 */
export function createColdMonitor(
  settings: Settings,
  cold: Settings | null,
  reference: readonly (ArmCounts | null)[],
): ColdMonitor {
  return resumeColdMonitor(settings, cold, createMonitor(settings, reference).state());
}

/** Goes on where `state()` left off, or from a monitor alone, which both then go on from. Throws RangeError as `resumeMonitor` does. */
export function resumeColdMonitor(settings: Settings, cold: Settings | null, state: ColdState): ColdMonitor {
  const warm = resumeMonitor(settings, state);
  const through = cold === null ? null : betThrough(settings, cold, state.through ?? begunAt(state, state.logE));
  return {
    push: (minute, isCold) => {
      warm.push(isCold ? unseen(minute) : minute);
      through?.push(minute, isCold);
    },
    judgement: () => (through === null ? warm.judgement() : together(settings, warm.judgement(), through)),
    state: () => (through === null ? warm.state() : { ...warm.state(), through: through.state() }),
  };
}

function together(settings: Settings, warm: Judgement, through: Pick<Monitor, "judgement" | "state">) {
  const { passAlpha, minPassMinutes } = { ...SEQUENTIAL_DEFAULTS, ...settings };
  const other = through.judgement();
  const logPass = mixed(warm.logPass, other.logPass, PASS_THROUGH_SHARE);
  const passes = logPass >= -Math.log(passAlpha) && through.state().minutesInStep >= minPassMinutes;
  const verdict = warm.verdict === "fail" ? warm.verdict : passes ? ("pass" as const) : ("continue" as const);
  return { verdict, logPass, logE: mixedLogE(warm.logE, other.logE), minutes: warm.minutes };
}

/** ln E of both together. */
export const mixedLogE = (warm: number, through: number): number => mixed(warm, through, THROUGH_SHARE);

const mixed = (warm: number, through: number, share: number): number =>
  logAdd(Math.log1p(-share) + warm, Math.log(share) + through);

/** The monitor that bets through cold minutes, under the settings that the minute asks for. */
export function betThrough(settings: Settings, cold: Settings, state: MonitorState) {
  const under = (isCold: boolean): Settings => ({ ...settings, ...(isCold ? cold : {}), ...THROUGH });
  let now: { readonly monitor: Monitor; readonly isCold: boolean } = {
    monitor: resumeMonitor(under(false), state),
    isCold: false,
  };
  return {
    push: (minute: Minute, isCold: boolean): void => {
      if (now.isCold !== isCold) now = { monitor: resumeMonitor(under(isCold), now.monitor.state()), isCold };
      now.monitor.push(minute);
    },
    judgement: () => now.monitor.judgement(),
    state: () => now.monitor.state(),
  };
}

/** What such a monitor begins with: nothing spent, at the evidence that there is by now (ln E; 0 before the first minute). */
export const begunAt = (state: MonitorState, logE: number): MonitorState => ({
  ...state,
  fast: THROUGH.grid.map(() => null),
  robust: state.robust.map(() => null),
  logMass: logE,
  logE,
});

/** Its arms as if nothing had come: the minute passes, and says nothing. */
const unseen = ({ step, baseline }: Minute): Minute => ({
  step,
  canary: SILENT,
  baseline: baseline === null ? null : SILENT,
});
