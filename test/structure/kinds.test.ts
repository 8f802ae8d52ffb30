import { globSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { KINDS } from "../../functions/targets/kinds.ts";

const root = new URL("../../", import.meta.url);

/** Handlers, rules, pages and machines: they know targets by what a kind says of itself. */
const KNOWS_NO_KIND = ["functions/*.ts", "functions/domain/**/*.ts", "functions/pages/**/*.ts", "statemachine/*.json"];

/** A check that invokes a function is about functions, whatever holds the traffic; so is the port that it asks. */
const ABOUT_FUNCTIONS = ["functions/domain/gates/kinds/invoke.ts", "functions/domain/ports.ts"];

/** Names of kinds, the services' own words for their parts, and fields of their routes. */
const WORDS = [
  ...Object.keys(KINDS),
  ...Object.values(KINDS).flatMap(({ presets }) => presets.map(({ name }) => name)),
  "functionName",
  "stateMachineName",
  "ExecutedVersion",
  ".primary",
  ".secondary",
];

/** The words of a kind that a text uses, each with its line. */
function kindsNamed(text: string): string[] {
  return text
    .split("\n")
    .flatMap((line, index) => WORDS.filter((word) => line.includes(word)).map((word) => `${index + 1}: ${word}`));
}

describe("what handles targets of any kind", () => {
  const files = KNOWS_NO_KIND.flatMap((pattern) => globSync(pattern, { cwd: root }))
    .filter((file) => !ABOUT_FUNCTIONS.includes(file))
    .sort();

  it("names none", () => {
    expect(files.length).toBeGreaterThan(150);
    const named = files.flatMap((file) =>
      kindsNamed(readFileSync(new URL(file, root), "utf8")).map((at) => `${file}:${at}`),
    );
    expect(named).toEqual([]);
  });

  it("would be found out", () => {
    expect(kindsNamed('const one = 1;\nif (plan.kind === "lambda-alias") return route.primary;')).toEqual([
      "2: lambda-alias",
      "2: .primary",
    ]);
  });
});
