/** Begins a phase of a bake: from when it is watched, until when, and when it is looked at first. */
import { BakeInput, shortestSettle, tickSeconds } from "./domain/judge/bake.ts";
import { beginOnce } from "./domain/judge/begin.ts";
import { loadPlan } from "./domain/ledger/load.ts";
import { expectLife } from "./domain/ledger/wake-pauses.ts";
import type { Dependencies } from "./domain/ports.ts";
import { step } from "./runtime/step.ts";

export interface Begun {
  readonly phase: string;
  readonly chunk: number;
  readonly tick: { readonly seconds: number };
  /** Whether the phase ends at a time, or when something happens. */
  readonly ends: "at" | "until";
  readonly summary: string;
}

export const beginBake =
  (deps: Dependencies) =>
  async (input: BakeInput): Promise<Begun> => {
    const { promotionId, environment, phase, chunk } = input;
    const plan = await loadPlan(deps, promotionId, environment);
    const bake = await beginOnce(deps, input, plan);
    const now = deps.clock.now();
    const seconds = tickSeconds({ ...bake, now, settleSeconds: shortestSettle(plan), urgent: false });
    await expectLife(deps.ledger, promotionId, now + seconds * 1000, `bake ${phase} of ${environment}`);
    const ends = bake.plannedSeconds === null ? "until" : "at";
    return { phase, chunk, tick: { seconds }, ends, summary: bake.summary };
  };

export const handler = step("begin-bake", BakeInput, beginBake);
