/** One look at a bake: goes on, or says how it ended. */
import { executionName } from "./domain/inputs.ts";
import type { BakeResult } from "./domain/judge/bake.ts";
import { look } from "./domain/judge/look.ts";
import { JudgeInput, resultOf, ticksOf } from "./domain/judge/tick.ts";
import type { Dependencies } from "./domain/ports.ts";
import { step } from "./runtime/step.ts";

export interface Judged {
  readonly decision: "again" | "end";
  /** How the phase ended; `continue`: only this execution did. Null while it goes on. */
  readonly result: BakeResult | "continue" | null;
  readonly tick: { readonly seconds: number };
  readonly ticks: number;
  readonly summary: string;
  /** Percent of traffic on the candidate. */
  readonly weight: number;
  /** Name and number of the execution that would go on with this phase. */
  readonly nextName: string;
  readonly nextChunk: number;
}

export const judge =
  (deps: Dependencies) =>
  async (input: JudgeInput): Promise<Judged> => {
    const { bake, seconds } = await look(deps, input);
    const ticks = ticksOf(input);
    const result = resultOf(bake, ticks);
    const nextChunk = input.chunk + 1;
    return {
      decision: result === null ? "again" : "end",
      result,
      tick: { seconds },
      ticks,
      summary: bake.summary,
      weight: bake.span?.weight ?? 0,
      nextName: executionName(deps.hash, input.promotionId, input.environment, input.phase, nextChunk),
      nextChunk,
    };
  };

export const handler = step("judge", JudgeInput, judge);
