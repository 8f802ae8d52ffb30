/** The BBWS promotion with other random numbers ends as with the first ones: `test/sandbox/rehearsal.test.ts`. */
import { expect, test } from "vitest";
import { renderReport } from "../../sandbox/report/report.ts";
import { expectExpired, expectRolledBack, promoteIn } from "../support/bbws-world.ts";

test("a candidate that fails from 25 % on is rolled back with another seed too, in another promotion", async () => {
  const [one, other] = [await promoteIn("errors-at-25", 1), await promoteIn("errors-at-25", 2)];
  expectRolledBack(other);
  expect(other.sandbox.timeline.lines).not.toEqual(one.sandbox.timeline.lines);
  expect(await renderReport(other, "")).not.toBe(await renderReport(one, ""));
});

test("an approver who never answers lets the promotion expire with another seed too", async () => {
  await expectExpired(await promoteIn("silent-approver", 2));
});
