import type { Call } from "./service.ts";

/** What goes wrong with a call, and how. Times in milliseconds. */
export type FaultAction =
  /** A retryable throttling error; the call has no effect. */
  | { readonly kind: "throttle" }
  /** AccessDenied; the call has no effect and is not retried. */
  | { readonly kind: "refuse"; readonly message?: string }
  /** Any other error of the service, such as a TransactionConflictException; the call has no effect. */
  | { readonly kind: "error"; readonly name: string; readonly status?: number; readonly message?: string }
  /** The request is lost: no effect, and the caller waits for its request time-out. */
  | { readonly kind: "timeout-before" }
  /** The answer is lost: the call takes effect, and the caller waits for its request time-out. */
  | { readonly kind: "timeout-after" }
  /** The request arrives `ms` late, possibly after its caller has given up. */
  | { readonly kind: "delay"; readonly ms: number };

/** One fault: where it strikes, when, and what it does. Matching parts left out match everything. */
export interface Fault {
  readonly name?: string;
  /** Signing name of the service: `lambda`, `dynamodb`, `monitoring`, ... */
  readonly service?: string;
  readonly operation?: string;
  readonly handler?: string;
  readonly account?: string;
  /** Which of the matching calls it strikes, counted from 1, retries included; "always" unless said. */
  readonly nth?: number | "always";
  /** Only calls made at or after this time (epoch ms). */
  readonly from?: number;
  /** Only calls made before this time (epoch ms). */
  readonly to?: number;
  readonly action: FaultAction;
}

/** A fault that struck: when (epoch ms), which call by number, and what happened to it. */
export interface FiredFault {
  readonly at: number;
  readonly fault: Fault;
  readonly call: Call;
}

const matches = (fault: Fault, call: Call, at: number): boolean =>
  (fault.service ?? call.service) === call.service &&
  (fault.operation ?? call.operation) === call.operation &&
  (fault.handler ?? call.handler) === call.handler &&
  (fault.account ?? call.account) === call.account &&
  at >= (fault.from ?? Number.NEGATIVE_INFINITY) &&
  at < (fault.to ?? Number.POSITIVE_INFINITY);

/** The faults of a run; each counts the calls that match it, also those that another fault struck first. */
export class Faults {
  readonly fired: FiredFault[] = [];
  readonly #faults: { readonly fault: Fault; seen: number }[] = [];

  constructor(faults: readonly Fault[] = []) {
    for (const fault of faults) this.add(fault);
  }

  add(fault: Fault): void {
    this.#faults.push({ fault, seen: 0 });
  }

  /** From here on nothing goes wrong any more; what was counted and has fired stays known. */
  end(): void {
    this.#faults.length = 0;
  }

  /** The fault that strikes this call, if any: the first in order; records it. `at` is epoch ms. */
  strike(call: Call, at: number): FaultAction | undefined {
    let struck: Fault | undefined;
    for (const entry of this.#faults) {
      if (!matches(entry.fault, call, at)) continue;
      entry.seen += 1;
      const due = (entry.fault.nth ?? "always") === "always" || entry.fault.nth === entry.seen;
      if (due) struck ??= entry.fault;
    }
    if (struck !== undefined) this.fired.push({ at, fault: struck, call });
    return struck?.action;
  }
}
