/** What happened, as people want to read it: a line a step, bakes by their verdicts, waits measured. */
import type { BakeRecord } from "../functions/domain/judge/bake.ts";
import { keys } from "../functions/domain/ledger/keys.ts";
import type { Item, Key } from "../functions/domain/ports.ts";
import type { HistoryEvent } from "./asl/shapes.ts";
import type { InvocationRecord } from "./host/lambda-host.ts";
import { lookInWords } from "./report/look-words.ts";
import { withoutAnswers } from "./report/target-words.ts";

export type LineKind = "step" | "good" | "bad" | "wait" | "mail" | "person" | "fault" | "tick" | "end";

export interface Line {
  /** Epoch ms, virtual. */
  readonly at: number;
  readonly kind: LineKind;
  /** Empty where it is the promotion's, or nobody said. */
  readonly environment: string;
  /** State of a machine, or who did it. */
  readonly what: string;
  readonly text: string;
}

export type WaitKind = "people" | "window" | "queue";

/** A stretch of virtual time (epoch ms) in which the promotion stood still. */
export interface Wait {
  readonly kind: WaitKind;
  readonly from: number;
  readonly to: number;
}

/** Where virtual time went, in ms. */
export interface TimeSplit extends Readonly<Record<WaitKind, number>> {
  readonly active: number;
}

const WAITS: Readonly<Record<string, WaitKind>> = {
  "Wait for decision": "people",
  "Wait for window": "window",
  "Wait in queue": "queue",
  Hold: "people",
};

/** Steps whose invocations say nothing that their neighbours do not. */
const QUIET: ReadonlySet<string> = new Set(["pause"]);

/** Errors that are asked again in the normal course of things. */
const PASSING: ReadonlySet<string> = new Set(["NotReady"]);

/** What a step's summary begins with where the promotion now waits for something outside it. */
const WAITING = /^waiting for /;

/** `shift-traffic` as its state is called: `Shift traffic`. */
const stateOf = (step: string) => `${step.charAt(0).toUpperCase()}${step.slice(1)}`.replaceAll("-", " ");

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>)[name] : undefined;
}

const text = (value: unknown) => (typeof value === "string" ? value : "");

type Stored = (key: Key) => Item | null;

/** Collects lines and tells a listener of each; ticks of a bake are told only when their verdict is another one. */
export class Timeline {
  readonly lines: Line[] = [];
  /** Those that are over, in the order in which they ended. */
  readonly waits: Wait[] = [];
  readonly #listener: (line: Line) => void;
  readonly #stored: Stored;
  readonly #open = new Map<string, { readonly kind: WaitKind; readonly from: number }>();
  readonly #begunPhases = new Set<string>();
  readonly #verdicts = new Map<string, string>();

  /** @param stored reads an item of the ledger without a call: what the judge saw is told from there. */
  constructor(listener: (line: Line) => void, stored: Stored = () => null) {
    this.#listener = listener;
    this.#stored = stored;
  }

  add(line: Line): void {
    this.lines.push(line);
    this.#listener(line);
  }

  /** One invocation of a handler. */
  invoked({ step, at, ms, outcome, message, input, output }: InvocationRecord): void {
    const environment = text(field(input, "environment")) || text(field(output, "name"));
    const line = { at: at + ms, environment, what: stateOf(step) };
    const summary = text(field(output, "summary"));
    if (PASSING.has(outcome)) this.add({ ...line, kind: "tick", text: `not yet: ${shortError(message)}` });
    else if (outcome !== "ok") this.add({ ...line, kind: "fault", text: `${outcome}: ${message}` });
    else if (step === "begin-bake") this.#begun(line, text(field(input, "phase")), summary);
    else if (step === "judge") this.#judged(line, input, output);
    else if (!QUIET.has(step) && summary !== "")
      this.add({ ...line, kind: kindOf(summary), text: withoutAnswers(summary) });
  }

  /** A long bake is begun again by each execution that goes on with it: the first one is news. */
  #begun(line: Omit<Line, "kind" | "text">, phase: string, summary: string): void {
    const id = `${line.environment} ${phase}`;
    if (this.#begunPhases.has(id)) return;
    this.#begunPhases.add(id);
    this.add({ ...line, kind: "step", what: "Bake", text: summary });
  }

  /** A tick is news when the bake ends with it, or its verdict is another one; nobody expects one from the first ticks. */
  #judged(line: Omit<Line, "kind" | "text">, input: unknown, output: unknown): void {
    const result = text(field(output, "result"));
    const key = keys.bake(text(field(input, "promotionId")), line.environment, text(field(input, "phase")));
    const [summary, id] = [text(field(output, "summary")), `${key.pk} ${key.sk}`];
    const verdict = /: (\w+),/.exec(summary)?.[1] ?? "inconclusive";
    const before = this.#verdicts.get(id) ?? "inconclusive";
    this.#verdicts.set(id, verdict);
    if (result === "continue" || (result === "" && verdict === before)) return;
    const bake = this.#stored(key) as unknown as BakeRecord | null;
    const kind = result === "" ? "tick" : GOOD_RESULTS.has(result) ? "good" : "bad";
    this.add({ ...line, kind, text: bake === null ? summary : lookInWords(bake, verdict) });
  }

  /** One event of an execution's history: waits are measured by it. */
  event(event: HistoryEvent, executionArn: string): void {
    const entered = event.stateEnteredEventDetails?.name;
    const kind = entered === undefined ? undefined : WAITS[entered];
    if (kind !== undefined) this.#open.set(`${executionArn} ${entered}`, { kind, from: event.timestamp });
    const exited = event.stateExitedEventDetails?.name;
    if (exited !== undefined) this.#endWait(`${executionArn} ${exited}`, event.timestamp);
    if (/^Execution(Aborted|Failed|TimedOut|Succeeded)$/.test(event.type)) {
      for (const key of [...this.#open.keys()])
        if (key.startsWith(`${executionArn} `)) this.#endWait(key, event.timestamp);
    }
  }

  #endWait(key: string, to: number): void {
    const wait = this.#open.get(key);
    if (wait === undefined) return;
    this.#open.delete(key);
    this.waits.push({ ...wait, to });
  }

  /** The split of a span of virtual time (ms). */
  split(totalMs: number): TimeSplit {
    const waited = { people: 0, window: 0, queue: 0 };
    for (const { kind, from, to } of this.waits) waited[kind] += to - from;
    const { people, window, queue } = waited;
    return { ...waited, active: Math.max(0, totalMs - people - window - queue) };
  }
}

const GOOD_RESULTS: ReadonlySet<string> = new Set(["passed", "approved", "resumed", "followed"]);

/** `lambda:Invoke failed: ResourceConflictException: The operation ...` up to the error's name. */
const shortError = (message: string) => message.replace(/^(\S+) failed: (\w+): .*$/s, "$1: $2");

const kindOf = (summary: string): LineKind => (WAITING.test(summary) ? "wait" : "step");
