/** Checks the release against the policy in force, pins both, and writes the plan: the first word of the ledger. */
import * as z from "zod";
import { executionName } from "./domain/inputs.ts";
import type { Header } from "./domain/ledger/header.ts";
import type { Dependencies, Hash } from "./domain/ports.ts";
import { openOnce } from "./domain/promotion/open.ts";
import { step } from "./runtime/step.ts";

const Input = z.strictObject({
  release: z.unknown(),
  executionArn: z.string(),
  executionName: z.string(),
  startedAt: z.string(),
});

export const openPromotion = (deps: Dependencies) => async (input: z.output<typeof Input>) =>
  answer(deps.hash, await openOnce(deps, input));

function answer(hash: Hash, { promotionId, state, environments, service, version }: Header) {
  const go = state === "open" && environments.length > 0;
  return {
    promotionId,
    decision: go ? "go" : "stop",
    position: 0,
    rollbackName: executionName(hash, promotionId, "rollback"),
    summary: go ? `${service} ${version} through ${environments.join(", ")}` : "refused, or closed already",
  };
}

export const handler = step("open-promotion", Input, openPromotion);
