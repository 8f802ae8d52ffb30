import { validation } from "../errors.ts";
import { valueAt } from "./condition.ts";
import { addDecimals } from "./decimal.ts";
import type { Path, Tokens } from "./tokens.ts";
import { type AttributeValue, equal, type Item } from "./values.ts";

type Term =
  | { readonly kind: "value"; readonly value: AttributeValue }
  | { readonly kind: "path"; readonly path: Path }
  | { readonly kind: "if_not_exists"; readonly path: Path; readonly otherwise: Term }
  | { readonly kind: "list_append"; readonly left: Term; readonly right: Term }
  | { readonly kind: "sum"; readonly left: Term; readonly right: Term; readonly factor: 1 | -1 };

export type UpdateAction =
  | { readonly kind: "set"; readonly path: Path; readonly term: Term }
  | { readonly kind: "remove"; readonly path: Path }
  | { readonly kind: "add" | "delete"; readonly path: Path; readonly value: AttributeValue };

const call = (tokens: Tokens, name: "IF_NOT_EXISTS" | "LIST_APPEND"): Term => {
  tokens.expect(name);
  tokens.expect("(");
  if (name === "LIST_APPEND") {
    const left = term(tokens);
    tokens.expect(",");
    const right = term(tokens);
    tokens.expect(")");
    return { kind: "list_append", left, right };
  }
  const path = tokens.path();
  tokens.expect(",");
  const otherwise = term(tokens);
  tokens.expect(")");
  return { kind: "if_not_exists", path, otherwise };
};

const term = (tokens: Tokens): Term => {
  const value = tokens.value();
  if (value !== undefined) return { kind: "value", value };
  const word = tokens.peek();
  if ((word === "IF_NOT_EXISTS" || word === "LIST_APPEND") && tokens.peekSecond() === "(") return call(tokens, word);
  return { kind: "path", path: tokens.path() };
};

const setValue = (tokens: Tokens): Term => {
  const left = term(tokens);
  const sign = tokens.take("+", "-");
  return sign === undefined ? left : { kind: "sum", left, right: term(tokens), factor: sign === "+" ? 1 : -1 };
};

const action = (tokens: Tokens, clause: string): UpdateAction => {
  const path = tokens.path();
  if (clause === "REMOVE") return { kind: "remove", path };
  if (clause === "SET") {
    tokens.expect("=");
    return { kind: "set", path, term: setValue(tokens) };
  }
  const value = tokens.value();
  if (value === undefined) throw tokens.problem("expected a :value");
  return { kind: clause === "ADD" ? "add" : "delete", path, value };
};

const overlap = (left: Path, right: Path): boolean =>
  left.every((part, index) => index >= right.length || part === right[index]);

const checkPaths = (actions: readonly UpdateAction[], keys: readonly string[]): void => {
  actions.forEach(({ path }, index) => {
    if (keys.includes(String(path[0]))) {
      throw validation(`Cannot update attribute ${String(path[0])}. This attribute is part of the key`);
    }
    if (actions.slice(index + 1).some((other) => overlap(path, other.path))) {
      throw validation("Invalid UpdateExpression: Two document paths overlap with each other");
    }
  });
};

const CLAUSES = ["SET", "REMOVE", "ADD", "DELETE"] as const;

/** Parses an update expression: each clause at most once, no overlapping paths, no key attributes. */
export const parseUpdate = (tokens: Tokens, expression: string, keys: readonly string[]): UpdateAction[] => {
  tokens.open(expression, "UpdateExpression");
  const seen = new Set<string>();
  const actions: UpdateAction[] = [];
  while (!tokens.atEnd) {
    const clause = tokens.take(...CLAUSES);
    if (clause === undefined || seen.has(clause)) throw tokens.problem("expected one each of SET, REMOVE, ADD, DELETE");
    seen.add(clause);
    do actions.push(action(tokens, clause));
    while (tokens.take(",") !== undefined);
  }
  checkPaths(actions, keys);
  return actions;
};

const missing = (): Error =>
  validation("The provided expression refers to an attribute that does not exist in the item");

const badType = (): Error => validation("An operand in the update expression has an incorrect data type");

const evaluate = (from: Term, item: Item): AttributeValue => {
  switch (from.kind) {
    case "value":
      return from.value;
    case "path": {
      const value = valueAt(item, from.path);
      if (value === undefined) throw missing();
      return value;
    }
    case "if_not_exists":
      return valueAt(item, from.path) ?? evaluate(from.otherwise, item);
    case "list_append": {
      const [left, right] = [evaluate(from.left, item), evaluate(from.right, item)];
      if (!("L" in left && "L" in right)) throw badType();
      return { L: [...left.L, ...right.L] };
    }
    case "sum": {
      const [left, right] = [evaluate(from.left, item), evaluate(from.right, item)];
      if (!("N" in left && "N" in right)) throw badType();
      return { N: addDecimals(left.N, right.N, from.factor) };
    }
  }
};

/** `value` with `change` applied at `path`; undefined from `change` removes. */
const changeAt = (
  value: AttributeValue | undefined,
  path: Path,
  change: (old: AttributeValue | undefined) => AttributeValue | undefined,
): AttributeValue | undefined => {
  const [part, ...rest] = path;
  if (part === undefined) return change(value);
  if (typeof part === "string" && value !== undefined && "M" in value) {
    const { [part]: old, ...others } = value.M;
    const next = changeAt(old, rest, change);
    return { M: next === undefined ? others : { ...others, [part]: next } };
  }
  if (typeof part === "number" && value !== undefined && "L" in value) {
    const next = changeAt(value.L[part], rest, change);
    const before = value.L.slice(0, part);
    return {
      L: next === undefined ? [...before, ...value.L.slice(part + 1)] : [...before, next, ...value.L.slice(part + 1)],
    };
  }
  throw validation("The document path provided in the update expression is invalid for update");
};

const added = (old: AttributeValue | undefined, value: AttributeValue): AttributeValue => {
  if ("N" in value) {
    if (old !== undefined && !("N" in old)) throw badType();
    return { N: addDecimals(old?.N ?? "0", value.N) };
  }
  if ("SS" in value && (old === undefined || "SS" in old))
    return { SS: [...new Set([...(old?.SS ?? []), ...value.SS])] };
  if ("NS" in value && (old === undefined || "NS" in old))
    return { NS: [...new Set([...(old?.NS ?? []), ...value.NS])] };
  throw badType();
};

const without = (old: AttributeValue | undefined, value: AttributeValue): AttributeValue | undefined => {
  if (old === undefined) return undefined;
  if ("SS" in value && "SS" in old) {
    const left = old.SS.filter((member) => !value.SS.includes(member));
    return left.length === 0 ? undefined : { SS: left };
  }
  if ("NS" in value && "NS" in old) {
    const left = old.NS.filter((member) => !value.NS.some((gone) => equal({ N: gone }, { N: member })));
    return left.length === 0 ? undefined : { NS: left };
  }
  throw badType();
};

const changeOf = (
  update: UpdateAction,
  before: Item,
): ((old: AttributeValue | undefined) => AttributeValue | undefined) => {
  switch (update.kind) {
    case "set": {
      const value = evaluate(update.term, before);
      return () => value;
    }
    case "remove":
      return () => undefined;
    case "add":
      return (old) => added(old, update.value);
    case "delete":
      return (old) => without(old, update.value);
  }
};

/** The item after an update; every action reads the item as it was before. Throws ValidationException. */
export const applyUpdate = (actions: readonly UpdateAction[], before: Item): Item => {
  let value: AttributeValue = { M: before };
  for (const update of actions) value = changeAt(value, update.path, changeOf(update, before)) ?? value;
  return "M" in value ? value.M : before;
};
