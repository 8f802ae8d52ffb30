/** Turns at a control plane that refuses more than so many calls a second. */
import type { Clock } from "../../domain/ports.ts";

/** Waits for the next turn. */
export type Pace = () => Promise<void>;

/**
 * Turns that come at most `perSecond` a second, and up to `burst` of them at once after a rest. One pace belongs to one
 * service in one account and Region, whose limit all its targets share; other invocations have their own, so it leaves
 * room and does not replace the SDK's retries.
 */
export function paceOf(clock: Clock, perSecond: number, burst: number): Pace {
  const intervalMs = 1_000 / perSecond;
  let next = Number.NEGATIVE_INFINITY;
  return async () => {
    const now = clock.now();
    next = Math.max(next, now - (burst - 1) * intervalMs) + intervalMs;
    const waitMs = Math.ceil(next - intervalMs - now);
    if (waitMs > 0) await clock.sleep(waitMs);
  };
}
