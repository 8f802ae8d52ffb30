/** Reads who may decide now: from the policy in force, and from the list of those who were revoked. */
import { BrokenRecord, NotReady } from "../errors.ts";
import { keys } from "../ledger/keys.ts";
import { currentPolicy } from "../ledger/policies.ts";
import { personOf } from "../people.ts";
import type { Ledger } from "../ports.ts";
import type { ApprovalRecord } from "./approval.ts";
import { holdersIn, type InForce, NOBODY } from "./in-force.ts";
import { asRevocation, asRevocations } from "./revocation.ts";

/**
 * Who may decide about an approval now. An ended one is not asked about any more, and nothing is read for it. Throws
 * `NotReady` where the policy in force cannot be read, so that nobody's word counts until it can, and what the ledger throws.
 */
export async function loadInForce(
  ledger: Ledger,
  { environment, state }: Pick<ApprovalRecord, "environment" | "state">,
): Promise<InForce> {
  if (state !== "waiting") return NOBODY;
  const { pk, sk } = keys.revoked("");
  const revoked = asRevocations(await ledger.list(pk, sk));
  return { holders: holdersIn(await policyOf(ledger), environment), revoked };
}

/** Whether this person, under whatever spelling, is revoked. */
export async function isRevoked(ledger: Ledger, address: string): Promise<boolean> {
  const found = await ledger.read(keys.revoked(personOf(address)));
  return found !== undefined && asRevocation(found).state === "revoked";
}

async function policyOf(ledger: Ledger): Promise<unknown> {
  try {
    return (await currentPolicy(ledger))?.document;
  } catch (error) {
    if (!(error instanceof BrokenRecord || error instanceof SyntaxError)) throw error;
    throw new NotReady(`the policy in force cannot be read: ${error.message}`);
  }
}
