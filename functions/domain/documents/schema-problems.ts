import * as z from "zod";
import { type Path, type Problem, Report, valueAt } from "./problems.ts";

/**
 * From zod's issues to problems a person can act on. The hint is the description of the field, which is also what an
 * editor shows from the published JSON Schema: one text, two uses.
 */

const FALLBACK_HINT = "the published JSON Schema says what belongs here; point your editor to it with $schema";

/** A document as it was handed in, and what it should be. */
export interface Checked {
  /** With which the paths of its problems begin, such as `policy`. */
  readonly name: string;
  readonly schema: z.ZodType;
  readonly input: unknown;
  /** Where to look when the schema itself has no hint. */
  readonly example?: string;
}

/** Reports every issue of one document. Returns the places, which start with its name. */
export function reportIssues(report: Report, checked: Checked, error: z.ZodError): Path[] {
  for (const issue of leafIssues(error.issues)) reportIssue(report, checked, issue);
  return issuePlaces(error).map((place) => [checked.name, ...place]);
}

/** Everything that is wrong with a document that stands by itself. */
export function problemsOf(checked: Checked, error: z.ZodError): Problem[] {
  const report = new Report({ [checked.name]: checked.input });
  reportIssues(report, checked, error);
  return report.problems;
}

/** Where the issues are, from the document's root; an unknown key counts as its own place. */
export function issuePlaces(error: z.ZodError): Path[] {
  return leafIssues(error.issues).flatMap((issue) => {
    const path = plainPath(issue.path);
    return issue.code === "unrecognized_keys" ? issue.keys.map((key) => [...path, key]) : [path];
  });
}

function reportIssue(report: Report, checked: Checked, issue: z.core.$ZodIssue): void {
  const { name, schema, input, example } = checked;
  const path = plainPath(issue.path);
  if (issue.code === "unrecognized_keys") {
    const known = keysAt(schema, path, input);
    for (const key of issue.keys) report.refuse([name, ...path, key], "is not a known key", keyHint(key, known));
    return;
  }
  const hint = issueHint(issue, schema, path, input) ?? example ?? FALLBACK_HINT;
  report.refuse([name, ...path], issueMessage(issue, valueAt(input, path)), hint);
}

/**
 * A union fails with one list of issues per branch; the branch meant is the one with the fewest, unless even its type
 * is wrong: then the union as a whole is what the person should read about.
 */
function leafIssues(issues: readonly z.core.$ZodIssue[]): z.core.$ZodIssue[] {
  return issues.flatMap((issue) => {
    if (issue.code !== "invalid_union" || issue.errors.length === 0) return [issue];
    const meant = issue.errors
      .filter((branch) => branch.every((inner) => inner.path.length > 0 || inner.code === "unrecognized_keys"))
      .sort((a, b) => a.length - b.length)[0];
    if (meant === undefined) return [issue];
    return leafIssues(meant.map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] })));
  });
}

function plainPath(path: readonly PropertyKey[]): (string | number)[] {
  return path.map((key) => (typeof key === "number" ? key : String(key)));
}

function issueMessage(issue: z.core.$ZodIssue, value: unknown): string {
  if (issue.code === "invalid_key") return "stands under a key that is no name";
  if (value === undefined && issue.code !== "custom") return "is missing";
  switch (issue.code) {
    case "invalid_type":
      return `should be ${article(issue.expected)}`;
    case "invalid_value":
      return oneOf(issue.values.map(String));
    case "invalid_union":
      // A word that tells branches apart, and names none of them.
      return "options" in issue && issue.options !== undefined ? oneOf(issue.options.map(String)) : UNFORMED;
    case "too_small":
      return `is below the smallest allowed, ${issue.minimum}${issue.inclusive === false ? " (excluded)" : ""}`;
    case "too_big":
      return `is above the largest allowed, ${issue.maximum}`;
    case "custom":
      return issue.message;
    default:
      return UNFORMED;
  }
}

const UNFORMED = "is not in the expected form";

const oneOf = (words: readonly string[]): string => `should be ${words.length > 1 ? "one of " : ""}${words.join(", ")}`;

function article(noun: string): string {
  return /^[aeio]/.test(noun) ? `an ${noun}` : `a ${noun}`;
}

function issueHint(issue: z.core.$ZodIssue, schema: z.ZodType, path: Path, input: unknown): string | undefined {
  const value = valueAt(input, path);
  if (issue.code === "custom" && typeof issue.params?.hint === "string") return issue.params.hint;
  if (issue.code === "invalid_key") return keyForm(schema, path, input);
  if (issue.code === "invalid_value" && typeof value === "string") {
    const near = nearest(value, issue.values.map(String));
    if (near !== undefined) return `did you mean "${near}"?`;
  }
  if (issue.code === "invalid_union" && "options" in issue) {
    return keyHint(String(value), issue.options?.map(String) ?? []);
  }
  return schemasAt(schema, path, input).findLast(({ text }) => text !== undefined)?.text;
}

/** What the keys of the record look like, from the schema of its keys. */
function keyForm(root: z.ZodType, path: Path, input: unknown): string | undefined {
  const record = schemasAt(root, path.slice(0, -1), input).at(-1)?.schema;
  const keys = record instanceof z.ZodRecord ? asType(record.keyType) : undefined;
  return keys?.description;
}

function keyHint(key: string, known: readonly string[]): string {
  const near = nearest(key, known);
  return near === undefined ? `known here: ${known.join(", ")}` : `did you mean "${near}"?`;
}

interface Visited {
  readonly schema: z.ZodType;
  /** Description of the outermost wrapper that has one: the most particular. */
  readonly text: string | undefined;
  /** A value that would do, from the schema's `examples`. */
  readonly example: unknown;
}

/** The schemas met on the way to a path, outermost first; stops early where the schema knows no such key. */
export function schemasAt(root: z.ZodType, path: Path, input: unknown): Visited[] {
  const visited = [unwrap(root, input)];
  for (const [index, key] of path.entries()) {
    const inner = childOf(visited.at(-1)?.schema, key);
    if (inner === undefined) break;
    visited.push(unwrap(inner, valueAt(input, path.slice(0, index + 1))));
  }
  return visited;
}

function keysAt(root: z.ZodType, path: Path, input: unknown): string[] {
  const schema = schemasAt(root, path, input).at(-1)?.schema;
  return schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
}

function childOf(schema: z.ZodType | undefined, key: string | number): z.ZodType | undefined {
  if (schema instanceof z.ZodObject) return Object.hasOwn(schema.shape, key) ? schema.shape[key] : undefined;
  if (schema instanceof z.ZodArray) return asType(schema.element);
  if (schema instanceof z.ZodRecord) return asType(schema.valueType);
  return undefined;
}

/** Through optional, transforms and unions down to the schema that this input was meant for. */
function unwrap(schema: z.ZodType, input: unknown): Visited {
  const meta = schema.meta();
  const own = { schema, text: meta?.description, example: exampleOf(schema, meta?.examples) };
  const inner = innerOf(schema, input);
  if (inner === undefined) return own;
  const deeper = unwrap(inner, input);
  return { ...deeper, text: own.text ?? deeper.text, example: own.example ?? deeper.example };
}

/** The first example; where a schema allows one value only, that one. */
function exampleOf(schema: z.ZodType, examples: unknown): unknown {
  if (Array.isArray(examples)) return examples[0];
  return schema instanceof z.ZodLiteral ? schema.value : undefined;
}

function innerOf(schema: z.ZodType, input: unknown): z.ZodType | undefined {
  if (schema instanceof z.ZodOptional) return asType(schema.unwrap());
  if (schema instanceof z.ZodPipe) return asType(schema.in);
  if (schema instanceof z.ZodUnion) return bestOption(schema.options.map(asType), input);
  return undefined;
}

/** The object branch that knows most of the input's keys and agrees with it on the words that tell branches apart. */
function bestOption(options: readonly (z.ZodType | undefined)[], input: unknown): z.ZodType | undefined {
  if (typeof input !== "object" || input === null) return undefined;
  const score = (option: z.ZodType | undefined): number => {
    if (!(option instanceof z.ZodObject)) return -1;
    const agrees = Object.entries(option.shape).every(
      ([key, field]) => !(field instanceof z.ZodLiteral) || field.safeParse(Reflect.get(input, key)).success,
    );
    return agrees ? Object.keys(input).filter((key) => Object.hasOwn(option.shape, key)).length : -1;
  };
  return [...options].sort((a, b) => score(b) - score(a))[0];
}

function asType(schema: unknown): z.ZodType | undefined {
  return schema instanceof z.ZodType ? schema : undefined;
}

/** The known word closest to what was written, if it is close enough to have been meant; of equals the first by name. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const reach = Math.max(1, Math.floor(word.length / 3));
  return known
    .map((candidate) => ({ candidate, away: distance(word.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ away }) => away <= reach)
    .sort((a, b) => a.away - b.away || (a.candidate < b.candidate ? -1 : 1))[0]?.candidate;
}

/** How many letters are to be changed, added, left out or swapped with their neighbour (optimal string alignment). */
function distance(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, index) => index)];
  const at = (i: number, j: number): number => rows[i]?.[j] ?? 0;
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    rows.push(row);
    for (let j = 1; j <= b.length; j += 1) {
      const change = at(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      row.push(Math.min(change, at(i - 1, j) + 1, at(i, j - 1) + 1, swapped ? at(i - 2, j - 2) + 1 : change));
    }
  }
  return at(a.length, b.length);
}
