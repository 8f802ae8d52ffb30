/** Runs every minute: looks after each promotion that is not closed. What it does is safe to do at any time. */
import * as z from "zod";
import { keys } from "./domain/ledger/keys.ts";
import type { Dependencies } from "./domain/ports.ts";
import { lookAfter } from "./domain/promotion/look-after.ts";
import { step } from "./runtime/step.ts";

/** The schedule's event says nothing that is needed. */
const Input = z.unknown();

export const sweeper = (deps: Dependencies) => async (_event: unknown) => {
  const done: string[] = [];
  const failed: string[] = [];
  for (const { promotionId } of await deps.ledger.list(keys.open("").pk, "PROMOTION#")) {
    try {
      const what = await lookAfter(deps, String(promotionId));
      if (what !== null) done.push(what);
    } catch (error) {
      // One promotion in trouble must not keep the others waiting; the next run comes in a minute.
      failed.push(String(promotionId));
      deps.log.warn("a promotion could not be looked after", { promotion: String(promotionId), error: String(error) });
    }
  }
  if (failed.length > 0) throw new AggregateError([], `could not look after ${failed.join(", ")}`);
  return { done, summary: done.join("; ") };
};

export const handler = step("sweeper", Input, sweeper);
