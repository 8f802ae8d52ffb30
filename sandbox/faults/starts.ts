/** Loses the starts of nested executions that a case says, or the answers to them. */
import { SfnError } from "../asl/errors.ts";
import type { ExecutionsOptions } from "../asl/options.ts";
import type { StartFault } from "./cases.ts";

type Hook = NonNullable<ExecutionsOptions["beforeNestedStart"]>;

export class Starts {
  readonly #faults: readonly StartFault[];
  readonly #counts = new Map<string, number>();
  readonly #now: () => number;
  /** When one was lost (epoch ms). */
  readonly struck: number[] = [];

  constructor(faults: readonly StartFault[], now: () => number) {
    this.#faults = faults;
    this.#now = now;
  }

  /** How often each machine was started by another. */
  get counts(): ReadonlyMap<string, number> {
    return this.#counts;
  }

  readonly before: Hook = ({ stateMachineArn }) => {
    const machine = machineIn(stateMachineArn);
    this.#counts.set(machine, (this.#counts.get(machine) ?? 0) + 1);
    this.#strike(machine, "lost");
  };

  readonly after: Hook = ({ stateMachineArn }) => this.#strike(machineIn(stateMachineArn), "answer lost");

  #strike(machine: string, action: StartFault["action"]): void {
    const count = this.#counts.get(machine);
    if (
      !this.#faults.some(
        (one) => one.machine === machine && one.action === action && (one.nth === "always" || one.nth === count),
      )
    )
      return;
    this.struck.push(this.#now());
    throw new SfnError("SdkClientException", "Unable to execute HTTP request: Read timed out");
  }
}

/** `...:stateMachine:headgate-rollout` -> `rollout`. */
const machineIn = (arn: string) => (arn.split(":").at(-1) ?? "").replace(/^headgate-/, "");
