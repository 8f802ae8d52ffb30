/** A canary that is baked: traffic by version and minute, and the looks at it. */

import { beginBake } from "../../functions/begin-bake.ts";
import { captureReference } from "../../functions/domain/judge/capture-reference.ts";
import { loadBake, loadEvidence } from "../../functions/domain/judge/load.ts";
import { loadHead } from "../../functions/domain/ledger/load.ts";
import type { EnvironmentPlan } from "../../functions/domain/plan.ts";
import { type Judged, judge } from "../../functions/judge.ts";
import {
  canaryWorld,
  ENVIRONMENT,
  environmentPlan,
  MINUTE,
  PROMOTION,
  type Traffic,
  type World,
} from "./canary-world.ts";

export const where = { promotionId: PROMOTION, environment: ENVIRONMENT };
export const phaseInput = (phase: string) => ({ ...where, phase, chunk: 1 });

/** 600 requests a minute, one error in a thousand on average, evenly. */
export const healthy: Traffic = (version, at) => {
  const even = Math.round(at / MINUTE) % 2;
  if (version === "8") return { requests: 60, errors: 0 };
  return { requests: 540, errors: even };
};
export const failing: Traffic = (version, at) => (version === "8" ? { requests: 60, errors: 4 } : healthy(version, at));

/** Begins the phase and looks until it ends, or until so many seconds have gone by; returns the last answer. */
export async function bake(
  world: World,
  phase: string,
  from: number,
  until: number,
): Promise<{ last: Judged; at: number; looks: number }> {
  world.at(from);
  let input = { ...phaseInput(phase), ticks: 0 };
  let { seconds } = (await beginBake(world.deps)(phaseInput(phase))).tick;
  let at = from;
  for (let looks = 1; ; looks++) {
    at += seconds;
    world.at(at);
    const last = await judge(world.deps)(input);
    const cut = last.result === "continue";
    if ((last.decision === "end" && !cut) || at >= until) return { last, at, looks };
    input = cut ? { ...input, chunk: last.nextChunk, ticks: 0 } : { ...input, ticks: last.ticks };
    seconds = cut ? (await beginBake(world.deps)(phaseInput(phase))).tick.seconds : last.tick.seconds;
  }
}

export const worldAt = async (
  weight: number,
  traffic: Traffic,
  over: Partial<EnvironmentPlan> = {},
): Promise<World> => {
  const world = await canaryWorld(environmentPlan(over), traffic);
  await captureReference(world.deps, environmentPlan(over), PROMOTION);
  world.at(30);
  await world.shift(weight);
  return world;
};

export const record = (world: World, phase: string) => loadBake(world.ledger, PROMOTION, ENVIRONMENT, phase);
export const headOf = (world: World) => loadHead(world.ledger, PROMOTION, ENVIRONMENT);
export const analysis = (over: Partial<EnvironmentPlan["analysis"]>): Partial<EnvironmentPlan> => ({
  analysis: { ...environmentPlan().analysis, ...over },
});
export const evidenceOf = async (world: World) => {
  const { state } = await loadEvidence(world.ledger, PROMOTION, ENVIRONMENT);
  return { spans: state.spans, progress: new Map(Object.entries(state.watches)).get("errors@order")?.progress };
};
export const CANARY = { route: { primary: "7", secondary: { version: "8", percent: 10 } }, revision: "1", marker: "" };
/** Nobody calls. */
export const silence: Traffic = () => undefined;
