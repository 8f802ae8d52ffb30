/**
 * Which paths are there when a state begins, on every way to it: a forward analysis over a machine's graph. A path that
 * is not among them may be missing at run time, which no Catch catches (`States.Runtime`).
 */
import type { Catch, Graph, State } from "./definition.ts";

/** A path is there when it, or something above it whose shape is not spelled out, is in the set. */
export type Paths = ReadonlySet<string>;

export function isThere(paths: Paths, path: string): boolean {
  if (path === "$") return true;
  const steps = path.split(".");
  return steps.some((_, index) => paths.has(steps.slice(0, steps.length - index).join("."))) || hasMembers(paths, path);
}

function hasMembers(paths: Paths, path: string): boolean {
  return [...paths].some((known) => known.startsWith(`${path}.`));
}

/** The paths at the beginning of each state, from those of the machine's input. */
export function pathsAt(graph: Graph, input: Paths): ReadonlyMap<string, Paths> {
  const at = new Map<string, Paths>([[graph.StartAt, input]]);
  const open = [graph.StartAt];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const state = graph.States[name];
    const before = at.get(name);
    if (state === undefined || before === undefined) continue;
    for (const [next, after] of waysOn(state, before)) {
      const known = at.get(next);
      const merged = known === undefined ? after : intersection(known, after);
      if (known !== undefined && merged.size === known.size) continue;
      at.set(next, merged);
      open.push(next);
    }
  }
  return at;
}

function intersection(one: Paths, other: Paths): Paths {
  return new Set([...one, ...other].filter((path) => covers(one, path) && covers(other, path)));
}

const covers = (paths: Paths, path: string): boolean =>
  path.split(".").some((_, index, steps) => paths.has(steps.slice(0, index + 1).join(".")));

function waysOn(state: State, before: Paths): [string, Paths][] {
  const after = afterState(state, before);
  const onward = [state.Next, state.Default, ...(state.Choices ?? []).map(({ Next }) => Next)];
  return [
    ...onward.flatMap((next): [string, Paths][] => (next === undefined ? [] : [[next, after]])),
    ...(state.Catch ?? []).map((caught): [string, Paths] => [caught.Next, afterCatch(caught, before)]),
  ];
}

function afterCatch({ ResultPath = "$" }: Catch, before: Paths): Paths {
  return ResultPath === null ? before : placed(before, ResultPath, [""]);
}

function afterState({ Type, ResultPath = "$", ResultSelector, Parameters }: State, before: Paths): Paths {
  if (Type === "Choice" || Type === "Wait" || ResultPath === null) return before;
  const shape = Type === "Pass" ? Parameters : ResultSelector;
  return placed(before, ResultPath, shape === undefined ? [""] : leaves(shape));
}

/** What stood at the path is replaced as a whole. */
function placed(before: Paths, path: string, members: readonly string[]): Paths {
  const kept = path === "$" ? [] : [...before].filter((known) => known !== path && !known.startsWith(`${path}.`));
  return new Set([...kept, ...members.map((member) => `${path}${member}`)]);
}

function leaves(shape: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(shape).flatMap(([key, value]) => {
    const name = `.${key.replace(/\.\$$/, "")}`;
    const isObject = typeof value === "object" && value !== null;
    return isObject ? leaves(value as Record<string, unknown>).map((leaf) => `${name}${leaf}`) : [name];
  });
}

/** The paths that a state reads when it begins; those of its result and of the context are no part of it. */
export function readsOf(state: State): string[] {
  const { Parameters, ItemSelector, Choices = [] } = state;
  const { TimeoutSecondsPath, SecondsPath, ErrorPath, CausePath, OutputPath, ItemsPath } = state;
  const direct = [TimeoutSecondsPath, SecondsPath, ErrorPath, CausePath, OutputPath, ItemsPath];
  const texts = [
    ...direct,
    ...Choices.map(({ Variable }) => Variable),
    ...pathsIn(Parameters),
    ...pathsIn(ItemSelector),
  ];
  return texts.flatMap((text) => text?.match(/(?<!\$)\$(?!\$)[\w.]*/g) ?? []);
}

function pathsIn(value: unknown): string[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) =>
    key.endsWith(".$") && typeof member === "string" ? [member] : pathsIn(member),
  );
}
