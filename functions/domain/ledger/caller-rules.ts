import { type Caller, type CallerRules, callerInWords, callerOf, NO_RULES, type Signature } from "../callers.ts";
import { callersSchema } from "../documents/policy-callers.ts";
import type { Dependencies, Ledger } from "../ports.ts";
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

/**
 * How the record names whoever says a verb: with their person where one is verified, by the ARN alone where none is. Traffic
 * goes back whoever asked for it, so that a policy that cannot be read keeps no verb from being carried out.
 */
export async function signerInWords(
  { ledger, log }: Pick<Dependencies, "ledger" | "log">,
  signature: Signature,
): Promise<string> {
  try {
    const caller = await identifyCaller(ledger, signature);
    return caller.person === null ? caller.arn : callerInWords(caller);
  } catch (error) {
    log.warn("the policy could not be read, so nobody is verified", { signer: signature.arn, error: String(error) });
    return signature.arn;
  }
}
