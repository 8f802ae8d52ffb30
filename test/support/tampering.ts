/** A hand in the ledger's table: what nobody's role may write, written all the same. */
import { canonicalJson } from "../../functions/domain/canonical.ts";
import { asHeader } from "../../functions/domain/ledger/header.ts";
import { item } from "../../functions/domain/ledger/items.ts";
import { keys } from "../../functions/domain/ledger/keys.ts";
import { must } from "../../functions/domain/ledger/load.ts";
import type { Ledger } from "../../functions/domain/ports.ts";
import { sha256 } from "./approval-scene.ts";

/** Which plan of which promotion; the empty environment is the promotion's own part. */
export interface Place {
  readonly promotionId: string;
  readonly environment: string;
}

/** Changes a stored plan of one part as text. */
export async function rewritePlan(ledger: Ledger, place: Place, change: (json: string) => string): Promise<void> {
  const key = keys.planPart(place.promotionId, place.environment, 0);
  const found = await must(ledger, key);
  const json = change(String(found.json));
  if (json === found.json) throw new Error("this changes nothing");
  await ledger.write([{ put: { ...found, json } }]);
}

/** The same, by somebody who knows that the header has hashes of it, and writes those, too. */
export async function rewritePlanAndHeader(
  ledger: Ledger,
  place: Place,
  change: (json: string) => string,
): Promise<void> {
  await rewritePlan(ledger, place, change);
  const { json } = await must(ledger, keys.planPart(place.promotionId, place.environment, 0));
  const header = asHeader(await must(ledger, keys.header(place.promotionId)));
  const planHashes = { ...header.planHashes, [place.environment]: sha256(String(json)) };
  const planHash = sha256(canonicalJson(planHashes));
  await ledger.write([{ put: item(keys.header(place.promotionId), { ...header, planHashes, planHash }) }]);
}
