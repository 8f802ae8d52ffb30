import { describe, expect, it } from "vitest";
import { type LeftRunning, leftInWords } from "../../../functions/domain/promotion/in-flight.ts";

const left = (change: Partial<LeftRunning>): string =>
  leftInWords({ what: "executions", where: "version 2 of etl", names: [], more: false, stopped: null, ...change });

const many = ["a", "b", "c", "d", "e", "f"];

describe("what runs on a candidate that was taken back", () => {
  it("is counted, and named as far as people read", () => {
    expect(left({})).toBe("no executions run on version 2 of etl any more");
    expect(left({ names: ["a", "b"] })).toBe(
      "2 executions ran on version 2 of etl when traffic had left it: a, b; left to finish there",
    );
    expect(left({ names: many })).toContain(
      "6 executions ran on version 2 of etl when traffic had left it: a, b, c, d, e and",
    );
    expect(left({ names: many.slice(0, 5) })).not.toContain("others");
    expect(left({ names: ["a"], more: true })).toMatch(/^1 or more executions .* a and others; left/);
  });

  it("is stopped only where all of it is", () => {
    expect(left({ names: ["a", "b"], stopped: 2 })).toMatch(/: a, b; stopped$/);
    expect(left({ names: ["a", "b"], stopped: 1 })).toMatch(/; 1 of them stopped, the others run on$/);
    expect(left({ names: ["a", "b"], more: true, stopped: 2 })).toMatch(/; 2 of them stopped, the others run on$/);
  });
});
