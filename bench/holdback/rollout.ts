/**
 * A rollout of 10/25/50/100 % and two hours of monitoring, judged minute by minute as the judge's handler does: each minute
 * is read once it has settled and once more a minute later.
 */
import { type Assessment, assess } from "../../functions/domain/judge/assess.ts";
import { heldReasons } from "../../functions/domain/judge/before-after.ts";
import type { References } from "../../functions/domain/judge/reference-line.ts";
import {
  type ArmSample,
  NO_BOUNDS,
  type Readings,
  type Sample,
  type Span,
} from "../../functions/domain/judge/sampling.ts";
import { type EvidenceState, NO_EVIDENCE, withSpan } from "../../functions/domain/judge/state.ts";
import type { Random } from "../random.ts";

import { analysisOf, ERROR_RATE } from "../usual-errors.ts";

const MINUTE = 60_000;
const SETTLED = 2;
const WEIGHTS = [10, 25, 50, 100] as const;
export const BAKE_MINUTES = 15;
/** When the last step begins. */
export const WHOLE_FROM = (WEIGHTS.length - 1) * BAKE_MINUTES;
export const MONITOR_FROM = WHOLE_FROM + BAKE_MINUTES;
const MONITOR_MINUTES = 120;
export const LAST_MINUTE = MONITOR_FROM + MONITOR_MINUTES;

export interface World {
  readonly requestsPerMinute: number;
  /** What the old version did before: a share of requests. */
  readonly before: number;
  /** Shares of requests that fail in a minute of the rollout. */
  readonly rates: (minute: number) => { readonly candidate: number; readonly baseline: number };
  /** Percent; 0 holds nothing back. */
  readonly holdback: number;
}

export interface Judged {
  /** Minutes of the rollout that had closed by then; null: never. */
  readonly rolledBackAt: number | null;
  readonly heldAt: number | null;
}

const ANALYSIS = analysisOf({ extendSeconds: 0, earlyPass: false });
const WATCHES = [{ id: "errors@order", metric: ERROR_RATE, arms: null, bounds: NO_BOUNDS }];

/** Runs one to its end, or until it is rolled back. */
export function judgeRollout(world: World, random: Random): Judged {
  const samples = Array.from({ length: LAST_MINUTE }, (_, minute) => sampleOf(world, minute, random));
  const references = referenceOf(world, random);
  let state: EvidenceState = NO_EVIDENCE;
  let heldAt: number | null = null;
  for (let closed = 1; closed <= LAST_MINUTE; closed++) {
    state = spansUntil(state, closed + SETTLED, world.holdback);
    const seen = look(state, samples, references, closed);
    if (seen.verdict === "fail") return { rolledBackAt: closed, heldAt };
    if (heldReasons(seen.findings).length > 0) heldAt ??= closed;
    state = seen.state;
  }
  return { rolledBackAt: null, heldAt };
}

function look(state: EvidenceState, samples: readonly Sample[], references: References, closed: number): Assessment {
  const readings: Readings = { at: (_watch, _span, at) => samples[at / MINUTE] };
  const now = (closed + SETTLED) * MINUTE;
  return assess({
    analysis: ANALYSIS,
    watches: WATCHES,
    references,
    state,
    readings,
    troubles: [],
    synthetic: {},
    now,
  });
}

/** Traffic as it was set by then: a shift at the beginning of each step, and without a holdback the finish. */
function spansUntil(state: EvidenceState, minute: number, holdback: number): EvidenceState {
  const step = Math.min(Math.floor(minute / BAKE_MINUTES), WEIGHTS.length - 1);
  const finished = holdback === 0 && minute >= MONITOR_FROM;
  const from = (finished ? MONITOR_FROM : step * BAKE_MINUTES) * MINUTE;
  const span: Span = { from, weight: weightIn(minute, holdback), finished };
  return withSpan(state, span);
}

const weightIn = (minute: number, holdback: number): number =>
  Math.min(WEIGHTS[Math.min(Math.floor(minute / BAKE_MINUTES), WEIGHTS.length - 1)] ?? 100, 100 - holdback);

function sampleOf({ requestsPerMinute, rates, holdback }: World, minute: number, random: Random): Sample {
  const share = weightIn(minute, holdback) / 100;
  const { candidate, baseline } = rates(minute);
  const arm = (part: number, rate: number): ArmSample | null => {
    const requests = random.poisson(requestsPerMinute * part);
    if (requests === 0) return null;
    const bad = Math.min(requests, random.poisson(requests * rate));
    return [requests, bad, (100 * bad) / requests];
  };
  return { candidate: arm(share, candidate), baseline: share === 1 ? null : arm(1 - share, baseline) };
}

/** A day of the old version, hour by hour. */
function referenceOf({ requestsPerMinute, before }: World, random: Random): References {
  const hours = Array.from({ length: 24 }, () => random.poisson(requestsPerMinute * 60 * before));
  const bad = hours.reduce((sum, hour) => sum + hour, 0);
  const requests = requestsPerMinute * 1_440;
  const line = {
    periods: 1_440,
    requests,
    bad,
    worstRate: Math.max(...hours) / (requestsPerMinute * 60),
    value: (100 * bad) / requests,
    quantileMs: null,
    phi: 1,
    requestsPerPeriod: requestsPerMinute,
  };
  return { "errors@order": line };
}
