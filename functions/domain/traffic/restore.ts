/**
 * Restore: the one way in which traffic goes back to the baseline. Called by the machines, the alarm listener, the
 * operator and the sweeper, at any time, as often as they like, and gated by nothing but what it finds: a newer fence, or
 * a state that no word of ours explains.
 */
import { kindOf } from "../../targets/kinds.ts";
import { CallRefused, NotReady, OutOfTime } from "../errors.ts";
import { item } from "../ledger/items.ts";
import type { Intent, TargetRecord } from "../ledger/journal-records.ts";
import { keys } from "../ledger/keys.ts";
import { loadHead, loadIntents, loadTarget, loadTargets } from "../ledger/load.ts";
import type { TrippedBy } from "../outcomes.ts";
import { Conflict, type Dependencies, RevisionMoved, type RouteState, type Target } from "../ports.ts";
import { driveBack } from "./drive-back.ts";
import { groupCommit } from "./group-commit.ts";
import {
  CLOCK_SLACK_MS,
  closingMarker,
  explain,
  isUnmoved,
  markerOf,
  newestOpenDeadline,
  WRITE_WITHIN_MS,
} from "./journal.ts";
import { backwardClasses } from "./order.ts";
import { agreedRead } from "./read-back.ts";
import { sideBySide } from "./side-by-side.ts";
import { trip } from "./trip.ts";
import { type Promotion, writeResult } from "./write-result.ts";

type Tools = Pick<Dependencies, "ledger" | "clock" | "concurrency" | "remainingMs" | "log">;

export type TargetRestore =
  | { readonly target: string; readonly state: "verified"; readonly found: string }
  /** Not ours to move: what was found, and what was expected. */
  | { readonly target: string; readonly state: "refused"; readonly found: string; readonly expected: string }
  /** Could not be done by this call; another may. */
  | { readonly target: string; readonly state: "failed"; readonly error: string; readonly final: boolean };

export interface Restore {
  /** `nothing`: no traffic of this environment was ever ours to move. */
  readonly state: "verified" | "refused" | "failed" | "nothing";
  readonly targets: readonly TargetRestore[];
  /** Not every target that failed did so for good: calling again can help. */
  readonly again: boolean;
}

/** Writes of one way back, and rounds against writers that keep moving the revision: each begins with a fresh read. */
const ROUNDS = 8;

/**
 * Time that a write is given at least, in ms: one attempt of one call. Where the invocation has less left than the usual
 * time and what comes after the write, its deadline is earlier: an operator's verb has 28 seconds for all targets.
 */
const LEAST_WRITE_MS = 5_000;

/**
 * How long another call that is restoring a target is left to it, in ms from its intent: a write and its read-back among
 * many others. It may have died; then this is what its death costs.
 */
const GIVE_WAY_MS = 6_000;
const LOOK_AGAIN_MS = 1_000;

/** Time for what comes after a write, in ms: reading it back, and closing its record. */
const READ_BACK_MS = 6_000;

/**
 * Trips the journal of one environment and brings its targets back to the baseline, class by class, side by side within a
 * class; one that fails does not keep the others waiting. Throws only what the ledger throws.
 */
export async function restore(
  deps: Tools,
  promotion: Promotion,
  why: { readonly by: TrippedBy; readonly reason: string; readonly first?: readonly string[] },
  target: (record: TargetRecord) => Target,
): Promise<Restore> {
  const { promotionId, environment } = promotion;
  if ((await deps.ledger.read(keys.head(promotionId, environment))) === undefined) return summarise([]);
  const head = await trip(deps, promotionId, environment, why);
  if (head.state === "closed") return summarise([]);
  // Without an intent there is nothing of ours to take back, and since the trip no first one can be written.
  const records = (await loadTargets(deps.ledger, promotionId, environment)).filter((record) => record.sequence > 0);
  const together = { ...deps, ledger: groupCommit(deps.ledger, deps.concurrency) };
  const results: TargetRestore[] = [];
  for (const members of backwardClasses(records, head.trip?.first)) {
    results.push(
      ...(await sideBySide(deps.concurrency, members, (record) => attempt(together, promotion, target(record)))),
    );
  }
  // Restored and closed by somebody else meanwhile: what looked foreign is what the next promotion does with its locks.
  const isRefused = results.some(({ state }) => state === "refused");
  if (isRefused && (await loadHead(deps.ledger, promotionId, environment)).state === "closed") return summarise([]);
  return summarise(results);
}

function summarise(targets: readonly TargetRestore[]): Restore {
  const has = (state: TargetRestore["state"]) => targets.some((target) => target.state === state);
  const failed = targets.filter((target) => target.state === "failed");
  const again = failed.length === 0 || failed.some(({ final }) => !final);
  const state = targets.length === 0 ? "nothing" : has("failed") ? "failed" : has("refused") ? "refused" : "verified";
  return { state, targets, again };
}

async function attempt(deps: Tools, promotion: Promotion, target: Target): Promise<TargetRestore> {
  try {
    return await restoreTarget(deps, promotion, target);
  } catch (error) {
    const failure = error instanceof Error ? error : new Error(String(error));
    deps.log.warn("a target could not be restored", { target: target.plan.name, error: failure.message });
    return {
      target: target.plan.name,
      state: "failed",
      error: `${failure.name}: ${failure.message}`,
      final: failure instanceof CallRefused,
    };
  }
}

/**
 * Brings one target back. It always writes, even if the read says baseline, so that a write still in flight loses its
 * revision; it looks again after the newest open deadline, for services that have no revision to lose; and only what
 * that last look shows is called verified.
 *
 * Throws `OutOfTime` and `NotReady` (call again), and what the target throws.
 */
async function restoreTarget(deps: Tools, promotion: Promotion, target: Target): Promise<TargetRestore> {
  const { promotionId, environment } = promotion;
  const name = target.plan.name;
  for (let round = 0; round < ROUNDS; round++) {
    const neededMs = LEAST_WRITE_MS + READ_BACK_MS;
    if (deps.remainingMs() < neededMs) throw new OutOfTime(`less than ${neededMs} ms are left to restore ${name}`);
    const intents = await giveWay(deps, promotion, name);
    const record = await loadTarget(deps.ledger, promotionId, environment, name);
    const lookedAt = deps.clock.now();
    const state = await target.traffic.read();
    if (explain(state, record, intents) === "foreign") {
      // A write of ours that still arrives over theirs would make the state ours again: look once more after it.
      if (await waitOut(deps, intents, lookedAt)) continue;
      return refuse(deps, promotion, record, state, intents);
    }
    if (record.restored === "verified" && isBaseline(state, record)) return verified(record, state);

    const intent = await writeRestoreIntent(deps, promotion, record, state);
    if (intent === "fenced") return fenced(deps, promotion, record, state);
    if (intent === "busy") continue;
    const journalled = { ...record, sequence: intent.sequence, restored: null };
    const written = await write(deps, promotion, target, journalled, intent);
    if (written === null || !isBaseline(written.last, record)) continue;
    if (await stillStands(deps, promotion, target, written, intent.at)) return verified(record, written.last);
  }
  throw new NotReady(`${name} was moved by somebody else ${ROUNDS} times while it was being restored`);
}

/**
 * Waits while another call is bringing this target back: the listener and the machine often set out at once, and every call
 * that they repeat keeps another target waiting for its turn. Gives the intents as they are then.
 */
async function giveWay(deps: Tools, { promotionId, environment }: Promotion, target: string): Promise<Intent[]> {
  for (;;) {
    const intents = await loadIntents(deps.ledger, promotionId, environment, target);
    if (!intents.some((intent) => isUnderWay(intent, deps.clock.now()))) return intents;
    await deps.clock.sleep(LOOK_AGAIN_MS);
  }
}

const isUnderWay = ({ purpose, result, at }: Intent, now: number): boolean =>
  purpose === "restore" && result === null && now < at + GIVE_WAY_MS;

const isBaseline = (state: RouteState, { kind, baseline }: TargetRecord) =>
  kindOf(kind).same(state.route, baseline.route);

function verified({ target, kind }: TargetRecord, state: RouteState): TargetRestore {
  const { inWords, afterRestore } = kindOf(kind);
  const found = inWords(state.route);
  return { target, state: "verified", found: afterRestore === "" ? found : `${found} (${afterRestore})` };
}

/** Leaves the target as it is. No write of ours can reach it any more, so none stays without a result. */
async function refuse(
  deps: Tools,
  promotion: Promotion,
  record: TargetRecord,
  state: RouteState,
  intents: readonly Intent[],
): Promise<TargetRestore> {
  await closeIntents(deps, promotion, intents, "foreign", state);
  await note(deps, promotion, { ...record, restored: "refused" });
  const { inWords } = kindOf(record.kind);
  return {
    target: record.target,
    state: "refused",
    found: `${inWords(state.route)} ("${state.marker}")`,
    expected: `${inWords(record.last.route)} ("${record.last.marker}")`,
  };
}

/** The lock went to somebody else: their rollout stands on this target now. */
async function fenced(
  deps: Tools,
  promotion: Promotion,
  record: TargetRecord,
  state: RouteState,
): Promise<TargetRestore> {
  const refused = await refuse(deps, promotion, record, state, []);
  return { ...refused, expected: `fence ${record.fence} of ${promotion.promotionId}` } as TargetRestore;
}

async function note(deps: Tools, { promotionId, environment }: Promotion, record: TargetRecord): Promise<void> {
  const key = keys.target(promotionId, environment, record.target);
  try {
    await deps.ledger.write([
      { check: keys.head(promotionId, environment), if: { state: "tripped" } },
      { put: item(key, record), if: { sequence: record.sequence } },
    ]);
  } catch (error) {
    // Somebody restores the same target at this moment and notes what it finds, or has closed the journal with it.
    if (!(error instanceof Conflict)) throw error;
  }
}

async function writeRestoreIntent(
  deps: Tools,
  { promotionId, environment }: Promotion,
  record: TargetRecord,
  state: RouteState,
): Promise<Intent | "fenced" | "busy"> {
  const at = deps.clock.now();
  // Even where nothing has to be written: a write of ours that is in flight loses its revision by it.
  const { drive, path } = kindOf(record.kind);
  const writes = drive === "driven" ? path(state.route, record.baseline.route) : [];
  const [to = record.baseline.route, ...rest] = writes;
  const ours = markerOf(promotionId, record.fence);
  const intent: Intent = {
    target: record.target,
    sequence: record.sequence + 1,
    purpose: "restore",
    from: state.route,
    to,
    // The revision just read: a restore must win over our own write in flight, and loses to nobody's explained state.
    revision: state.revision,
    marker: rest.length === 0 ? closingMarker(record.baseline, ours) : ours,
    fence: record.fence,
    at,
    deadline: at + Math.max(LEAST_WRITE_MS, Math.min(WRITE_WITHIN_MS, deps.remainingMs() - READ_BACK_MS)),
    result: null,
  };
  try {
    await deps.ledger.write([
      { check: keys.lock(record.resource), if: { owner: promotionId, fence: record.fence } },
      { check: keys.head(promotionId, environment), if: { state: "tripped" } },
      { put: item(keys.intent(promotionId, environment, record.target, intent.sequence), intent), if: "absent" },
      {
        // From here until it is read back the target is not restored, whatever was noted of it before.
        put: item(keys.target(promotionId, environment, record.target), {
          ...record,
          sequence: intent.sequence,
          restored: null,
        }),
        if: { sequence: record.sequence, restored: record.restored },
      },
    ]);
    return intent;
  } catch (error) {
    if (!(error instanceof Conflict)) throw error;
    return error.failed.includes(0) ? "fenced" : "busy";
  }
}

/** Writes one step of the way back, or has the service go all of it, and reads it; null when the revision moved and the round has to begin anew. */
async function write(
  deps: Tools,
  promotion: Promotion,
  target: Target,
  record: TargetRecord,
  intent: Intent,
): Promise<TargetRecord | null> {
  try {
    const { to: route, revision, marker, deadline } = intent;
    if (target.driver === undefined) await target.traffic.write({ route, revision, marker, deadline });
    else await driveBack(deps, target.plan.name, target.driver);
  } catch (error) {
    if (!(error instanceof RevisionMoved)) throw error;
  }
  const state = await agreedRead(deps, target);
  // What goes back by itself bears whatever mark its service leaves on it.
  const isMarked = target.driver !== undefined || state.marker === intent.marker;
  const ours = isMarked && kindOf(record.kind).same(state.route, intent.to);
  const moved = await writeResult(deps, promotion, record, intent, ours ? "applied" : "moved", state);
  return ours ? moved : null;
}

/**
 * Waits until no earlier intent can take effect any more, looks once more, and closes the record: earlier intents are
 * overtaken, the target is restored. False: something moved it meanwhile.
 */
async function stillStands(
  deps: Tools,
  promotion: Promotion,
  target: Target,
  record: TargetRecord,
  wroteAt: number,
): Promise<boolean> {
  const { promotionId, environment } = promotion;
  const intents = await loadIntents(deps.ledger, promotionId, environment, record.target);
  if (newestOpenDeadline(intents, wroteAt) !== null) {
    await waitOut(deps, intents, wroteAt);
    const state = await agreedRead(deps, target);
    if (!isUnmoved(record, state) || (await isMoving(target))) return false;
  }
  await closeIntents(deps, promotion, intents, "overtaken", record.last);
  await note(deps, promotion, { ...record, restored: "verified" });
  return true;
}

/** A start that arrived after the stop may not have moved any traffic yet. */
async function isMoving({ driver }: Target): Promise<boolean> {
  return driver !== undefined && (await driver.progress()).phase === "moving";
}

/** Sleeps until no write of ours can take effect any more. False: none could, as far as the look at `lookedAt` goes. */
async function waitOut(deps: Tools, intents: readonly Intent[], lookedAt: number): Promise<boolean> {
  const deadline = newestOpenDeadline(intents, lookedAt);
  if (deadline === null || deadline + CLOCK_SLACK_MS <= lookedAt) return false;
  const waitMs = Math.max(0, deadline + CLOCK_SLACK_MS - deps.clock.now());
  if (deps.remainingMs() < waitMs + READ_BACK_MS) throw new OutOfTime(`a write may take effect for ${waitMs} ms more`);
  await deps.clock.sleep(waitMs);
  return true;
}

/** Gives each intent that has no result this one. What has a result keeps it. */
async function closeIntents(
  deps: Tools,
  { promotionId, environment }: Promotion,
  intents: readonly Intent[],
  outcome: "overtaken" | "foreign",
  found: RouteState,
): Promise<void> {
  for (const intent of intents) {
    if (intent.result !== null) continue;
    const key = keys.intent(promotionId, environment, intent.target, intent.sequence);
    const result = { outcome, found, at: deps.clock.now() };
    try {
      await deps.ledger.write([{ put: item(key, { ...intent, result }), if: { result: null } }]);
    } catch (error) {
      // It has got its result meanwhile, and a result stands.
      if (!(error instanceof Conflict)) throw error;
    }
  }
}
