import { type Caller, type CallerRules, callerOf, NO_RULES, type Signature } from "../callers.ts";
import { callersSchema } from "../documents/policy-callers.ts";
import type { Ledger } from "../ports.ts";
import { fieldsOf } from "../text.ts";
import { currentPolicy } from "./policies.ts";

/**
 * Whom the policy in force believes: it is about who may speak now, whatever was in force when the promotion began.
 * Nobody beyond what IAM itself says where none is deployed.
 */
export async function callerRules(ledger: Ledger): Promise<CallerRules> {
  const policy = await currentPolicy(ledger);
  const read = callersSchema.safeParse(fieldsOf(policy?.document).callers);
  if (!read.success) return NO_RULES;
  const { verifiedRoles = [], speakForOthers = [] } = read.data;
  return { verifiedRoles, speakForOthers };
}

/** The caller behind a signed request, by the policy in force. Throws what the ledger throws. */
export async function identifyCaller(ledger: Ledger, signature: Signature): Promise<Caller> {
  return callerOf(signature, await callerRules(ledger));
}
