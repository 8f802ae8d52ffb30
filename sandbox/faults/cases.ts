/** One case of the fault matrix: a plan, and what goes wrong in it. Plain data, so that it can be sent to a worker. */
import type { SignalKind } from "../../functions/domain/ledger/signals.ts";
import type { Fault } from "../aws/faults.ts";
import type { EventFate } from "../host/event-bus.ts";
import type { HandlerFault } from "../host/lambda-host.ts";

/** What a hand, an alarm or an operator does to a running promotion. */
export type Deed =
  /** Stops the promotion's execution, or the very execution that stands in the state, in the console. */
  | { readonly do: "stop"; readonly whom: "promotion" | "own" }
  | { readonly do: "redrive" }
  /** An alarm turns red, or to what is said. */
  | { readonly do: "alarm"; readonly name: string; readonly to?: "ALARM" | "OK" | undefined }
  /** What becomes of every event of an alarm from then on. */
  | ({ readonly do: "alarm-events" } & EventFate)
  | { readonly do: "sweep" }
  /** Every approver's link ends, and whoever owes an answer is mailed a new one. */
  | { readonly do: "rotate" }
  /** Somebody looks how the open promotions stand. */
  | { readonly do: "look" }
  /** Somebody is taken out at once. */
  | { readonly do: "revoke"; readonly address: string }
  /** Previous versions that are due are deleted. */
  | { readonly do: "retire" }
  /** Moves the last target's alias by hand; `weights` are shares of versions beside that one. */
  | { readonly do: "move"; readonly version: string; readonly weights?: Readonly<Record<string, number>> | undefined }
  | { readonly do: "operate"; readonly verb: Exclude<SignalKind, "supersede"> };

/** When something is done: at the nth entrance of a state, or at an instant, and so long (ms) after. */
export type Moment =
  | {
      readonly at: "state";
      readonly machine: string;
      readonly state: string;
      readonly nth: number;
      readonly ms: number;
    }
  | { readonly at: "time"; readonly ms: number };

export interface Happening {
  readonly when: Moment;
  readonly deed: Deed;
  /** Done so long (ms) after the deed; nothing where left out. */
  readonly afterwards?: { readonly ms: number; readonly deed: Deed } | undefined;
}

/** The start of a nested execution is lost, or only the answer to it: either way its parent hears of trouble. */
export interface StartFault {
  readonly machine: string;
  /** Which start of this machine, from 1, tries counted. */
  readonly nth: number | "always";
  readonly action: "lost" | "answer lost";
}

export interface FaultCase {
  /** Unique; names the case on the command line. */
  readonly id: string;
  readonly plan: string;
  /** Row of the table. */
  readonly fault: string;
  /** What the case is about, whatever the plan and the repetition: the fault, and where in the code it strikes. */
  readonly kind: string;
  /** Times count from the scenario's start (ms). */
  readonly calls: readonly Fault[];
  readonly handlers: readonly HandlerFault[];
  readonly starts: readonly StartFault[];
  readonly happenings: readonly Happening[];
  /** Nested executions never hear that their parent was stopped, and run on. */
  readonly deafChildren?: true;
  /** Other randomness than the plan's own. */
  readonly seed?: number;
}

/** Virtual time (ms), beside what the plan itself takes, after which a world that has not come to rest never will. */
export const PATIENCE_MS = 12 * 3_600_000;

/** How long (ms) a settled world is watched for what moves late: a forgotten Lambda lives for fifteen minutes. */
export const QUIET_MS = 20 * 60_000;

/** A case in which nothing goes wrong. */
export function cleanCase(plan: string): FaultCase {
  return { id: `${plan}/none`, plan, fault: "none", kind: "none", calls: [], handlers: [], starts: [], happenings: [] };
}

/** What operators say in a case, the first word of each. */
export function verbsOf({ happenings }: FaultCase): string[] {
  return happenings.flatMap(({ deed }) => (deed.do === "operate" ? [deed.verb] : []));
}

export function hasDeed({ happenings }: FaultCase, what: Deed["do"]): boolean {
  return happenings.some(({ deed, afterwards }) => deed.do === what || afterwards?.deed.do === what);
}
