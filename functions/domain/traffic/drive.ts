/**
 * Targets that move by themselves: each is told once, by one intent, and followed from then on. What is seen of the way is
 * put into the journal, so that the service's own moves are never taken for somebody else's.
 */
import { kindOf } from "../../targets/kinds.ts";
import { BrokenRecord, LedgerBusy, NotReady, OutOfTime } from "../errors.ts";
import { executionName } from "../inputs.ts";
import { item } from "../ledger/items.ts";
import { asTarget, type Intent, type IntentResult, type TargetRecord } from "../ledger/journal-records.ts";
import { keys } from "../ledger/keys.ts";
import { loadHead, loadIntents, loadPlan, loadTargets, must } from "../ledger/load.ts";
import type { EnvironmentPlan } from "../plan.ts";
import { Conflict, type Dependencies, type Route, type RouteState, type SelfDriving, type Target } from "../ports.ts";
import { bind } from "./bind.ts";
import { groupCommit } from "./group-commit.ts";
import { explain, type Foreign, foreign, isFinal, markerOf, stageOf, WRITE_WITHIN_MS, whyStopped } from "./journal.ts";
import { stopForForeign } from "./move-all.ts";
import { newestDrive } from "./movement.ts";
import { forwardClasses } from "./order.ts";
import { agreedRead } from "./read-back.ts";
import { lookBeforeWriting, NEEDED_MS, writeIntent } from "./set-route.ts";
import { sideBySide } from "./side-by-side.ts";
import { stopRollout } from "./stop.ts";
import type { Promotion } from "./write-result.ts";

/** `again`: it is on its way and has to be followed; `done`: all traffic on the candidates, read back. */
export interface Followed {
  readonly decision: "again" | "done" | "stop";
  readonly summary: string;
}

type Driven =
  | { readonly kind: "moving" | "done"; readonly words: string }
  /** The journal is not open, or the lock is gone: nothing was told, or nothing noted. */
  | { readonly kind: "refused"; readonly why: string }
  /** The service itself stopped, or somebody stopped it. */
  | { readonly kind: "given-up"; readonly why: string }
  | (Foreign & { readonly record: TargetRecord });

type Act = (deps: Dependencies, promotion: Promotion, target: Target) => Promise<Driven>;

/**
 * Tells every target of the environment to move to its candidate, by the journal. Called again it finds what it began: an
 * intent without a result is given to the service once more under the same name, which is the same movement.
 *
 * Throws `OutOfTime`, `LedgerBusy`, `NotReady`, and what the targets throw.
 */
export const startMovement = (deps: Dependencies, promotion: Promotion): Promise<Followed> =>
  onEach(deps, promotion, startOne);

/**
 * Looks how far every target is, and writes that down. One that stopped, or that somebody else moved, stops the rollout.
 * Throws `NotReady` where a service says that it is done and reads otherwise, `LedgerBusy`, and what the targets throw.
 */
export const followMovement = (deps: Dependencies, promotion: Promotion): Promise<Followed> =>
  onEach(deps, promotion, followOne);

async function onEach(deps: Dependencies, promotion: Promotion, act: Act): Promise<Followed> {
  const { promotionId, environment } = promotion;
  const head = await loadHead(deps.ledger, promotionId, environment);
  if (head.state !== "open") return { decision: "stop", summary: head.trip?.reason ?? whyStopped(head) };
  const plan = await loadPlan(deps, promotionId, environment);
  const together = { ...deps, ledger: groupCommit(deps.ledger, deps.concurrency) };
  const all: Driven[] = [];
  for (const members of forwardClasses(plan, await loadTargets(deps.ledger, promotionId, environment))) {
    const one = (record: TargetRecord) => act(together, promotion, bind(deps, plan, record));
    all.push(...(await sideBySide(deps.concurrency, members, one, hasEnded)));
    if (all.some(hasEnded)) break;
  }
  return answer(deps, promotion, plan, all);
}

const hasEnded = ({ kind }: Driven): boolean => kind !== "moving" && kind !== "done";

async function answer(
  deps: Dependencies,
  promotion: Promotion,
  plan: EnvironmentPlan,
  all: readonly Driven[],
): Promise<Followed> {
  const words: string[] = [];
  for (const one of all) {
    if (one.kind === "refused") return { decision: "stop", summary: one.why };
    if (one.kind === "given-up")
      return stopRollout(deps, promotion, { by: "gate", outcome: "rolled-back", summary: one.why });
    if (one.kind === "foreign")
      return { ...(await stopForForeign(deps, promotion, plan, one.record, one.why)), decision: "stop" };
    words.push(one.words);
  }
  const decision = all.every(({ kind }) => kind === "done") ? "done" : "again";
  return { decision, summary: words.join("; ") };
}

/** A target with its record, and the intent by which it was told to move. */
interface Told {
  readonly target: Target;
  readonly driver: SelfDriving;
  readonly record: TargetRecord;
  readonly movement: Intent | undefined;
}

async function load(
  { ledger }: Pick<Dependencies, "ledger">,
  { promotionId, environment }: Promotion,
  target: Target,
): Promise<Told> {
  const { driver, plan } = target;
  if (driver === undefined) throw new BrokenRecord(`${plan.name} does not move by itself`);
  const record = asTarget(await must(ledger, keys.target(promotionId, environment, plan.name)));
  const movement = newestDrive(await loadIntents(ledger, promotionId, environment, plan.name));
  return { target, driver, record, movement };
}

async function startOne(deps: Dependencies, promotion: Promotion, target: Target): Promise<Driven> {
  const told = await load(deps, promotion, target);
  const { driver, record, movement } = told;
  if (movement?.result) return followOne(deps, promotion, target);
  const { candidate } = record;
  if (candidate === null) throw new BrokenRecord(`${record.target} has no candidate`);
  const theirs = movement === undefined ? await findForeign(deps, promotion, target, record) : null;
  if (theirs !== null) return { ...theirs, record };
  if (deps.remainingMs() < NEEDED_MS) throw new OutOfTime(`less than ${NEEDED_MS} ms are left for a start`);
  const intent = intentOf(deps, promotion, told, candidate);
  const refusal = await writeIntent(deps, promotion, record, intent);
  if (refusal !== null) return { kind: "refused", why: refusal };
  const { marker, deadline } = intent;
  await driver.start({ candidate, name: movementName(deps, promotion, record), marker, deadline });
  return followOne(deps, promotion, target);
}

/** A start names no revision, so it is looked right before whether somebody else was there. */
function findForeign(
  deps: Dependencies,
  promotion: Promotion,
  target: Target,
  record: TargetRecord,
): Promise<Foreign | null> {
  return lookBeforeWriting(deps, promotion, target, { ...record, last: { ...record.last, revision: null } });
}

/** The same target under the same lock is the same movement, whoever asks for it and however often. */
function movementName({ hash }: Dependencies, { promotionId, environment }: Promotion, record: TargetRecord): string {
  return executionName(hash, promotionId, environment, record.target, record.fence);
}

function intentOf(deps: Dependencies, { promotionId }: Promotion, told: Told, candidate: string): Intent {
  const { record, movement } = told;
  const at = deps.clock.now();
  return {
    target: record.target,
    sequence: movement?.sequence ?? record.sequence + 1,
    purpose: "drive",
    from: record.baseline.route,
    to: kindOf(record.kind).finished(record.baseline.route, candidate),
    revision: null,
    marker: markerOf(promotionId, record.fence),
    fence: record.fence,
    at,
    deadline: at + WRITE_WITHIN_MS,
    result: null,
  };
}

async function followOne(deps: Dependencies, promotion: Promotion, target: Target): Promise<Driven> {
  const { driver, record, movement } = await load(deps, promotion, target);
  if (movement === undefined) throw new BrokenRecord(`${record.target} was never told to move`);
  const { phase, state, summary } = await driver.progress();
  const found = phase === "done" ? await agreedRead(deps, target) : state;
  if (explain(found, record, [movement]) === "foreign") return { ...foreign(record, movement.to, found), record };
  if (phase === "stopped") return { kind: "given-up", why: `${record.target} was stopped on its way: ${summary}` };
  const { inWords } = kindOf(record.kind);
  if (phase === "done" && !isFinal(record, found.route)) {
    throw new NotReady(`${record.target} says that it is done, and reads ${inWords(found.route)}`);
  }
  const refusal = await note(deps, promotion, record, movement, phase === "done" ? "applied" : "moving", found);
  if (refusal !== null) return { kind: "refused", why: refusal };
  return { kind: phase, words: `${record.target}: ${inWords(found.route)}, ${summary}` };
}

/** Which versions get traffic: one arm or both. The judge compares them in any split, and loses a minute at each change. */
function arms(record: TargetRecord, route: Route): "baseline" | "both" | "candidate" {
  if (isFinal(record, route)) return "candidate";
  return stageOf(record, route) > 0 ? "both" : "baseline";
}

/**
 * Puts what was seen into the journal; the time of it stays while the same arms get traffic. Why not, otherwise: a restore that tripped
 * the journal has the word. Throws `LedgerBusy` where another call was faster.
 */
async function note(
  deps: Dependencies,
  { promotionId, environment }: Promotion,
  record: TargetRecord,
  movement: Intent,
  outcome: Extract<IntentResult, "moving" | "applied">,
  found: RouteState,
): Promise<string | null> {
  const { result } = movement;
  const hasStayed = result !== null && arms(record, result.found.route) === arms(record, found.route);
  const seen = { outcome, found, at: hasStayed ? result.at : deps.clock.now() };
  try {
    await deps.ledger.write([
      { check: keys.head(promotionId, environment), if: { state: "open" } },
      {
        put: item(keys.intent(promotionId, environment, record.target, movement.sequence), {
          ...movement,
          result: seen,
        }),
        if: "present",
      },
      {
        put: item(keys.target(promotionId, environment, record.target), { ...record, last: found }),
        if: { sequence: movement.sequence },
      },
    ]);
    return null;
  } catch (error) {
    if (!(error instanceof Conflict)) throw error;
    if (error.failed.includes(0)) return "the journal was tripped";
    throw new LedgerBusy(`another call is moving ${record.target} at this moment`);
  }
}
