/**
 * Locks: one per resource ARN, taken in sorted order on entering an environment. There is no expiry by the clock: a lock
 * is taken over only when its owner's journal is closed, since a slow owner is not a dead one. The item outlives its
 * owner, so that the fence only ever grows.
 */
import { item } from "../ledger/items.ts";
import { asHead, asLock, type Head, type Lock } from "../ledger/journal-records.ts";
import { keys } from "../ledger/keys.ts";
import { loadHeader } from "../ledger/load.ts";
import { type Change, Conflict, type Dependencies } from "../ports.ts";

type Tools = Pick<Dependencies, "ledger" | "clock">;

export interface Owner {
  readonly promotionId: string;
  readonly environment: string;
  readonly executionArn: string;
}

export type Taken =
  | { readonly kind: "taken" }
  /** Held by another promotion that is not closed there. */
  | { readonly kind: "held"; readonly resource: string; readonly by: Owner }
  /** The promotion was closed meanwhile. It takes no locks any more: nobody would give them back. */
  | { readonly kind: "closed" };

/** Locks written together; a transaction holds 100 changes, and head and header are two of them. */
const CHUNK = 90;

/**
 * Takes all locks and opens the head of the journal. What was already taken is given back when a later one is held.
 * Called again by the owner, it finds its locks and its head and changes nothing.
 */
export async function takeLocks(deps: Tools, owner: Owner, resources: readonly string[]): Promise<Taken> {
  if ((await deps.ledger.read(keys.head(owner.promotionId, owner.environment))) !== undefined) return { kind: "taken" };
  const sorted = [...new Set(resources)].sort();
  for (let start = 0; start < sorted.length; start += CHUNK) {
    const chunk = sorted.slice(start, start + CHUNK);
    const ended = await takeChunk(deps, owner, chunk, start + CHUNK >= sorted.length);
    if (ended === null) continue;
    if (ended.kind !== "taken") await releaseLocks(deps, owner, sorted.slice(0, start));
    return ended;
  }
  return { kind: "taken" };
}

/** Null: taken, go on with the next chunk. */
async function takeChunk(
  deps: Tools,
  owner: Owner,
  resources: readonly string[],
  last: boolean,
): Promise<Taken | null> {
  const head = last
    ? openHead(deps, owner)
    : ({ check: keys.head(owner.promotionId, owner.environment), if: "absent" } as const);
  const header = { check: keys.header(owner.promotionId), if: { state: "open" } } as const;
  for (;;) {
    const planned = await planChunk(deps, owner, resources);
    if ("kind" in planned) return planned;
    try {
      await deps.ledger.write([head, header, ...planned]);
      return null;
    } catch (error) {
      if (!(error instanceof Conflict)) throw error;
      // Another call of ours opened the head, with all locks: taking them again would outdate its fences.
      if (error.failed.includes(0)) return { kind: "taken" };
      if (error.failed.includes(1)) return { kind: "closed" };
      // Somebody took or gave back a lock: look again.
    }
  }
}

async function planChunk(deps: Tools, owner: Owner, resources: readonly string[]): Promise<Change[] | Taken> {
  const changes: Change[] = [];
  for (const resource of resources) {
    const found = await deps.ledger.read(keys.lock(resource));
    const lock = found === undefined ? null : asLock(found);
    const holder = lock === null || lock.owner === owner.promotionId ? null : await liveHolder(deps, lock);
    if (holder !== null) return { kind: "held", resource, by: holder };
    changes.push(takeOne(owner, resource, lock));
  }
  return changes;
}

function openHead(deps: Tools, { promotionId, environment }: Owner): Change {
  const head: Head = {
    promotionId,
    environment,
    state: "open",
    enteredAt: deps.clock.now(),
    firstShiftAt: null,
    trip: null,
    outcome: null,
    summary: "",
  };
  return { put: item(keys.head(promotionId, environment), head), if: "absent" };
}

function takeOne(owner: Owner, resource: string, lock: Lock | null): Change {
  const mine = { owner: owner.promotionId, environment: owner.environment, executionArn: owner.executionArn };
  const key = keys.lock(resource);
  if (lock === null) return { put: item(key, { ...mine, fence: 1 }), if: "absent" };
  return { put: item(key, { ...mine, fence: lock.fence + 1 }), if: { owner: lock.owner, fence: lock.fence } };
}

/** The promotion that still has a say over the lock; null: free, or its owner's journal is closed there. */
async function liveHolder(deps: Tools, lock: Lock): Promise<Owner | null> {
  if (lock.owner === null || lock.environment === null || lock.executionArn === null) return null;
  const head = await deps.ledger.read(keys.head(lock.owner, lock.environment));
  if (head !== undefined && asHead(head).state === "closed") return null;
  if (head === undefined && (await loadHeader(deps.ledger, lock.owner)).state === "closed") return null;
  return { promotionId: lock.owner, environment: lock.environment, executionArn: lock.executionArn };
}

/**
 * Gives back the locks that this promotion still holds for this environment; others are left alone, those of its next
 * environment too. Returns how many were given back.
 */
export async function releaseLocks(
  deps: Pick<Tools, "ledger">,
  { promotionId, environment }: Pick<Owner, "promotionId" | "environment">,
  resources: readonly string[],
): Promise<number> {
  let released = 0;
  for (const resource of resources) {
    const key = keys.lock(resource);
    const found = await deps.ledger.read(key);
    if (found === undefined) continue;
    const { owner, environment: where, fence } = asLock(found);
    if (owner !== promotionId || where !== environment) continue;
    const free: Lock = { owner: null, environment: null, executionArn: null, fence };
    try {
      await deps.ledger.write([{ put: item(key, free), if: { owner: promotionId, fence } }]);
      released += 1;
    } catch (error) {
      if (!(error instanceof Conflict)) throw error;
    }
  }
  return released;
}
