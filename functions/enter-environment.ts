/** Takes the locks of the next environment's resources and opens its journal, or says why not. */
import * as z from "zod";
import { MOST_LOOKS } from "./domain/chunks.ts";
import { PromotionInput } from "./domain/inputs.ts";
import type { Dependencies } from "./domain/ports.ts";
import { childrenOf, queueName } from "./domain/promotion/children.ts";
import { enterNext } from "./domain/promotion/enter.ts";
import { queueSeconds } from "./domain/promotion/queue.ts";
import { step } from "./runtime/step.ts";

const Input = PromotionInput.extend({
  position: z.int().min(0),
  /** How often the promotion has come here so far: the name of the execution that queues depends on it. */
  turn: z.int().min(0).optional(),
  /** Looks of the execution that queues; the promotion itself has none. */
  looks: z.int().min(0).optional(),
});

export const enterEnvironment =
  (deps: Dependencies) =>
  async ({ promotionId, position, ...counts }: z.output<typeof Input>) => {
    const { decision, environment, plan, summary } = await enterNext(deps, promotionId, position);
    const turn = (counts.turn ?? 0) + 1;
    const looks = (counts.looks ?? 0) + 1;
    return {
      decision: decision === "queue" && looks >= MOST_LOOKS ? "continue" : decision,
      name: environment,
      ...childrenOf(deps.hash, promotionId, environment, plan),
      queue: { name: queueName(deps.hash, promotionId, environment, turn), turn, looks },
      wait: { seconds: queueSeconds(looks - 1) },
      summary,
    };
  };

export const handler = step("enter-environment", Input, enterEnvironment);
