import { describe, expect, it } from "vitest";
import {
  problemTexts,
  Report,
  renderPath,
  renderProblem,
  renderProblems,
  valueAt,
} from "../../../functions/domain/documents/problems.ts";

describe("a problem", () => {
  it("shows its path as one would write it in code", () => {
    expect(renderPath(["policy", "environments", "prod", "window", "open", 0, "from"])).toBe(
      "policy.environments.prod.window.open[0].from",
    );
  });

  it("quotes keys that are no plain words", () => {
    expect(renderPath(["release", "evidence", "load test", "$schema", "a-b"])).toBe(
      'release.evidence["load test"].$schema.a-b',
    );
  });

  it("is three lines: place and value, what is wrong, what to do", () => {
    const problem = { path: "release.risk", value: "huge", message: "should be one of low", hint: "write low" };
    expect(renderProblem(problem)).toEqual([
      'release.risk = "huge"',
      "    should be one of low",
      "    hint: write low",
    ]);
  });

  it("cuts a long name in a path, plain or not", () => {
    expect(renderPath(["release", "k".repeat(200), "a b".repeat(200)])).toHaveLength(
      "release.".length + 80 + 1 + 80 + 1,
    );
  });

  it("is one of the first fifty in an answer, which says how many more there are", () => {
    const all = Array.from({ length: 52 }, (_, at) => ({ path: `release.${at}`, value: 1, message: "m", hint: "h" }));
    expect(problemTexts(all.slice(0, 50))).toHaveLength(50);
    expect(problemTexts(all).slice(-2)).toEqual([
      "release.49 = 1\n    m\n    hint: h",
      "and 2 more; put these right first",
    ]);
  });

  it("says that nothing is set where nothing stands", () => {
    const problem = { path: "release.ticket", value: undefined, message: "is missing", hint: "write it" };
    expect(renderProblems([problem, problem])).toEqual([
      "release.ticket (not set)",
      "    is missing",
      "    hint: write it",
      "release.ticket (not set)",
      "    is missing",
      "    hint: write it",
    ]);
  });

  it.each([
    [78, 80],
    [79, 80],
  ])("cuts a long value: %i letters take %i places", (letters, places) => {
    const [line = ""] = renderProblem({ path: "p", value: "x".repeat(letters), message: "", hint: "" });
    expect(line.slice("p = ".length)).toHaveLength(places);
    expect(line.endsWith("…")).toBe(letters > 78);
  });
});

describe("a value at a path", () => {
  it("is found through objects and lists", () => {
    expect(valueAt({ a: [{ b: 1 }] }, ["a", 0, "b"])).toBe(1);
  });

  it.each([
    [["a", "b", "c"], { a: 1 }],
    [["a", "b"], { a: null }],
    [["toString"], {}],
  ])("is undefined where %j does not reach", (path, root) => {
    expect(valueAt(root, path)).toBeUndefined();
  });
});

describe("a report", () => {
  const documents = { policy: { b: 2, list: ["x", "y"] }, release: { a: 1 } };

  it("reads the values from the documents", () => {
    const report = new Report(documents);
    report.refuse(["policy", "b"], "is wrong", "change it");
    report.warn(["release", "a"], "is odd", "look at it");
    expect(report.problems).toEqual([{ path: "policy.b", value: 2, message: "is wrong", hint: "change it" }]);
    expect(report.warnings).toEqual([{ path: "release.a", value: 1, message: "is odd", hint: "look at it" }]);
  });

  it("is clean until something is refused; a warning leaves it clean", () => {
    const report = new Report(documents);
    report.warn(["release", "a"], "is odd", "look at it");
    expect(report.clean).toBe(true);
    report.refuse(["release", "a"], "is wrong", "change it");
    expect(report.clean).toBe(false);
  });

  it("sorts by place, the policy first, indices as numbers, parents before children", () => {
    const report = new Report(documents);
    const places = [["release"], ["policy", "list", 10], ["policy", "list", 9], ["policy", "list"], ["policy", "b"]];
    for (const place of places) report.refuse(place, "is wrong", "");
    expect(report.problems.map((problem) => problem.path)).toEqual([
      "policy.b",
      "policy.list",
      "policy.list[9]",
      "policy.list[10]",
      "release",
    ]);
  });

  it("sorts two problems of one place by what they say, and says each once", () => {
    const report = new Report(documents);
    for (const message of ["b", "a", "b"]) report.refuse(["policy", "b"], message, "");
    expect(report.problems.map((problem) => problem.message)).toEqual(["a", "b"]);
  });

  it("does not repeat what must stay hidden", () => {
    const report = new Report(documents);
    report.refuseHidden(["release", "a"], "is a secret", "hide it");
    expect(report.problems).toEqual([
      { path: "release.a", value: "(hidden)", message: "is a secret", hint: "hide it" },
    ]);
  });

  it("takes over another one's problems and warnings, except around given places", () => {
    const [report, other] = [new Report(documents), new Report(documents)];
    for (const place of [["policy"], ["policy", "list", 0], ["policy", "list", 0, "x"], ["policy", "list", 1]]) {
      other.refuse(place, "is wrong", "");
      other.warn(place, "is odd", "");
    }
    report.absorb(other, [["policy", "list", 0]]);
    expect(report.problems.map((problem) => problem.path)).toEqual(["policy.list[1]"]);
    expect(report.warnings.map((problem) => problem.path)).toEqual(["policy.list[1]"]);
  });
});
