import { type Caller, type CallerRules, callerOf, NO_RULES, type Signature, sayerInWords } from "../callers.ts";
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
 * The caller behind a signed request, as far as that is known: nobody is verified where the policy cannot be read. Traffic
 * goes back, and people are revoked, whoever asks for it and whatever became of the policy.
 */
export async function knownCaller(
  { ledger, log }: Pick<Dependencies, "ledger" | "log">,
  signature: Signature,
): Promise<Caller> {
  try {
    return await identifyCaller(ledger, signature);
  } catch (error) {
    log.warn("the policy could not be read, so nobody is verified", { signer: signature.arn, error: String(error) });
    return callerOf(signature, NO_RULES);
  }
}

/** How the record names whoever says a verb: with their person where one is verified, by the ARN alone where none is. */
export async function signerInWords(deps: Pick<Dependencies, "ledger" | "log">, signature: Signature): Promise<string> {
  return sayerInWords(await knownCaller(deps, signature));
}
