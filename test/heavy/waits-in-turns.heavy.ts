/** Waits of weeks on the real machines, whose histories end where Step Functions ends them. */
import { describe, expect, it, vi } from "vitest";
import { HISTORY_LIMIT } from "../../sandbox/asl/limits.ts";
import { startsAfter, wait } from "../support/long-waits.ts";

// The tracer's library would follow every promise; it has to know before it is loaded.
vi.hoisted(() => {
  process.env.AWS_XRAY_MANUAL_MODE = "true";
});

const PATIENCE_MS = 60_000;
const DAY_HOURS = 24;

describe("a promotion that queues behind one whose window opens in 30 days", () => {
  it("is promoted right after it, and looks by itself less and less often", { timeout: PATIENCE_MS }, async () => {
    const { promotions, longest, executions } = await wait({ onConflict: "queue" }, [startsAfter(30), {}]);
    expect(promotions).toMatchObject([{ outcome: "promoted" }, { outcome: "promoted" }]);
    expect(promotions[0]?.hours).toBeGreaterThan(30 * DAY_HOURS);
    expect((promotions[1]?.hours ?? 0) - (promotions[0]?.hours ?? 0)).toBeLessThan(0.2);
    expect(executions.queue).toBe(4);
    expect(Object.values(longest).every((events) => events < HISTORY_LIMIT / 5)).toBe(true);
  });
});

describe("an approval with a reminder each minute", () => {
  it("goes on in execution after execution until it expires", { timeout: PATIENCE_MS }, async () => {
    const approvals = [{ when: "before", roles: { "tech-lead": 1 }, expiresAfter: "5h", remindEvery: "1m" }];
    // In one execution these five hours wrote 3,900 events.
    const waited = await wait({ approvals }, [{}], { historyLimit: 3_500 });
    expect(waited.promotions).toMatchObject([{ outcome: "expired" }]);
    expect(waited.executions.approval).toBe(2);
    expect(waited.longest.approval).toBeGreaterThan(3_000);
  });
});
