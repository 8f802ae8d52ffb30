import { validation } from "../errors.ts";

/** A time series: value by timestamp (epoch ms). */
export type Points = ReadonlyMap<number, number>;

export type Operand = number | Points;

/** What an expression may refer to: other queries by id, and the timestamps of the request's grid. */
export interface Scope {
  valueOf(id: string): Operand;
  readonly grid: readonly number[];
}

const TOKEN = /\s*(\d+(?:\.\d+)?|[A-Za-z_][A-Za-z0-9_]*|==|!=|<=|>=|&&|\|\||[-+*/()<>,])/y;

const tokensOf = (expression: string): string[] => {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < expression.trimEnd().length) {
    const at = TOKEN.lastIndex;
    const found = TOKEN.exec(expression)?.[1];
    if (found === undefined) throw validation(`Error in expression "${expression}" at ${at}`);
    tokens.push(found);
  }
  return tokens;
};

const OPERATORS: Readonly<Record<string, (left: number, right: number) => number | undefined>> = {
  "+": (l, r) => l + r,
  "-": (l, r) => l - r,
  "*": (l, r) => l * r,
  // A division by zero has no datapoint.
  "/": (l, r) => (r === 0 ? undefined : l / r),
  ">": (l, r) => Number(l > r),
  "<": (l, r) => Number(l < r),
  ">=": (l, r) => Number(l >= r),
  "<=": (l, r) => Number(l <= r),
  "==": (l, r) => Number(l === r),
  "!=": (l, r) => Number(l !== r),
  "&&": (l, r) => Number(l !== 0 && r !== 0),
  "||": (l, r) => Number(l !== 0 || r !== 0),
};

/** From loosest to tightest. */
const PRECEDENCE: readonly (readonly string[])[] = [
  ["||", "OR"],
  ["&&", "AND"],
  ["==", "!=", "<", ">", "<=", ">="],
  ["+", "-"],
  ["*", "/"],
];

const WORDS: Readonly<Record<string, string>> = { OR: "||", AND: "&&" };

const timesOf = (operands: readonly Operand[]): number[] => {
  const times = operands.flatMap((operand) => (typeof operand === "number" ? [] : [...operand.keys()]));
  return [...new Set(times)].sort((a, b) => a - b);
};

const at = (operand: Operand, time: number): number | undefined =>
  typeof operand === "number" ? operand : operand.get(time);

/** A missing value counts as 0 in arithmetic [CloudWatch user guide, metric math]. */
const combine = (operator: string, left: Operand, right: Operand): Operand => {
  const apply = OPERATORS[operator];
  if (apply === undefined) throw validation(`unknown operator ${operator}`);
  if (typeof left === "number" && typeof right === "number") return apply(left, right) ?? new Map();
  const points = new Map<number, number>();
  for (const time of timesOf([left, right])) {
    const value = apply(at(left, time) ?? 0, at(right, time) ?? 0);
    if (value !== undefined) points.set(time, value);
  }
  return points;
};

const choose = (condition: Operand, yes: Operand, no: Operand): Operand => {
  if (typeof condition === "number") return condition === 0 ? no : yes;
  const points = new Map<number, number>();
  for (const [time, value] of condition) {
    const chosen = at(value === 0 ? no : yes, time);
    if (chosen !== undefined) points.set(time, chosen);
  }
  return points;
};

const fill = (series: Operand, filler: Operand | "REPEAT", grid: readonly number[]): Operand => {
  if (typeof series === "number") return series;
  const points = new Map<number, number>();
  let last: number | undefined;
  for (const time of grid) {
    last = series.get(time) ?? (filler === "REPEAT" ? last : at(filler, time));
    if (last !== undefined) points.set(time, last);
  }
  return points;
};

class Evaluation {
  readonly #tokens: string[];
  readonly #scope: Scope;
  #at = 0;

  constructor(expression: string, scope: Scope) {
    this.#tokens = tokensOf(expression);
    this.#scope = scope;
  }

  run(): Operand {
    const value = this.#level(0);
    if (this.#at < this.#tokens.length) throw validation(`unexpected "${this.#peek()}" in expression`);
    return value;
  }

  #peek(): string {
    return this.#tokens[this.#at] ?? "";
  }

  #take(...wanted: readonly string[]): string | undefined {
    const token = this.#peek();
    if (!wanted.includes(token)) return undefined;
    this.#at += 1;
    return token;
  }

  #expect(wanted: string): void {
    if (this.#take(wanted) === undefined)
      throw validation(`expected "${wanted}", found "${this.#peek()}" in expression`);
  }

  #level(level: number): Operand {
    const operators = PRECEDENCE[level];
    if (operators === undefined) return this.#unary();
    let left = this.#level(level + 1);
    for (;;) {
      const operator = this.#take(...operators);
      if (operator === undefined) return left;
      left = combine(WORDS[operator] ?? operator, left, this.#level(level + 1));
    }
  }

  #unary(): Operand {
    return this.#take("-") === undefined ? this.#primary() : combine("-", 0, this.#unary());
  }

  #primary(): Operand {
    const token = this.#peek();
    this.#at += 1;
    if (token === "(") {
      const inner = this.#level(0);
      this.#expect(")");
      return inner;
    }
    if (/^\d/.test(token)) return Number(token);
    if (token === "IF") return this.#if();
    if (token === "FILL") return this.#fill();
    if (/^[a-z]/.test(token)) return this.#scope.valueOf(token);
    throw validation(`"${token}" is beyond the simulation's metric math: + - * /, comparisons, IF and FILL`);
  }

  #if(): Operand {
    this.#expect("(");
    const condition = this.#level(0);
    this.#expect(",");
    const yes = this.#level(0);
    this.#expect(",");
    const no = this.#level(0);
    this.#expect(")");
    return choose(condition, yes, no);
  }

  #fill(): Operand {
    this.#expect("(");
    const series = this.#level(0);
    this.#expect(",");
    const filler = this.#take("REPEAT") === undefined ? this.#level(0) : "REPEAT";
    this.#expect(")");
    return fill(series, filler, this.#scope.grid);
  }
}

/** The value of a metric math expression. Throws ValidationException for what it cannot read. */
export const evaluate = (expression: string, scope: Scope): Operand => new Evaluation(expression, scope).run();
