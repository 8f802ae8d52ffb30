/** How a queued promotion waits for others to give back what it needs. */

const FIRST_SECONDS = 300;
const GROWTH = 1.1;
const LONGEST_SECONDS = 3_600;

/**
 * How long a queued promotion sleeps after so many looks, in seconds. Giving a lock back wakes it at once; it looks by
 * itself only in case that word was lost, so less and less often: 5 minutes at first, an hour after the first half day.
 */
export function queueSeconds(looks: number): number {
  return Math.round(Math.min(LONGEST_SECONDS, FIRST_SECONDS * GROWTH ** looks));
}
