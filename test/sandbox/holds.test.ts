import { beforeAll, describe, expect, it } from "vitest";
import type { Rehearsed } from "../../sandbox/rehearsal.ts";
import { loadReportData } from "../../sandbox/report/data.ts";
import { rehearseShop, told } from "../support/field.ts";

const PATIENCE_MS = 60_000;

/** Half a point, shown without an extension: more than a bake of a quarter of an hour can do at this traffic. */
const HELD = {
  metrics: [{ preset: "lambda-error-rate", sequential: { passDelta: 0.005 } }],
  extendUpTo: "0s",
  onInconclusive: "hold",
};

describe("a good candidate that is judged a pass some minutes after its bake ended for want of evidence", () => {
  let result: Rehearsed;
  beforeAll(async () => {
    result = await rehearseShop({ scenario: { seed: 2 }, service: { analysis: HELD } });
  }, PATIENCE_MS);

  it("is promoted, and nobody had to decide", () => {
    expect(result.ended).toMatchObject({ outcome: "promoted" });
    expect(result.figures.virtualMs).toBeLessThan(3 * 3_600_000);
    expect(told(result)).toContainEqual(
      expect.stringMatching(/^Plan move: step-10 ended inconclusive-hold: waits for a pass/),
    );
    expect(told(result)).toContain("Bake: watching at 10 % while waiting for a pass, or a person");
    expect(told(result)).toContainEqual(
      expect.stringMatching(/^Judge: passed: .*the missing evidence has come in, so nobody has to decide$/),
    );
  });

  it("says so to those who were asked, once each", () => {
    for (const subject of ["10 % in prod waits for a decision", "10 % in prod has passed"]) {
      const mails = told(result).filter((line) => line.endsWith(subject));
      expect(mails).toHaveLength(2);
      for (const who of ["oncall", "team"]) {
        expect(mails).toContain(`mail to ${who}@shop.example: shop v1.4.0: ${subject}`);
      }
    }
  });

  it("has the hold and its end in the report", async () => {
    const [prod] = (await loadReportData(result, "field")).environments;
    expect(prod?.bakes.map(({ phase, result: end }) => `${phase} ${end}`)).toEqual([
      "step-10 inconclusive-hold",
      "hold-1 passed",
      "step-50 passed",
      "step-100 passed",
      "monitor passed",
    ]);
  });
});
