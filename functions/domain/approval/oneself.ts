/** Whether whoever signs a request is the person whom it is about, as far as anything says so. */
import { addressIn, type Caller, principalOf, samePrincipal } from "../callers.ts";
import { BrokenRecord } from "../errors.ts";
import { keys } from "../ledger/keys.ts";
import { samePerson } from "../people.ts";
import type { Dependencies } from "../ports.ts";
import type { Decision } from "./approval.ts";
import { loadAllDecisions } from "./load.ts";

type Tools = Pick<Dependencies, "ledger" | "log">;

/**
 * By the address that the identity bears, whoever chose it; or by an answer that its principal gave for that person in any
 * open promotion, under whatever session name. Throws what the ledger throws.
 */
export async function isOneself(deps: Tools, caller: Caller, address: string): Promise<boolean> {
  if (samePerson(caller.person ?? addressIn(caller.arn) ?? "", address)) return true;
  const { pk, sk } = keys.open("");
  for (const { promotionId } of await deps.ledger.list(pk, sk)) {
    const decisions = await decisionsOf(deps, String(promotionId));
    if (decisions.some((one) => samePerson(one.address, address) && isBy(caller, one))) return true;
  }
  return false;
}

function isBy(caller: Caller, { signer, caller: arn }: Decision): boolean {
  const principal = principalOf(signer, arn);
  return principal !== null && samePrincipal(principal, caller.principal);
}

/** None where they cannot be read: a broken record must not keep a stolen mailbox in. */
async function decisionsOf({ ledger, log }: Tools, promotionId: string): Promise<Decision[]> {
  try {
    return await loadAllDecisions(ledger, promotionId);
  } catch (error) {
    if (!(error instanceof BrokenRecord)) throw error;
    log.warn("the decisions of a promotion cannot be read", { promotionId, error: error.message });
    return [];
  }
}
