/** Simulated rollouts whose candidate starts cold, judged as a policy without a word on warm-ups has it, and without one. */

import { type ColdMonitor, createColdMonitor } from "../../functions/domain/judge/statistics/cold-start.ts";
import type { Minute } from "../../functions/domain/judge/statistics/sequential.ts";
import { coldConfigOf } from "../../functions/domain/judge/warm-up.ts";
import { resolvePlan } from "../../functions/domain/plan/resolve.ts";
import type { SequentialPlan } from "../../functions/domain/plan.ts";
import { createRandom, type Random } from "../random.ts";
import { releaseOf } from "../release.ts";

export interface Cell {
  readonly requestsPerMinute: number;
  /** Share of the baseline's requests that are bad. */
  readonly base: number;
  /** The same of the candidate's, by the minute of its step. */
  readonly candidate: (minute: number) => number;
  readonly metric: "errors" | "durations";
}

const WEIGHTS = [0.1, 0.25, 0.5];
const BAKE_MINUTES = 15;
const REFERENCE_MINUTES = 1_440;
const LINE = Math.log(20);

/** Minute of the rollback of each rollout; Infinity: none. */
export interface Minutes {
  readonly withWarmUp: readonly number[];
  readonly without: readonly number[];
  /** A candidate that is like the baseline in cold minutes and otherwise the same, request by request. */
  readonly twin: readonly number[];
}

export function rollOut(cell: Cell, repetitions: number, seed: string): Minutes {
  const random = createRandom(seed);
  const plan = settingsOf(cell.metric);
  const all = Array.from({ length: repetitions }, () => one(cell, plan, random));
  return {
    withWarmUp: all.map(({ withWarmUp }) => withWarmUp),
    without: all.map(({ without }) => without),
    twin: all.map(({ twin }) => twin),
  };
}

function one({ requestsPerMinute, base, candidate }: Cell, plan: SequentialPlan, random: Random) {
  const reference = Array.from({ length: REFERENCE_MINUTES }, () => arm(requestsPerMinute, base, random));
  const config = { alpha: 0.05, rho: plan.rho, delta: plan.delta };
  const cold = coldConfigOf(plan, null);
  const [monitor, twin] = [createColdMonitor(config, cold, reference), createColdMonitor(config, cold, reference)];
  const without = createColdMonitor(config, null, reference);
  const caught = { withWarmUp: Infinity, without: Infinity, twin: Infinity };
  for (let at = 0; at < WEIGHTS.length * BAKE_MINUTES; at++) {
    const [step, minute] = [Math.floor(at / BAKE_MINUTES), at % BAKE_MINUTES];
    const requests = requestsPerMinute * (WEIGHTS[step] ?? 0);
    const seen = {
      step,
      canary: arm(requests, candidate(minute), random),
      baseline: arm(requestsPerMinute - requests, base, random),
    };
    const isCold = minute < plan.warmupMinutes;
    const like = isCold ? { ...seen, canary: arm(requests, base, random) } : seen;
    caught.withWarmUp = Math.min(caught.withWarmUp, told(monitor, seen, isCold, at));
    caught.without = Math.min(caught.without, told(without, seen, false, at));
    caught.twin = Math.min(caught.twin, told(twin, like, isCold, at));
  }
  return caught;
}

function told(monitor: ColdMonitor, minute: Minute, isCold: boolean, at: number): number {
  monitor.push(minute, isCold);
  return monitor.judgement().logE >= LINE ? at + 1 : Infinity;
}

function arm(requests: number, rate: number, random: Random) {
  const errors = random.poisson(requests * rate);
  return { requests: errors + random.poisson(requests * (1 - rate)), errors };
}

/** What the shortest policy's plan says of one metric. */
function settingsOf(metric: Cell["metric"]): SequentialPlan {
  const preset = metric === "errors" ? "lambda-error-rate" : "lambda-duration-p95";
  const policy = {
    apiVersion: "headgate/v1",
    order: ["prod"],
    environments: { prod: { account: "111122223333", region: "eu-west-1", pageTo: ["oncall@example.com"] } },
    services: {
      shop: {
        targets: [{ name: "order", kind: "lambda-alias", functionName: "order", alias: "live" }],
        rollout: { steps: [{ weight: 100, bake: "15m" }] },
        analysis: { metrics: [{ preset, sequential: true }] },
      },
    },
  };
  const release = releaseOf("order", { version: "8" });
  const resolution = resolvePlan(policy, release, { now: 0 });
  const plan = resolution.ok ? resolution.plan.environments[0]?.analysis.metrics[0]?.sequential : undefined;
  if (plan === undefined) throw new Error(`the bench's own policy is refused: ${JSON.stringify(resolution)}`);
  return plan;
}
