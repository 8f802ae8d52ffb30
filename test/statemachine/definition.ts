/** The machines' definitions as the tests look at them: every state with its name, its machine and its Map, if any. */
import { definitionOf, MACHINES, type MachineName } from "../../infra/parts/machines.ts";

interface Matching {
  readonly ErrorEquals: readonly string[];
}

export interface Retry extends Matching {
  readonly MaxAttempts: number;
}

export interface Catch extends Matching {
  readonly Next: string;
  readonly ResultPath?: string | null;
}

export interface Rule {
  readonly Variable: string;
  readonly Next: string;
}

export interface State {
  readonly Type: string;
  readonly Comment?: string;
  readonly Next?: string;
  readonly End?: boolean;
  readonly Resource?: string;
  readonly Parameters?: Readonly<Record<string, unknown>>;
  readonly ItemSelector?: Readonly<Record<string, unknown>>;
  readonly ItemsPath?: string;
  readonly ResultSelector?: Readonly<Record<string, unknown>>;
  readonly ResultPath?: string | null;
  readonly OutputPath?: string;
  readonly TimeoutSeconds?: number;
  readonly TimeoutSecondsPath?: string;
  readonly HeartbeatSeconds?: number;
  readonly SecondsPath?: string;
  readonly Retry?: readonly Retry[];
  readonly Catch?: readonly Catch[];
  readonly Choices?: readonly Rule[];
  readonly Default?: string;
  readonly Error?: string;
  readonly ErrorPath?: string;
  readonly CausePath?: string;
  readonly ItemProcessor?: Graph;
}

export interface Graph {
  readonly StartAt: string;
  readonly States: Readonly<Record<string, State>>;
}

export interface Named {
  readonly machine: MachineName;
  readonly name: string;
  readonly state: State;
}

export const MACHINE_NAMES = MACHINES;

export const definitions: Readonly<Record<MachineName, Graph>> = Object.fromEntries(
  MACHINES.map((machine) => [machine, JSON.parse(definitionOf(machine))]),
) as Record<MachineName, Graph>;

export const states: readonly Named[] = MACHINES.flatMap((machine) => statesIn(machine, definitions[machine]));

function statesIn(machine: MachineName, graph: Graph): Named[] {
  return Object.entries(graph.States).flatMap(([name, state]) => [
    { machine, name, state },
    ...(state.ItemProcessor === undefined ? [] : statesIn(machine, state.ItemProcessor)),
  ]);
}

export const tasks = states.filter(({ state }) => state.Type === "Task");
export const isTokenWait = ({ state }: Named) => state.Resource?.endsWith(".waitForTaskToken") ?? false;
export const isChild = ({ state }: Named) => state.Resource?.includes(":states:startExecution") ?? false;
export const isCall = (named: Named) => named.state.Type === "Task" && !isChild(named);

/** For messages: which state of which machine. */
export const label = ({ machine, name }: Named) => `${machine}: ${name}`;

/** `${OpenPromotion}` in a task's parameters: the function, or the machine, that it runs. */
export function placeholderIn({ state }: Named): string {
  const { FunctionName, StateMachineArn } = state.Parameters ?? {};
  return /^\$\{(\w+)\}$/.exec(String(FunctionName ?? StateMachineArn))?.[1] ?? "";
}

/** Where a state may go on: by itself, by its rules, or by a Catch. */
export function nextOf({ Next, Choices = [], Default, Catch: catches = [] }: State): string[] {
  const names = [Next, Default, ...Choices.map((rule) => rule.Next), ...catches.map((one) => one.Next)];
  return names.filter((name) => name !== undefined);
}

/** Names of all states that can follow, at any distance. */
export function reachableFrom(graph: Graph, start: string): ReadonlySet<string> {
  const seen = new Set<string>();
  const open = [start];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (seen.has(name)) continue;
    seen.add(name);
    open.push(...nextOf(graph.States[name] ?? { Type: "none" }));
  }
  return seen;
}

/** Every text in a value, with the key that it stands under. */
export function textsIn(value: unknown, key = ""): { readonly key: string; readonly text: string }[] {
  if (typeof value === "string") return [{ key, text: value }];
  if (Array.isArray(value)) return value.flatMap((member) => textsIn(member, key));
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) => textsIn(member, name));
}
