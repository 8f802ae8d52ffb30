/** What is wrong with a document, said so that a person can act on it: where, what stands there, and what would do. */
import { spelledOut } from "../text.ts";

/** Steps from a document's name to a value, e.g. `["policy", "environments", "prod", "window", "open", 0, "from"]`. */
export type Path = readonly (string | number)[];

export interface Problem {
  /** `policy.environments.prod.window.open[0].from` */
  readonly path: string;
  /** What stands there now; undefined where nothing does. */
  readonly value: unknown;
  /** What is wrong, continuing a sentence that starts with the path. */
  readonly message: string;
  /** What to write instead, or where to look. */
  readonly hint: string;
}

const PLAIN_KEY = /^[\w$-]+$/;
const LONGEST_VALUE = 80;

export function renderPath(path: Path): string {
  return path.reduce<string>((text, key) => text + renderKey(key, text === ""), "");
}

function renderKey(key: string | number, first: boolean): string {
  if (typeof key === "number") return `[${key}]`;
  if (!PLAIN_KEY.test(key)) return `[${shorten(JSON.stringify(key))}]`;
  return first ? shorten(key) : `.${shorten(key)}`;
}

/** The value at a path, or undefined where the document does not reach that far. */
export function valueAt(root: unknown, path: Path): unknown {
  return path.reduce<unknown>((value, key) => {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
    return Reflect.get(value, key);
  }, root);
}

/** Three lines: place and value, what is wrong, what to do; what cannot be seen in them is spelled out. */
export function renderProblem(problem: Problem): string[] {
  const value = problem.value === undefined ? "(not set)" : `= ${shorten(JSON.stringify(problem.value))}`;
  return [`${problem.path} ${value}`, `    ${problem.message}`, `    hint: ${problem.hint}`].map(spelledOut);
}

export function renderProblems(problems: readonly Problem[]): string[] {
  return problems.flatMap(renderProblem);
}

/** More than anybody puts right at once; what goes through Lambda, a table or a workflow has a limit of its size. */
const MOST_TOLD = 50;

/** The first problems, each as one text, and how many more there are: for answers and records. */
export function problemTexts(problems: readonly Problem[]): string[] {
  const told = problems.slice(0, MOST_TOLD).map((problem) => renderProblem(problem).join("\n"));
  const more = problems.length - told.length;
  return more === 0 ? told : [...told, `and ${more} more; put these right first`];
}

function shorten(text: string): string {
  return text.length <= LONGEST_VALUE ? text : `${text.slice(0, LONGEST_VALUE - 1)}…`;
}

interface Entry {
  readonly at: Path;
  readonly problem: Problem;
}

/** Policy and release as they were handed in, before any parsing: the source of the values that problems show. */
export interface Documents {
  readonly policy: unknown;
  readonly release: unknown;
}

/** Collects problems and warnings instead of stopping at the first; reads the values shown from the documents. */
export class Report {
  readonly #documents: object;
  readonly #problems: Entry[] = [];
  readonly #warnings: Entry[] = [];

  /** @param documents by their names, as they were handed in */
  constructor(documents: object) {
    this.#documents = documents;
  }

  /** Something that keeps the promotion from being planned. */
  refuse(at: Path, message: string, hint: string): void {
    this.#problems.push(this.#entry(at, message, hint));
  }

  /** Something a person should know before starting, and that stops nothing. */
  warn(at: Path, message: string, hint: string): void {
    this.#warnings.push(this.#entry(at, message, hint));
  }

  /** As `refuse`, where showing the value would leak it, or it is too much to be shown. */
  refuseHidden(at: Path, message: string, hint: string): void {
    this.#problems.push({ at, problem: { path: renderPath(at), value: "(hidden)", message, hint } });
  }

  get clean(): boolean {
    return this.#problems.length === 0;
  }

  /** In the order of their paths, the policy's first: the same documents give the same list, however keys are ordered. */
  get problems(): Problem[] {
    return sorted(this.#problems);
  }

  get warnings(): Problem[] {
    return sorted(this.#warnings);
  }

  /** Takes over what another report says outside the given places: what follows from a known problem is noise. */
  absorb(other: Report, except: readonly Path[]): void {
    const apart = (entry: Entry): boolean => !except.some((place) => related(place, entry.at));
    this.#problems.push(...other.#problems.filter(apart));
    this.#warnings.push(...other.#warnings.filter(apart));
  }

  #entry(at: Path, message: string, hint: string): Entry {
    return { at, problem: { path: renderPath(at), value: valueAt(this.#documents, at), message, hint } };
  }
}

/** One place lies inside the other. */
function related(a: Path, b: Path): boolean {
  const shared = Math.min(a.length, b.length);
  return a.slice(0, shared).every((key, index) => key === b[index]);
}

function sorted(entries: readonly Entry[]): Problem[] {
  const unique = new Map(entries.map((entry) => [`${entry.problem.path}\n${entry.problem.message}`, entry]));
  return [...unique.values()]
    .sort((a, b) => comparePaths(a.at, b.at) || compare(a.problem.message, b.problem.message))
    .map((entry) => entry.problem);
}

function comparePaths(a: Path, b: Path): number {
  for (const [index, key] of a.entries()) {
    const other = b[index];
    if (other === undefined) return 1;
    const order = compare(key, other);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

function compare(a: string | number, b: string | number): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  const [left, right] = [String(a), String(b)];
  return left < right ? -1 : left > right ? 1 : 0;
}
