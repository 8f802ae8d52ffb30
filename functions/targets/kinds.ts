/** The kinds of traffic targets. The tables of adapters and permissions are exhaustive over this one. */
import { BrokenRecord } from "../domain/errors.ts";
import type { Kind, Preset } from "./kind.ts";
import { lambdaAlias } from "./lambda-alias/kind.ts";
import { stateMachineAlias } from "./state-machine-alias/kind.ts";

export const KINDS = {
  "lambda-alias": lambdaAlias,
  "state-machine-alias": stateMachineAlias,
} satisfies Readonly<Record<string, Kind>>;

export type KindName = keyof typeof KINDS;

const byName: Readonly<Record<string, Kind>> = KINDS;

/** The kind of this name. Throws `BrokenRecord` for a name that is none: plans and records come from the ledger. */
export function kindOf(name: string): Kind {
  const kind = Object.hasOwn(byName, name) ? byName[name] : undefined;
  if (kind === undefined) throw new BrokenRecord(`there is no kind of target "${name}"`);
  return kind;
}

/** Every kind, in the table's order. */
export const everyKind = (): readonly Kind[] => Object.values(byName);

/** What an explicit query's dimensions may hold for a target, as policies write it: `{functionName}, {alias}`. */
export const PLACEHOLDERS: readonly string[] = [...new Set(everyKind().flatMap(({ placeholders }) => placeholders))];

/** The names of all presets, kind by kind. */
export const PRESETS: readonly string[] = everyKind().flatMap(({ presets }) => presets.map(({ name }) => name));

/** A preset, and the kind that it belongs to. Throws `BrokenRecord` for a name that is none. */
export function presetOf(name: string): Preset & { readonly kind: string } {
  for (const kind of everyKind()) {
    const preset = kind.presets.find((one) => one.name === name);
    if (preset !== undefined) return { ...preset, kind: kind.name };
  }
  throw new BrokenRecord(`there is no preset "${name}"`);
}
