import { EvaluationError } from "./errors.ts";
import { type Fields, isBoolean, isNumber, isString } from "./fields.ts";
import type { Json } from "./json.ts";
import { compilePath, type Evaluate, find, type Path } from "./path.ts";
import { parseTimestamp } from "./timestamp.ts";

export type Condition = Evaluate<boolean>;

type Ordered = number | string | boolean;
/** What a comparison sees of a value, or undefined if the value is of another type: then nothing matches. */
type Reading = (value: Json) => Ordered | undefined;

const READINGS: Readonly<Record<string, Reading>> = {
  String: (value) => (isString(value) ? value : undefined),
  Numeric: (value) => (isNumber(value) ? value : undefined),
  Boolean: (value) => (isBoolean(value) ? value : undefined),
  Timestamp: parseTimestamp,
};

const RELATIONS: Readonly<Record<string, (a: Ordered, b: Ordered) => boolean>> = {
  Equals: (a, b) => a === b,
  LessThan: (a, b) => a < b,
  GreaterThan: (a, b) => a > b,
  LessThanEquals: (a, b) => a <= b,
  GreaterThanEquals: (a, b) => a >= b,
};

const TYPE_TESTS: Readonly<Record<string, (value: Json) => boolean>> = {
  IsNull: (value) => value === null,
  IsNumeric: isNumber,
  IsString: isString,
  IsBoolean: isBoolean,
  IsTimestamp: (value) => parseTimestamp(value) !== undefined,
};

const COMPARISON = /^(String|Numeric|Boolean|Timestamp)(Equals|(?:Less|Greater)Than(?:Equals)?)(Path)?$/u;

/** Compiles a choice rule, without its Next; problems go to `rule`. */
export function compileCondition(rule: Fields): Condition {
  const operators = rule.names().filter((name) => !["Variable", "Next", "Comment"].includes(name));
  const [operator] = operators;
  if (operator === undefined || operators.length > 1) {
    rule.problem("", `needs exactly one operator, has ${operators.length}`);
    for (const name of operators) rule.raw(name);
    return () => false;
  }
  return compileBoolean(rule, operator) ?? compileTest(rule, operator);
}

function compileBoolean(rule: Fields, operator: string): Condition | undefined {
  if (operator === "Not") {
    const inner = nested(rule.object("Not"));
    return (scope) => !inner(scope);
  }
  if (operator !== "And" && operator !== "Or") return undefined;
  const inner = rule.list(operator).map(nested);
  if (inner.length === 0) rule.problem(operator, "needs at least one rule");
  return operator === "And"
    ? (scope) => inner.every((condition) => condition(scope))
    : (scope) => inner.some((condition) => condition(scope));
}

function nested(rule: Fields): Condition {
  const condition = compileCondition(rule);
  rule.refuseRest();
  return condition;
}

function compileTest(rule: Fields, operator: string): Condition {
  const never = () => false;
  const path = rule.compile("Variable", rule.needText("Variable"), compilePath);
  const test = compileOperator(rule, operator);
  if (path === undefined || test === undefined) return never;
  if (operator === "IsPresent") return (scope) => test(find(path, scope) !== undefined, scope);
  return (scope) => test(required(path, scope), scope);
}

const required = (path: Path, scope: Parameters<Evaluate>[0]): Json => {
  const value = find(path, scope);
  if (value !== undefined) return value;
  throw new EvaluationError(
    "States.Runtime",
    `Invalid path '${path.text}': The choice state's condition path references an invalid value.`,
  );
};

type Test = (value: Json, scope: Parameters<Evaluate>[0]) => boolean;

function compileOperator(rule: Fields, operator: string): Test | undefined {
  if (operator === "IsPresent") return expecting(rule, operator, (value) => value === true);
  if (operator === "StringMatches") {
    const matches = rule.compile(operator, rule.text(operator), compilePattern);
    return matches && ((value) => isString(value) && matches.test(value));
  }
  const typeTest = Object.hasOwn(TYPE_TESTS, operator) ? TYPE_TESTS[operator] : undefined;
  return typeTest ? expecting(rule, operator, typeTest) : compileComparison(rule, operator);
}

function expecting(rule: Fields, operator: string, test: (value: Json) => boolean): Test {
  const expected = rule.optional(operator, isBoolean, "a boolean");
  return (value) => test(value) === expected;
}

function compileComparison(rule: Fields, operator: string): Test | undefined {
  const [, type = "", relation = "", isPath] = COMPARISON.exec(operator) ?? [];
  const reading = READINGS[type];
  const holds = RELATIONS[relation];
  if (!reading || !holds || (type === "Boolean" && relation !== "Equals")) {
    rule.raw(operator);
    rule.problem(operator, "is no operator of the States Language");
    return undefined;
  }
  const compare = (a: Ordered | undefined, b: Ordered | undefined): boolean =>
    a !== undefined && b !== undefined && holds(a, b);
  if (isPath) {
    const other = rule.compile(operator, rule.text(operator), compilePath);
    return other && ((value, scope) => compare(reading(value), reading(required(other, scope))));
  }
  const constant = rule.raw(operator);
  const bound = constant === undefined ? undefined : reading(constant);
  if (bound === undefined) rule.problem(operator, `must be of the type it compares (${type})`);
  return (value) => compare(reading(value), bound);
}

/** StringMatches: `*` stands for any run of characters, `\*` and `\\` for themselves; nothing else is special. */
function compilePattern(pattern: string): RegExp {
  const pieces = pattern.match(/\\[\s\S]?|\*|[^\\*]+/gu) ?? [];
  const source = pieces.map((piece) => {
    if (piece === "*") return "[\\s\\S]*";
    if (piece.startsWith("\\") && piece !== "\\*" && piece !== "\\\\") {
      throw new Error(`'${piece}' is no escape; only \\* and \\\\ are`);
    }
    return (piece.startsWith("\\") ? piece.slice(1) : piece).replaceAll(/[\\^$.*+?()[\]{}|/]/gu, "\\$&");
  });
  return new RegExp(`^${source.join("")}$`, "u");
}
