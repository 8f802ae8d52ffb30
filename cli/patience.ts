/** How often, and for how long, a request to the API is tried: it may be busy for a moment, and so may the network. */
import type { Clock } from "../functions/domain/ports.ts";

/** What one try came to: an answer, or the reason why there was none. */
export type Tried = { readonly status: number; readonly retryAfterMs: number | null } | { readonly lost: Error };

export interface Patience {
  readonly clock: Clock;
  /** Between 0 and 1; spreads the tries of callers that were turned away together. */
  readonly random: () => number;
  /** No further try begins so long (ms) after the first. */
  readonly limitMs: number;
  /** Says once that it waits, and why. */
  readonly say: (why: string) => void;
}

/** No further try begins half a minute after the first, in ms: whoever types a command still sits there. */
export const LIMIT_MS = 30_000;

/** One try, in ms: API Gateway itself gives up after 29 s, and what it began may take all of them. */
export const TRY_MS = 35_000;

/** The first wait and the longest, in ms; each is twice the one before. */
const WAIT = { first: 500, longest: 8_000 };

/** No answer came, and the next try may get one. What else a connection fails by (no such host, a certificate) stays. */
const PASSING = new Set([
  "EAI_AGAIN",
  "ECONNREFUSED",
  "ECONNRESET",
  "EPIPE",
  "ETIMEDOUT",
  "TimeoutError",
  "UND_ERR_BODY_TIMEOUT",
  "UND_ERR_CONNECT_TIMEOUT",
  "UND_ERR_HEADERS_TIMEOUT",
  "UND_ERR_SOCKET",
]);

/** The code of a failed `fetch`, which stands in its cause, or its name. */
export function codeOf(error: Error): string {
  const inner = error.cause instanceof Error ? error.cause : error;
  const code: unknown = Reflect.get(inner, "code");
  return typeof code === "string" ? code : inner.name;
}

/** Why another try may help; null: it would come to the same. */
function reasonToTryAgain(tried: Tried): string | null {
  if ("lost" in tried) return PASSING.has(codeOf(tried.lost)) ? `no answer (${codeOf(tried.lost)})` : null;
  if (tried.status === 429) return "too many requests at this moment (429)";
  return tried.status >= 500 ? `it failed (${tried.status})` : null;
}

/**
 * Tries until an answer is final or the time is up, with waits that double and are spread by half. Gives the last answer,
 * and how many tries it took.
 */
export async function tryPatiently<T extends Tried>(
  { clock, random, limitMs, say }: Patience,
  attempt: () => Promise<T>,
): Promise<{ readonly last: T; readonly tries: number }> {
  const until = clock.now() + limitMs;
  for (let tries = 1; ; tries++) {
    const last = await attempt();
    const reason = reasonToTryAgain(last);
    const waitMs = waitBefore(tries, last, random);
    if (reason === null || clock.now() + waitMs >= until) return { last, tries };
    if (tries === 1)
      say(`Headgate does not answer as it should: ${reason}. Trying again for up to ${limitMs / 1_000} s.`);
    await clock.sleep(waitMs);
  }
}

function waitBefore(tries: number, tried: Tried, random: () => number): number {
  const full = Math.min(WAIT.longest, WAIT.first * 2 ** (tries - 1));
  const asked = "lost" in tried ? null : tried.retryAfterMs;
  return Math.round(Math.max(asked ?? 0, full / 2 + (random() * full) / 2));
}
