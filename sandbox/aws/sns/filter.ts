import { AwsError } from "../errors.ts";

type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** For each attribute the conditions of which one must hold; all attributes must match. */
export type FilterPolicy = Readonly<Record<string, readonly Json[]>>;

/** The values of a message's attributes: one each, or several of a String.Array. */
export type AttributeValues = Readonly<Record<string, readonly (string | number)[]>>;

const isObject = (value: Json | undefined): value is { readonly [key: string]: Json } =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const invalid = (why: string): AwsError => new AwsError("InvalidParameter", `Invalid parameter: FilterPolicy: ${why}`);

const MOST_KEYS = 5;

/** Reads a filter policy; throws InvalidParameter. Nested policies are beyond the simulation. */
export const readPolicy = (text: string): FilterPolicy => {
  let policy: Json;
  try {
    policy = JSON.parse(text) as Json;
  } catch {
    throw invalid("failed to parse JSON");
  }
  if (!isObject(policy)) throw invalid("it must be an object");
  const entries = Object.entries(policy);
  if (entries.length > MOST_KEYS) throw invalid(`it has more than ${MOST_KEYS} keys`);
  const wrong = entries.find(([, conditions]) => !Array.isArray(conditions) || conditions.length === 0);
  if (wrong !== undefined) throw invalid(`"${wrong[0]}" must be an array of conditions`);
  return policy as FilterPolicy;
};

const NUMERIC: Readonly<Record<string, (left: number, right: number) => boolean>> = {
  "=": (l, r) => l === r,
  "<": (l, r) => l < r,
  "<=": (l, r) => l <= r,
  ">": (l, r) => l > r,
  ">=": (l, r) => l >= r,
};

/** `["numeric", ">=", 1, "<", 5]` without its name: pairs of comparison and bound, all of which must hold. */
const isNumeric = (value: string | number, bounds: Json): boolean => {
  if (typeof value !== "number" || !Array.isArray(bounds)) return false;
  const pairs = Array.from({ length: bounds.length / 2 }, (_unused, i) => [bounds[2 * i], bounds[2 * i + 1]] as const);
  return pairs.every(([sign, bound]) => NUMERIC[String(sign)]?.(value, Number(bound)) ?? false);
};

const isAnythingBut = (value: string | number, others: Json): boolean => {
  if (isObject(others)) return !holdsFor(value, others);
  return Array.isArray(others) ? !others.includes(value) : value !== others;
};

const CONDITIONS: Readonly<Record<string, (value: string | number, argument: Json) => boolean>> = {
  prefix: (value, prefix) => String(value).startsWith(String(prefix)),
  suffix: (value, suffix) => String(value).endsWith(String(suffix)),
  "equals-ignore-case": (value, other) => String(value).toLowerCase() === String(other).toLowerCase(),
  "anything-but": isAnythingBut,
  numeric: isNumeric,
};

const holdsFor = (value: string | number, condition: Json): boolean => {
  if (!isObject(condition)) return value === condition;
  return Object.entries(condition).every(([name, argument]) => CONDITIONS[name]?.(value, argument) ?? false);
};

const meets = (values: readonly (string | number)[] | undefined, condition: Json): boolean => {
  if (isObject(condition) && typeof condition.exists === "boolean") {
    return (values !== undefined) === condition.exists;
  }
  return values?.some((value) => holdsFor(value, condition)) ?? false;
};

/** Whether a message with these attributes passes the policy. */
export const passes = (policy: FilterPolicy, attributes: AttributeValues): boolean =>
  Object.entries(policy).every(([name, conditions]) =>
    conditions.some((condition) => meets(attributes[name], condition)),
  );

/** A JSON body's top-level members as attributes; undefined where the body is no JSON object. */
export const bodyAttributes = (body: string): AttributeValues | undefined => {
  let parsed: Json;
  try {
    parsed = JSON.parse(body) as Json;
  } catch {
    return undefined;
  }
  if (!isObject(parsed)) return undefined;
  const scalars = Object.entries(parsed).map(([name, value]) => {
    const members = Array.isArray(value) ? value : [value];
    return [name, members.filter((member) => typeof member === "string" || typeof member === "number")] as const;
  });
  return Object.fromEntries(scalars);
};
