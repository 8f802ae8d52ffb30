/** Settling an approval from the ledger: what the workflow does on each wake, and the judge on each tick. */

import { LedgerBusy } from "../errors.ts";
import { appendAudit } from "../ledger/append-audit.ts";
import { loadPlanAsStored, loadPlanHeaderAsStored, loadSignals } from "../ledger/load.ts";
import { changedSince } from "../notices/notice.ts";
import { page } from "../notices/pager.ts";
import { send } from "../notices/send.ts";
import { unfillable } from "../people.ts";
import { type Change, Conflict, type Ledger } from "../ports.ts";
import { type ApprovalRecord, type AskedRole, type Decision, partyAddresses, rolesAsked } from "./approval.ts";
import { tellHeldBack } from "./hold-back.ts";
import type { InForce } from "./in-force.ts";
import { renewalChange } from "./link-epoch.ts";
import { loadApproval, loadApprovals, loadDecisions } from "./load.ts";
import { loadBound } from "./load-bound.ts";
import { type LoadedInForce, loadInForce } from "./load-in-force.ts";
import { type MailTools, mailSeats } from "./mail-seats.ts";
import { changedNotice, endNotice, type Subject } from "./notices.ts";
import { currentEpoch } from "./open-link.ts";
import type { Overhearer } from "./overhearing.ts";
import { type ApprovalName, changeApproval } from "./records.ts";
import { type Renewal, renewLinks } from "./renew-links.ts";
import { openSeats, seatsLeft, seatsOf } from "./seats.ts";
import { goneChange, type Settlement, settle } from "./settlement.ts";
import { type Standing, standing } from "./standing.ts";
import { tellGone } from "./tell-gone.ts";
import { decisionEntry } from "./trail.ts";

const ATTEMPTS = 8;

/** Has the machine that waits for the approval look at it; called while there is news. */
type Wake = () => Promise<unknown>;

const nobodyWaits: Wake = async () => {};

/**
 * Settles by the ledger: writes the end when there is one, escalates, reminds, tells those concerned, brings the trail up
 * to date, wakes. Safe to call at any time and any number of times, by several at once; every part of it happens once,
 * but waking, which may come twice. Throws `BrokenRecord` when nobody was asked, `LedgerBusy` when others kept changing
 * the approval at the same instant, and what mail and waking throw.
 */
export async function settleNow(
  deps: MailTools,
  promotionId: string,
  environment: string,
  approval: string,
  wake: Wake = nobodyWaits,
): Promise<Standing> {
  const name = { promotionId, environment, approval };
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const record = await loadApproval(deps.ledger, name);
    const decisions = await loadDecisions(deps.ledger, name);
    const inForce = await loadInForce(deps.ledger, record);
    const signals = [...(await loadSignals(deps.ledger, promotionId)), ...(await wordOfChange(deps, record))];
    const settlement = settle(record, decisions, signals, inForce, deps.clock.now());
    const epoch = settlement.state === "waiting" ? await currentEpoch(deps.ledger) : record.linkEpoch;
    const current = await persist(deps, record, settlement, { inForce, epoch });
    if (current === null) continue;
    const renews = current.linkEpoch !== record.linkEpoch;
    await tell(deps, name, current, { decisions, inForce, settlement, renews }, wake);
    return standing(settlement, deps.clock.now());
  }
  throw new LedgerBusy(`approval ${approval} of ${promotionId} was changed by others ${ATTEMPTS} times in a row`);
}

/**
 * Ends every approval of the promotion that still waits: its answer is no longer wanted. Those asked are told, and their
 * links lead nowhere. Safe to call at any time. Throws what `settleNow` throws.
 */
export async function withdrawApprovals(deps: MailTools, promotionId: string, why: string): Promise<void> {
  for (const { environment, approval, ...record } of await loadApprovals(deps.ledger, promotionId)) {
    if (record.state !== "waiting") continue;
    const ended = { state: "cancelled", summary: `cancelled: ${why}`, endedAt: deps.clock.now(), news: true } as const;
    // Somebody else changed it at this moment: an answer, which ends it, or a reminder, after which it is ended below.
    const written = await write(deps, { environment, approval, ...record }, ended);
    if (written === null) return withdrawApprovals(deps, promotionId, why);
    await settleNow(deps, promotionId, environment, approval);
  }
}

/** The record with what the settlement changes written; null: somebody else changed it, or who counts, first. */
async function persist(
  deps: MailTools,
  record: ApprovalRecord,
  settlement: Settlement,
  { inForce, epoch }: { readonly inForce: LoadedInForce; readonly epoch: number | undefined },
): Promise<ApprovalRecord | null> {
  const now = deps.clock.now();
  const change = { ...changeBy(record, settlement, now), ...renewalChange(record, epoch, now) };
  return Object.keys(change).length === 0 ? record : write(deps, record, change, inForce.while);
}

function changeBy(record: ApprovalRecord, settlement: Settlement, now: number): Partial<ApprovalRecord> {
  const { state, summary, escalateDue } = settlement;
  return {
    ...goneChange(record, settlement, now),
    ...(state === record.state ? {} : { state, summary, endedAt: now, news: true }),
    ...(escalateDue ? { escalatedAt: now } : {}),
  };
}

async function write(
  deps: MailTools,
  record: ApprovalRecord,
  change: Partial<ApprovalRecord>,
  conditions: readonly Change[] = [],
): Promise<ApprovalRecord | null> {
  try {
    await deps.ledger.write([changeApproval(record, change), ...conditions]);
    return { ...record, ...change, revision: record.revision + 1 };
  } catch (error) {
    if (error instanceof Conflict) return null;
    throw error;
  }
}

/** What was settled, and what it was settled from. */
interface Settled {
  readonly decisions: readonly Decision[];
  readonly inForce: InForce;
  readonly settlement: Settlement;
  /** Whether this call wrote a new epoch of links into the record. */
  readonly renews: boolean;
}

/**
 * Everything that others should hear. The news flag goes last: as long as something here failed, the approval stays one
 * that the sweeper finds. A conflict on the flag means newer news, which the next call tells.
 */
async function tell(
  deps: MailTools,
  name: ApprovalName,
  record: ApprovalRecord,
  settled: Settled,
  wake: Wake,
): Promise<void> {
  const { remindDue } = settled.settlement;
  const isQuiet = record.heldBack !== true && remindDue === 0 && record.escalatedAt === null;
  if (!record.news && isQuiet) return;
  let renewal: Renewal["state"];
  try {
    renewal = await tellPeople(deps, name, record, settled);
  } finally {
    // Neither a mail nor the trail that fails keeps the workflow waiting.
    if (record.news) await wake();
  }
  if (record.news && renewal === "done") await write(deps, record, { news: false, renewingSince: null });
}

async function tellPeople(
  deps: MailTools,
  name: ApprovalName,
  record: ApprovalRecord,
  settled: Settled,
): Promise<Renewal["state"]> {
  const { decisions, inForce, settlement } = settled;
  const subject = { record, ...(await loadWords(deps.ledger, name)) };
  if (record.news) {
    await recordDecisions(deps, name, record, decisions);
    await tellGone(deps, name, subject, settlement, unfillable(seatsLeft(record, decisions, inForce)));
    if (settlement.state !== "waiting") await tellEnd(deps, name, subject, settlement);
  }
  if (settlement.state !== "waiting") return "done";
  const heldBack = await nudge(deps, subject, settled);
  const open = openSeats(record, decisions, rolesAsked(record), inForce);
  const renewal = await renewLinks(deps, subject, open, settled.renews);
  await tellHeldBack(deps, subject, heldBack.length > 0 ? heldBack : renewal.heldBack);
  return renewal.state;
}

/** As it is stored: people are told of an end whatever became of the plan. */
async function loadWords(ledger: Ledger, { promotionId, environment }: ApprovalName) {
  const release = await loadPlanHeaderAsStored(ledger, promotionId);
  return { release, plan: await loadPlanAsStored(ledger, promotionId, environment) };
}

/** An approval of what was changed since people were asked ends, as by an operator's word; whoever is on call hears of it. */
async function wordOfChange(deps: MailTools, record: ApprovalRecord): Promise<Parameters<typeof settle>[2]> {
  if (record.state !== "waiting") return [];
  const bound = await loadBound(deps, record);
  if (bound.kind === "same") return [];
  const { promotionId, environment, approval, askedAt } = record;
  const words = await loadWords(deps.ledger, record);
  const fact = { environment, about: [changedSince(approval, askedAt)] };
  await page(deps, promotionId, fact, changedNotice({ record, ...words }, bound.why), words.plan.pageTo);
  return [{ kind: "abort", by: "Headgate", reason: `what was asked about has been changed: ${bound.why}` }];
}

async function recordDecisions(
  deps: MailTools,
  name: ApprovalName,
  record: ApprovalRecord,
  decisions: readonly Decision[],
): Promise<void> {
  for (const decision of decisions.filter((one) => one.round === record.askedAt)) {
    await appendAudit(deps, name.promotionId, decisionEntry(name, decision));
  }
}

async function tellEnd(deps: MailTools, name: ApprovalName, subject: Subject, settlement: Settlement): Promise<void> {
  const { environment, approval } = name;
  const { state, summary } = settlement;
  await appendAudit(deps, name.promotionId, {
    id: `approval#${environment}#${approval}#${subject.record.askedAt}#end`,
    kind: `approval-${state}`,
    summary: `approval "${approval}" for ${environment}: ${summary}`,
    environment,
    data: { approval, state, round: subject.record.askedAt, binding: subject.record.binding },
  });
  const notice = {
    name: `APPROVAL#${environment}#${approval}#${subject.record.askedAt}#end`,
    ...endNotice(subject, settlement),
  };
  await send(deps, name.promotionId, notice, concerned(subject.record, settlement), { mark: "before" });
}

/** The parties always; the people asked when their answer is no longer wanted, whether they gave one or not. */
function concerned(record: ApprovalRecord, { state }: Settlement): string[] {
  const asked =
    state === "approved" || state === "rejected" ? [] : seatsOf(rolesAsked(record)).map(({ person }) => person.address);
  return [...new Set([...partyAddresses(record), ...asked])];
}

/**
 * Links that were held back; reminders to those whose answer is missing, the newest only; the escalation's people once
 * they are asked. Returns because of whom links wait.
 */
async function nudge(
  deps: MailTools,
  subject: Subject,
  { decisions, inForce, settlement: { remindDue } }: Settled,
): Promise<readonly Overhearer[]> {
  const { record } = subject;
  const heldBack: Overhearer[] = [];
  const mail = async (roles: readonly AskedRole[], reason: Parameters<typeof mailSeats>[3], occasion: string) => {
    const mailed = await mailSeats(deps, subject, openSeats(record, decisions, roles, inForce), reason, occasion);
    heldBack.push(...mailed.heldBack);
  };
  if (record.heldBack === true) await mail(record.roles, "asked", "ask");
  if (record.escalation !== null && record.escalatedAt !== null) await mail([record.escalation], "escalated", "ask");
  if (remindDue > 0) await mail(rolesToRemind(record, remindDue), "reminded", `remind-${remindDue}`);
  return heldBack;
}

/** Whoever was asked by the escalation alone is not reminded of what was due before they were asked. */
function rolesToRemind(record: ApprovalRecord, reminder: number): readonly AskedRole[] {
  const dueAt = record.askedAt + reminder * (record.remindSeconds ?? 0) * 1_000;
  return record.escalatedAt !== null && dueAt <= record.escalatedAt ? record.roles : rolesAsked(record);
}
