import { globSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { AREAS, EXCEPTIONS, FLOORS } from "./areas.ts";
import { modulesOf } from "./modules.ts";
import { circles, halves, strangers, tall, trespasses, upward } from "./rules.ts";

const SCREEN = 60;

/** What is being mended: the list shrinks to nothing, and goes. */
const HANDLERS = ["operate"];

const root = new URL("../../", import.meta.url);
const names = globSync("{bench,cli,examples,functions,infra,sandbox}/**/*.ts", { cwd: root });
const tree = modulesOf(
  Object.fromEntries(names.sort().map((name) => [name, readFileSync(new URL(name, root), "utf8")])),
);

it("finds the tree that it looks at", () => {
  for (const file of ["functions/judge.ts", "functions/domain/plan.ts", "sandbox/clock.ts", "cli/main.ts"]) {
    expect(tree.find((module) => module.file === file)?.imports ?? null).not.toBeNull();
  }
});

it("decides or acts, file by file, in the domain", () => {
  expect(halves(tree.filter(({ file }) => file.startsWith("functions/domain/")))).toEqual([]);
});

it("builds the domain's rooms in floors: none imports from above", () => {
  expect(upward(tree, "functions/domain", FLOORS)).toEqual([]);
});

it("keeps who may import whom", () => {
  expect(trespasses(tree, AREAS, EXCEPTIONS)).toEqual([]);
});

it("has no circle of imports, by value or by type", () => {
  expect(circles(tree)).toEqual([]);
});

it("knows no kind of target by another", () => {
  expect(strangers(tree, "functions/targets")).toEqual([]);
});

it("lets each handler fit a screen", () => {
  const handlers = tree.filter(({ file }) => /^functions\/[^/]+$/.test(file));
  const mended = handlers.filter(({ file }) => !HANDLERS.some((name) => file === `functions/${name}.ts`));
  expect(tall(mended, SCREEN)).toEqual([]);
});
