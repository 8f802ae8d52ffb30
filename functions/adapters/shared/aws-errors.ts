/**
 * From the SDK's errors to ours. Whether another try can help is decided here, once, after the SDK's own retries.
 */
import { CallRefused, NotReady, ServiceTrouble } from "../../domain/errors.ts";

/** What to do about an error by its AWS name: give a value, or throw a better error. */
export type Known<T> = Readonly<Record<string, (error: Error) => T>>;

/**
 * Makes one call, named as IAM names it (`lambda:GetAlias`). Errors named in `known` are dealt with there; others become
 * `ServiceTrouble` (throttled, 5xx, no answer), `NotReady` (still changing) or `CallRefused` (the rest of what AWS says), both with their `cause`.
 * What did not come from AWS or the network passes unchanged.
 */
export async function ask<T>(call: string, send: () => Promise<T>, known: Known<T> = {}): Promise<T> {
  try {
    return await send();
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const handle = Object.hasOwn(known, error.name) ? known[error.name] : undefined;
    if (handle !== undefined) return handle(error);
    throw translated(call, error);
  }
}

const THROTTLING = new Set([
  "LimitExceededException",
  "ProvisionedThroughputExceededException",
  "RequestLimitExceeded",
  "SlowDown",
  "Throttled",
  "ThrottledException",
  "Throttling",
  "ThrottlingException",
  "TooManyRequestsException",
]);

/** The resource is still changing: a version that is not active yet, an update in progress. It passes by itself. */
const CHANGING = new Set(["ResourceConflictException", "ResourceNotReadyException"]);

/** No answer, or none in time: the SDK's names and Node's codes. */
const NETWORK = new Set([
  "AbortError",
  "TimeoutError",
  "EAI_AGAIN",
  "ECONNREFUSED",
  "ECONNRESET",
  "ENOTFOUND",
  "EPIPE",
  "ETIMEDOUT",
]);

/** The error of ours that says what this error of the SDK means for `call`. */
export function translated(call: string, error: Error): Error {
  const status = statusOf(error);
  const http = status === undefined ? "" : ` (HTTP ${status})`;
  const text = `${call} failed: ${error.name}: ${error.message}${http}`;
  if (CHANGING.has(error.name)) return new NotReady(text, { cause: error });
  if (isTrouble(error, status)) return new ServiceTrouble(text, { cause: error });
  if (status === undefined && error.name !== "CredentialsProviderError") return error;
  return new CallRefused(isDenial(error, status) ? `${text} (hint: ${permissionHint(call, error)})` : text, {
    cause: error,
  });
}

function isTrouble(error: Error, status: number | undefined): boolean {
  const code: unknown = Reflect.get(error, "code");
  if (THROTTLING.has(error.name) || NETWORK.has(error.name)) return true;
  if (typeof code === "string" && NETWORK.has(code)) return true;
  return status !== undefined && (status === 429 || status >= 500);
}

/** HTTP status of the answer; undefined where there was none, or the error is not the SDK's. */
export function statusOf(error: Error): number | undefined {
  const metadata: unknown = Reflect.get(error, "$metadata");
  if (typeof metadata !== "object" || metadata === null) return undefined;
  const status: unknown = Reflect.get(metadata, "httpStatusCode");
  return typeof status === "number" ? status : undefined;
}

function isDenial(error: Error, status: number | undefined): boolean {
  return status === 403 || /AccessDenied|AuthorizationError|NotAuthorized/.test(error.name);
}

/** Calls whose permission is not called like them. */
const PERMISSIONS: Readonly<Record<string, string>> = {
  "dynamodb:TransactWriteItems": "dynamodb:PutItem, dynamodb:DeleteItem and dynamodb:ConditionCheckItem",
  "lambda:Invoke": "lambda:InvokeFunction",
  "s3:HeadObject": "s3:GetObjectVersion",
};

/** AWS mostly names the action that was denied; that may be `sts:AssumeRole`, before the call itself. */
function permissionHint(call: string, error: Error): string {
  const action = /not authorized to perform: ([\w-]+:\w+)/.exec(error.message)?.[1] ?? PERMISSIONS[call] ?? call;
  return `allow ${action} to the role that this function uses there`;
}
