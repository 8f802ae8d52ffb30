/** Handlers that are the real ones but for what they see or write: how the matrix is shown to notice. */
import * as z from "zod";
import type { EnvironmentPlan } from "../../functions/domain/plan.ts";
import type { Change, Dependencies, Item, Ledger } from "../../functions/domain/ports.ts";
import { type Step, step } from "../../functions/runtime/step.ts";
import type { Sabotage } from "../../sandbox/faults/trial.ts";
import { deployedFunctions } from "../../sandbox/host/deployment.ts";

export type Spoil = (deps: Dependencies) => Dependencies;

/** A step that does what `action` does with other dependencies than it is given. */
export function spoiled<I, O>(
  name: string,
  action: (deps: Dependencies) => (input: I) => Promise<O>,
  spoil: Spoil,
): Step<O> {
  return step(
    name,
    z.custom<I>(() => true),
    (deps) => action(spoil(deps)),
  );
}

/** These steps in the place of those that are deployed. */
export function instead(...steps: readonly Step<unknown>[]): Sabotage {
  const functions = steps.map((handler) => {
    const deployed = deployedFunctions().get(handler.step);
    if (deployed === undefined) throw new Error(`nothing is deployed as ${handler.step}`);
    return [handler.step, { ...deployed, handler }] as const;
  });
  return { functions: new Map(functions) };
}

/** Every item of the ledger is read as `see` makes it. */
function seeing(see: (item: Item) => Item): Spoil {
  return (deps) => {
    const { ledger } = deps;
    const maybe = (item: Item | undefined) => (item === undefined ? undefined : see(item));
    const lying: Ledger = {
      read: async (key) => maybe(await ledger.read(key)),
      readAll: async (keys) => (await ledger.readAll(keys)).map(maybe),
      list: async (pk, prefix) => (await ledger.list(pk, prefix)).map(see),
      write: (changes) => ledger.write(changes),
    };
    return { ...deps, ledger: lying };
  };
}

/**
 * An environment's plan is read as `edit` makes it, with the hash of the one that is stored: else Headgate would notice by
 * that. For plans that are stored in one part.
 */
export function seeingPlan(edit: (plan: EnvironmentPlan) => EnvironmentPlan): Spoil {
  return (deps) => {
    const stored = new Map<string, string>();
    const see = (item: Item): Item => {
      if (!/^PLAN#[^#]/.test(item.sk)) return item;
      const json = JSON.stringify(edit(JSON.parse(String(item.json)) as EnvironmentPlan));
      stored.set(json, String(item.json));
      return { ...item, json };
    };
    return { ...seeing(see)(deps), hash: (text) => deps.hash(stored.get(text) ?? text) };
  };
}

/** Of what is written to the ledger only what is wanted gets there. */
export function writingOnly(isWanted: (change: Change) => boolean): Spoil {
  return (deps) => ({
    ...deps,
    ledger: { ...deps.ledger, write: (changes) => deps.ledger.write(changes.filter(isWanted)) },
  });
}
