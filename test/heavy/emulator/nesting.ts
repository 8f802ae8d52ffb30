/**
 * Nested executions on the emulator. Moto 5.2.5 looks for `StateMachineArn` among boto's parameters, which are spelled
 * `stateMachineArn`, and fails every `startExecution` with States.Runtime before it makes a call. So that one kind of
 * task is led through a function at the door that does what the service would: start the child by its name, wait for
 * its end, and hand over its output parsed. All else of the definitions stays as it is.
 */
import type { Emulator, Ended } from "./emulator.ts";

const NESTED = "arn:aws:states:::states:startExecution.sync:2";
const INVOKE = "arn:aws:states:::lambda:invoke";
const FUNCTION = "nested-execution";

interface Task {
  Resource: string;
  Parameters: unknown;
  ResultSelector: Record<string, unknown>;
}

/** A definition whose nested executions go through the door. */
export function nestedByFunction(definition: string): string {
  const machine = JSON.parse(definition) as { States: Record<string, Partial<Task>> };
  for (const state of Object.values(machine.States)) if (isNesting(state)) redirect(state);
  return JSON.stringify(machine);
}

const isNesting = (state: Partial<Task>): state is Task => state.Resource === NESTED;

function redirect(task: Task): void {
  task.Resource = INVOKE;
  task.Parameters = { FunctionName: FUNCTION, Payload: task.Parameters };
  const selected = Object.entries(task.ResultSelector).map(([key, value]) => [
    key,
    typeof value === "string" ? value.replace(/^\$\.Output\b/, "$.Payload.Output") : value,
  ]);
  task.ResultSelector = Object.fromEntries(selected) as Record<string, unknown>;
}

interface Nested {
  readonly StateMachineArn: `arn:${string}`;
  readonly Name: string;
  readonly Input: unknown;
}

/** A child that does not succeed fails its parent's task under this name. */
class TaskFailed extends Error {
  override readonly name = "States.TaskFailed";
}

/** Makes the door start what nests; gives the list of those executions, each added when it has ended. */
export function openNesting(emulator: Emulator): readonly Ended[] {
  const children: Ended[] = [];
  emulator.door.functions.set(FUNCTION, async (payload) => {
    const { StateMachineArn, Name, Input } = payload as Nested;
    const ended = await emulator.endOf(await emulator.start(StateMachineArn, Input, Name));
    children.push(ended);
    if (ended.status !== "SUCCEEDED") throw new TaskFailed(JSON.stringify(ended));
    return { ExecutionArn: ended.executionArn, Name, Status: ended.status, Output: ended.output };
  });
  return children;
}
