import { validation } from "../errors.ts";
import type { AttributeValue } from "./values.ts";

/** A document path: attribute names and list positions, placeholders resolved. */
export type Path = readonly (string | number)[];

/** The placeholders of a request, shared by all its expressions. */
export interface Placeholders {
  readonly names?: Readonly<Record<string, string>> | undefined;
  readonly values?: Readonly<Record<string, AttributeValue>> | undefined;
}

const TOKEN = /\s*(?:([#:]?[A-Za-z_][A-Za-z0-9_]*|[#:][A-Za-z0-9_]+)|(\d+)|(<>|<=|>=|[=<>()[\],.+-]))/y;

const split = (expression: string, what: string): string[] => {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < expression.trimEnd().length) {
    const at = TOKEN.lastIndex;
    const found = TOKEN.exec(expression);
    if (found === null) throw validation(`Invalid ${what}: Syntax error; token: "${expression.slice(at).trim()}"`);
    tokens.push(found[0].trim());
  }
  return tokens;
};

const isWord = (token: string | undefined): token is string => token !== undefined && /^[#A-Za-z_]/.test(token);

/** Reads the tokens of expressions and resolves placeholders; remembers which of them were used. */
export class Tokens {
  readonly #placeholders: Placeholders;
  readonly #bare: ReadonlySet<string>;
  readonly #used = new Set<string>();
  #what = "expression";
  #tokens: string[] = [];
  #at = 0;

  /**
   * `bareNames` may stand without a `#`: the key attributes. AWS refuses some 570 reserved words as bare names, `state`,
   * `owner` and `ttl` among them; rather than carry its list, the sandbox refuses every other bare name, so that
   * nothing passes here and fails there.
   */
  constructor(placeholders: Placeholders, bareNames: readonly string[]) {
    this.#placeholders = placeholders;
    this.#bare = new Set(bareNames);
  }

  /** Starts on an expression; `what` names it in errors, as in `ConditionExpression`. */
  open(expression: string, what: string): this {
    this.#what = what;
    this.#tokens = split(expression, what);
    this.#at = 0;
    if (this.#tokens.length === 0) throw validation(`Invalid ${what}: The expression can not be empty;`);
    return this;
  }

  get atEnd(): boolean {
    return this.#at >= this.#tokens.length;
  }

  /** The next token in upper case, for comparison with keywords. */
  peek(): string {
    return (this.#tokens[this.#at] ?? "").toUpperCase();
  }

  /** The token after the next one, likewise. */
  peekSecond(): string {
    return (this.#tokens[this.#at + 1] ?? "").toUpperCase();
  }

  /** Takes the next token if it is one of these. */
  take(...wanted: readonly string[]): string | undefined {
    const token = this.peek();
    if (!wanted.includes(token)) return undefined;
    this.#at += 1;
    return token;
  }

  /** Takes the next token, which must be `wanted`. */
  expect(wanted: string): void {
    if (this.take(wanted) === undefined) throw this.problem(`expected ${wanted}`);
  }

  problem(detail: string): Error {
    const near = this.#tokens.slice(Math.max(0, this.#at - 1), this.#at + 2).join(" ");
    return validation(`Invalid ${this.#what}: Syntax error; token: "${this.peek()}", near: "${near}" (${detail})`);
  }

  /** Throws unless the expression is used up. */
  close(): void {
    if (!this.atEnd) throw this.problem("nothing more was expected");
  }

  /** `:value`, where one stands next. */
  value(): AttributeValue | undefined {
    const token = this.#tokens[this.#at];
    if (token === undefined || !token.startsWith(":")) return undefined;
    this.#at += 1;
    this.#used.add(token);
    const value = this.#placeholders.values?.[token];
    if (value !== undefined) return value;
    throw validation(
      `Invalid ${this.#what}: An expression attribute value used in expression is not defined; attribute value: ${token}`,
    );
  }

  /** A document path; one must stand next. */
  path(): Path {
    const path: (string | number)[] = [this.#name(true)];
    for (;;) {
      if (this.take(".") !== undefined) path.push(this.#name(false));
      else if (this.take("[") !== undefined) path.push(this.#index());
      else return path;
    }
  }

  #name(isTop: boolean): string {
    const token = this.#tokens[this.#at];
    if (!isWord(token)) throw this.problem("expected an attribute name");
    this.#at += 1;
    if (token.startsWith("#")) return this.#resolve(token);
    if (isTop && this.#bare.has(token)) return token;
    throw validation(
      `Invalid ${this.#what}: write ${token} as a #placeholder: AWS reserves hundreds of words, so the sandbox takes no bare name but the keys`,
    );
  }

  #resolve(token: string): string {
    this.#used.add(token);
    const name = this.#placeholders.names?.[token];
    if (name !== undefined) return name;
    throw validation(
      `Invalid ${this.#what}: An expression attribute name used in the document path is not defined; attribute name: ${token}`,
    );
  }

  #index(): number {
    const index = Number(this.#tokens[this.#at]);
    if (!Number.isInteger(index)) throw this.problem("expected a list index");
    this.#at += 1;
    this.expect("]");
    return index;
  }

  /** Throws ValidationException for a placeholder that no expression of the request used, as AWS does. */
  checkAllUsed(): void {
    this.#checkUsed("ExpressionAttributeNames", Object.keys(this.#placeholders.names ?? {}));
    this.#checkUsed("ExpressionAttributeValues", Object.keys(this.#placeholders.values ?? {}));
  }

  #checkUsed(what: string, keys: readonly string[]): void {
    const unused = keys.filter((key) => !this.#used.has(key));
    if (unused.length === 0) return;
    throw validation(`Value provided in ${what} unused in expressions: keys: {${unused.join(", ")}}`);
  }
}
