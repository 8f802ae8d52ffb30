/** Whether every weight was held for as long as its bake lasts, by the simulated alias's own history. */
import { heldBack, shareAt } from "../../functions/domain/holdback.ts";
import type { EnvironmentPlan } from "../../functions/domain/plan.ts";
import type { AliasFacts } from "./facts.ts";
import type { FaultPlan } from "./plans.ts";

/** A bake begins at the read-back of its weight and ends with a look: neither can be sooner than this (ms) before plan. */
const SLACK_MS = 2_000;

/** Weights of a candidate that came before the bake of the weight below was over, or that no plan asks for. */
export function isBakedLongEnough(alias: AliasFacts, plan: FaultPlan): string[] {
  return alias.candidates.flatMap((candidate, index) => {
    if (candidate === null) return [];
    const planned = plan.resolved[index]?.environments.find(({ environment }) => environment === alias.environment);
    return planned === undefined ? [] : riseOf(alias, candidate, stepsOf(planned));
  });
}

/** The shares that are set, each with how long it has to stand: what is held back follows when all is watched. */
function stepsOf(plan: EnvironmentPlan): Step[] {
  const steps = plan.steps.map(({ weight, bakeSeconds }) => ({ weight: shareAt(plan, weight), bakeSeconds }));
  if (heldBack(plan) === 0) return steps;
  const watched = steps.map((step) =>
    step.weight === shareAt(plan, 100)
      ? { ...step, bakeSeconds: step.bakeSeconds + (plan.monitor?.forSeconds ?? 0) }
      : step,
  );
  return [...watched, { weight: 100, bakeSeconds: 0 }];
}

interface Step {
  readonly weight: number;
  readonly bakeSeconds: number;
}

function riseOf({ functionName, changes }: AliasFacts, candidate: string, steps: readonly Step[]): string[] {
  const found: string[] = [];
  let held = { weight: 0, since: Number.NEGATIVE_INFINITY };
  for (const { at, weights, by } of changes) {
    const weight = Math.round((weights[candidate] ?? 0) * 100);
    if (weight > held.weight && by === "call") found.push(...jump(functionName, steps, held, weight, at));
    // From then on it may be what a later promotion goes back to, in one move.
    if (weight === 100) return found;
    if (weight !== held.weight) held = { weight, since: at };
  }
  return found;
}

function jump(
  functionName: string,
  steps: readonly Step[],
  held: { readonly weight: number; readonly since: number },
  weight: number,
  at: number,
): string[] {
  const step = steps.findIndex((one) => one.weight === weight);
  const before = steps[step - 1] ?? { weight: 0, bakeSeconds: 0 };
  if (step < 0) return [`${functionName} had ${weight} % on its candidate, which the plan has not`];
  if (held.weight !== before.weight) return [`${functionName} went from ${held.weight} % to ${weight} %`];
  const baked = at - held.since;
  if (baked >= before.bakeSeconds * 1_000 - SLACK_MS) return [];
  return [`${functionName} was at ${held.weight} % for ${Math.round(baked / 1_000)} s only`];
}
