/**
 * A bake: one watched wait of the rollout. Its phases, its record in the ledger, and how long its ticks are.
 */
import * as z from "zod";
import { BadInput } from "../errors.ts";
import { EnvironmentInput } from "../inputs.ts";
import type { EnvironmentPlan } from "../plan.ts";
import type { Acted } from "./assess.ts";
import type { Finding } from "./finding.ts";
import type { Span } from "./sampling.ts";
import type { Verdict } from "./verdicts.ts";

/** `step-25`, `monitor` and `drive-3` last for a time; `hold-2` and `approval-at-25` (`.2`: its second round) until something happens. */
const PHASE = /^(?:step-(\d{1,3})|(monitor)|hold-(\d+)|drive-(\d{1,4})|approval-([^.]+)(?:\.\d+)?)$/;

export const BakeInput = EnvironmentInput.extend({
  phase: z.string().regex(PHASE),
  /** Number of the execution that bakes this phase; it goes up when one has had its share of ticks. */
  chunk: z.int().min(0),
});
export type BakeInput = z.output<typeof BakeInput>;

export type Phase =
  | { readonly kind: "step"; readonly weight: number }
  | { readonly kind: "monitor" }
  | { readonly kind: "hold" }
  /** A leg of the way that targets take by themselves, counted from 1. */
  | { readonly kind: "drive"; readonly leg: number }
  | { readonly kind: "approval"; readonly approval: string };

/** Throws `BadInput` for a name that is no phase. */
export function readPhase(name: string): Phase {
  const parts = PHASE.exec(name);
  if (parts === null) throw new BadInput(`"${name}" is no phase of a bake`);
  const [, weight, monitor, hold, leg, approval] = parts;
  if (weight !== undefined) return { kind: "step", weight: Number(weight) };
  if (monitor !== undefined) return { kind: "monitor" };
  if (leg !== undefined) return { kind: "drive", leg: Number(leg) };
  return hold !== undefined ? { kind: "hold" } : { kind: "approval", approval: String(approval) };
}

const FIRST_LEG_SECONDS = 60;
const LEG_GROWTH = 1.1;

/**
 * Length of a leg in seconds. Each is a tenth longer than the one before, so that the end of a movement is seen at most a
 * tenth of its time too late, and a movement of a year takes 115 legs.
 */
const legSeconds = (leg: number): number => Math.ceil(FIRST_LEG_SECONDS * LEG_GROWTH ** (leg - 1));

/** Planned length of a phase in seconds; null: until something happens. Throws `BadInput` when the plan has no such phase. */
export function plannedSecondsOf(plan: EnvironmentPlan, phase: Phase): number | null {
  if (phase.kind === "hold" || phase.kind === "approval") return null;
  if (phase.kind === "drive") return legSeconds(phase.leg);
  if (phase.kind === "monitor") {
    if (plan.monitor === null) throw new BadInput(`the plan of ${plan.environment} asks for no monitoring`);
    return plan.monitor.forSeconds;
  }
  const step = plan.steps.find(({ weight }) => weight === phase.weight);
  if (step === undefined) throw new BadInput(`the plan of ${plan.environment} has no step of ${phase.weight} %`);
  return step.bakeSeconds;
}

/**
 * How a bake ended. `tripped` and `closed`: the journal said so, or an alarm or an operator did; `failed`: the judge did.
 * `blocked` and `inconclusive-hold` ask for a person; `followed` is the end of a leg, which says nothing for the candidate,
 * only that nothing stopped it; `rejected` is any end of an approval without one.
 */
export type BakeResult =
  | "passed"
  | "failed"
  | "blocked"
  | "inconclusive-hold"
  | "tripped"
  | "closed"
  | "approved"
  | "rejected"
  | "resumed"
  | "followed";

/** The BAKE item of one phase. */
export interface BakeRecord {
  readonly phase: string;
  /** Traffic while this phase lasts; null while the candidate has none. */
  readonly span: Span | null;
  readonly startedAt: number;
  /** A word of an operator counts for this phase when it was given at or after this instant (epoch ms). */
  readonly since: number;
  readonly plannedSeconds: number | null;
  /** Planned end, then the end with its extension; for a hold its latest end; null: until something happens. */
  readonly endsAt: number | null;
  readonly extended: boolean;
  /** Number of the execution that looked last. */
  readonly chunk: number;
  /** Goes up with every write. */
  readonly revision: number;
  /** Sample items written so far. */
  readonly parts: number;
  /** Up to when the alarms' past is known (epoch ms), by this bake's looks or an earlier one's; null: none has read it. */
  readonly alarmsReadTo: number | null;
  readonly verdict: Verdict | null;
  readonly acted: Acted | null;
  readonly reasons: readonly string[];
  readonly warnings: readonly string[];
  /** Worst first, as many as an item should hold. */
  readonly findings: readonly Finding[];
  readonly logE: number | null;
  /** ln(1/alpha): where the evidence fails the candidate. */
  readonly line: number | null;
  readonly evidence: string;
  readonly result: BakeResult | null;
  readonly endedAt: number | null;
  readonly summary: string;
}

const FIRST_HOUR_SECONDS = 3_600;
const SHORT_TICK_SECONDS = 60;
const LONG_TICK_SECONDS = 15 * 60;
/** 2 % of the time elapsed: a problem is noticed at most that much later than it could have been. */
const TICK_SHARE = 0.02;

export interface TickInput {
  readonly startedAt: number;
  readonly endsAt: number | null;
  readonly now: number;
  /** Shortest settle time of the metrics, in seconds; null: there are none. */
  readonly settleSeconds: number | null;
  /** A breach is being sustained: every minute counts. */
  readonly urgent: boolean;
}

/**
 * Seconds until the next look. A minute for the first hour (to the moment at which the next minute becomes readable),
 * then 2 % of the time elapsed, at most 15 minutes: a 30-day bake costs some 3,000 looks instead of 43,000. Never beyond
 * the end.
 */
export function tickSeconds({ startedAt, endsAt, now, settleSeconds, urgent }: TickInput): number {
  const elapsed = (now - startedAt) / 1000;
  const short = urgent || elapsed < FIRST_HOUR_SECONDS;
  const tick = short ? untilReadable(now, settleSeconds ?? 0) : Math.min(LONG_TICK_SECONDS, elapsed * TICK_SHARE);
  const left = endsAt === null ? Number.POSITIVE_INFINITY : (endsAt - now) / 1000;
  return Math.max(1, Math.ceil(left > 0 ? Math.min(tick, left) : tick));
}

/** Seconds until another minute has closed and settled: more than 0, at most 60. */
function untilReadable(now: number, settleSeconds: number): number {
  const settled = now / 1000 - settleSeconds;
  return SHORT_TICK_SECONDS - (((settled % SHORT_TICK_SECONDS) + SHORT_TICK_SECONDS) % SHORT_TICK_SECONDS);
}

/** Shortest settle time among the metrics, in seconds; null without metrics. */
export function shortestSettle(plan: EnvironmentPlan): number | null {
  const settles = plan.analysis.metrics.map((metric) => metric.settleSeconds);
  return settles.length === 0 ? null : Math.min(...settles);
}
