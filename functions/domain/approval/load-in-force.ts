/** Reads who may decide now: from the policy in force, and from the list of those who were revoked. */
import { BrokenRecord, NotReady } from "../errors.ts";
import { keys } from "../ledger/keys.ts";
import { currentPolicy, type StoredPolicy } from "../ledger/policies.ts";
import type { Change, Ledger } from "../ports.ts";
import type { ApprovalRecord } from "./approval.ts";
import { holdersIn, type InForce, NOBODY } from "./in-force.ts";
import { asRevocations, type Revocations, revokedIn, whileNobodyRevoked, wordAbout } from "./revocation.ts";

export interface LoadedInForce extends InForce {
  /** Hold as long as that is who is in force: what counts people is written under these conditions. */
  readonly while: readonly Change[];
}

/**
 * Who may decide about an approval now. An ended one is not asked about any more, and nothing is read for it. Throws
 * `NotReady` where the policy in force cannot be read, so that nobody's word counts until it can, and what the ledger throws.
 */
export async function loadInForce(
  ledger: Ledger,
  { environment, state }: Pick<ApprovalRecord, "environment" | "state">,
): Promise<LoadedInForce> {
  if (state !== "waiting") return { ...NOBODY, while: [] };
  const revocations = await loadRevocations(ledger);
  const policy = await policyOf(ledger);
  return {
    holders: holdersIn(policy?.document, environment),
    revoked: revokedIn(revocations),
    while: [
      whileNobodyRevoked(revocations),
      { check: keys.policyCurrent(), if: policy === undefined ? "absent" : { hash: policy.hash } },
    ],
  };
}

export async function loadRevocations(ledger: Ledger): Promise<Revocations> {
  return asRevocations(await ledger.list(keys.revocations().pk, ""));
}

/** Whether this person, under whatever spelling, is revoked. */
export async function isRevoked(ledger: Ledger, address: string): Promise<boolean> {
  return wordAbout(await loadRevocations(ledger), address)?.state === "revoked";
}

async function policyOf(ledger: Ledger): Promise<StoredPolicy | undefined> {
  try {
    return await currentPolicy(ledger);
  } catch (error) {
    if (!(error instanceof BrokenRecord)) throw error;
    throw new NotReady(`the policy in force cannot be read: ${error.message}`);
  }
}
