/** The borders as rules over modules. Each answers with what breaks it, in words; none answers with nothing. */
import type { Module } from "./modules.ts";

/** No file decides and acts: what it exports is all pure or all async. Objects, classes and types are neither. */
export function halves(modules: readonly Module[]): string[] {
  return modules.flatMap(({ file, exports }) => {
    const named = (wanted: string) => exports.filter(({ what }) => what === wanted).map(({ name }) => name);
    const [pure, acting] = [named("pure"), named("async")];
    return pure.length > 0 && acting.length > 0
      ? [`${file} decides (${pure.join(", ")}) and acts (${acting.join(", ")})`]
      : [];
  });
}

/** Longer than a screen. */
export function tall(modules: readonly Module[], most: number): string[] {
  return modules.filter(({ lines }) => lines > most).map(({ file, lines }) => `${file} has ${lines} lines`);
}

/**
 * Rooms form no circle: a file imports its own room and those of floors below. A room is a folder under `root`, a folder
 * inside a folder is one of its own, and "" is the root itself. A room that stands on no floor is refused too.
 */
export function upward(modules: readonly Module[], root: string, floors: readonly (readonly string[])[]): string[] {
  const floorOf = (room: string) => floors.findIndex((rooms) => rooms.includes(room));
  return modules.flatMap(({ file, imports }) => {
    const room = roomOf(file, root);
    if (room === null) return [];
    if (floorOf(room) < 0) return [`${file} is in a room that stands on no floor`];
    return imports.flatMap(({ to }) => {
      const other = roomOf(to, root);
      if (other === null || other === room || floorOf(other) < floorOf(room)) return [];
      return [`${file} imports ${to}, which is not below it`];
    });
  });
}

/** Folder of a file under `root`, without it; null: the file lies elsewhere. */
function roomOf(file: string, root: string): string | null {
  if (!file.startsWith(`${root}/`)) return null;
  return file
    .slice(root.length + 1)
    .split("/")
    .slice(0, -1)
    .join("/");
}

/** Circles of imports, by value or by type: each set of files that all reach one another, in order of names. */
export function circles(modules: readonly Module[]): string[] {
  const edges = new Map(modules.map(({ file, imports }) => [file, imports.map(({ to }) => to)]));
  const names = [...edges.keys()].sort();
  const reach = new Map(names.map((file) => [file, reachedFrom(file, edges)]));
  const both = (one: string, other: string) =>
    reach.get(one)?.has(other) === true && reach.get(other)?.has(one) === true;
  const inCircle = names.filter((file) => both(file, file));
  return [...new Set(inCircle.map((file) => inCircle.filter((other) => both(file, other)).join(" <-> ")))];
}

/** Every file that an import leads to, itself only if it is led back to. */
function reachedFrom(file: string, edges: ReadonlyMap<string, readonly string[]>): ReadonlySet<string> {
  const seen = new Set<string>();
  const open = [...(edges.get(file) ?? [])];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (seen.has(next) || !edges.has(next)) continue;
    seen.add(next);
    open.push(...(edges.get(next) ?? []));
  }
  return seen;
}

/** Files in one folder under `root` that import from another one there: kinds know no other kind. */
export function strangers(modules: readonly Module[], root: string): string[] {
  const folderOf = (file: string) => roomOf(file, root)?.split("/")[0] ?? "";
  return modules.flatMap(({ file, imports }) =>
    imports
      .filter(({ to }) => folderOf(file) !== "" && folderOf(to) !== "" && folderOf(to) !== folderOf(file))
      .map(({ to }) => `${file} imports ${to}, of another kind`),
  );
}

/** What the files of one area may import. `*` stands for one name in a path, `**` for any path. */
export interface Area {
  readonly files: readonly string[];
  /** Files of this repository; null: any. */
  readonly may: readonly string[] | null;
  /** Packages; null: any. */
  readonly packages: readonly string[] | null;
}

/** An import that no area allows, and why it is right all the same. */
export interface Exception {
  readonly from: string;
  readonly to: string;
  readonly why: string;
}

/** Imports that a file's area (the first that has it) does not allow, files without area, exceptions that nobody needs. */
export function trespasses(
  modules: readonly Module[],
  areas: readonly Area[],
  exceptions: readonly Exception[],
): string[] {
  const found = modules.flatMap((module) => breachesOf(module, areas));
  const excepted = ({ from, to }: Breach) => exceptions.some((one) => one.from === from && one.to === to);
  const idle = exceptions.filter((one) => !found.some(({ from, to }) => from === one.from && to === one.to));
  return [
    ...found.filter((breach) => !excepted(breach)).map(({ from, to }) => `${from} imports ${to}`),
    ...idle.map(({ from, to }) => `the exception for ${from} and ${to} is not needed`),
  ];
}

interface Breach {
  readonly from: string;
  readonly to: string;
}

function breachesOf({ file, imports }: Module, areas: readonly Area[]): Breach[] {
  const area = areas.find(({ files }) => matchesAny(files, file));
  if (area === undefined) return [{ from: file, to: "without standing in any area" }];
  return imports
    .filter(({ to, local }) => !matchesAny(local ? area.may : area.packages, to))
    .map(({ to }) => ({ from: file, to }));
}

const matchesAny = (patterns: readonly string[] | null, path: string): boolean =>
  patterns === null || patterns.some((pattern) => expression(pattern).test(path));

function expression(pattern: string): RegExp {
  const words = pattern.split(/(\*\*|\*)/).map((part) => {
    if (part === "**") return ".*";
    return part === "*" ? "[^/]*" : part.replaceAll(".", "\\.");
  });
  return new RegExp(`^${words.join("")}$`);
}
