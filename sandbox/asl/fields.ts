import type { Problem } from "./errors.ts";
import { isArray, isObject, type Json, type JsonObject } from "./json.ts";

/**
 * Reads one object of a definition, gathering problems instead of stopping at the first. Whatever was not read when
 * `refuseRest` is called is a field that this interpreter does not know, and hence a problem.
 */
export class Fields {
  readonly path: string;
  readonly #object: JsonObject;
  readonly #problems: Problem[];
  readonly #seen = new Set<string>(["Comment"]);

  constructor(value: Json | undefined, path: string, problems: Problem[]) {
    this.path = path;
    this.#problems = problems;
    this.#object = isObject(value) ? value : {};
    if (!isObject(value)) this.#problems.push({ path, reason: "must be an object" });
    if (this.#object.Comment !== undefined) this.optional("Comment", isString, "a string");
  }

  has(name: string): boolean {
    return Object.hasOwn(this.#object, name);
  }

  /** The raw value, marked as known. */
  raw(name: string): Json | undefined {
    this.#seen.add(name);
    return this.has(name) ? this.#object[name] : undefined;
  }

  /** A field that may be absent; present, it must satisfy `test`, described by `what`. */
  optional<T extends Json>(name: string, test: (value: Json) => value is T, what: string): T | undefined {
    const value = this.raw(name);
    if (value === undefined) return undefined;
    if (test(value)) return value;
    this.problem(name, `must be ${what}`);
    return undefined;
  }

  text(name: string): string | undefined {
    return this.optional(name, isString, "a string");
  }

  needText(name: string): string {
    if (!this.has(name)) this.problem(name, "is required");
    return this.text(name) ?? "";
  }

  integer(name: string, least: number, most: number): number | undefined {
    const fits = (value: Json): value is number =>
      typeof value === "number" && Number.isInteger(value) && value >= least && value <= most;
    return this.optional(name, fits, `a whole number from ${least} to ${most}`);
  }

  list(name: string): readonly Fields[] {
    const items = this.optional(name, isArray, "an array") ?? [];
    return items.map((item, index) => new Fields(item, `${this.path}.${name}[${index}]`, this.#problems));
  }

  object(name: string): Fields {
    return new Fields(this.raw(name) ?? null, `${this.path}.${name}`, this.#problems);
  }

  /** The field's value through `compile`, whose thrown reason becomes a problem. */
  compile<S extends Json, T>(name: string, value: S | undefined, compile: (value: S) => T): T | undefined {
    if (value === undefined) return undefined;
    try {
      return compile(value);
    } catch (error) {
      this.problem(name, error instanceof Error ? error.message : String(error));
      return undefined;
    }
  }

  names(): readonly string[] {
    return Object.keys(this.#object);
  }

  problem(name: string, reason: string): void {
    this.#problems.push({ path: name === "" ? this.path : `${this.path}.${name}`, reason });
  }

  /** Reports every field that nobody asked for. */
  refuseRest(): void {
    for (const name of this.names()) if (!this.#seen.has(name)) this.problem(name, "is not implemented here");
  }
}

export const isString = (value: Json): value is string => typeof value === "string";
export const isBoolean = (value: Json): value is boolean => typeof value === "boolean";
export const isNumber = (value: Json): value is number => typeof value === "number";
