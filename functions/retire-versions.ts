/** Runs every hour: deletes previous versions that were kept for as long as the policy says, and that nobody needs. */
import * as z from "zod";
import type { Dependencies } from "./domain/ports.ts";
import { loadDue, retire } from "./domain/promotion/retire.ts";
import { step } from "./runtime/step.ts";

/** The schedule's event says nothing that is needed. */
const Input = z.unknown();

export const retireVersions = (deps: Dependencies) => async (_event: unknown) => {
  const done: string[] = [];
  const failed: string[] = [];
  for (const kept of await loadDue(deps)) {
    const { promotionId, environment } = kept;
    try {
      const what = await retire(deps, kept);
      if (what !== null) done.push(`${environment}: ${what}`);
    } catch (error) {
      // One function that refuses must not keep the others' versions; the next round comes in an hour.
      failed.push(`${promotionId} in ${environment}`);
      deps.log.warn("previous versions could not be retired", { promotionId, environment, error: String(error) });
    }
  }
  if (failed.length > 0) throw new AggregateError([], `could not retire what was replaced by ${failed.join(", ")}`);
  return { done, summary: done.join("; ") };
};

export const handler = step("retire-versions", Input, retireVersions);
