/**
 * Write = transaction, call, read back, result. The one way in which traffic moves forward. What a kind needs several
 * writes for is journalled write by write, so that a path broken off after any of them goes on from there, or back.
 */
import { kindOf } from "../../targets/kinds.ts";
import { BrokenRecord, LedgerBusy, NotReady, OutOfTime } from "../errors.ts";
import { item } from "../ledger/items.ts";
import { asHead, type Head, type Intent, type Purpose, type TargetRecord } from "../ledger/journal-records.ts";
import { keys } from "../ledger/keys.ts";
import { loadIntents, loadTarget, must } from "../ledger/load.ts";
import { Conflict, type Dependencies, RevisionMoved, type Route, type RouteState, type Target } from "../ports.ts";
import {
  CLOCK_SLACK_MS,
  closingMarker,
  explain,
  type Foreign,
  foreign,
  isUnmoved,
  markerOf,
  stageOf,
  WRITE_WITHIN_MS,
  whyStopped,
} from "./journal.ts";
import { agreedRead } from "./read-back.ts";
import { type Promotion, writeResult } from "./write-result.ts";

type Tools = Pick<Dependencies, "ledger" | "clock" | "remainingMs" | "log">;

export type SetResult =
  | { readonly kind: "set"; readonly state: RouteState }
  /** The head is tripped or closed, or the lock is gone: nothing was written. */
  | { readonly kind: "stopped"; readonly why: string }
  /** Somebody else moved this target: nothing of theirs was touched. */
  | Foreign;

/** Time that one write with its read-back needs at most, in ms; less than this left, and it is not begun. */
export const NEEDED_MS = WRITE_WITHIN_MS + 15_000;

/** Writes of one call: those of the longest path, and some that lose against a changed revision. */
const MOST_WRITES = 8;

/**
 * Sets the route of one target and reads it back. Safe to call again at any time: a write that an earlier call began is
 * looked up in the journal and settled first, so the second call finds the work done.
 *
 * Throws `NotReady` when the read-back does not agree yet, `OutOfTime` when this invocation ends too soon, and what the
 * target throws (`ServiceTrouble`, `CallRefused`); the open intent is settled by the next call.
 */
export async function setRoute(
  deps: Tools,
  promotion: Promotion,
  target: Target,
  to: Route,
  purpose: Extract<Purpose, "shift" | "finish">,
): Promise<SetResult> {
  const head = asHead(await must(deps.ledger, keys.head(promotion.promotionId, promotion.environment)));
  if (head.state !== "open") return { kind: "stopped", why: whyStopped(head) };
  const settled = await settleOpenIntent(deps, promotion, target);
  if (settled.kind === "foreign") return settled;
  const kind = kindOf(target.plan.kind);
  let { record } = settled;
  if (kind.same(record.last.route, to) || isPast(record, to)) return verifyUnchanged(deps, promotion, target, record);

  for (let write = 0; write < MOST_WRITES; write++) {
    const [next, ...rest] = kind.path(record.last.route, to);
    if (next === undefined) return { kind: "set", state: record.last };
    const theirs = await lookBeforeWriting(deps, promotion, target, record);
    if (theirs !== null) return theirs;
    const written = await writeOne(deps, promotion, target, record, { to: next, purpose, last: rest.length === 0 });
    if (written.kind !== "written") return written;
    record = written.record;
  }
  throw new NotReady(`${record.target} was changed ${MOST_WRITES} times while it was being moved`);
}

/**
 * Where the service has no revision to refuse a write by, whoever writes last wins: so it is looked right before whether
 * somebody else was there. What comes in between that look and the write nothing can see.
 */
export async function lookBeforeWriting(
  deps: Pick<Tools, "ledger" | "clock">,
  { promotionId, environment }: Promotion,
  target: Target,
  record: TargetRecord,
): Promise<Foreign | null> {
  if (record.last.revision !== null || isUnmoved(record, await target.traffic.read())) return null;
  const state = await agreedRead(deps, target);
  // A write of ours that came late is no hand: the next one goes over it.
  const intents = await loadIntents(deps.ledger, promotionId, environment, record.target);
  return explain(state, record, intents) === "ours" ? null : foreign(record, record.last.route, state);
}

interface Wanted {
  readonly to: Route;
  readonly purpose: Extract<Purpose, "shift" | "finish">;
  /** The last write of its path. */
  readonly last: boolean;
}

type Written = { readonly kind: "written"; readonly record: TargetRecord } | Exclude<SetResult, { kind: "set" }>;

/** One journalled write. A revision that moved while route and mark stayed is adopted, and the write is asked for again. */
async function writeOne(
  deps: Tools,
  promotion: Promotion,
  target: Target,
  record: TargetRecord,
  wanted: Wanted,
): Promise<Written> {
  if (deps.remainingMs() < NEEDED_MS) throw new OutOfTime(`less than ${NEEDED_MS} ms are left for a write`);
  const intent = makeIntent(deps, promotion, record, wanted);
  const refusal = await writeIntent(deps, promotion, record, intent);
  if (refusal !== null) return { kind: "stopped", why: refusal };
  const { to: route, revision, marker, deadline } = intent;
  let refused = false;
  try {
    await target.traffic.write({ route, revision, marker, deadline });
  } catch (error) {
    // 412 may be our own lost answer, repeated by the SDK: what stands there decides, below.
    if (!(error instanceof RevisionMoved)) throw error;
    refused = true;
  }
  const journalled: TargetRecord = { ...record, sequence: intent.sequence };
  return recordReadBack(deps, promotion, target, journalled, intent, refused);
}

function makeIntent(deps: Tools, promotion: Promotion, record: TargetRecord, wanted: Wanted): Intent {
  const at = deps.clock.now();
  const ours = markerOf(promotion.promotionId, record.fence);
  return {
    target: record.target,
    sequence: record.sequence + 1,
    purpose: wanted.purpose,
    from: record.last.route,
    to: wanted.to,
    // The revision of the last journalled read-back, never a fresh one: a fresh one would overwrite somebody else's move.
    revision: record.last.revision,
    marker: wanted.purpose === "finish" && wanted.last ? closingMarker(record.baseline, ours) : ours,
    fence: record.fence,
    at,
    deadline: at + WRITE_WITHIN_MS,
    result: null,
  };
}

/**
 * Puts the intent, if the head is open, the lock ours, and nobody else writes for this target. Why not, otherwise. The
 * newest intent may be put again with a later deadline while it has no result. Throws `LedgerBusy`.
 */
export async function writeIntent(
  deps: Pick<Tools, "ledger" | "clock">,
  { promotionId, environment }: Promotion,
  record: TargetRecord,
  intent: Intent,
): Promise<string | null> {
  const isAgain = intent.sequence === record.sequence;
  const headKey = keys.head(promotionId, environment);
  const head = await noteFirstShift(deps, { promotionId, environment });
  if (head.state !== "open") return whyStopped(head);
  try {
    await deps.ledger.write([
      { check: headKey, if: { state: "open" } },
      { check: keys.lock(record.resource), if: { owner: promotionId, fence: record.fence } },
      {
        put: item(keys.intent(promotionId, environment, record.target, intent.sequence), intent),
        if: isAgain ? { result: null } : "absent",
      },
      {
        put: item(keys.target(promotionId, environment, record.target), { ...record, sequence: intent.sequence }),
        if: { sequence: record.sequence },
      },
    ]);
    return null;
  } catch (error) {
    if (!(error instanceof Conflict)) throw error;
    if (error.failed.includes(0)) return "the journal was tripped";
    if (error.failed.includes(1)) return `the lock on ${record.resource} is no longer ours`;
    throw new LedgerBusy(`another call is moving ${record.target} at this moment`);
  }
}

/**
 * Writes down when candidate traffic was first intended, ahead of the first intent: an alarm that is red from then on is
 * the candidate's. Returns the head as it stands; one that is not open is left as it is.
 */
export async function noteFirstShift(
  deps: Pick<Tools, "ledger" | "clock">,
  { promotionId, environment }: Promotion,
): Promise<Head> {
  const key = keys.head(promotionId, environment);
  for (;;) {
    const head = asHead(await must(deps.ledger, key));
    if (head.state !== "open" || head.firstShiftAt !== null) return head;
    const shifted: Head = { ...head, firstShiftAt: deps.clock.now() };
    try {
      await deps.ledger.write([{ put: item(key, shifted), if: { state: "open", firstShiftAt: null } }]);
      return shifted;
    } catch (error) {
      if (!(error instanceof Conflict)) throw error;
    }
  }
}

async function recordReadBack(
  deps: Tools,
  promotion: Promotion,
  target: Target,
  record: TargetRecord,
  intent: Intent,
  refused: boolean,
): Promise<Written> {
  const state = await agreedRead(deps, target);
  const { same } = kindOf(record.kind);
  if (same(state.route, intent.to) && state.marker === intent.marker) {
    return { kind: "written", record: await writeResult(deps, promotion, record, intent, "applied", state) };
  }
  if (isUnmoved(record, state)) {
    if (!refused || state.revision === record.last.revision) {
      throw new NotReady(`${record.target} does not show ${kindOf(record.kind).inWords(intent.to)} yet`);
    }
    return { kind: "written", record: await writeResult(deps, promotion, record, intent, "not-applied", state) };
  }
  await writeResult(deps, promotion, record, intent, "foreign", state);
  return foreign(record, intent.to, state);
}

type Settled = { readonly kind: "settled"; readonly record: TargetRecord } | Foreign;

/**
 * Settles the intent that an earlier call left without a result: it took effect, or it can no longer, or it is not what
 * stands there. Before its deadline an unchanged target proves nothing, since the earlier call may still be on its way.
 */
async function settleOpenIntent(deps: Tools, promotion: Promotion, target: Target): Promise<Settled> {
  const { promotionId, environment } = promotion;
  const record = await loadTarget(deps.ledger, promotionId, environment, target.plan.name);
  if (record.sequence === 0) return { kind: "settled", record };
  const intents = await loadIntents(deps.ledger, promotionId, environment, record.target);
  const intent = intents.find((found) => found.sequence === record.sequence);
  if (intent === undefined) throw new BrokenRecord(`intent ${record.sequence} of ${record.target} is missing`);
  if (intent.result !== null) return { kind: "settled", record };

  let state = await agreedRead(deps, target);
  const waitMs = intent.deadline + CLOCK_SLACK_MS - deps.clock.now();
  if (isUnmoved(record, state) && waitMs > 0) {
    if (deps.remainingMs() < waitMs + NEEDED_MS)
      throw new OutOfTime(`an earlier write may take effect for ${waitMs} ms more`);
    await deps.clock.sleep(waitMs);
    state = await agreedRead(deps, target);
  }
  const result = async (outcome: "applied" | "not-applied"): Promise<Settled> => ({
    kind: "settled",
    record: await writeResult(deps, promotion, record, intent, outcome, state),
  });
  if (kindOf(record.kind).same(state.route, intent.to) && state.marker === intent.marker) return result("applied");
  if (isUnmoved(record, state)) return result("not-applied");
  await writeResult(deps, promotion, record, intent, "foreign", state);
  return foreign(record, intent.to, state);
}

/**
 * Whether traffic has come further already. Weights only rise on the way forward, so whoever asks for less is a call of
 * an earlier step that woke up late; doing its bidding would split traffic again after the finish.
 */
function isPast(record: TargetRecord, to: Route): boolean {
  return record.candidate !== null && stageOf(record, record.last.route) > stageOf(record, to);
}

/** The wanted route, or a later one, is journalled already; it still has to be what stands there. */
async function verifyUnchanged(
  deps: Tools,
  { promotionId, environment }: Promotion,
  target: Target,
  record: TargetRecord,
): Promise<SetResult> {
  const state = await agreedRead(deps, target);
  if (!isUnmoved(record, state)) return foreign(record, record.last.route, state);
  if (state.revision !== record.last.revision) {
    const key = keys.target(promotionId, environment, record.target);
    await deps.ledger.write([{ put: item(key, { ...record, last: state }), if: { sequence: record.sequence } }]);
  }
  return { kind: "set", state };
}
