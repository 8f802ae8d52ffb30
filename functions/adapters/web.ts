import { ServiceTrouble } from "../domain/errors.ts";
import type { Clock, Web } from "../domain/ports.ts";

/** Fetches a page within `timeoutMs`; rejects when no answer came. */
export type FetchPage = (url: string, timeoutMs: number) => Promise<{ readonly status: number; readonly body: string }>;

/** Pages by HTTP. Any answer is an answer, whatever its status; no answer in time is `ServiceTrouble`. */
export function web({ fetchPage, clock }: { readonly fetchPage: FetchPage; readonly clock: Clock }): Web {
  return {
    async get(url, timeoutMs) {
      const begin = clock.now();
      try {
        const page = await fetchPage(url, timeoutMs);
        return { status: page.status, body: page.body, ms: clock.now() - begin };
      } catch (cause) {
        const reason = cause instanceof Error ? cause.message : String(cause);
        throw new ServiceTrouble(`no answer from ${url} within ${timeoutMs} ms: ${reason}`, { cause });
      }
    },
  };
}
