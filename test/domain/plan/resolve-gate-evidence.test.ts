import { describe, expect, it } from "vitest";
import { type Changes, expectProblem, type Json, problems, resolve, warnings } from "./documents.ts";

const PROD = "policy.environments.prod";
const AT = `${PROD}.checks[0]`;
const checks = (...list: Json[]): Changes => ({ [`${PROD}.checks`]: list });

describe("evidence", () => {
  it.each<[Json, string]>([
    [{ kind: "evidence", key: "coverage" }, "add it to evidence"],
    [{ kind: "evidence", key: "coverage", min: 80 }, "add it to evidence: 80 or more"],
    [{ kind: "evidence", key: "coverage", min: 0, max: 5 }, "add it to evidence: 0 or more, 5 or less"],
    [{ kind: "evidence", key: "coverage", equals: "passed" }, 'add it to evidence: "passed"'],
  ])("that %j asks for is required", (input, hint) => {
    expectProblem(checks(input), {
      path: "release.evidence.coverage",
      value: undefined,
      message: 'is missing: the check "evidence coverage" of prod asks for it',
      hint,
    });
  });

  it("that only a warning asks for is not required", () => {
    expect(resolve(checks({ kind: "evidence", key: "coverage", onFail: "warn" })).ok).toBe(true);
  });

  it("is not what every object has", () => {
    expect(problems(checks({ kind: "evidence", key: "toString" })).map((problem) => problem.path)).toEqual([
      "release.evidence.toString",
    ]);
  });

  const warned = (input: { [key: string]: Json }, coverage: Json) =>
    warnings({ ...checks({ kind: "evidence", key: "coverage", ...input }), "release.evidence": { coverage } })
      .filter((warning) => warning.path === "release.evidence.coverage")
      .map((warning) => [warning.message, warning.hint]);

  it.each<[{ [key: string]: Json }, Json, string]>([
    [{ min: 80 }, 79.9, "it asks for 80 or more"],
    [{ max: 0 }, 1, "it asks for 0 or less"],
    [{ min: 80 }, "most", "it asks for 80 or more"],
    [{ equals: "true" }, false, 'it asks for "true"'],
  ])("that %j will not pass is warned about: %j", (input, value, hint) => {
    expect(warned(input, value)).toEqual([['will fail the check "evidence coverage" of prod', hint]]);
  });

  it.each<[{ [key: string]: Json }, Json]>([
    [{ min: 80, max: 90 }, 80],
    [{ min: 80, max: 90 }, "90"],
    [{ equals: "true" }, true],
    [{}, "link"],
  ])("that %j passes is not: %j", (input, value) => {
    expect(warned(input, value)).toEqual([]);
  });

  it("limits that nothing can pass are refused", () => {
    const changes = {
      ...checks({ kind: "evidence", key: "coverage", min: 90, max: 80 }),
      "release.evidence": { coverage: 85 },
    };
    expect(problems(changes).map((problem) => problem.path)).toEqual([`${AT}.min`]);
  });
});
