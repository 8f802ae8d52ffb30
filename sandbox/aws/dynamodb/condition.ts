import { validation } from "../errors.ts";
import type { Path, Tokens } from "./tokens.ts";
import { type AttributeValue, compare, equal, type Item, typeOf } from "./values.ts";

export type Comparator = "=" | "<>" | "<" | "<=" | ">" | ">=";

export type Operand =
  | { readonly kind: "path"; readonly path: Path }
  | { readonly kind: "value"; readonly value: AttributeValue }
  | { readonly kind: "size"; readonly path: Path };

export type Condition =
  | { readonly kind: "and" | "or"; readonly left: Condition; readonly right: Condition }
  | { readonly kind: "not"; readonly inner: Condition }
  | { readonly kind: "compare"; readonly comparator: Comparator; readonly left: Operand; readonly right: Operand }
  | { readonly kind: "between"; readonly operand: Operand; readonly low: Operand; readonly high: Operand }
  | { readonly kind: "in"; readonly operand: Operand; readonly choices: readonly Operand[] }
  | { readonly kind: "exists"; readonly path: Path; readonly wanted: boolean }
  | { readonly kind: "call"; readonly name: FunctionName; readonly path: Path; readonly argument: Operand };

type FunctionName = "begins_with" | "contains" | "attribute_type";

const COMPARATORS: readonly string[] = ["=", "<>", "<", "<=", ">", ">="];

const operand = (tokens: Tokens): Operand => {
  const value = tokens.value();
  if (value !== undefined) return { kind: "value", value };
  if (tokens.peek() !== "SIZE" || tokens.peekSecond() !== "(") return { kind: "path", path: tokens.path() };
  tokens.expect("SIZE");
  tokens.expect("(");
  const path = tokens.path();
  tokens.expect(")");
  return { kind: "size", path };
};

const argument = (tokens: Tokens): Operand => {
  tokens.expect(",");
  return operand(tokens);
};

const call = (tokens: Tokens, name: string): Condition => {
  tokens.expect(name);
  tokens.expect("(");
  const path = tokens.path();
  const condition: Condition =
    name === "ATTRIBUTE_EXISTS" || name === "ATTRIBUTE_NOT_EXISTS"
      ? { kind: "exists", path, wanted: name === "ATTRIBUTE_EXISTS" }
      : { kind: "call", name: name.toLowerCase() as FunctionName, path, argument: argument(tokens) };
  tokens.expect(")");
  return condition;
};

const FUNCTIONS: readonly string[] = [
  "ATTRIBUTE_EXISTS",
  "ATTRIBUTE_NOT_EXISTS",
  "ATTRIBUTE_TYPE",
  "BEGINS_WITH",
  "CONTAINS",
];

const choices = (tokens: Tokens): Operand[] => {
  tokens.expect("(");
  const found = [operand(tokens)];
  while (tokens.take(",") !== undefined) found.push(operand(tokens));
  tokens.expect(")");
  return found;
};

const comparison = (tokens: Tokens): Condition => {
  const left = operand(tokens);
  if (tokens.take("BETWEEN") !== undefined) {
    const low = operand(tokens);
    tokens.expect("AND");
    return { kind: "between", operand: left, low, high: operand(tokens) };
  }
  if (tokens.take("IN") !== undefined) return { kind: "in", operand: left, choices: choices(tokens) };
  const comparator = tokens.take(...COMPARATORS);
  if (comparator === undefined) throw tokens.problem("expected a comparator");
  return { kind: "compare", comparator: comparator as Comparator, left, right: operand(tokens) };
};

const primary = (tokens: Tokens): Condition => {
  if (tokens.take("(") !== undefined) {
    const inner = disjunction(tokens);
    tokens.expect(")");
    return inner;
  }
  const word = tokens.peek();
  return FUNCTIONS.includes(word) && tokens.peekSecond() === "(" ? call(tokens, word) : comparison(tokens);
};

const negation = (tokens: Tokens): Condition =>
  tokens.take("NOT") === undefined ? primary(tokens) : { kind: "not", inner: negation(tokens) };

const conjunction = (tokens: Tokens): Condition => {
  let left = negation(tokens);
  while (tokens.take("AND") !== undefined) left = { kind: "and", left, right: negation(tokens) };
  return left;
};

const disjunction = (tokens: Tokens): Condition => {
  let left = conjunction(tokens);
  while (tokens.take("OR") !== undefined) left = { kind: "or", left, right: conjunction(tokens) };
  return left;
};

/** Parses a condition, filter or key condition; NOT binds tighter than AND, AND than OR. Throws ValidationException. */
export const parseCondition = (tokens: Tokens, expression: string, what = "ConditionExpression"): Condition => {
  const condition = disjunction(tokens.open(expression, what));
  tokens.close();
  return condition;
};

/** The value at a document path; undefined where it leads nowhere. */
export const valueAt = (item: Item, path: Path): AttributeValue | undefined => {
  let value: AttributeValue | undefined = { M: item };
  for (const part of path) {
    if (value === undefined) return undefined;
    if (typeof part === "string") value = "M" in value ? value.M[part] : undefined;
    else value = "L" in value ? value.L[part] : undefined;
  }
  return value;
};

const sizeOf = (value: AttributeValue): number => {
  if ("S" in value) return Buffer.byteLength(value.S);
  if ("B" in value) return Buffer.from(value.B, "base64").length;
  if ("SS" in value) return value.SS.length;
  if ("NS" in value) return value.NS.length;
  if ("BS" in value) return value.BS.length;
  if ("L" in value) return value.L.length;
  if ("M" in value) return Object.keys(value.M).length;
  throw validation("Invalid operand type for operator or function; operator or function: size");
};

const resolve = (item: Item, from: Operand): AttributeValue | undefined => {
  if (from.kind === "value") return from.value;
  const value = valueAt(item, from.path);
  return value === undefined || from.kind === "path" ? value : { N: String(sizeOf(value)) };
};

const ORDERINGS: Readonly<Record<"<" | "<=" | ">" | ">=", (order: number) => boolean>> = {
  "<": (order) => order < 0,
  "<=": (order) => order <= 0,
  ">": (order) => order > 0,
  ">=": (order) => order >= 0,
};

/** A missing attribute is different from everything and in order with nothing. */
const compares = (
  comparator: Comparator,
  left: AttributeValue | undefined,
  right: AttributeValue | undefined,
): boolean => {
  if (left === undefined || right === undefined) return comparator === "<>";
  if (comparator === "=") return equal(left, right);
  if (comparator === "<>") return !equal(left, right);
  const order = compare(left, right);
  return order !== undefined && ORDERINGS[comparator](order);
};

const beginsWith = (value: AttributeValue, prefix: AttributeValue): boolean => {
  if ("S" in value && "S" in prefix) return value.S.startsWith(prefix.S);
  if (!("B" in value && "B" in prefix)) return false;
  const start = Buffer.from(prefix.B, "base64");
  return Buffer.from(value.B, "base64").subarray(0, start.length).equals(start);
};

const contains = (value: AttributeValue, wanted: AttributeValue): boolean => {
  if ("S" in value && "S" in wanted) return value.S.includes(wanted.S);
  if ("SS" in value && "S" in wanted) return value.SS.includes(wanted.S);
  if ("NS" in value && "N" in wanted) return value.NS.some((member) => equal({ N: member }, wanted));
  if ("L" in value) return value.L.some((member) => equal(member, wanted));
  return false;
};

const APPLY: Readonly<Record<FunctionName, (value: AttributeValue, argument: AttributeValue) => boolean>> = {
  begins_with: beginsWith,
  contains,
  attribute_type: (value, wanted) => "S" in wanted && typeOf(value) === wanted.S,
};

/** Whether the condition holds for an item; an absent item is the empty one. */
export const holds = (condition: Condition, item: Item): boolean => {
  switch (condition.kind) {
    case "and":
      return holds(condition.left, item) && holds(condition.right, item);
    case "or":
      return holds(condition.left, item) || holds(condition.right, item);
    case "not":
      return !holds(condition.inner, item);
    case "exists":
      return (valueAt(item, condition.path) !== undefined) === condition.wanted;
    case "compare":
      return compares(condition.comparator, resolve(item, condition.left), resolve(item, condition.right));
    case "between": {
      const value = resolve(item, condition.operand);
      return (
        compares(">=", value, resolve(item, condition.low)) && compares("<=", value, resolve(item, condition.high))
      );
    }
    case "in": {
      const value = resolve(item, condition.operand);
      return condition.choices.some((choice) => compares("=", value, resolve(item, choice)));
    }
    case "call": {
      const value = valueAt(item, condition.path);
      const wanted = resolve(item, condition.argument);
      return value !== undefined && wanted !== undefined && APPLY[condition.name](value, wanted);
    }
  }
};
