import { expect, test } from "vitest";
import { boundOf, curveOf } from "../../bench/many-targets/measure.ts";

test("twenty targets are shifted, finished and brought back at the control plane's rate, not one after the other", async () => {
  const { shift, finish, back } = await curveOf(20);
  // Each is read, written, and read twice more.
  for (const move of [shift, finish, back]) expect(move.calls).toBeGreaterThanOrEqual(60);
  for (const move of [shift, finish, back]) expect(move.seconds).toBeLessThanOrEqual(boundOf(move));
});
