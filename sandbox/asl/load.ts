import { compileCondition } from "./choice.ts";
import { DefinitionError, EvaluationError, type Problem } from "./errors.ts";
import { Fields, isBoolean, isString } from "./fields.ts";
import { isArray, isObject, type Json, type JsonObject } from "./json.ts";
import { compileResource } from "./load-task.ts";
import type { Catcher, Machine, RecoverableState, Retrier, State } from "./machine.ts";
import { compilePath, type Evaluate, type Path, read, type Scope } from "./path.ts";
import { compileExpression, compileTemplate } from "./template.ts";
import { parseTimestamp } from "./timestamp.ts";

/** The longest time that Step Functions takes in a seconds field. */
const MOST_SECONDS = 99_999_999;
/** Retry's MaxDelaySeconds must stay below 366 days. */
const MOST_DELAY_SECONDS = 31_622_400;
const ROOT = compilePath("$");
const NAME_LIMIT = 80;

/** What the states of one definition share while it is read. */
interface Book {
  readonly problems: Problem[];
  /** State names must be unique throughout the machine, branches included. */
  readonly names: Set<string>;
}

/**
 * Reads a definition in the JSONPath dialect, after replacing `${Name}` in its strings from `substitutions` (as
 * CloudFormation's DefinitionSubstitutions does). Throws DefinitionError, listing all problems by path, if the
 * definition is invalid or uses anything that this interpreter does not implement.
 */
export function loadMachine(definition: string | Json, substitutions: Readonly<Record<string, string>> = {}): Machine {
  const book: Book = { problems: [], names: new Set() };
  const source = substitute(parse(definition), "$", substitutions, book.problems);
  const machine = readMachine(new Fields(source, "$", book.problems), book, "whole");
  if (book.problems.length > 0) throw new DefinitionError(book.problems);
  return machine;
}

function parse(definition: string | Json): Json {
  if (typeof definition !== "string") return definition;
  try {
    return JSON.parse(definition) as Json;
  } catch (error) {
    throw new DefinitionError([{ path: "$", reason: `is not JSON: ${String(error)}` }]);
  }
}

function substitute(node: Json, path: string, values: Readonly<Record<string, string>>, problems: Problem[]): Json {
  if (isArray(node)) return node.map((item, index) => substitute(item, `${path}[${index}]`, values, problems));
  if (isObject(node)) {
    const at = (key: string) => (path.endsWith(".States") ? `${path}['${key}']` : `${path}.${key}`);
    const entries = Object.entries(node).map(([key, item]) => [key, substitute(item, at(key), values, problems)]);
    return Object.fromEntries(entries) as JsonObject;
  }
  if (typeof node !== "string") return node;
  return node.replaceAll(/\$\{(\w+)\}/gu, (whole, name: string) => {
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    if (value === undefined) problems.push({ path, reason: `nothing to put for ${whole}` });
    return value ?? whole;
  });
}

function readMachine(fields: Fields, book: Book, part: "whole" | "branch"): Machine {
  const { timeoutSeconds } = part === "whole" ? readWhole(fields) : { timeoutSeconds: undefined };
  const startAt = fields.needText("StartAt");
  const states = new Map<string, State>();
  const holder = fields.object("States");
  for (const name of holder.names()) {
    const state = readState(
      name,
      new Fields(holder.raw(name), `${fields.path}.States['${name}']`, book.problems),
      book,
    );
    if (state) states.set(name, state);
  }
  if (holder.names().length === states.size) checkTargets(fields, startAt, states);
  fields.refuseRest();
  return { startAt, states, timeoutSeconds };
}

function readWhole(fields: Fields): { readonly timeoutSeconds: number | undefined } {
  if (fields.has("Version") && fields.raw("Version") !== "1.0") fields.problem("Version", "only 1.0 exists");
  readQueryLanguage(fields);
  return { timeoutSeconds: fields.integer("TimeoutSeconds", 1, MOST_SECONDS) };
}

function readQueryLanguage(fields: Fields): void {
  const language = fields.raw("QueryLanguage");
  if (language !== undefined && language !== "JSONPath") {
    fields.problem("QueryLanguage", "only JSONPath is implemented");
  }
}

function checkTargets(fields: Fields, startAt: string, states: ReadonlyMap<string, State>): void {
  const reached = new Set<string>();
  const visit = (name: string, from: string): void => {
    const state = states.get(name);
    if (state === undefined) fields.problem(from, `leads to '${name}', which does not exist here`);
    if (state === undefined || reached.has(name)) return;
    reached.add(name);
    for (const target of targets(state)) visit(target, `States['${name}']`);
  };
  visit(startAt, "StartAt");
  for (const name of states.keys()) if (!reached.has(name)) fields.problem(`States['${name}']`, "cannot be reached");
}

function targets(state: State): readonly string[] {
  if (state.type === "Succeed" || state.type === "Fail") return [];
  if (state.type === "Choice") {
    const otherwise = state.otherwise === undefined ? [] : [state.otherwise];
    return [...state.rules.map(({ next }) => next), ...otherwise];
  }
  const onward = state.next === undefined ? [] : [state.next];
  return "catchers" in state ? [...onward, ...state.catchers.map(({ next }) => next)] : onward;
}

function readState(name: string, fields: Fields, book: Book): State | undefined {
  if (book.names.has(name)) fields.problem("", "has a name that another state of this machine has");
  if (name.length > NAME_LIMIT) fields.problem("", `has a name longer than ${NAME_LIMIT} characters`);
  book.names.add(name);
  readQueryLanguage(fields);
  const type = fields.needText("Type");
  const reader = Object.hasOwn(READERS, type) ? READERS[type] : undefined;
  if (reader === undefined) {
    fields.problem("Type", `'${type}' is not implemented here`);
    return undefined;
  }
  const state = reader(name, fields, book);
  fields.refuseRest();
  return state;
}

type Reader = (name: string, fields: Fields, book: Book) => State;

const READERS: Readonly<Record<string, Reader>> = {
  Pass: (name, fields) => ({
    type: "Pass",
    ...readFilters(name, fields),
    ...readNext(fields),
    resultPath: readResultPath(fields),
    parameters: readTemplate(fields, "Parameters"),
    result: fields.raw("Result"),
  }),
  Wait: (name, fields) => ({
    type: "Wait",
    ...readFilters(name, fields),
    ...readNext(fields),
    until: readUntil(fields),
  }),
  Choice: (name, fields) => ({
    type: "Choice",
    ...readFilters(name, fields),
    rules: readRules(fields),
    otherwise: fields.text("Default"),
  }),
  Succeed: (name, fields) => ({ type: "Succeed", ...readFilters(name, fields) }),
  Fail: (name, fields) => ({
    type: "Fail",
    name,
    error: readFailText(fields, "Error"),
    cause: readFailText(fields, "Cause"),
  }),
  Task: (name, fields) => ({
    type: "Task",
    ...readRecoverable(name, fields),
    ...compileResource(fields),
    ...readLimits(fields),
  }),
  Map: (name, fields, book) => ({
    type: "Map",
    ...readRecoverable(name, fields, fields.has("ItemSelector") ? "ItemSelector" : "Parameters"),
    itemsPath: readPath(fields, "ItemsPath") ?? ROOT,
    processor: readProcessor(fields, book),
    maxConcurrency: readSeconds(fields, "MaxConcurrency", 0) ?? (() => 0),
  }),
  Parallel: (name, fields, book) => {
    const branches = fields.list("Branches").map((branch) => readMachine(branch, book, "branch"));
    if (branches.length === 0) fields.problem("Branches", "needs at least one branch");
    return { type: "Parallel", ...readRecoverable(name, fields), branches };
  },
};

const readFilters = (name: string, fields: Fields) => ({
  name,
  inputPath: readPath(fields, "InputPath", ROOT) ?? null,
  outputPath: readPath(fields, "OutputPath", ROOT) ?? null,
});

/** The path in a field; `absent` if there is none, null if it is null. */
function readPath(fields: Fields, name: string, absent?: Path): Path | null | undefined {
  const value = fields.raw(name);
  if (value === undefined) return absent;
  if (value === null && absent) return null;
  if (isString(value)) return fields.compile(name, value, compilePath);
  fields.problem(name, "must be a path");
  return undefined;
}

function readResultPath(fields: Fields): Path | null {
  const path = readPath(fields, "ResultPath", ROOT) ?? null;
  if (path?.isContext) fields.problem("ResultPath", "cannot write to the context object");
  return path;
}

const readTemplate = (fields: Fields, name: string): Evaluate | undefined =>
  fields.compile(name, fields.raw(name), compileTemplate);

function readNext(fields: Fields): { readonly next: string | undefined } {
  const next = fields.text("Next");
  const end = fields.optional("End", isBoolean, "a boolean") ?? false;
  if ((next === undefined) !== end) fields.problem("", "needs either Next or End: true");
  return { next };
}

function readRules(fields: Fields) {
  const rules = fields.list("Choices").map((rule) => {
    const read = { condition: compileCondition(rule), next: rule.needText("Next") };
    rule.refuseRest();
    return read;
  });
  if (rules.length === 0) fields.problem("Choices", "needs at least one rule");
  return rules;
}

function readFailText(fields: Fields, name: "Error" | "Cause"): Evaluate<string> | undefined {
  const text = fields.text(name);
  const expression = fields.text(`${name}Path`);
  if (text !== undefined && expression !== undefined) fields.problem(name, `and ${name}Path exclude each other`);
  if (text !== undefined) return () => text;
  const evaluate = fields.compile(`${name}Path`, expression, (path) => compileExpression(path, `${name}Path`));
  return evaluate && ((scope) => asString(evaluate(scope), `${name}Path`));
}

function asString(value: Json, field: string): string {
  if (typeof value === "string") return value;
  throw new EvaluationError("States.Runtime", `The field '${field}' must select a string.`);
}

function readUntil(fields: Fields): (scope: Scope, nowMs: number) => number {
  const given = ["Seconds", "SecondsPath", "Timestamp", "TimestampPath"].filter((name) => fields.has(name));
  if (given.length !== 1) fields.problem("", "needs exactly one of Seconds, SecondsPath, Timestamp, TimestampPath");
  const seconds = readSeconds(fields, "Seconds", 0);
  const timestamp = readTimestamp(fields);
  return (scope, nowMs) => timestamp?.(scope) ?? nowMs + (seconds?.(scope) ?? 0) * 1_000;
}

function readTimestamp(fields: Fields): Evaluate<number> | undefined {
  const text = fields.text("Timestamp");
  const instant = parseTimestamp(text);
  if (text !== undefined && instant === undefined) fields.problem("Timestamp", "must be like 2026-01-31T20:00:00Z");
  if (instant !== undefined) return () => instant;
  const path = readPath(fields, "TimestampPath");
  return path ? (scope) => timestampAt(path, scope) : undefined;
}

function timestampAt(path: Path, scope: Scope): number {
  const value = read(path, scope, "TimestampPath");
  const instant = parseTimestamp(value);
  if (instant !== undefined) return instant;
  throw new EvaluationError(
    "States.Runtime",
    `The TimestampPath parameter does not reference a valid ISO-8601 extended offset date-time: ${JSON.stringify(value)}`,
  );
}

/** A whole number given as a literal in `name`, or by path in `namePath`; only one of the two. */
function readSeconds(fields: Fields, name: string, least: number): Evaluate<number> | undefined {
  const literal = fields.integer(name, least, MOST_SECONDS);
  const path = readPath(fields, `${name}Path`);
  if (fields.has(name) && fields.has(`${name}Path`)) fields.problem(name, `and ${name}Path exclude each other`);
  if (literal !== undefined) return () => literal;
  return path ? (scope) => wholeNumberAt(path, scope, `${name}Path`, least) : undefined;
}

function wholeNumberAt(path: Path, scope: Scope, field: string, least: number): number {
  const value = read(path, scope, field);
  if (typeof value === "number" && Number.isInteger(value) && value >= least && value <= MOST_SECONDS) return value;
  throw new EvaluationError(
    "States.Runtime",
    `The ${field} parameter references an invalid value: ${JSON.stringify(value)} is no whole number from ${least} to ${MOST_SECONDS}`,
  );
}

function readLimits(fields: Fields) {
  const timeout = fields.raw("TimeoutSeconds");
  const heartbeat = fields.raw("HeartbeatSeconds");
  if (typeof timeout === "number" && typeof heartbeat === "number" && heartbeat >= timeout) {
    fields.problem("HeartbeatSeconds", "must be smaller than TimeoutSeconds");
  }
  return {
    timeoutSeconds: readSeconds(fields, "TimeoutSeconds", 1),
    heartbeatSeconds: readSeconds(fields, "HeartbeatSeconds", 1),
  };
}

function readProcessor(fields: Fields, book: Book): Machine {
  const name = fields.has("Iterator") ? "Iterator" : "ItemProcessor";
  const processor = fields.object(name);
  if (name === "ItemProcessor" && processor.has("ProcessorConfig")) {
    const config = processor.object("ProcessorConfig");
    const mode = config.raw("Mode");
    if (mode !== undefined && mode !== "INLINE") config.problem("Mode", "only INLINE is implemented");
    config.refuseRest();
  }
  return readMachine(processor, book, "branch");
}

function readRecoverable(name: string, fields: Fields, parameters = "Parameters"): RecoverableState {
  return {
    ...readFilters(name, fields),
    ...readNext(fields),
    resultPath: readResultPath(fields),
    parameters: readTemplate(fields, parameters),
    resultSelector: readTemplate(fields, "ResultSelector"),
    retriers: readErrorHandlers(fields, "Retry", readRetrier),
    catchers: readErrorHandlers(fields, "Catch", readCatcher),
  };
}

function readErrorHandlers<T>(fields: Fields, name: string, readOne: (fields: Fields, errors: readonly string[]) => T) {
  const handlers = fields.list(name);
  return handlers.map((handler, index) => {
    const errors = (handler.optional("ErrorEquals", isArray, "an array") ?? []).filter(isString);
    if (errors.length === 0) handler.problem("ErrorEquals", "needs at least one error name");
    if (errors.includes("States.ALL") && (errors.length > 1 || index < handlers.length - 1)) {
      handler.problem("ErrorEquals", "States.ALL must stand alone, and last");
    }
    const read = readOne(handler, errors);
    handler.refuseRest();
    return read;
  });
}

function readRetrier(fields: Fields, errors: readonly string[]): Retrier {
  const isRate = (value: Json): value is number => typeof value === "number" && value >= 1;
  const isStrategy = (value: Json): value is "FULL" | "NONE" => value === "FULL" || value === "NONE";
  const intervalSeconds = fields.integer("IntervalSeconds", 1, MOST_SECONDS) ?? 1;
  const maxDelaySeconds = fields.integer("MaxDelaySeconds", 1, MOST_DELAY_SECONDS);
  if (maxDelaySeconds !== undefined && maxDelaySeconds <= intervalSeconds) {
    fields.problem("MaxDelaySeconds", "must be greater than IntervalSeconds");
  }
  return {
    errors,
    intervalSeconds,
    maxDelaySeconds,
    maxAttempts: fields.integer("MaxAttempts", 0, MOST_SECONDS) ?? 3,
    backoffRate: fields.optional("BackoffRate", isRate, "a number from 1 up") ?? 2,
    hasFullJitter: fields.optional("JitterStrategy", isStrategy, "FULL or NONE") === "FULL",
  };
}

const readCatcher = (fields: Fields, errors: readonly string[]): Catcher => ({
  errors,
  resultPath: readResultPath(fields),
  next: fields.needText("Next"),
});
