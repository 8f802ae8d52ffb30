/** What machines send to handlers: small, and always the same words. */
import * as z from "zod";

/**
 * Parts of the ledger's keys, of which a table takes 1,024 bytes: docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html.
 * Names of promotions are those of executions, at most 80 letters, and of environments and approvals fewer.
 */
export const namePart = z.string().min(1).max(200);

export const PromotionInput = z.strictObject({ promotionId: namePart });
export const EnvironmentInput = PromotionInput.extend({ environment: namePart });
export type EnvironmentInput = z.output<typeof EnvironmentInput>;

/** Longest name of an execution: Step Functions' quota. */
const NAME_LENGTH = 80;
const DIGEST_LENGTH = 10;

/**
 * Name of an execution: the same parts give the same name, so that a start that is tried again finds the first one instead
 * of running a second. Other parts give another one, even where they read alike once they are joined, plain and cut.
 */
export function executionName(hash: (text: string) => string, ...parts: readonly (string | number)[]): string {
  const plain = parts.join("-").replace(/[^0-9A-Za-z_-]/g, "_");
  const digest = hash(parts.join("\u0000")).slice(0, DIGEST_LENGTH);
  return `${plain.slice(0, NAME_LENGTH - DIGEST_LENGTH - 1)}-${digest}`;
}

/** What a Catch notes of an error; `none` is what the promotion starts with. */
export const ErrorInput = z.looseObject({ Error: z.string(), Cause: z.string().optional() });
export type ErrorInput = z.output<typeof ErrorInput>;

/**
 * The error in one sentence for people; null: there was none. A Lambda's cause is a JSON text with its message and its
 * stack, of which people need the message.
 */
export function reasonOf({ Error: name, Cause }: ErrorInput): string | null {
  if (name === "none") return null;
  const cause = Cause ?? "";
  const message = messageOf(cause) ?? cause;
  return message === "" ? name : `${name}: ${message}`;
}

function messageOf(cause: string): string | null {
  try {
    const parsed: unknown = JSON.parse(cause);
    if (typeof parsed !== "object" || parsed === null) return null;
    const { errorMessage, Error: name, Cause } = parsed as Readonly<Record<string, unknown>>;
    if (typeof errorMessage === "string") return errorMessage;
    if (typeof name !== "string") return null;
    return reasonOf({ Error: name, ...(typeof Cause === "string" ? { Cause } : {}) });
  } catch {
    return null;
  }
}
