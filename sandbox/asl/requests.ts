import { SfnError } from "./errors.ts";
import { PAYLOAD_LIMIT_BYTES } from "./json.ts";

const NAME_LIMIT = 80;
const TOKEN_LIMIT = 2_048;
const ERROR_LIMIT = 256;
const CAUSE_LIMIT = 32_768;
const CLIENT_TOKEN_LIMIT = 64;
const PAGE = 100;
const LARGEST_PAGE = 1_000;
/** White space, brackets, wildcards and specials that names must not contain, besides control characters. */
const NOT_IN_NAMES = /[\s?*<>{}[\]"#%\\^|~`$&,;:/\p{Cc}\p{Cs}]/u;
const STATE_MACHINE_ARN = /^arn:[\w-]+:states:[a-z0-9-]+:\d{12}:stateMachine:[^:]+$/u;

/** Throws InvalidName unless this can name a state machine or an execution. */
export function checkName(name: string): void {
  if (name === "" || name.length > NAME_LIMIT || NOT_IN_NAMES.test(name)) {
    throw new SfnError("InvalidName", `Invalid Name: '${name}'`);
  }
}

/** Throws InvalidArn unless this is the ARN of a state machine (unqualified: versions and aliases are not simulated). */
export function checkMachineArn(arn: string): void {
  if (!STATE_MACHINE_ARN.test(arn)) throw new SfnError("InvalidArn", `Invalid Arn: '${arn}'`);
}

/** Throws the named error unless the text is JSON, and ValidationException if it is over 256 KiB. */
export function checkJson(text: string, field: "input" | "output"): void {
  checkLength(field, text, PAYLOAD_LIMIT_BYTES);
  try {
    JSON.parse(text);
  } catch {
    const name = field === "input" ? "InvalidExecutionInput" : "InvalidOutput";
    throw new SfnError(name, `Invalid ${field}: the text is not JSON`);
  }
}

/** Throws ValidationException for an error or cause that is too long. */
export function checkFailure(error: string | undefined, cause: string | undefined): void {
  checkLength("error", error, ERROR_LIMIT);
  checkLength("cause", cause, CAUSE_LIMIT);
}

export const checkToken = (token: string): void => checkLength("taskToken", token, TOKEN_LIMIT);

export const checkClientToken = (token: string | undefined): void =>
  checkLength("clientToken", token, CLIENT_TOKEN_LIMIT);

function checkLength(field: string, text: string | undefined, most: number): void {
  if (text === undefined || (text.length <= most && Buffer.byteLength(text) <= most)) return;
  throw new SfnError(
    "ValidationException",
    `1 validation error detected: Value at '${field}' failed to satisfy constraint: Member must have length less than or equal to ${most}`,
  );
}

export interface Page {
  readonly maxResults?: number | undefined;
  readonly nextToken?: string | undefined;
}

/** A page of a list (100 unless asked otherwise, at most 1,000), and where the next one starts. */
export function paginate<T>(items: readonly T[], { maxResults, nextToken }: Page) {
  const from = nextToken === undefined ? 0 : Number(nextToken);
  if (!Number.isInteger(from) || from < 0) throw new SfnError("InvalidToken", `Invalid Token: '${nextToken}'`);
  const size = Math.min(maxResults === undefined || maxResults === 0 ? PAGE : maxResults, LARGEST_PAGE);
  const end = from + size;
  return { page: items.slice(from, end), ...(end < items.length && { nextToken: String(end) }) };
}
