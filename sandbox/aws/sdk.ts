import type { SignatureV4Init } from "@smithy/signature-v4";
import type {
  HttpRequest,
  Logger,
  Provider,
  RequestSigner,
  RetryErrorInfo,
  RetryStrategyV2,
  RetryToken,
} from "@smithy/types";
import type { Random } from "../chance/random.ts";
import type { SimulatedAws, SimulatedHandler } from "./router.ts";
import type { Caller, Clock } from "./service.ts";

/** Attempts in all, the first included: the SDK's own default. */
const MAX_ATTEMPTS = 3;

/** The SDK's standard back-off (milliseconds): a uniform share of base x 2^retries, at most 20 s. */
const BACKOFF = { base: 50, throttled: 1_000, longest: 20_000 };

const token = (retries: number, spentMs: number): RetryToken => ({
  getRetryCount: () => retries,
  getRetryDelay: () => 0,
  $retryLog: { acquisitionDelay: spentMs },
});

/**
 * The SDK's standard retry strategy with its waiting done in virtual time: the same errors are retried (throttling and
 * transient ones, among them time-outs and 500, 502, 503, 504), with the same back-off, jittered from the seed.
 */
export class VirtualRetryStrategy implements RetryStrategyV2 {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #maxAttempts: number;

  constructor(clock: Clock, random: Random, maxAttempts = MAX_ATTEMPTS) {
    this.#clock = clock;
    this.#random = random;
    this.#maxAttempts = maxAttempts;
  }

  async acquireInitialRetryToken(): Promise<RetryToken> {
    return token(0, 0);
  }

  /** Waits and grants the next attempt; throws when the error is not retryable or the attempts are used up. */
  async refreshRetryTokenForRetry(previous: RetryToken, { errorType }: RetryErrorInfo): Promise<RetryToken> {
    const retries = previous.getRetryCount();
    const retryable = errorType === "THROTTLING" || errorType === "TRANSIENT";
    if (!retryable || retries + 1 >= this.#maxAttempts) throw new Error("No retry token available");
    const base = errorType === "THROTTLING" ? BACKOFF.throttled : BACKOFF.base;
    const delay = Math.floor(this.#random.uniform() * Math.min(base * 2 ** retries, BACKOFF.longest));
    await this.#clock.sleep(delay);
    return token(retries + 1, delay);
  }

  recordSuccess(): void {
    // The standard strategy refills a retry budget here; a simulated handler lives too briefly to exhaust it.
  }
}

/** Static credentials whose key id tells the simulation the account. */
export interface SimulatedCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** The credentials of a principal in `account` (twelve digits). */
export const credentialsOf = (account: string): SimulatedCredentials => ({
  accessKeyId: `SIM${account}`,
  secretAccessKey: "simulated",
});

/**
 * Names the signer as a signature would, without the four keyed hashes that nobody here checks: they took a tenth of a
 * rehearsal. Real signatures are made wherever a client speaks to an emulator or to AWS.
 */
class ScopeSigner implements RequestSigner {
  readonly #scope: Promise<string>;

  constructor({ credentials, region, service }: SignatureV4Init) {
    this.#scope = scopeOf(credentials, region, service);
  }

  async sign<T>(request: T & HttpRequest): Promise<T & HttpRequest> {
    request.headers.authorization = `AWS4-HMAC-SHA256 Credential=${await this.#scope}`;
    return request;
  }
}

type Init<Name extends keyof SignatureV4Init> = SignatureV4Init[Name];

const provided = async <T>(value: T | Provider<T>): Promise<T> =>
  typeof value === "function" ? (value as Provider<T>)() : value;

/** The scope of a signature; its day is nothing that the simulation reads. */
async function scopeOf(credentials: Init<"credentials">, region: Init<"region">, service: string): Promise<string> {
  const { accessKeyId } = await provided(credentials);
  return `${accessKeyId}/00000000/${await provided(region)}/${service}/aws4_request`;
}

/**
 * The SDK's own silent logger has every input and output masked for it, call by call, before it drops them. One that
 * knows no `info` is asked for nothing; the type wants it, the SDK looks first.
 */
const SILENT = { trace: () => {}, debug: () => {}, warn: () => {}, error: () => {} } as unknown as Logger;

/** What an SDK v3 client needs to speak to the simulation: spread it into the client's configuration. */
export interface SimulatedClientConfig {
  readonly region: string;
  readonly credentials: SimulatedCredentials;
  readonly requestHandler: SimulatedHandler;
  readonly retryStrategy: RetryStrategyV2;
  readonly maxAttempts: number;
  readonly retryMode: string;
  readonly defaultsMode: "standard";
  readonly useDualstackEndpoint: boolean;
  readonly useFipsEndpoint: boolean;
  readonly userAgentAppId: string;
  readonly authSchemePreference: string[];
  readonly signerConstructor: typeof ScopeSigner;
  readonly logger: Logger;
}

/**
 * The client configuration of `caller`, acting in `account` and `region` (the simulation's own where left out).
 * Everything the SDK would otherwise look up in files and environment variables is given, so that a developer's own
 * AWS profile cannot leak into a rehearsal.
 */
export const clientConfig = (
  aws: SimulatedAws,
  caller: Caller,
  { account = aws.account, region = aws.region }: { account?: string; region?: string } = {},
): SimulatedClientConfig => ({
  region,
  credentials: credentialsOf(account),
  requestHandler: aws.requestHandler(caller),
  retryStrategy: new VirtualRetryStrategy(aws.clock, aws.random("retry", caller.handler, caller.invocation)),
  maxAttempts: MAX_ATTEMPTS,
  retryMode: "standard",
  defaultsMode: "standard",
  useDualstackEndpoint: false,
  useFipsEndpoint: false,
  userAgentAppId: "headgate-rehearsal",
  authSchemePreference: [],
  signerConstructor: ScopeSigner,
  logger: SILENT,
});
