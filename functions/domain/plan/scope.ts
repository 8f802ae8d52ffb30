import type { EnvironmentInput, Policy, ServiceInput } from "../documents/policy.ts";
import type { Path, Report } from "../documents/problems.ts";
import type { Release, TightenInput } from "../documents/release.ts";
import type { Spot } from "../gates/kinds/gate.ts";

/** One environment of one release: what the parts of the resolver share. */
export interface Scope {
  readonly name: string;
  readonly policy: Policy;
  readonly release: Release;
  readonly environment: EnvironmentInput;
  readonly service: ServiceInput;
  readonly tighten: TightenInput;
  /** Epoch ms. */
  readonly now: number;
  /** IAM identity that starts it; null: nobody is on record; undefined: it is not being started. */
  readonly startedBy: string | null | undefined;
  readonly report: Report;
  readonly at: { readonly environment: Path; readonly service: Path; readonly tighten: Path };
}

export type Override = NonNullable<ServiceInput["overrides"]>[string];

/** Where a block of the service comes from: the environment's override if it has one, else the service itself. */
export function fromService<K extends keyof Override & keyof ServiceInput>(
  scope: Scope,
  key: K,
): { readonly value: Override[K] | ServiceInput[K]; readonly at: Path } {
  const override = scope.service.overrides?.[scope.name]?.[key];
  if (override !== undefined) return { value: override, at: [...scope.at.service, "overrides", scope.name, key] };
  return { value: scope.service[key], at: [...scope.at.service, key] };
}

const PLACEHOLDER = /\{([^{}]*)\}/g;

/** Fills `{name}` in a text; a name that is neither known nor kept for later is a problem at that place. */
export function fill(
  scope: Scope,
  at: Path,
  text: string,
  values: Readonly<Record<string, string>> = {},
  keep: readonly string[] = [],
): string {
  const known: Record<string, string> = { environment: scope.name, service: scope.release.service, ...values };
  return text.replaceAll(PLACEHOLDER, (whole, name: string) => {
    if (keep.includes(name)) return whole;
    if (Object.hasOwn(known, name)) return known[name] ?? whole;
    const names = [...Object.keys(known), ...keep].map((each) => `{${each}}`).join(", ");
    scope.report.refuse(at, `has the unknown placeholder ${whole}`, `known here: ${names}`);
    return whole;
  });
}

/** A place in the documents, for what resolves a part of its own and knows no more of the documents than that. */
export function spotAt(scope: Scope, at: Path): Spot {
  const { report } = scope;
  return {
    fill: (field, text) => fill(scope, [...at, ...field], text),
    refuse: (field, message, hint) => report.refuse([...at, ...field], message, hint),
    refuseHidden: (field, message, hint) => report.refuseHidden([...at, ...field], message, hint),
    warn: (field, message, hint) => report.warn([...at, ...field], message, hint),
  };
}

/** Members without a value are left out: the plan is hashed and stored, and `undefined` is neither. */
export function defined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return Object.fromEntries(members) as { [K in keyof T]: Exclude<T[K], undefined> };
}
