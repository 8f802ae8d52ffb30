import { describe, expect, it } from "vitest";
import { lateInWords } from "../../../functions/domain/judge/late-minutes.ts";

const late = { step: "step-25", samples: 60, bad: 18, value: 30 };

describe("an earlier step's late minutes", () => {
  it("are told under that step, by what was bad in them", () => {
    expect(lateInWords(late, " %")).toBe("step-25's late minutes: 18 of 60 failed");
    expect(lateInWords(late, " ms")).toBe("step-25's late minutes: 18 of 60 slow");
    expect(lateInWords({ ...late, bad: null, value: 412.37 }, " ms")).toBe(
      "step-25's late minutes: 412 ms over 60 samples",
    );
  });

  it("are not told where nothing in them was bad", () => {
    expect(lateInWords({ ...late, bad: 0 }, " %")).toBeNull();
  });
});
