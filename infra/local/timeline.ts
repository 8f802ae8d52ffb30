/** What happened, as people want to read it: one line a step, bakes folded, waits named. Pure but for its own notes. */
import type { HistoryEvent } from "./asl/shapes.ts";
import type { InvocationRecord } from "./lambda-host.ts";

export type LineKind = "step" | "mail" | "person" | "fault" | "tick" | "end";

export interface Line {
  /** Epoch ms, virtual. */
  readonly at: number;
  readonly kind: LineKind;
  readonly environment: string;
  /** State of a machine, or who did it. */
  readonly what: string;
  readonly text: string;
}

/** Where virtual time went, in ms. */
export interface TimeSplit {
  readonly active: number;
  readonly people: number;
  readonly window: number;
  readonly queue: number;
}

const WAITS: Readonly<Record<string, keyof TimeSplit>> = {
  "Wait for decision": "people",
  "Wait for window": "window",
  "Wait in queue": "queue",
  Hold: "people",
};

/** Steps whose invocations say nothing that their neighbours do not. */
const QUIET = new Set(["pause", "begin-bake"]);

/** Errors that are asked again in the normal course of things. */
const PASSING: ReadonlySet<string> = new Set(["NotReady"]);

/** `shift-traffic` as its state is called: `Shift traffic`. */
const stateOf = (step: string) => `${step.charAt(0).toUpperCase()}${step.slice(1)}`.replaceAll("-", " ");

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>)[name] : undefined;
}

const text = (value: unknown) => (typeof value === "string" ? value : "");

/** Collects lines and tells a listener of each; ticks of a bake are told only when they say something new. */
export class Timeline {
  readonly lines: Line[] = [];
  readonly #listener: (line: Line) => void;
  readonly #waits = new Map<string, { readonly kind: keyof TimeSplit; readonly since: number }>();
  readonly #waited = { active: 0, people: 0, window: 0, queue: 0 };
  #lastTick = "";

  constructor(listener: (line: Line) => void) {
    this.#listener = listener;
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
    if (PASSING.has(outcome)) this.add({ ...line, kind: "tick", text: `not yet: ${message}` });
    else if (outcome !== "ok") this.add({ ...line, kind: "fault", text: `${outcome}: ${message}` });
    else if (step === "judge") this.#tick(line, text(field(input, "phase")), output, summary);
    else if (!QUIET.has(step) && summary !== "") this.add({ ...line, kind: "step", text: summary });
  }

  /** A tick is news when it is the first of its phase or its last, or when its verdict is another one. */
  #tick(line: Omit<Line, "kind" | "text">, phase: string, output: unknown, summary: string): void {
    const ended = field(output, "decision") === "end";
    const verdict = /: (\w+),/.exec(summary)?.[1] ?? "";
    const news = `${line.environment} ${phase} ${verdict}`;
    if (!ended && news === this.#lastTick) return;
    this.#lastTick = news;
    this.add({ ...line, kind: ended ? "step" : "tick", text: summary });
  }

  /** One event of an execution's history: waits are measured by it. */
  event(event: HistoryEvent, executionArn: string): void {
    const entered = event.stateEnteredEventDetails?.name;
    const kind = entered === undefined ? undefined : WAITS[entered];
    if (kind !== undefined) this.#waits.set(`${executionArn} ${entered}`, { kind, since: event.timestamp });
    const exited = event.stateExitedEventDetails?.name;
    if (exited !== undefined) this.#endWait(`${executionArn} ${exited}`, event.timestamp);
    if (/^Execution(Aborted|Failed|TimedOut|Succeeded)$/.test(event.type)) {
      for (const key of [...this.#waits.keys()])
        if (key.startsWith(`${executionArn} `)) this.#endWait(key, event.timestamp);
    }
  }

  #endWait(key: string, at: number): void {
    const wait = this.#waits.get(key);
    if (wait === undefined) return;
    this.#waits.delete(key);
    this.#waited[wait.kind] += at - wait.since;
  }

  /** The split of a span of virtual time (ms). */
  split(totalMs: number): TimeSplit {
    const { people, window, queue } = this.#waited;
    return { people, window, queue, active: Math.max(0, totalMs - people - window - queue) };
  }
}
