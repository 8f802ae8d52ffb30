/** A version that was taken back may come again, once a person says so. */
import { appendAudit } from "../ledger/append-audit.ts";
import type { Header } from "../ledger/header.ts";
import { keys } from "../ledger/keys.ts";
import type { Dependencies } from "../ports.ts";
import { onceId, type Said } from "./said.ts";

export type Released =
  | { readonly kind: "released" | "not held"; readonly summary: string }
  /** The promotion has no such environment. */
  | { readonly kind: "nowhere"; readonly environments: readonly string[] };

/**
 * Lifts the hold on the promotion's version in one of its environments. The word goes into the trail first: a call that is
 * cut off after it is made good by the next one. Throws what the ledger throws.
 */
export async function releaseHold(
  deps: Pick<Dependencies, "ledger" | "clock" | "entropy" | "hash">,
  { promotionId, service, version, environments }: Header,
  said: Said & { readonly environment: string },
): Promise<Released> {
  const { by, environment, reason } = said;
  if (!environments.includes(environment)) return { kind: "nowhere", environments };
  const id = `released-${environment}-${onceId(deps, said)}`;
  const held = keys.held(environment, service, version);
  const isHeld = (await deps.ledger.read(held)) !== undefined;
  // The same word, sent again because its answer was lost, did release something.
  const wasSaid = (await deps.ledger.read(keys.auditId(promotionId, id))) !== undefined;
  if (!isHeld && !wasSaid)
    return { kind: "not held", summary: `nothing was held: ${version} may go to ${environment}` };
  const summary = `${by} released ${version} in ${environment}: ${reason}`;
  await appendAudit(deps, promotionId, { id, kind: "released", environment, summary });
  await deps.ledger.write([{ remove: held }]);
  return { kind: "released", summary };
}
