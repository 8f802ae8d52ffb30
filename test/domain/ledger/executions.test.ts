import { describe, expect, it } from "vitest";
import { isOver } from "../../../functions/domain/ledger/executions.ts";
import { ManualClock } from "../../support/manual-clock.ts";

const OPENED = { openedAt: 1_000_000 };
const MINUTES = 60_000;
const later = (ms: number) => new ManualClock(OPENED.openedAt + ms);

describe("an execution", () => {
  it.each(["SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"] as const)("that is %s is over", (status) => {
    expect(isOver(status, OPENED, later(0))).toBe(true);
  });

  it.each(["RUNNING", "PENDING_REDRIVE"] as const)("that is %s is not, however old it is", (status) => {
    expect(isOver(status, OPENED, later(400 * 86_400_000))).toBe(false);
  });

  it("that nobody knows counts as alive for five minutes: answers are eventually consistent", () => {
    expect(isOver(undefined, OPENED, later(0))).toBe(false);
    expect(isOver(undefined, OPENED, later(5 * MINUTES - 1))).toBe(false);
    expect(isOver(undefined, OPENED, later(5 * MINUTES))).toBe(true);
  });
});
