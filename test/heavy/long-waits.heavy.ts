/** An approval that asks a month long, each minute again, and nobody answers: 43,200 reminders under the service's own limits. */
import { expect, it, vi } from "vitest";
import { MOST_LOOKS } from "../../functions/domain/chunks.ts";
import { HISTORY_LIMIT } from "../../sandbox/asl/limits.ts";
import { wait } from "../support/long-waits.ts";

// The tracer's library would follow every promise; it has to know before it is loaded.
vi.hoisted(() => {
  process.env.AWS_XRAY_MANUAL_MODE = "true";
});

const PATIENCE_MS = 30 * 60_000;
const DAYS = 30;

it("expires in its time, in as many executions as it takes", { timeout: PATIENCE_MS }, async () => {
  const approvals = [{ when: "before", roles: { "tech-lead": 1 }, expiresAfter: `${DAYS}d`, remindEvery: "1m" }];
  const { promotions, longest, executions } = await wait({ approvals }, [{}]);
  expect(promotions).toMatchObject([{ outcome: "expired" }]);
  expect(promotions[0]?.hours).toBeCloseTo(DAYS * 24, 0);
  expect(executions.approval).toBe(Math.ceil((DAYS * 1_440) / MOST_LOOKS));
  expect(Math.max(...Object.values(longest))).toBeLessThan(HISTORY_LIMIT / 5);
});
