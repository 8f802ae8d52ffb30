import { describe, expect, it } from "vitest";
import { readMath } from "../../../functions/domain/plan/metric-math.ts";
import { readInsights } from "../../../functions/domain/plan/metrics-insights.ts";

const INPUTS = ["failed", "refused", "all"];
const math = (expression: string) => readMath(expression, INPUTS);

describe("metric math", () => {
  it.each([
    ["failed", ["failed"], true],
    ["failed + refused", ["failed", "refused"], true],
    ["all - (failed + refused)", ["all", "failed", "refused"], true],
    ["failed + FILL(refused, 0)", ["failed"], true],
    ["failed + FILL(refused, 1)", ["failed"], false],
    ["failed + 1", ["failed"], false],
    ["-failed", ["failed"], false],
    ["100 * failed / all", ["failed", "all"], false],
    ["IF(all > 10 && failed >= 1, failed, FILL(refused, 0))", ["all", "failed"], false],
    ["FILL(failed,0)", [], true],
  ])("of %s has a value where %j have one; it adds counts up: %s", (expression, required, sums) => {
    expect(math(expression)).toMatchObject({ ok: true, required, sums });
  });

  it("says which inputs it names, those in FILL too", () => {
    expect(math("failed + FILL(refused, 0)")).toMatchObject({ used: ["failed", "refused"] });
  });

  it.each([
    ["failed +", "ends too early"],
    ["failed failed", 'has an unexpected "failed"'],
    ["(failed", 'lacks a ")" before its end'],
    ["lost / all", 'names "lost", which is none of its inputs'],
    ["RATE(failed)", 'names "RATE", which is none of its inputs'],
    ["FILL(failed, REPEAT)", "fills with what is no number"],
    ["FILL(1, 0)", "fills what is no input"],
    ["FILL failed", 'lacks a "(" before "failed"'],
    ["IF(failed, all)", 'lacks a "," before ")"'],
    ["SEARCH('{Shop}', 'Sum')", "holds a character that metric math here does not know"],
  ])("of %s is refused: it %s", (expression, message) => {
    expect(math(expression)).toEqual({ ok: false, message });
  });
});

describe("a Metrics Insights query", () => {
  it.each([
    ["SELECT SUM(Failed) FROM Shop WHERE Version = '{version}'", true, "Shop"],
    ['select count(Failed) from SCHEMA("Shop/Orders", Version)', true, "Shop/Orders"],
    ['SELECT AVG("Time to pay") FROM "Shop"', false, "Shop"],
    ["SELECT MAX(Depth) FROM Shop", false, "Shop"],
  ])("%s gives a count: %s", (sql, counts, namespace) => {
    expect(readInsights(sql)).toEqual({ ok: true, counts, namespace });
  });

  it.each([
    ["SELECT SUM(Failed) FROM Shop GROUP  BY Version", "has GROUP BY: it would be several series"],
    ["SELECT SUM(Failed) FROM Shop ORDER BY SUM() DESC", "has ORDER BY: it would be several series"],
    ["SELECT SUM(Failed) FROM Shop LIMIT 3", "has LIMIT: it would be several series"],
    ["SELECT Failed FROM Shop", "is no query of one metric"],
    ["SELECT SUM(Failed)", "is no query of one metric"],
  ])("%s is refused: it %s", (sql, message) => {
    expect(readInsights(sql)).toMatchObject({ ok: false, message });
  });
});
