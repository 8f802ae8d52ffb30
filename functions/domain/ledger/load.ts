/** Reads what the protocol says must be there. */
import { BrokenRecord } from "../errors.ts";
import type { EnvironmentPlan, TargetPlan } from "../plan.ts";
import type { Item, Key, Ledger } from "../ports.ts";
import { asCode, asReplacement, type CodeRecord, type Replacement } from "./code-records.ts";
import { asHeader, type Header } from "./header.ts";
import { there } from "./items.ts";
import { asHead, asIntent, asTarget, type Head, type Intent, type TargetRecord } from "./journal-records.ts";
import { keys, planOf, promotion } from "./keys.ts";
import { PLAN_HEADER, type PlanHeader } from "./plan-parts.ts";
import { asSignal, type Signal } from "./signals.ts";

/** Reads an item that the protocol says must be there. Throws `BrokenRecord`. */
export async function must(ledger: Ledger, key: Key): Promise<Item> {
  return there(await ledger.read(key), key);
}

export async function loadHeader(ledger: Ledger, id: string): Promise<Header & Key> {
  return asHeader(await must(ledger, keys.header(id)));
}

export async function loadHead(ledger: Ledger, id: string, environment: string): Promise<Head & Key> {
  return asHead(await must(ledger, keys.head(id, environment)));
}

export async function loadTargets(ledger: Ledger, id: string, environment: string): Promise<(TargetRecord & Key)[]> {
  return withKinds(ledger, id, environment, await ledger.list(promotion(id), `TARGET#${environment}#`));
}

/** Throws `BrokenRecord` when the target was never captured. */
export async function loadTarget(
  ledger: Ledger,
  id: string,
  environment: string,
  target: string,
): Promise<TargetRecord & Key> {
  const found = await must(ledger, keys.target(id, environment, target));
  const [record] = await withKinds(ledger, id, environment, [found]);
  return record ?? asTarget(found);
}

/**
 * 0.1.0 kept a target's kind in its plan alone. A promotion that is under way while Headgate is upgraded is brought back
 * like any other.
 */
async function withKinds(
  ledger: Ledger,
  id: string,
  environment: string,
  found: readonly Item[],
): Promise<(TargetRecord & Key)[]> {
  if (found.every(({ kind }) => kind !== undefined)) return found.map(asTarget);
  const { targets } = await loadPlan(ledger, id, environment);
  const kinds = new Map(targets.map(({ name, kind }) => [name, kind]));
  return found.map((record) => asTarget({ kind: kinds.get(String(record.target)), ...record }));
}

export async function loadIntents(
  ledger: Ledger,
  id: string,
  environment: string,
  target?: string,
): Promise<(Intent & Key)[]> {
  const prefix = target === undefined ? `INTENT#${environment}#` : `INTENT#${environment}#${target}#`;
  return (await ledger.list(promotion(id), prefix)).map(asIntent);
}

/** What candidates are made from, of each resource whose code this promotion looked at there. */
export async function loadCode(ledger: Ledger, id: string, environment: string): Promise<(CodeRecord & Key)[]> {
  return (await ledger.list(promotion(id), `CODE#${environment}#`)).map(asCode);
}

/** Every replacement of one resource's code, the oldest first. */
export async function loadReplacements(
  ledger: Ledger,
  id: string,
  environment: string,
  resource: string,
): Promise<(Replacement & Key)[]> {
  return (await ledger.list(promotion(id), `REPLACEMENT#${environment}#${resource}#`)).map(asReplacement);
}

export async function loadSignals(ledger: Ledger, id: string): Promise<(Signal & Key)[]> {
  const signals = (await ledger.list(promotion(id), "SIGNAL#")).map(asSignal);
  return signals.sort((a, b) => a.at - b.at || (a.signal < b.signal ? -1 : 1));
}

async function loadParts(ledger: Ledger, id: string, environment: string, first?: Item): Promise<unknown> {
  const parts = first?.parts === 1 ? [first] : await listParts(ledger, id, `PLAN#${environment}#`);
  if (parts.length === 0) throw new BrokenRecord(`promotion ${id} has no plan for "${environment}"`);
  return JSON.parse(parts.map((part) => String(part.json)).join(""));
}

/**
 * A promotion that began before the plan had a partition of its own is brought back like any other. Where that partition
 * is filled, nothing else is looked at.
 */
async function listParts(ledger: Ledger, id: string, prefix: string): Promise<Item[]> {
  const parts = await ledger.list(planOf(id), prefix);
  return parts.length > 0 ? parts : ledger.list(promotion(id), prefix);
}

/** `first`: its first part, where that was read already; most plans have no other. */
export async function loadPlan(
  ledger: Ledger,
  id: string,
  environment: string,
  first?: Item,
): Promise<EnvironmentPlan> {
  const plan = (await loadParts(ledger, id, environment, first)) as EnvironmentPlan;
  return { ...plan, targets: plan.targets.map(withResources) };
}

/** A plan of 0.1.0 says what splits the traffic, which was all that it locked. */
function withResources(target: TargetPlan): TargetPlan {
  const locked: Partial<TargetPlan> = target;
  return { ...target, resources: locked.resources ?? [target.resource] };
}

export async function loadPlanHeader(ledger: Ledger, id: string): Promise<PlanHeader> {
  return (await loadParts(ledger, id, PLAN_HEADER)) as PlanHeader;
}
