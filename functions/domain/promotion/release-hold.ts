/** A version that was taken back may come again, once a person says so. */
import { appendAudit } from "../ledger/append-audit.ts";
import type { Header } from "../ledger/header.ts";
import { keys } from "../ledger/keys.ts";
import type { Dependencies } from "../ports.ts";

/** Lifts the hold on the promotion's version in one environment, and returns that in words. */
export async function releaseHold(
  deps: Pick<Dependencies, "ledger" | "clock" | "hash">,
  { promotionId, service, version }: Header,
  { by, environment, reason }: { readonly by: string; readonly environment: string; readonly reason: string },
): Promise<string> {
  await deps.ledger.write([{ remove: keys.held(environment, service, version) }]);
  const summary = `${by} released ${version} in ${environment}: ${reason}`;
  await appendAudit(deps, promotionId, {
    id: `released-${environment}-${deps.clock.now()}`,
    kind: "released",
    environment,
    summary,
  });
  return summary;
}
