import { EvaluationError } from "./errors.ts";
import { isArray, isObject, type Json, type JsonObject } from "./json.ts";

/** What an expression may look at: the state's (effective) input, and the context object behind `$$`. */
export interface Scope {
  readonly input: Json;
  readonly context: () => JsonObject;
}

export type Evaluate<T = Json> = (scope: Scope) => T;

type Step = string | number;

/** A reference path: it selects one node, or none. */
export interface Path {
  readonly text: string;
  readonly isContext: boolean;
  readonly steps: readonly Step[];
}

const FIELD = /^\.([\p{L}\p{N}_-]+)/u;
const QUOTED = /^\[(?:'([^'\\]+)'|"([^"\\]+)")\]/u;
const INDEX = /^\[(\d+)\]/u;
const REFUSED: readonly (readonly [RegExp, string])[] = [
  [/^\.\./u, "recursive descent (..)"],
  [/^(\.\*|\[\*\])/u, "wildcards"],
  [/^\[\?/u, "filters"],
  [/^\[-/u, "negative indices"],
  [/^\[[^\]'"]*[:,]/u, "slices and unions"],
];

/**
 * Reads a plain reference path: `$.a['b'][0]`, or `$$.…` into the context object. Throws, with the reason, for
 * anything that could select more than one node: the machines here do without, and emulators disagree about it.
 */
export function compilePath(text: string): Path {
  if (!text.startsWith("$")) throw new Error(`not a path: '${text}' (a path starts with $)`);
  const isContext = text.startsWith("$$");
  const steps: Step[] = [];
  for (let rest = text.slice(isContext ? 2 : 1); rest !== ""; ) {
    const [step, length] = takeStep(rest, text);
    steps.push(step);
    rest = rest.slice(length);
  }
  return { text, isContext, steps };
}

function takeStep(rest: string, text: string): readonly [Step, number] {
  const field = FIELD.exec(rest) ?? QUOTED.exec(rest);
  if (field) return [field[1] ?? field[2] ?? "", field[0].length];
  const index = INDEX.exec(rest);
  if (index) return [Number(index[1]), index[0].length];
  const refused = REFUSED.find(([pattern]) => pattern.test(rest));
  throw new Error(
    refused ? `${refused[1]} are not implemented: '${text}'` : `not a reference path: '${text}' (at '${rest}')`,
  );
}

const child = (node: Json | undefined, step: Step): Json | undefined => {
  if (typeof step === "number") return isArray(node) ? node[step] : undefined;
  return isObject(node) && Object.hasOwn(node, step) ? node[step] : undefined;
};

/** The selected node; undefined when there is none. */
export function find(path: Path, scope: Scope): Json | undefined {
  let node: Json | undefined = path.isContext ? scope.context() : scope.input;
  for (const step of path.steps) node = child(node, step);
  return node;
}

/** The selected node; States.Runtime when there is none, worded as the service words it. */
export function read(path: Path, scope: Scope, field: string): Json {
  const node = find(path, scope);
  if (node !== undefined) return node;
  const where = path.isContext ? "the context object" : `the input '${JSON.stringify(scope.input)}'`;
  throw new EvaluationError(
    "States.Runtime",
    `The JSONPath '${path.text}' specified for the field '${field}' could not be found in ${where}`,
  );
}

/**
 * A copy of `document` with `value` at the path; fields that are missing on the way are made. A step into something
 * that is not an object, or to an array element that does not exist, is States.ResultPathMatchFailure.
 */
export function put(path: Path, document: Json, value: Json): Json {
  const write = (node: Json | undefined, depth: number): Json => {
    const step = path.steps[depth];
    if (step === undefined) return value;
    if (typeof step === "number" && isArray(node) && step < node.length) {
      return node.with(step, write(node[step], depth + 1));
    }
    if (typeof step === "string" && (node === undefined || isObject(node))) {
      return { ...node, [step]: write(child(node, step), depth + 1) };
    }
    throw new EvaluationError(
      "States.ResultPathMatchFailure",
      `Unable to apply ResultPath '${path.text}' to input '${JSON.stringify(document)}'`,
    );
  };
  return write(document, 0);
}
