/** Reads how the way back of a promotion stands. */
import type { Header } from "../ledger/header.ts";
import { asHead } from "../ledger/journal-records.ts";
import { keys } from "../ledger/keys.ts";
import { loadTargets } from "../ledger/load.ts";
import type { Ledger } from "../ports.ts";
import { type Journal, type WayBack, wayBack } from "./way-back.ts";

export async function loadWayBack(
  ledger: Ledger,
  { promotionId, environments }: Pick<Header, "promotionId" | "environments">,
): Promise<WayBack> {
  const journals: Journal[] = [];
  for (const environment of environments) {
    const head = await ledger.read(keys.head(promotionId, environment));
    if (head === undefined) continue;
    journals.push({ head: asHead(head), targets: await loadTargets(ledger, promotionId, environment) });
  }
  return wayBack(journals);
}
