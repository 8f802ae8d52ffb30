/** Moves every target of an environment to one route each, and stops at the first that is not ours to move. */

import { kindOf } from "../../targets/kinds.ts";
import { BrokenRecord } from "../errors.ts";
import { appendAudit } from "../ledger/append-audit.ts";
import type { TargetRecord } from "../ledger/journal-records.ts";
import { loadHead, loadIntents, loadPlan, loadTargets } from "../ledger/load.ts";
import { movedBySomebody } from "../notices/notice.ts";
import { page } from "../notices/pager.ts";
import type { EnvironmentPlan } from "../plan.ts";
import type { Dependencies, RouteState } from "../ports.ts";
import { bind } from "./bind.ts";
import { groupCommit } from "./group-commit.ts";
import { explain, foreign, whyStopped } from "./journal.ts";
import { newestDrive } from "./movement.ts";
import { forwardClasses } from "./order.ts";
import { agreedRead } from "./read-back.ts";
import { noteFirstShift, type SetResult, setRoute } from "./set-route.ts";
import { sideBySide } from "./side-by-side.ts";
import { stopRollout } from "./stop.ts";
import type { Promotion } from "./write-result.ts";

export type Moved = { readonly decision: "go" | "stop"; readonly summary: string };

/** Where all targets are to go: to a weight, or to the end. */
export type Goal = { readonly purpose: "shift"; readonly weight: number } | { readonly purpose: "finish" };

/**
 * Moves every target by the journal, those of a class side by side. Called again, targets that are there already are only
 * read. A target that follows another's split moves at the finish alone. Throws what `setRoute` throws.
 */
export async function moveAll(deps: Dependencies, promotion: Promotion, goal: Goal): Promise<Moved> {
  const { promotionId, environment } = promotion;
  const head = await loadHead(deps.ledger, promotionId, environment);
  if (head.state !== "open") return { decision: "stop", summary: head.trip?.reason ?? whyStopped(head) };
  const plan = await loadPlan(deps, promotionId, environment);
  const records = await loadTargets(deps.ledger, promotionId, environment);
  const together = { ...deps, ledger: groupCommit(deps.ledger, deps.concurrency) };
  await noteFirstShift(deps, promotion);
  const routes: string[] = [];
  for (const members of forwardClasses(plan, records)) {
    const moves = await sideBySide(
      deps.concurrency,
      members,
      (record) => moveOne(together, promotion, plan, record, goal),
      hasStopped,
    );
    const stopped = moves.find(hasStopped);
    if (stopped?.kind === "stopped") return { decision: "stop", summary: stopped.why };
    if (stopped?.kind === "foreign") return stopForForeign(deps, promotion, plan, stopped.record, stopped.why);
    routes.push(...moves.map(({ words }) => words));
  }
  return { decision: "go", summary: routes.join("; ") };
}

type MoveResult = SetResult & { readonly record: TargetRecord; readonly words: string };

const hasStopped = ({ kind }: MoveResult): boolean => kind !== "set";

async function moveOne(
  deps: Dependencies,
  promotion: Promotion,
  plan: EnvironmentPlan,
  record: TargetRecord,
  goal: Goal,
): Promise<MoveResult> {
  if (record.candidate === null) throw new BrokenRecord(`${record.target} has no candidate`);
  const target = bind(deps, plan, record);
  const { at, finished, inWords } = kindOf(record.kind);
  const { route: baseline } = record.baseline;
  const route =
    goal.purpose === "finish"
      ? finished(baseline, record.candidate)
      : at(baseline, record.candidate, target.plan.follows === undefined ? goal.weight : 0);
  const result = await setRoute(deps, promotion, target, route, goal.purpose);
  return { ...result, record, words: `${record.target}: ${inWords(route)}` };
}

/**
 * Looks whether each target still stands where it was last read back: days may lie between two writes, in which anybody may
 * have moved it. That stops the rollout here as it does at a move.
 */
export async function lookOnceMore(deps: Dependencies, promotion: Promotion, plan: EnvironmentPlan): Promise<Moved> {
  const astray = await findAstray(deps, promotion, plan);
  if (astray !== null) return stopForAstray(deps, promotion, plan, astray);
  return { decision: "go", summary: "every target stands where it was last read back" };
}

export interface Astray {
  readonly record: TargetRecord;
  readonly why: string;
}

/** The first target that stands elsewhere than where it was last read back; null: each is there. Changes nothing. */
export async function findAstray(
  deps: Dependencies,
  promotion: Promotion,
  plan: EnvironmentPlan,
): Promise<Astray | null> {
  for (const record of await loadTargets(deps.ledger, promotion.promotionId, promotion.environment)) {
    const target = bind(deps, plan, record);
    const { route } = record.last;
    const { same } = kindOf(record.kind);
    if (same((await target.traffic.read()).route, route)) continue;
    const found = await agreedRead(deps, target);
    if (await isOnItsWay(deps, promotion, record, found)) continue;
    if (!same(found.route, route)) return { record, why: foreign(record, route, found).why };
  }
  return null;
}

/** Whether a service that was told to move by itself is still doing so, and stands where that leads. */
async function isOnItsWay(
  deps: Pick<Dependencies, "ledger">,
  { promotionId, environment }: Promotion,
  record: TargetRecord,
  found: RouteState,
): Promise<boolean> {
  if (kindOf(record.kind).drive === "driven") return false;
  const movement = newestDrive(await loadIntents(deps.ledger, promotionId, environment, record.target));
  if (movement === undefined || movement.result?.outcome === "applied") return false;
  return explain(found, record, [movement]) !== "foreign";
}

/** A restore trips the journal before it writes: only with the journal open is it somebody else's doing. */
export async function stopForAstray(
  deps: Dependencies,
  promotion: Promotion,
  plan: EnvironmentPlan,
  { record, why }: Astray,
): Promise<Moved> {
  const head = await loadHead(deps.ledger, promotion.promotionId, promotion.environment);
  if (head.state !== "open") return { decision: "stop", summary: head.trip?.reason ?? whyStopped(head) };
  return stopForForeign(deps, promotion, plan, record, why);
}

/** Somebody else's move: nothing of theirs is put back, people are paged once, and our own targets go back. */
export async function stopForForeign(
  deps: Dependencies,
  promotion: Promotion,
  plan: EnvironmentPlan,
  { target }: TargetRecord,
  why: string,
): Promise<Moved> {
  const { promotionId, environment } = promotion;
  const stopped = await stopRollout(deps, promotion, { by: "conflict", outcome: "rolled-back", summary: why });
  await appendAudit(deps, promotionId, {
    id: `foreign-${environment}-${target}`,
    kind: "conflict",
    environment,
    summary: why,
  });
  const subject = `Headgate stopped in ${environment}: ${target} was moved by somebody else`;
  const body = `${why}\n\nHeadgate puts back nothing that is not its own. Promotion: ${promotionId}\n`;
  await page(deps, promotionId, { environment, about: [movedBySomebody(target)] }, { subject, body }, plan.pageTo);
  return stopped;
}
