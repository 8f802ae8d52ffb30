/** A version that was taken back may come again, once a person says so. */
import { appendAudit } from "../ledger/append-audit.ts";
import type { Header } from "../ledger/header.ts";
import { keys } from "../ledger/keys.ts";
import type { Dependencies } from "../ports.ts";
import { onceId, type Said } from "./said.ts";

export type Released =
  | { readonly kind: "released"; readonly summary: string }
  /** The promotion has no such environment. */
  | { readonly kind: "nowhere"; readonly environments: readonly string[] };

/** Lifts the hold on the promotion's version in one of its environments. Throws what the ledger throws. */
export async function releaseHold(
  deps: Pick<Dependencies, "ledger" | "clock" | "entropy" | "hash">,
  { promotionId, service, version, environments }: Header,
  said: Said & { readonly environment: string },
): Promise<Released> {
  const { by, environment, reason } = said;
  if (!environments.includes(environment)) return { kind: "nowhere", environments };
  await deps.ledger.write([{ remove: keys.held(environment, service, version) }]);
  const summary = `${by} released ${version} in ${environment}: ${reason}`;
  await appendAudit(deps, promotionId, {
    id: `released-${environment}-${onceId(deps, said)}`,
    kind: "released",
    environment,
    summary,
  });
  return { kind: "released", summary };
}
