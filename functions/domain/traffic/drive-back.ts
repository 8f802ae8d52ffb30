/** The way back of a target that moves by itself. */
import { NotReady } from "../errors.ts";
import type { Dependencies, SelfDriving } from "../ports.ts";

/** How often its progress is looked at, in ms. */
const FOLLOW_EVERY_MS = 5_000;

/**
 * Longest that one call follows it, in ms: the alarm listener restores one promotion after the other, and none may wait for
 * another's slow service. The rollback calls again, and the sweeper after it.
 */
const FOLLOW_MS = 120_000;

/** Time for what comes after it, in ms: reading it back, and closing its record. */
const READ_BACK_MS = 6_000;

/**
 * Tells the service to stop and go back, and follows it until it has. A second call does no more than follow. Throws
 * `NotReady` while it is still on its way when this call ends.
 */
export async function driveBack(
  deps: Pick<Dependencies, "clock" | "remainingMs">,
  target: string,
  driver: SelfDriving,
): Promise<void> {
  const until = deps.clock.now() + FOLLOW_MS;
  await driver.stop();
  for (;;) {
    const { phase, summary } = await driver.progress();
    if (phase === "stopped") return;
    const isLate = deps.clock.now() >= until || deps.remainingMs() < FOLLOW_EVERY_MS + READ_BACK_MS;
    if (isLate) throw new NotReady(`${target} was told to stop and is still on its way back: ${summary}`);
    await deps.clock.sleep(FOLLOW_EVERY_MS);
  }
}
