import { validation } from "../errors.ts";
import { canonical, compareDecimals } from "./decimal.ts";

/** A value as it travels: exactly one of these members; binary is base64. */
export type AttributeValue =
  | { readonly S: string }
  | { readonly N: string }
  | { readonly B: string }
  | { readonly BOOL: boolean }
  | { readonly NULL: boolean }
  | { readonly SS: readonly string[] }
  | { readonly NS: readonly string[] }
  | { readonly BS: readonly string[] }
  | { readonly L: readonly AttributeValue[] }
  | { readonly M: Item };

export type Item = { readonly [name: string]: AttributeValue };

export type TypeName = "S" | "N" | "B" | "BOOL" | "NULL" | "SS" | "NS" | "BS" | "L" | "M";

const TYPES: readonly string[] = ["S", "N", "B", "BOOL", "NULL", "SS", "NS", "BS", "L", "M"];

/** Which member a value has; throws ValidationException for anything but exactly one known member. */
export const typeOf = (value: AttributeValue): TypeName => {
  const [name, ...others] = Object.keys(value);
  if (name === undefined || others.length > 0 || !TYPES.includes(name)) {
    throw validation("Supplied AttributeValue has more than one datatypes set, or none");
  }
  return name as TypeName;
};

const ordered = (set: readonly string[]): string => JSON.stringify([...set].sort((a, b) => (a < b ? -1 : 1)));

/** Equality as DynamoDB means it: same type and same value; numbers by value, sets without order. */
export const equal = (left: AttributeValue, right: AttributeValue): boolean => {
  if ("S" in left && "S" in right) return left.S === right.S;
  if ("N" in left && "N" in right) return compareDecimals(left.N, right.N) === 0;
  if ("SS" in left && "SS" in right) return ordered(left.SS) === ordered(right.SS);
  if ("NS" in left && "NS" in right) return ordered(left.NS) === ordered(right.NS);
  if ("BS" in left && "BS" in right) return ordered(left.BS) === ordered(right.BS);
  if ("L" in left && "L" in right)
    return left.L.length === right.L.length && left.L.every((v, i) => same(v, right.L[i]));
  if ("M" in left && "M" in right) {
    const names = Object.keys(left.M);
    return names.length === Object.keys(right.M).length && names.every((n) => same(left.M[n], right.M[n]));
  }
  return JSON.stringify(left) === JSON.stringify(right);
};

const same = (left: AttributeValue | undefined, right: AttributeValue | undefined): boolean =>
  left !== undefined && right !== undefined && equal(left, right);

const bytes = (base64: string): Buffer => Buffer.from(base64, "base64");

/** From here on the order of UTF-16 units, which JavaScript compares, is not that of UTF-8 bytes. */
const UNLIKE_BYTES = /[\ud800-\uffff]/;

const compareTexts = (left: string, right: string): number => {
  if (UNLIKE_BYTES.test(left) || UNLIKE_BYTES.test(right)) return Buffer.compare(Buffer.from(left), Buffer.from(right));
  return left < right ? -1 : left === right ? 0 : 1;
};

/** Order of two scalars of one type: numbers by value, strings by UTF-8 bytes. Undefined where there is none. */
export const compare = (left: AttributeValue, right: AttributeValue): number | undefined => {
  if ("N" in left && "N" in right) return compareDecimals(left.N, right.N);
  if ("S" in left && "S" in right) return compareTexts(left.S, right.S);
  if ("B" in left && "B" in right) return Buffer.compare(bytes(left.B), bytes(right.B));
  return undefined;
};

const utf8 = (text: string): number => Buffer.byteLength(text);

/** Roughly one byte for two digits and one more, as the developer guide's item size rules say. */
const numberSize = (text: string): number => Math.min(21, Math.ceil(text.replace(/\D/g, "").length / 2) + 1);

const sum = (sizes: readonly number[]): number => sizes.reduce((total, size) => total + size, 0);

const valueSize = (value: AttributeValue): number => {
  if ("S" in value) return utf8(value.S);
  if ("N" in value) return numberSize(value.N);
  if ("B" in value) return bytes(value.B).length;
  if ("SS" in value) return sum(value.SS.map(utf8));
  if ("NS" in value) return sum(value.NS.map(numberSize));
  if ("BS" in value) return sum(value.BS.map((member) => bytes(member).length));
  // Lists and maps cost three bytes, and one more for each element.
  if ("L" in value) return 3 + sum(value.L.map((element) => 1 + valueSize(element)));
  if ("M" in value) return 3 + Object.keys(value.M).length + itemSize(value.M);
  return 1;
};

/** The size of an item in bytes, attribute names included [DynamoDB developer guide, item sizes]. */
export const itemSize = (item: Item): number =>
  sum(Object.entries(item).map(([name, value]) => utf8(name) + valueSize(value)));

const wholeNumber = (text: string): string => {
  const found = canonical(text);
  if (found === undefined) throw validation(`The parameter cannot be converted to a numeric value: ${text}`);
  return found;
};

const checkSet = (set: readonly string[]): void => {
  if (set.length === 0) throw validation("One or more parameter values were invalid: An set may not be empty");
  if (new Set(set).size < set.length) throw validation("Input collection contains duplicates");
};

/** A checked copy of a value with its numbers in canonical form; throws ValidationException. */
export const normalised = (value: AttributeValue): AttributeValue => {
  typeOf(value);
  if ("N" in value) return { N: wholeNumber(value.N) };
  if ("L" in value) return { L: value.L.map(normalised) };
  if ("M" in value) return { M: normalisedItem(value.M) };
  if ("NS" in value) {
    const numbers = value.NS.map(wholeNumber);
    checkSet(numbers);
    return { NS: numbers };
  }
  if ("SS" in value) checkSet(value.SS);
  if ("BS" in value) checkSet(value.BS);
  return "S" in value ? { S: value.S } : structuredClone(value);
};

const named = (name: string): string => {
  if (name === "") throw validation("One or more parameter values were invalid: an attribute has no name");
  return name;
};

/** `normalised` for each attribute of an item. A name has a character at least [DynamoDB developer guide, naming rules]. */
export const normalisedItem = (item: Item): Item =>
  Object.fromEntries(Object.entries(item).map(([name, value]) => [named(name), normalised(value)]));
