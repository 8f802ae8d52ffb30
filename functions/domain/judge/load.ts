/** The judge's memory, read from the ledger. */
import { there } from "../ledger/items.ts";
import { asHead } from "../ledger/journal-records.ts";
import { keys } from "../ledger/keys.ts";
import { loadPlan, must, type PlanShelf } from "../ledger/load.ts";
import type { Item, Ledger } from "../ports.ts";
import type { BakeRecord } from "./bake.ts";
import { referencesOf } from "./reference.ts";
import { type EvidenceState, NO_EVIDENCE } from "./state.ts";
import { asBake, type BeforeLook, EVIDENCE, evidenceKey, type KeptLook, type StoredEvidence } from "./store.ts";

/** Throws `BrokenRecord` when the bake was never begun. */
export async function loadBake(
  ledger: Ledger,
  promotionId: string,
  environment: string,
  phase: string,
): Promise<BakeRecord> {
  return bakeOf(await must(ledger, keys.bake(promotionId, environment, phase)));
}

function bakeOf(stored: Item): BakeRecord {
  const { pk: _pk, sk: _sk, ...bake } = asBake(stored);
  return bake;
}

/** All of it in one read, as a rule: a look is made every minute. Throws `BrokenRecord` when the bake was never begun. */
export async function loadBeforeLook(
  { ledger, hash }: PlanShelf,
  promotionId: string,
  environment: string,
  phase: string,
): Promise<BeforeLook> {
  const wanted = {
    bake: keys.bake(promotionId, environment, phase),
    header: keys.header(promotionId),
    head: keys.head(promotionId, environment),
    plan: keys.planPart(promotionId, environment, 0),
    reference: keys.reference(promotionId, environment),
    evidence: evidenceKey(promotionId, environment, 0),
  };
  const [bake, header, head, plan, reference, first] = await ledger.readAll(Object.values(wanted));
  return {
    bake: bakeOf(there(bake, wanted.bake)),
    head: asHead(there(head, wanted.head)),
    plan: await loadPlan({ ledger, hash }, promotionId, environment, { header, first: plan }),
    references: referencesOf(reference) ?? {},
    evidence: await loadEvidence(ledger, promotionId, environment, { first }),
  };
}

/** All bakes of an environment, in the order in which they began. */
export async function loadBakes(ledger: Ledger, promotionId: string, environment: string): Promise<BakeRecord[]> {
  const { pk, sk } = keys.bake(promotionId, environment, "");
  const evidence = keys.bake(promotionId, environment, EVIDENCE).sk;
  const stored = (await ledger.list(pk, sk)).filter((found) => !found.sk.startsWith(evidence));
  return stored.map(asBake).sort((a, b) => a.startedAt - b.startedAt);
}

/** `read`: its first part, where that was asked for already; most evidence has no other. */
export async function loadEvidence(
  ledger: Ledger,
  promotionId: string,
  environment: string,
  read?: { readonly first: Item | undefined },
): Promise<StoredEvidence> {
  const { pk, sk } = keys.bake(promotionId, environment, EVIDENCE);
  const isWhole = read !== undefined && (read.first === undefined || read.first.parts === 1);
  const parts = isWhole ? [read.first] : await ledger.list(pk, sk);
  const [first] = parts;
  if (first === undefined) return { state: NO_EVIDENCE, revision: null };
  const json = parts.slice(0, Number(first.parts)).map((part) => String(part?.json));
  return { state: JSON.parse(json.join("")) as EvidenceState, revision: Number(first.revision) };
}

/** Everything that was seen in an environment, oldest look first. */
export async function loadLooks(ledger: Ledger, promotionId: string, environment: string): Promise<KeptLook[]> {
  const { pk } = keys.header(promotionId);
  const stored = await ledger.list(pk, `SAMPLE#${environment}#`);
  return (stored as unknown as KeptLook[]).sort((a, b) => a.at - b.at);
}
