import { EvaluationError } from "./errors.ts";
import { isArray, type Json } from "./json.ts";
import { compilePath, type Evaluate, read } from "./path.ts";

const DEEPEST = 10;
const INT_32_LIMIT = 2_147_483_648;

/** A compiled argument; a literal string also keeps its spelling, since Format reads escapes itself. */
interface Argument {
  readonly evaluate: Evaluate;
  readonly spelling?: string;
}

interface Intrinsic {
  readonly least: number;
  readonly most: number;
  readonly apply: (values: readonly Json[], fail: (why: string) => never) => Json;
}

const integer = (value: Json | undefined, fail: (why: string) => never): number =>
  typeof value === "number" ? Math.round(value) : fail("a number is needed");

// The service frozen its list of intrinsics; these are the ones our machines may use.
const INTRINSICS: Readonly<Record<string, Intrinsic>> = {
  "States.Array": { least: 0, most: Number.POSITIVE_INFINITY, apply: (values) => values },
  "States.ArrayLength": {
    least: 1,
    most: 1,
    apply: ([array], fail) => (isArray(array) ? array.length : fail("an array is needed")),
  },
  "States.ArrayGetItem": {
    least: 2,
    most: 2,
    apply: ([array, index], fail) => {
      const item = isArray(array) ? array[integer(index, fail)] : fail("an array is needed");
      return item === undefined ? fail("the index is outside the array") : item;
    },
  },
  "States.JsonToString": { least: 1, most: 1, apply: ([value]) => JSON.stringify(value) },
  "States.StringToJson": {
    least: 1,
    most: 1,
    apply: ([text], fail) => {
      try {
        return typeof text === "string" ? (JSON.parse(text) as Json) : fail("a string is needed");
      } catch {
        return fail("the string is not JSON");
      }
    },
  },
  "States.MathAdd": {
    least: 2,
    most: 2,
    apply: ([a, b], fail) => {
      const sum = integer(a, fail) + integer(b, fail);
      return sum >= -INT_32_LIMIT && sum < INT_32_LIMIT ? sum : fail("the sum leaves the 32-bit range");
    },
  },
};

/** True for a `.$` value that calls a function instead of naming a path. */
export const isIntrinsic = (text: string): boolean => /^States\./u.test(text);

/**
 * Compiles a call such as `States.Format('{} of {}', $.index, States.ArrayLength($.all))`. Throws, with the reason,
 * for what is malformed or not implemented. Evaluating it wrongly is States.IntrinsicFailure.
 */
export function compileIntrinsic(text: string, field: string): Evaluate {
  const parser = new CallParser(text, field);
  const { evaluate } = parser.call(1);
  parser.end();
  return evaluate;
}

class CallParser {
  readonly #text: string;
  readonly #field: string;
  #at = 0;

  constructor(text: string, field: string) {
    this.#text = text;
    this.#field = field;
  }

  end(): void {
    if (this.#at < this.#text.length) this.#refuse("something follows the closing parenthesis");
  }

  call(depth: number): Argument {
    if (depth > DEEPEST) this.#refuse(`intrinsics nest at most ${DEEPEST} deep`);
    const name = this.#take(/^States\.\w+/u);
    if (!this.#take(/^\s*\(/u)) this.#refuse("a parenthesis is missing");
    const args = this.#arguments(depth);
    return { evaluate: name === "States.Format" ? this.#format(args) : this.#apply(name, args) };
  }

  #arguments(depth: number): Argument[] {
    const args: Argument[] = [];
    if (this.#take(/^\s*\)/u)) return args;
    for (;;) {
      this.#take(/^\s+/u);
      args.push(this.#argument(depth));
      if (this.#take(/^\s*\)/u)) return args;
      if (!this.#take(/^\s*,/u)) this.#refuse("a comma or a closing parenthesis is missing");
    }
  }

  #argument(depth: number): Argument {
    if (/^States\./u.test(this.#rest)) return this.call(depth + 1);
    const literal = this.#take(/^'(?:[^'\\]|\\.)*'/su);
    if (literal) return this.#literal(literal.slice(1, -1));
    const number = this.#take(/^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/u);
    if (number) return constant(Number(number));
    const word = this.#take(/^(?:true|false|null)\b/u);
    if (word) return constant(JSON.parse(word) as Json);
    const path = this.#take(/^\$(?:\['[^']*'\]|\["[^"]*"\]|[^,()\s'"])*/u);
    if (!path) return this.#refuse(`not an argument: '${this.#rest}'`);
    const compiled = compilePath(path);
    return { evaluate: (scope) => read(compiled, scope, this.#field) };
  }

  #literal(spelling: string): Argument {
    const bad = /\\[^'{}\\]/u.exec(spelling);
    if (bad) this.#refuse(`'${bad[0]}' is no escape; only \\' \\{ \\} \\\\ are`);
    return { ...constant(withoutEscapes(spelling)), spelling };
  }

  #apply(name: string, args: readonly Argument[]): Evaluate {
    const intrinsic = Object.hasOwn(INTRINSICS, name) ? INTRINSICS[name] : undefined;
    if (intrinsic === undefined) return this.#refuse(`${name || "this function"} is not implemented`);
    if (args.length < intrinsic.least || args.length > intrinsic.most) {
      this.#refuse(`${name} takes ${intrinsic.least} argument(s), not ${args.length}`);
    }
    const fail = (why: string): never => this.#fail(why);
    return (scope) =>
      intrinsic.apply(
        args.map(({ evaluate }) => evaluate(scope)),
        fail,
      );
  }

  #format(args: readonly Argument[]): Evaluate {
    const [template, ...values] = args;
    if (template === undefined) return this.#refuse("States.Format takes a template");
    const { spelling } = template;
    if (spelling === undefined) {
      return (scope) => {
        const text = template.evaluate(scope);
        return typeof text === "string" ? this.#fill(text, values)(scope) : this.#fail("the template is not a string");
      };
    }
    if (holes(spelling).length - 1 !== values.length) {
      this.#refuse(`States.Format has ${holes(spelling).length - 1} placeholder(s) and ${values.length} value(s)`);
    }
    return this.#fill(spelling, values);
  }

  #fill(spelling: string, values: readonly Argument[]): Evaluate {
    const parts = holes(spelling).map(withoutEscapes);
    return (scope) => {
      if (parts.length - 1 !== values.length) this.#fail("placeholders and values differ in number");
      const texts = values.map(({ evaluate }) => this.#asText(evaluate(scope)));
      return parts.map((part, index) => part + (texts[index] ?? "")).join("");
    };
  }

  #asText(value: Json): string {
    if (typeof value === "object" && value !== null) {
      this.#fail("only strings, numbers, booleans and null can be formatted; use States.JsonToString for the rest");
    }
    return typeof value === "string" ? value : JSON.stringify(value);
  }

  get #rest(): string {
    return this.#text.slice(this.#at);
  }

  #take(pattern: RegExp): string {
    const found = pattern.exec(this.#rest)?.[0] ?? "";
    this.#at += found.length;
    return found;
  }

  #refuse(reason: string): never {
    throw new Error(`${reason}, in '${this.#text}'`);
  }

  #fail(why: string): never {
    throw new EvaluationError(
      "States.IntrinsicFailure",
      `The function '${this.#text}' specified for the field '${this.#field}' failed: ${why}.`,
    );
  }
}

const constant = (value: Json): Argument => ({ evaluate: () => value });

const withoutEscapes = (spelling: string): string => spelling.replaceAll(/\\([\s\S])/gu, "$1");

/** The stretches of a template between its placeholders; an escaped brace is text. */
function holes(spelling: string): string[] {
  const parts = [""];
  for (const piece of spelling.match(/\\[\s\S]|\{\}|[\s\S]/gu) ?? []) {
    if (piece === "{}") parts.push("");
    else parts[parts.length - 1] += piece;
  }
  return parts;
}
