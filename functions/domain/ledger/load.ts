/** Reads what the protocol says must be there. */
import { BrokenRecord } from "../errors.ts";
import type { EnvironmentPlan, TargetPlan } from "../plan.ts";
import { PLAN_HEADER, type PlanHeader } from "../plan-text.ts";
import type { Hash, Item, Key, Ledger } from "../ports.ts";
import { asCode, asReplacement, type CodeRecord, type Replacement } from "./code-records.ts";
import { asHeader, type Header } from "./header.ts";
import { parsed, there } from "./items.ts";
import { asHead, asIntent, asTarget, type Head, type Intent, type TargetRecord } from "./journal-records.ts";
import { keys, planOf, promotion } from "./keys.ts";
import { whyNotPlanned } from "./plan-parts.ts";
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
  const { targets } = await loadPlanAsStored(ledger, id, environment);
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

/** The text of a plan as it is stored, and whether it lies where it can be held against the header. */
interface StoredText {
  readonly json: string;
  readonly isOld: boolean;
}

/** `first`: its first part, where that was read already; most plans have no other. */
async function loadText(ledger: Ledger, id: string, environment: string, first?: Item): Promise<StoredText> {
  if (first?.parts === 1) return { json: String(first.json), isOld: false };
  const prefix = `PLAN#${environment}#`;
  const parts = await ledger.list(planOf(id), prefix);
  // A promotion that began before the plan had a partition of its own, under 0.1.0. Where that is filled, as nobody can
  // undo, nothing else is looked at.
  const found = parts.length > 0 ? parts : await ledger.list(promotion(id), prefix);
  if (found.length === 0) throw new BrokenRecord(`promotion ${id} has no plan for "${environment}"`);
  return { json: found.map((part) => String(part.json)).join(""), isOld: parts.length === 0 };
}

/** Where plans are read, and held against their hashes. */
export interface PlanShelf {
  readonly ledger: Ledger;
  readonly hash: Hash;
}

/** What of it was read already. */
interface Read {
  readonly header: Item | undefined;
  readonly first: Item | undefined;
}

async function loadVerified({ ledger, hash }: PlanShelf, id: string, environment: string, read?: Read) {
  const wanted = [keys.header(id), keys.planPart(id, environment, 0)] as const;
  const [header, first] = read === undefined ? await ledger.readAll(wanted) : [read.header, read.first];
  const { json, isOld } = await loadText(ledger, id, environment, first);
  const wrong = isOld ? null : whyNotPlanned(hash, asHeader(there(header, wanted[0])), environment, json);
  if (wrong !== null) throw new BrokenRecord(`promotion ${id}, plan for "${environment}": ${wrong}`);
  return parsed(json, `promotion ${id}, plan for "${environment}"`);
}

/**
 * An environment's plan, held against the hashes in the header at each read. Throws `BrokenRecord` where there is none, and
 * where it is not the one that the promotion began with.
 */
export async function loadPlan(
  shelf: PlanShelf,
  id: string,
  environment: string,
  read?: Read,
): Promise<EnvironmentPlan> {
  return asPlan(await loadVerified(shelf, id, environment, read));
}

/**
 * An environment's plan as it is stored, for the way back and for what is told of it: a plan that somebody changed must keep
 * no traffic from its baseline. The journal refuses to restore over what no intent of its own explains. Throws
 * `BrokenRecord` where there is none.
 */
export async function loadPlanAsStored(ledger: Ledger, id: string, environment: string): Promise<EnvironmentPlan> {
  return asPlan(parsed((await loadText(ledger, id, environment)).json, `promotion ${id}, plan for "${environment}"`));
}

function asPlan(stored: unknown): EnvironmentPlan {
  const plan = stored as EnvironmentPlan;
  return { ...plan, targets: plan.targets.map(withResources) };
}

/** A plan of 0.1.0 says what splits the traffic, which was all that it locked. */
function withResources(target: TargetPlan): TargetPlan {
  const locked: Partial<TargetPlan> = target;
  return { ...target, resources: locked.resources ?? [target.resource] };
}

/** What of the plan is the promotion's own. Throws what `loadPlan` throws. */
export async function loadPlanHeader(shelf: PlanShelf, id: string): Promise<PlanHeader> {
  return (await loadVerified(shelf, id, PLAN_HEADER)) as PlanHeader;
}

/** The same, as it is stored: see `loadPlanAsStored`. */
export async function loadPlanHeaderAsStored(ledger: Ledger, id: string): Promise<PlanHeader> {
  return parsed((await loadText(ledger, id, PLAN_HEADER)).json, `promotion ${id}, plan`) as PlanHeader;
}
