/**
 * Replacing the code that candidates are made from: capture, intent, call, result. The same for the way forward and the
 * way back, as a write of traffic is.
 */
import { CallRefused, LedgerBusy, NotReady } from "../errors.ts";
import { asCode, type CodeRecord, type Replacement } from "../ledger/code-records.ts";
import { item } from "../ledger/items.ts";
import { asLock } from "../ledger/journal-records.ts";
import { keys } from "../ledger/keys.ts";
import { loadReplacements, must } from "../ledger/load.ts";
import type { CodeArtifact } from "../plan.ts";
import { type CodeHost, CodeOutOfReach, type CodeState, Conflict, type Dependencies, RevisionMoved } from "../ports.ts";
import { inWords, outcomeOf, REPLACE_WITHIN_MS } from "./capture.ts";

type Tools = Pick<Dependencies, "ledger" | "clock">;

export interface Where {
  readonly promotionId: string;
  readonly environment: string;
}

/**
 * The record of what candidates are made from, written before anything touches it, under the fence of its own lock.
 * Throws `NotReady` while somebody's change is under way, and `LedgerBusy` when the journal or the lock moved.
 */
export async function captureCode(
  deps: Tools,
  { promotionId, environment }: Where,
  resource: string,
  host: CodeHost,
): Promise<CodeRecord> {
  const key = keys.code(promotionId, environment, resource);
  const found = await deps.ledger.read(key);
  if (found !== undefined) return asCode(found);
  const previous = settled(resource, await host.current());
  const { fence } = asLock(await must(deps.ledger, keys.lock(resource)));
  const record: CodeRecord = { resource, fence, previous, sequence: 0, back: null };
  try {
    await deps.ledger.write([
      { check: keys.head(promotionId, environment), if: { state: "open" } },
      { check: keys.lock(resource), if: { owner: promotionId, fence } },
      { put: item(key, record), if: "absent" },
    ]);
  } catch (error) {
    if (!(error instanceof Conflict)) throw error;
    throw new LedgerBusy(`the journal moved while the code of ${inWords(resource)} was captured`);
  }
  return record;
}

function settled(resource: string, state: CodeState): CodeState {
  if (state.readiness.is === "pending")
    throw new NotReady(`${inWords(resource)} is still changing: ${state.readiness.why}`);
  return state;
}

export interface Standing {
  readonly current: CodeState;
  readonly replacements: readonly Replacement[];
}

/**
 * What stands there, once every replacement of ours has its result. Throws `NotReady` while one may still take effect,
 * or any change is under way.
 */
export async function settleReplacements(
  deps: Tools,
  where: Where,
  { resource }: Pick<CodeRecord, "resource">,
  host: CodeHost,
): Promise<Standing> {
  const current = settled(resource, await host.current());
  const replacements: Replacement[] = [];
  for (const replacement of await loadReplacements(deps.ledger, where.promotionId, where.environment, resource)) {
    replacements.push(
      replacement.result === null ? await settle(deps, where, replacement, current, false) : replacement,
    );
  }
  return { current, replacements };
}

async function settle(
  deps: Tools,
  where: Where,
  replacement: Replacement,
  current: CodeState,
  isRefused: boolean,
): Promise<Replacement> {
  const outcome = outcomeOf(replacement, current, { now: deps.clock.now(), isRefused });
  if (outcome === null)
    throw new NotReady(`an earlier replacement of ${inWords(replacement.resource)} may still take effect`);
  return noteResult(deps, where, replacement, { outcome, found: current.sha256 });
}

/** Gives a replacement its result. Throws `LedgerBusy` when another call was faster: the next one finds what it wrote. */
export async function noteResult(
  deps: Tools,
  { promotionId, environment }: Where,
  replacement: Replacement,
  result: Omit<NonNullable<Replacement["result"]>, "at">,
): Promise<Replacement> {
  const { resource, sequence } = replacement;
  const closed: Replacement = { ...replacement, result: { ...result, at: deps.clock.now() } };
  const key = keys.replacement(promotionId, environment, resource, sequence);
  try {
    await deps.ledger.write([{ put: item(key, closed), if: { result: null } }]);
  } catch (error) {
    if (!(error instanceof Conflict)) throw error;
    throw new LedgerBusy(`another call has settled replacement ${sequence} of ${inWords(resource)}`);
  }
  return closed;
}

export interface Change {
  readonly purpose: Replacement["purpose"];
  readonly artifact: CodeArtifact;
  readonly sha256: string;
  /** As it was just read and found explained. */
  readonly current: CodeState;
}

/** Why a replacement is not under way: the journal or the lock forbids it, or the service will never do it. */
export interface NotReplaced {
  readonly by: "journal" | "service";
  readonly why: string;
}

/**
 * Writes the intent and makes the call. Null: it is under way, or somebody else was faster, which the next settling tells
 * apart. Throws what the host throws where another try can help; the open intent is settled by the next call.
 */
export async function replaceCode(
  deps: Tools,
  where: Where,
  host: CodeHost,
  record: CodeRecord,
  change: Change,
): Promise<NotReplaced | null> {
  const replacement = intentOf(deps, record, change);
  const why = await writeIntent(deps, where, record, replacement);
  if (why !== null) return { by: "journal", why };
  try {
    await host.replace(change.artifact, { revision: replacement.revision, deadline: replacement.deadline });
  } catch (error) {
    if (error instanceof CodeOutOfReach || error instanceof CallRefused) {
      await noteResult(deps, where, replacement, { outcome: "refused", found: change.current.sha256 });
      return { by: "service", why: error.message };
    }
    if (!(error instanceof RevisionMoved)) throw error;
    // Our own call, sent again after its answer was lost, is refused too: what stands there tells the two apart.
    const current = await host.current();
    if (current.readiness.is !== "pending") await settle(deps, where, replacement, current, true);
  }
  return null;
}

function intentOf(deps: Tools, record: CodeRecord, { purpose, sha256, current }: Change): Replacement {
  const at = deps.clock.now();
  return {
    resource: record.resource,
    sequence: record.sequence + 1,
    purpose,
    from: current.sha256,
    to: sha256,
    revision: current.revision,
    fence: record.fence,
    at,
    deadline: at + REPLACE_WITHIN_MS,
    result: null,
  };
}

/** The way forward needs an open journal, the way back a tripped one; both need the lock under the captured fence. */
async function writeIntent(
  deps: Tools,
  { promotionId, environment }: Where,
  record: CodeRecord,
  replacement: Replacement,
): Promise<string | null> {
  const { resource, sequence, purpose, fence } = replacement;
  const state = purpose === "candidate" ? "open" : "tripped";
  try {
    await deps.ledger.write([
      { check: keys.head(promotionId, environment), if: { state } },
      { check: keys.lock(resource), if: { owner: promotionId, fence } },
      { put: item(keys.replacement(promotionId, environment, resource, sequence), replacement), if: "absent" },
      {
        put: item(keys.code(promotionId, environment, resource), { ...record, sequence }),
        if: { sequence: record.sequence, back: null },
      },
    ]);
    return null;
  } catch (error) {
    if (!(error instanceof Conflict)) throw error;
    if (error.failed.includes(0)) return `the journal is not ${state} any more`;
    if (error.failed.includes(1)) return `the lock on ${resource} is no longer ours`;
    throw new LedgerBusy(`another call is replacing the code of ${inWords(resource)} at this moment`);
  }
}
