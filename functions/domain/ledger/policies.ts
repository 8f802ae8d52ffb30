/** Policy versions in the ledger: every one that was ever in force stays, under its hash. */
import { canonicalJson } from "../canonical.ts";
import type { Clock, Hash, Ledger } from "../ports.ts";
import { item, parsed } from "./items.ts";
import { keys } from "./keys.ts";
import { must } from "./load.ts";

export interface StoredPolicy {
  readonly hash: string;
  readonly document: unknown;
}

/** Puts a policy in force; the same document again changes nothing but the time. Returns its hash. */
export async function storePolicy(
  deps: { readonly ledger: Ledger; readonly hash: Hash; readonly clock: Clock },
  document: unknown,
): Promise<string> {
  const json = canonicalJson(document);
  const hash = deps.hash(json);
  const at = deps.clock.now();
  await deps.ledger.write([
    { put: item(keys.policy(hash), { hash, json, at }) },
    { put: item(keys.policyCurrent(), { hash, at }) },
  ]);
  return hash;
}

/** The policy in force; undefined: none was ever deployed. Throws `BrokenRecord` where it is gone or cannot be read. */
export async function currentPolicy(ledger: Ledger): Promise<StoredPolicy | undefined> {
  const current = await ledger.read(keys.policyCurrent());
  if (current === undefined) return undefined;
  const hash = String(current.hash);
  const { json } = await must(ledger, keys.policy(hash));
  return { hash, document: parsed(String(json), "the policy in force") };
}
