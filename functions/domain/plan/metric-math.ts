/**
 * As much of CloudWatch's metric math as a policy may write. Each point follows from the inputs' points of the same period:
 * what looks at other periods (RATE, RUNNING_SUM, FILL with REPEAT) changes with where a reading begins, and a minute that
 * is read twice would differ. What finds series by itself (SEARCH, METRICS) would find those of other metrics of the call.
 *
 * CloudWatch takes a missing point for 0 in arithmetic, which would make silence a rate of nothing. So the inputs are read
 * beside the expression, and it has a value only where each has one that does not stand in FILL.
 */

export type MathReading =
  | {
      readonly ok: true;
      /** Inputs that the expression names. */
      readonly used: readonly string[];
      /** Those without whose point there is none of the expression. */
      readonly required: readonly string[];
      /** Inputs are added and subtracted, and nothing else: of counts it makes a count. */
      readonly sums: boolean;
    }
  | { readonly ok: false; readonly message: string };

/** Reads an expression over inputs of these names. */
export function readMath(expression: string, inputs: readonly string[]): MathReading {
  const tokens = tokensOf(expression);
  if (tokens === null) return { ok: false, message: "holds a character that metric math here does not know" };
  const reader: Reader = { tokens, at: 0, inputs, used: new Set(), required: new Set(), sums: true };
  const problem = level(reader, 0) ?? (reader.at < tokens.length ? `has an unexpected "${tokens[reader.at]}"` : null);
  if (problem !== null) return { ok: false, message: problem };
  return { ok: true, used: [...reader.used], required: [...reader.required], sums: reader.sums };
}

interface Reader {
  readonly tokens: readonly string[];
  at: number;
  readonly inputs: readonly string[];
  readonly used: Set<string>;
  readonly required: Set<string>;
  sums: boolean;
}

const TOKEN = /\s*(\d+(?:\.\d+)?|[A-Za-z_][A-Za-z0-9_]*|==|!=|<=|>=|&&|\|\||[-+*/()<>,])/y;

function tokensOf(expression: string): string[] | null {
  const text = expression.trimEnd();
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const found = TOKEN.exec(text)?.[1];
    if (found === undefined) return null;
    tokens.push(found);
  }
  return tokens;
}

/** From loosest to tightest. */
const OPERATORS: readonly (readonly string[])[] = [
  ["||"],
  ["&&"],
  ["==", "!=", "<", ">", "<=", ">="],
  ["+", "-"],
  ["*", "/"],
];
const SUMMING = 3;

/** What is wrong, or null; reads on while operators of this level follow. */
function level(reader: Reader, depth: number): string | null {
  const operators = OPERATORS[depth];
  if (operators === undefined) return unary(reader);
  for (;;) {
    const problem = level(reader, depth + 1);
    if (problem !== null || !take(reader, operators)) return problem;
    if (depth !== SUMMING) reader.sums = false;
  }
}

function take(reader: Reader, wanted: readonly string[]): boolean {
  const isNext = wanted.includes(reader.tokens[reader.at] ?? "");
  if (isNext) reader.at += 1;
  return isNext;
}

function unary(reader: Reader): string | null {
  while (take(reader, ["-"])) reader.sums = false;
  const token = reader.tokens[reader.at];
  if (token === undefined) return "ends too early";
  reader.at += 1;
  if (token === "(") return level(reader, 0) ?? expect(reader, ")");
  if (token === "IF") return choice(reader);
  if (token === "FILL") return filled(reader);
  if (/^\d/.test(token)) {
    reader.sums = false;
    return null;
  }
  if (!reader.inputs.includes(token)) return `names "${token}", which is none of its inputs`;
  reader.used.add(token);
  reader.required.add(token);
  return null;
}

const expect = (reader: Reader, wanted: string): string | null =>
  take(reader, [wanted]) ? null : `lacks a "${wanted}" before ${following(reader)}`;

const following = ({ tokens, at }: Reader): string => (at < tokens.length ? `"${tokens[at]}"` : "its end");

function choice(reader: Reader): string | null {
  reader.sums = false;
  const part = (after: string) => level(reader, 0) ?? expect(reader, after);
  return expect(reader, "(") ?? part(",") ?? part(",") ?? part(")");
}

/** FILL(input, number): whoever writes it says what is true where nothing was measured. */
function filled(reader: Reader): string | null {
  const problem = expect(reader, "(");
  const input = reader.tokens[reader.at] ?? "";
  if (problem !== null || !reader.inputs.includes(input)) return problem ?? "fills what is no input";
  reader.used.add(input);
  reader.at += 1;
  const comma = expect(reader, ",");
  const filler = reader.tokens[reader.at] ?? "";
  if (comma !== null || !/^\d/.test(filler)) return comma ?? "fills with what is no number";
  if (Number(filler) !== 0) reader.sums = false;
  reader.at += 1;
  return expect(reader, ")");
}
