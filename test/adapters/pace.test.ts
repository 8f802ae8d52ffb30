import { describe, expect, it } from "vitest";
import { paceOf } from "../../functions/adapters/shared/pace.ts";
import { handClock } from "./wire.ts";

describe("turns at a control plane", () => {
  it("come at once after a rest, up to the burst, and then at their rate", async () => {
    const { clock } = handClock();
    const pace = paceOf(clock, 10, 3);
    const start = clock.now();
    const at: number[] = [];
    for (let turn = 0; turn < 6; turn++) {
      await pace();
      at.push(clock.now() - start);
    }
    expect(at).toEqual([0, 0, 0, 100, 200, 300]);
  });

  it("are saved up while nobody asks, but never beyond the burst", async () => {
    const { clock } = handClock();
    const pace = paceOf(clock, 10, 2);
    for (let turn = 0; turn < 4; turn++) await pace();
    await clock.sleep(60_000);
    const start = clock.now();
    for (let turn = 0; turn < 3; turn++) await pace();
    expect(clock.now() - start).toBe(100);
  });
});
