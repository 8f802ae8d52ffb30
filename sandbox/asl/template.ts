import { compileIntrinsic, isIntrinsic } from "./intrinsics.ts";
import { isArray, isObject, type Json, type JsonObject } from "./json.ts";
import { compilePath, type Evaluate, read } from "./path.ts";

/** The value of a field whose name ends in `.$`: a path or an intrinsic call. Throws the reason if it is neither. */
export function compileExpression(text: string, field: string): Evaluate {
  if (isIntrinsic(text)) return compileIntrinsic(text, field);
  const path = compilePath(text);
  return (scope) => read(path, scope, field);
}

/** Compiles Parameters, ItemSelector or ResultSelector. Parts without expressions are shared, not copied. */
export function compileTemplate(template: Json): Evaluate {
  if (!isObject(template)) throw new Error("a payload template is a JSON object");
  return compileObject(template) ?? (() => template);
}

const compileNode = (node: Json): Evaluate | undefined =>
  isObject(node) ? compileObject(node) : isArray(node) ? compileArray(node) : undefined;

function compileArray(items: readonly Json[]): Evaluate | undefined {
  const parts = items.map((item) => compileNode(item));
  if (parts.every((part) => part === undefined)) return undefined;
  return (scope) =>
    items.map((item, index) => {
      const evaluate = parts[index];
      return evaluate ? evaluate(scope) : item;
    });
}

function compileObject(object: JsonObject): Evaluate | undefined {
  const fields = Object.entries(object).map(([key, node]) => compileField(key, node));
  const names = new Set(fields.map(([name]) => name));
  if (names.size < fields.length) throw new Error("a field is given twice, with and without .$");
  if (fields.every(([, evaluate]) => evaluate === undefined)) return undefined;
  return (scope) => {
    const filled: Record<string, Json> = {};
    for (const [name, evaluate, node] of fields) filled[name] = evaluate ? evaluate(scope) : node;
    return filled;
  };
}

function compileField(key: string, node: Json): readonly [string, Evaluate | undefined, Json] {
  if (!key.endsWith(".$")) return [key, compileNode(node), node];
  if (typeof node !== "string") throw new Error(`'${key}' must be a path or an intrinsic call`);
  return [key.slice(0, -2), compileExpression(node, key), node];
}
