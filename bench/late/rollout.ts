/** A rollout as the judge's looks see it, over a CloudWatch that hears of a request when it ends, under the time of its start. */
import { type Assessment, assess } from "../../functions/domain/judge/assess.ts";
import { afterLook } from "../../functions/domain/judge/ending.ts";
import type { Readings, Sample, Span, Watch } from "../../functions/domain/judge/sampling.ts";
import { type EvidenceState, NO_EVIDENCE, withSpan } from "../../functions/domain/judge/state.ts";
import type { AnalysisPlan } from "../../functions/domain/plan.ts";
import { Random } from "../../sandbox/chance/random.ts";
import { binomial, poisson } from "../../sandbox/chance/samplers.ts";
import { analysisOf, ERROR_RATE } from "../usual-errors.ts";

const MINUTE_MS = 60_000;
/** From the end of a request until CloudWatch shows it. */
const LAG_MS = 90_000;
const BASE_RATE = 0.001;

export interface World {
  readonly seed: number;
  readonly perMinute: number;
  /** The function's time-out, as the judge knows it; null: it does not ask, and reads nothing again, as 0.1.0. */
  readonly limitSeconds: number | null;
  /** Share of the candidate's requests that hang, and for how long before they fail. */
  readonly hangs: { readonly share: number; readonly seconds: number } | null;
  readonly bakeMinutes: number;
  readonly earlyPass: boolean;
}

export interface Ended {
  readonly outcome: "promoted" | "rolled-back" | "held";
  /** Percent on the candidate at the end. */
  readonly weight: number;
  /** Of the last bake, and of all. */
  readonly minutes: number;
  readonly allMinutes: number;
}

const REFERENCE = {
  periods: 1_440,
  requests: 864_000,
  bad: 864,
  worstRate: 0.0015,
  value: 0.1,
  quantileMs: null,
  phi: 1,
  requestsPerPeriod: 600,
};

/** 10, 25, 50 and 100 %, one after another, until one ends without a pass. */
export function rollOut(world: World): Ended {
  let state = NO_EVIDENCE;
  // Traffic is set in the middle of a minute.
  let at = 20_000;
  for (const weight of [10, 25, 50, 100]) {
    const span: Span = { from: at, weight, finished: false };
    const baked = bake(world, withSpan(state, span), span);
    const ended = { weight, minutes: (baked.at - span.from) / MINUTE_MS, allMinutes: baked.at / MINUTE_MS };
    if (baked.result !== "passed") return { ...ended, outcome: baked.result === "failed" ? "rolled-back" : "held" };
    if (weight === 100) return { ...ended, outcome: "promoted" };
    state = baked.state;
    at = baked.at + 4_000;
  }
  throw new Error("the last step is 100 %");
}

interface Baked {
  readonly result: string;
  readonly at: number;
  readonly state: EvidenceState;
}

function bake(world: World, before: EvidenceState, span: Span): Baked {
  const analysis = analysisOf({ extendSeconds: 900, earlyPass: world.earlyPass });
  const planned = { startedAt: span.from, plannedSeconds: world.bakeMinutes * 60 };
  let state = before;
  let extended = false;
  for (let now = span.from + MINUTE_MS; ; now += MINUTE_MS) {
    const seen = lookAt(world, analysis, state, now);
    state = seen.state;
    const record = { ...planned, endsAt: span.from + planned.plannedSeconds * 1000, extended };
    const phase = { kind: "step", weight: span.weight } as const;
    const { ending, extendTo } = afterLook(seen, record, phase, { analysis, monitor: null }, now);
    if (ending !== null) return { result: ending.result, at: now, state };
    extended ||= extendTo !== null;
  }
}

function lookAt(world: World, analysis: AnalysisPlan, state: EvidenceState, now: number): Assessment {
  const { limitSeconds } = world;
  const watch: Watch = {
    id: "errors@order",
    metric: ERROR_RATE,
    arms: null,
    bounds: { candidate: null, baseline: null },
    lateSeconds: limitSeconds ?? 0,
  };
  const readings: Readings = { at: (_watch, span, at) => sampleOf(world, span, at, now) };
  const references = { [watch.id]: REFERENCE };
  const given = { analysis, watches: [watch], references, state, readings, troubles: [], synthetic: {}, now };
  return assess({ ...given, again: limitSeconds !== null });
}

/** What CloudWatch shows of a minute at `now`: of what hangs, the part that has ended. */
function sampleOf({ seed, perMinute, hangs }: World, { weight }: Span, at: number, now: number): Sample {
  const random = Random.of(seed, at);
  const requests = poisson(random.child("requests"), perMinute);
  const own = weight === 100 ? requests : binomial(random.child("share"), requests, weight / 100);
  const hung = hangs === null ? 0 : binomial(random.child("hung"), own, hangs.share);
  const heard = Math.min(1, Math.max(0, (now - at - LAG_MS - (hangs?.seconds ?? 0) * 1000) / MINUTE_MS));
  const late = Math.floor(hung * heard);
  const bad = binomial(random.child("bad"), own - hung, BASE_RATE) + late;
  const count = own - hung + late;
  const others = requests - own;
  const theirs = binomial(random.child("theirs"), others, BASE_RATE);
  return {
    candidate: count === 0 ? null : [count, bad, (100 * bad) / count],
    baseline: weight === 100 || others === 0 ? null : [others, theirs, (100 * theirs) / others],
  };
}
