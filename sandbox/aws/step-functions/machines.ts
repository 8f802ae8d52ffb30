import { SfnError } from "../../asl/errors.ts";
import { AwsError } from "../errors.ts";
import type { Call } from "../service.ts";
import { qualified } from "./arns.ts";
import type { WorkloadMachine } from "./machine.ts";

/** The workload machines of all accounts, by ARN. */
export class Machines {
  readonly #machines = new Map<string, WorkloadMachine>();

  add(machine: WorkloadMachine): void {
    this.#machines.set(machine.arn, machine);
  }

  all(): WorkloadMachine[] {
    return [...this.#machines.values()];
  }

  /** Whether the ARN of a machine, version or alias is that of a workload. */
  has(arn: string): boolean {
    return this.#machines.has(arn.split(":").slice(0, 7).join(":"));
  }

  /** The machine of an ARN, whatever qualifies it. Throws InvalidArn, AccessDeniedException, StateMachineDoesNotExist. */
  of(arn: string, { account, region }: Pick<Call, "account" | "region">): WorkloadMachine {
    const { machineArn } = qualified(arn);
    const [, , , ownRegion, owner] = machineArn.split(":");
    if (owner !== account) {
      throw new AwsError("AccessDeniedException", `account ${account} is not authorized on resource: ${arn}`);
    }
    const found = ownRegion === region ? this.#machines.get(machineArn) : undefined;
    if (found === undefined) throw this.missing(machineArn);
    return found;
  }

  /** The machine of exactly this ARN, for whoever is not a caller. Throws StateMachineDoesNotExist. */
  at(machineArn: string): WorkloadMachine {
    const found = this.#machines.get(machineArn);
    if (found === undefined) throw this.missing(machineArn);
    return found;
  }

  missing(arn: string): SfnError {
    return new SfnError("StateMachineDoesNotExist", `State Machine Does Not Exist: '${arn}'`);
  }
}
