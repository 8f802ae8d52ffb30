/** The deployed machines in the simulated Step Functions, with the functions that they invoke. */
import { Executions } from "../asl/executions.ts";
import type { ExecutionsOptions } from "../asl/options.ts";
import type { Random } from "../chance/random.ts";
import { definitionOf, MACHINES, type MachineName, machineArn, substitutions } from "./deployment.ts";
import type { SandboxPlace } from "./places.ts";

export interface MachinesOptions
  extends Omit<ExecutionsOptions, "random" | "newId" | "invoke">,
    Partial<Pick<ExecutionsOptions, "beforeNestedStart" | "afterNestedStart">> {
  readonly place: SandboxPlace;
  readonly random: Random;
  readonly invoke: (functionName: string, payload: unknown) => Promise<unknown>;
  /** Makes another definition of the one that is deployed. */
  readonly edit?: ((machine: MachineName, definition: string) => string) | undefined;
}

export function createMachines({ place, random, invoke, edit, ...options }: MachinesOptions): Executions {
  const draws = random.child("executions");
  let ids = 0;
  const executions = new Executions({
    ...options,
    random: () => draws.uniform(),
    newId: () => {
      ids += 1;
      return random.child("id", ids).uuid();
    },
    invoke: async (functionName, payload) => ({ payload: await invoke(functionName, payload) }),
  });
  for (const machine of MACHINES) {
    const deployed = definitionOf(machine);
    executions.createStateMachine({
      arn: machineArn(place, machine),
      name: `headgate-${machine}`,
      definition: edit?.(machine, deployed) ?? deployed,
      roleArn: `arn:aws:iam::${place.account}:role/headgate-${machine}`,
      substitutions: substitutions(place),
    });
  }
  return executions;
}
