import { describe, expect, it } from "vitest";
import { DEEPEST } from "../../../functions/domain/documents/nesting.ts";
import { renderProblem } from "../../../functions/domain/documents/problems.ts";
import { resolvePlan } from "../../../functions/domain/plan/resolve.ts";
import { documents, NOW } from "../plan/documents.ts";

const lists = (levels: number): unknown => JSON.parse(`${"[".repeat(levels)}${"]".repeat(levels)}`);
const objects = (levels: number): unknown => JSON.parse(`${'{"a":'.repeat(levels)}1${"}".repeat(levels)}`);

function problemsWith(evidence: unknown, where: "policy" | "release") {
  const whole = documents();
  const spoilt = { ...whole, [where]: Object.assign({}, whole[where], { evidence }) };
  const resolution = resolvePlan(spoilt.policy, spoilt.release, { now: NOW });
  return resolution.ok ? [] : resolution.problems.map((problem) => renderProblem(problem).join("\n"));
}

describe("a document that is nested too deep", () => {
  it.each([
    ["lists", lists(100_000), "release.evidence[0][0] "],
    ["objects", objects(100_000), "release.evidence.a.a "],
  ])("of %s is refused by that alone, with the place where it begins", (_, evidence, at) => {
    expect(problemsWith(evidence, "release")).toEqual([
      `${at}= "(hidden)"\n    is nested deeper than 100 levels\n    hint: no document needs that: look for brackets that do not close where they should`,
    ]);
  });

  it("is one of a level more than may be, policy or release", () => {
    for (const where of ["policy", "release"] as const) {
      // The document itself is level 0, and the lists begin at 1.
      expect(problemsWith(lists(DEEPEST + 1), where).join()).toContain("deeper");
      expect(problemsWith(lists(DEEPEST), where).join()).not.toContain("deeper");
    }
  });
});
