/**
 * Retiring: a version that a promotion has replaced is deleted once it was kept for as long as the policy says, so that
 * what began on it could finish on it. Deleting cannot be taken back, so it is held to what stands there at that moment:
 * Headgate published it, no alias points to it, nobody who can be looked at is set up to call it past an alias, and no
 * promotion that is under way may want it. Who cannot be looked at is for the policy to know, which asks for the deleting,
 * and stands in the trail.
 */

import { kindOf } from "../../targets/kinds.ts";
import { CallRefused } from "../errors.ts";
import { appendAudit } from "../ledger/append-audit.ts";
import type { Header } from "../ledger/header.ts";
import { asHead, asTarget, type TargetRecord } from "../ledger/journal-records.ts";
import { keys } from "../ledger/keys.ts";
import { loadHeader, loadPlan, loadTargets } from "../ledger/load.ts";
import type { EnvironmentPlan, TargetPlan } from "../plan.ts";
import type { Dependencies, Item, Key, Versions } from "../ports.ts";
import { bind } from "../traffic/bind.ts";
import type { Kept } from "./kept.ts";

const asKept = (found: Item) => found as unknown as Kept & Key;

/** What is due by now, the oldest first. */
export async function loadDue(deps: Pick<Dependencies, "ledger" | "clock">): Promise<Kept[]> {
  const all = (await deps.ledger.list(keys.kept(0, "", "").pk, "")).map(asKept);
  return all.filter(({ dueAt }) => dueAt <= deps.clock.now());
}

type Fate =
  | { readonly kind: "gone" }
  /** `unseen`: who may have called it and could not be looked at. */
  | { readonly kind: "deleted"; readonly unseen: string }
  /** It will never be deleted for this promotion's sake. */
  | { readonly kind: "stays"; readonly why: string }
  /** It is asked about again in the next round. */
  | { readonly kind: "wanted"; readonly why: string };

/**
 * Retires what one promotion has replaced in one environment. Returns what became of it, in words; null: a promotion that
 * is under way may want one of them, so it is looked at again later. Idempotent. Throws what the target throws.
 */
export async function retire(deps: Dependencies, { promotionId, environment, dueAt }: Kept): Promise<string | null> {
  const plan = await loadPlan(deps, promotionId, environment);
  const words: string[] = [];
  let isDone = true;
  for (const record of await loadTargets(deps.ledger, promotionId, environment)) {
    const version = kindOf(record.kind).serving(record.baseline.route);
    const fate = await retireOne(deps, plan, record);
    if (fate.kind === "wanted") isDone = false;
    else await note(deps, promotionId, { environment, target: record.target, version, fate });
    words.push(`${record.target}: ${inWords(version, fate)}`);
  }
  if (!isDone) return null;
  await deps.ledger.write([{ remove: keys.kept(dueAt, promotionId, environment) }]);
  return words.join("; ");
}

function inWords(version: string, fate: Fate): string {
  switch (fate.kind) {
    case "deleted":
      return `version ${version} is deleted: nobody points to it any more; not looked at: ${fate.unseen}`;
    case "gone":
      return `version ${version} is gone already`;
    case "stays":
      return `version ${version} stays: ${fate.why}`;
    case "wanted":
      return `version ${version} is kept on: ${fate.why}`;
  }
}

async function retireOne(deps: Dependencies, plan: EnvironmentPlan, record: TargetRecord): Promise<Fate> {
  const version = kindOf(record.kind).serving(record.baseline.route);
  const { versions, plan: target } = bind(deps, plan, record);
  if (versions === undefined || version === record.candidate) return { kind: "stays", why: "it was not replaced" };
  const description = await versions.description(version);
  if (description === undefined) return { kind: "gone" };
  if (!(await isOurs(deps, plan.environment, record.target, version, description)))
    return { kind: "stays", why: "Headgate did not publish it" };
  const wanted = await wantedBy(deps, plan, target, version);
  if (wanted !== null) return { kind: "wanted", why: `promotion ${wanted} may want it` };
  return removeUnlessServing(versions, version);
}

/** The last look comes last: what nobody points to in this moment, and no promotion under way knows, is not in use. */
async function removeUnlessServing(versions: Versions, version: string): Promise<Fate> {
  const pointing = (await versions.aliases()).filter((alias) => alias.versions.includes(version));
  if (pointing.length > 0)
    return { kind: "stays", why: `alias ${pointing.map(({ name }) => name).join(", ")} points to it` };
  const callers = await callersOf(versions, version);
  if (callers !== null) return { kind: "stays", why: callers };
  await versions.remove(version);
  return { kind: "deleted", unseen: versions.unseen };
}

/** Why somebody may still call the version itself, in words; null: nobody does. What may not be looked at may be anybody. */
async function callersOf(versions: Versions, version: string): Promise<string | null> {
  try {
    const callers = await versions.callers(version);
    return callers.length === 0 ? null : `${callers.join(", ")} may call it`;
  } catch (error) {
    if (!(error instanceof CallRefused)) throw error;
    return `who calls it cannot be looked at: ${error.message}`;
  }
}

/** How a version says who published it; Lambda keeps it as it is for as long as there is the version. */
const PUBLISHED_BY = /^headgate (\S+): /;

/** Written on it by one of our promotions, whose record knows it as its candidate: a description alone anybody can write. */
async function isOurs(
  deps: Dependencies,
  environment: string,
  target: string,
  version: string,
  description: string,
): Promise<boolean> {
  const publisher = PUBLISHED_BY.exec(description)?.[1];
  if (publisher === undefined) return false;
  const found = await deps.ledger.read(keys.target(publisher, environment, target));
  return found !== undefined && asTarget(found).candidate === version;
}

/** A promotion that is under way and knows the version: as its baseline, its candidate, or what its release names. */
async function wantedBy(
  deps: Dependencies,
  place: EnvironmentPlan,
  target: TargetPlan,
  version: string,
): Promise<string | null> {
  for (const { promotionId: other } of await deps.ledger.list(keys.open("").pk, "PROMOTION#")) {
    const header = await loadHeader(deps.ledger, String(other));
    if (await knows(deps, header, { place, target, version })) return header.promotionId;
  }
  return null;
}

interface Wanted {
  readonly place: EnvironmentPlan;
  readonly target: TargetPlan;
  readonly version: string;
}

async function knows(deps: Dependencies, header: Header, wanted: Wanted): Promise<boolean> {
  for (const environment of header.environments) {
    const head = await deps.ledger.read(keys.head(header.promotionId, environment));
    if (head !== undefined && asHead(head).state === "closed") continue;
    const plan = await loadPlan(deps, header.promotionId, environment);
    if (plan.account !== wanted.place.account || plan.region !== wanted.place.region) continue;
    const targets = plan.targets.filter(({ resources }) =>
      resources.some((one) => wanted.target.resources.includes(one)),
    );
    if (targets.some(({ artifact }) => artifact.from === "version" && artifact.version === wanted.version)) return true;
    const names = new Set(targets.map(({ name }) => name));
    const records = await loadTargets(deps.ledger, header.promotionId, environment);
    if (records.some((record) => names.has(record.target) && versionsOf(record).includes(wanted.version))) return true;
  }
  return false;
}

function versionsOf({ kind, baseline, last, candidate }: TargetRecord): (string | null)[] {
  return [candidate, ...[baseline.route, last.route].flatMap((route) => kindOf(kind).versions(route))];
}

/** That it is gone stands in the trail once, whether this round deleted it or an earlier one that died. */
async function note(
  deps: Dependencies,
  promotionId: string,
  about: { readonly environment: string; readonly target: string; readonly version: string; readonly fate: Fate },
): Promise<void> {
  const { environment, target, version, fate } = about;
  const kind = fate.kind === "stays" ? "kept" : "retired";
  await appendAudit(deps, promotionId, {
    id: `${kind}-${environment}-${target}`,
    kind,
    environment,
    summary: `${target}: ${inWords(version, fate)}`,
  });
}
