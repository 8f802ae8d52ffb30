/**
 * Write = transaction, call, read back, result. The one way in which traffic moves forward.
 */
import { BrokenRecord, LedgerBusy, NotReady, OutOfTime } from "../errors.ts";
import { item } from "../ledger/items.ts";
import {
  asHead,
  asTarget,
  type Head,
  type Intent,
  type IntentResult,
  type Purpose,
  type TargetRecord,
} from "../ledger/journal-records.ts";
import { keys } from "../ledger/keys.ts";
import { loadIntents, must } from "../ledger/load.ts";
import { Conflict, type Dependencies, RevisionMoved, type Route, type RouteState, type Target } from "../ports.ts";
import { CLOCK_SLACK_MS, inWords, markerOf, sameRoute, shareOf, WRITE_WITHIN_MS, whyStopped } from "./journal.ts";

export interface Promotion {
  readonly promotionId: string;
  readonly environment: string;
}

type Tools = Pick<Dependencies, "ledger" | "clock" | "remainingMs" | "log">;

export type SetResult =
  | { readonly kind: "set"; readonly state: RouteState }
  /** The head is tripped or closed, or the lock is gone: nothing was written. */
  | { readonly kind: "stopped"; readonly why: string }
  /** Somebody else moved this target: nothing of theirs was touched. */
  | { readonly kind: "foreign"; readonly why: string };

/** Time that one write with its read-back needs at most, in ms; less than this left, and it is not begun. */
const NEEDED_MS = WRITE_WITHIN_MS + 15_000;

/** How often a read-back looks before it gives up for this invocation. */
const READS = 8;

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
  const { record } = settled;
  if (sameRoute(record.last.route, to) || isPast(record, to)) return verifyUnchanged(deps, target, record);

  if (deps.remainingMs() < NEEDED_MS) throw new OutOfTime(`less than ${NEEDED_MS} ms are left for a write`);
  const intent = makeIntent(deps, promotion, record, to, purpose);
  const refusal = await writeIntent(deps, promotion, record, intent);
  if (refusal !== null) return { kind: "stopped", why: refusal };
  try {
    await target.traffic.write({
      route: to,
      revision: intent.revision,
      marker: intent.marker,
      deadline: intent.deadline,
    });
  } catch (error) {
    // 412 may be our own lost answer, repeated by the SDK: what stands there decides, below.
    if (!(error instanceof RevisionMoved)) throw error;
  }
  const journalled: TargetRecord = { ...record, sequence: intent.sequence };
  return recordReadBack(deps, promotion, target, journalled, intent);
}

function makeIntent(deps: Tools, promotion: Promotion, record: TargetRecord, to: Route, purpose: Purpose): Intent {
  const at = deps.clock.now();
  return {
    target: record.target,
    sequence: record.sequence + 1,
    purpose,
    from: record.last.route,
    to,
    // The revision of the last journalled read-back, never a fresh one: a fresh one would overwrite somebody else's move.
    revision: record.last.revision,
    marker: markerOf(promotion.promotionId, record.fence),
    fence: record.fence,
    at,
    deadline: at + WRITE_WITHIN_MS,
    result: null,
  };
}

/** Puts the intent, if the head is open, the lock ours, and nobody else writes for this target. Why not, otherwise. */
async function writeIntent(
  deps: Tools,
  { promotionId, environment }: Promotion,
  record: TargetRecord,
  intent: Intent,
): Promise<string | null> {
  const headKey = keys.head(promotionId, environment);
  const head = asHead(await must(deps.ledger, headKey));
  if (head.state !== "open") return whyStopped(head);
  const shifted: Head = { ...head, firstShiftAt: head.firstShiftAt ?? intent.at };
  try {
    await deps.ledger.write([
      { put: item(headKey, shifted), if: { state: "open" } },
      { check: keys.lock(record.resource), if: { owner: promotionId, fence: record.fence } },
      { put: item(keys.intent(promotionId, environment, record.target, intent.sequence), intent), if: "absent" },
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

/** Reads until two reads, the kind's settle time apart, agree; gives the last one. */
export async function agreedRead(deps: Pick<Dependencies, "clock">, target: Target): Promise<RouteState> {
  let state = await target.traffic.read();
  for (let read = 1; read < READS; read++) {
    await deps.clock.sleep(target.traffic.settleMs);
    const again = await target.traffic.read();
    if (sameRoute(again.route, state.route) && again.revision === state.revision && again.marker === state.marker)
      return again;
    state = again;
  }
  throw new NotReady(`${target.plan.name} read differently ${READS} times in a row`);
}

async function recordReadBack(
  deps: Tools,
  promotion: Promotion,
  target: Target,
  record: TargetRecord,
  intent: Intent,
): Promise<SetResult> {
  const state = await agreedRead(deps, target);
  if (sameRoute(state.route, intent.to) && state.marker === intent.marker) {
    await writeResult(deps, promotion, record, intent, "applied", state);
    return { kind: "set", state };
  }
  if (isUntouched(state, record)) throw new NotReady(`${record.target} does not show ${inWords(intent.to)} yet`);
  await writeResult(deps, promotion, record, intent, "foreign", state);
  return foreign(record, intent.to, state);
}

const isUntouched = (state: RouteState, record: TargetRecord) =>
  sameRoute(state.route, record.last.route) &&
  state.marker === record.last.marker &&
  state.revision === record.last.revision;

export function foreign(record: TargetRecord, expected: Route, found: RouteState): SetResult & { kind: "foreign" } {
  return {
    kind: "foreign",
    why: `${record.target}: somebody else moved it; expected ${inWords(expected)}, found ${inWords(found.route)} ("${found.marker}")`,
  };
}

/** Closes an intent and, when it took effect, moves the record on to what was read. */
export async function writeResult(
  deps: Pick<Dependencies, "ledger" | "clock">,
  { promotionId, environment }: Promotion,
  record: TargetRecord,
  intent: Intent,
  outcome: IntentResult,
  found: RouteState,
): Promise<TargetRecord> {
  const closed: Intent = { ...intent, result: { outcome, found, at: deps.clock.now() } };
  const moved: TargetRecord = outcome === "applied" ? { ...record, last: found } : record;
  try {
    await deps.ledger.write([
      { put: item(keys.intent(promotionId, environment, record.target, intent.sequence), closed), if: "present" },
      { put: item(keys.target(promotionId, environment, record.target), moved), if: { sequence: record.sequence } },
    ]);
  } catch (error) {
    // A newer intent stands: a restore took over. It read the journal with this intent open and waits for its deadline.
    if (!(error instanceof Conflict)) throw error;
    throw new LedgerBusy(`another call is moving ${record.target} at this moment`);
  }
  return moved;
}

type Settled = { readonly kind: "settled"; readonly record: TargetRecord } | (SetResult & { kind: "foreign" });

/**
 * Settles the intent that an earlier call left without a result: it took effect, or it can no longer, or it is not what
 * stands there. Before its deadline an unchanged target proves nothing, since the earlier call may still be on its way.
 */
async function settleOpenIntent(deps: Tools, promotion: Promotion, target: Target): Promise<Settled> {
  const { promotionId, environment } = promotion;
  const record = asTarget(await must(deps.ledger, keys.target(promotionId, environment, target.plan.name)));
  if (record.sequence === 0) return { kind: "settled", record };
  const intents = await loadIntents(deps.ledger, promotionId, environment, record.target);
  const intent = intents.find((found) => found.sequence === record.sequence);
  if (intent === undefined) throw new BrokenRecord(`intent ${record.sequence} of ${record.target} is missing`);
  if (intent.result !== null) return { kind: "settled", record };

  let state = await agreedRead(deps, target);
  const waitMs = intent.deadline + CLOCK_SLACK_MS - deps.clock.now();
  if (isUntouched(state, record) && waitMs > 0) {
    if (deps.remainingMs() < waitMs + NEEDED_MS)
      throw new OutOfTime(`an earlier write may take effect for ${waitMs} ms more`);
    await deps.clock.sleep(waitMs);
    state = await agreedRead(deps, target);
  }
  if (sameRoute(state.route, intent.to) && state.marker === intent.marker) {
    return { kind: "settled", record: await writeResult(deps, promotion, record, intent, "applied", state) };
  }
  if (isUntouched(state, record)) {
    return { kind: "settled", record: await writeResult(deps, promotion, record, intent, "not-applied", state) };
  }
  await writeResult(deps, promotion, record, intent, "foreign", state);
  return foreign(record, intent.to, state);
}

/**
 * Whether traffic has come further already. Weights only rise on the way forward, so whoever asks for less is a call of
 * an earlier step that woke up late; doing its bidding would split traffic again after the finish.
 */
function isPast({ last, candidate }: TargetRecord, to: Route): boolean {
  return candidate !== null && stageOf(last.route, candidate) > stageOf(to, candidate);
}

/** Percent of traffic on the candidate; a finished route is beyond the last weight. */
function stageOf(route: Route, candidate: string): number {
  return route.primary === candidate ? 101 : shareOf(route, candidate);
}

/** The wanted route, or a later one, is journalled already; it still has to be what stands there. */
async function verifyUnchanged(deps: Tools, target: Target, record: TargetRecord): Promise<SetResult> {
  const state = await agreedRead(deps, target);
  return isUntouched(state, record) ? { kind: "set", state } : foreign(record, record.last.route, state);
}
