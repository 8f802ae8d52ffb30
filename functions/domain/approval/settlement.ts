/**
 * What the answers so far amount to. Pure: the same record, decisions, signals, people in force and instant give the same
 * settlement, whoever asks and however often.
 */
import type { Signal, SignalKind } from "../ledger/signals.ts";
import { personOf } from "../people.ts";
import type { ApprovalPlan } from "../plan.ts";
import { oneLine } from "../text.ts";
import {
  type ApprovalOutcome,
  type ApprovalRecord,
  type ApprovalState,
  type Decision,
  type GoneSeat,
  partiesTo,
  seatOf,
} from "./approval.ts";
import { goneSeats, type InForce, isGone, isNoted } from "./in-force.ts";

export interface WaitingFor {
  readonly role: string;
  readonly missing: number;
  /** Addresses of the role's people who may answer and have not. */
  readonly people: readonly string[];
}

export interface Settlement {
  readonly state: ApprovalState;
  readonly summary: string;
  readonly waitingFor: readonly WaitingFor[];
  /** Who of those asked may not decide any more; what they said counts no more. */
  readonly gone: readonly GoneSeat[];
  /** Number of the reminder that is due, counted from 1; 0: none is. */
  readonly remindDue: number;
  readonly escalateDue: boolean;
  /** When to look again (epoch ms): the next reminder, the escalation or the expiry. */
  readonly nextAt: number;
}

/**
 * Decisions that count: in time, of this round, by somebody who is asked in that role, still holds it and is no party, and
 * the first one of each person.
 */
export function countedDecisions(record: ApprovalRecord, decisions: readonly Decision[], inForce: InForce): Decision[] {
  const gone = goneSeats(record, inForce);
  const first = new Map<string, Decision>();
  const parties = partiesTo(record).map(personOf);
  for (const decision of [...decisions].sort((a, b) => a.at - b.at)) {
    const person = personOf(decision.address);
    const valid =
      decision.round === record.askedAt &&
      decision.at < record.expiresAt &&
      !parties.includes(person) &&
      seatOf(record, decision.role, decision.address) !== undefined &&
      !isGone(gone, decision.role, decision.address);
    if (valid && !first.has(person)) first.set(person, decision);
  }
  return [...first.values()];
}

/**
 * What is still missing. An escalation's yes stands in for one missing yes of any role, and no more: whoever escalates
 * two silent roles to one manager still has a second pair of eyes to find. Where the escalation role needs several, so
 * many of them make one stand-in.
 */
export function waitingFor(record: ApprovalRecord, counted: readonly Decision[], inForce: InForce): WaitingFor[] {
  const gone = goneSeats(record, inForce);
  const yes = (role: string) => counted.filter((one) => one.role === role && one.decision === "approved").length;
  const answered = new Set(counted.map((one) => personOf(one.address)));
  let standIns = record.escalation === null ? 0 : Math.floor(yes(record.escalation.role) / record.escalation.needed);
  return record.roles.flatMap((role) => {
    const short = Math.max(0, role.needed - yes(role.role));
    const stoodIn = Math.min(short, standIns);
    standIns -= stoodIn;
    if (short === stoodIn) return [];
    const people = role.people
      .map((one) => one.address)
      .filter((address) => !answered.has(personOf(address)) && !isGone(gone, role.role, address));
    return [{ role: role.role, missing: short - stoodIn, people }];
  });
}

const ENDING_SIGNALS: Readonly<Partial<Record<SignalKind, ApprovalOutcome>>> = {
  abort: "cancelled",
  "roll-back": "cancelled",
  supersede: "superseded",
};

/**
 * What the answers amount to at `now` (epoch ms). An ended record stays ended. Among what could end a waiting one at the
 * same time the careful reading wins: a rejection, then an operator's or a newer promotion's word, then the yeses, then
 * the expiry.
 */
export function settle(
  record: ApprovalRecord,
  decisions: readonly Decision[],
  signals: readonly Pick<Signal, "kind" | "by" | "reason">[],
  inForce: InForce,
  now: number,
): Settlement {
  const counted = countedDecisions(record, decisions, inForce);
  const missing = waitingFor(record, counted, inForce);
  const gone = goneSeats(record, inForce);
  const ended = endOf(record, counted, missing, signals, now);
  if (ended !== null) {
    return { ...ended, waitingFor: missing, gone, remindDue: 0, escalateDue: false, nextAt: now };
  }
  return {
    state: "waiting",
    summary: [`waiting for ${missing.map(amount).join(", ")}`, ...gone.map(goneInWords)].join("; "),
    waitingFor: missing,
    gone,
    remindDue: remindersBy(record, now),
    escalateDue: record.escalation !== null && record.escalatedAt === null && now >= escalation(record),
    nextAt: nextLook(record, now),
  };
}

function endOf(
  record: ApprovalRecord,
  counted: readonly Decision[],
  missing: readonly WaitingFor[],
  signals: readonly Pick<Signal, "kind" | "by" | "reason">[],
  now: number,
): { readonly state: ApprovalOutcome; readonly summary: string } | null {
  if (record.state !== "waiting") return { state: record.state, summary: record.summary };
  const rejection = counted.find((one) => one.decision === "rejected");
  if (rejection !== undefined)
    return { state: "rejected", summary: `rejected by ${saidBy(rejection)}${reasonOf(rejection)}` };
  for (const signal of signals) {
    const state = ENDING_SIGNALS[signal.kind];
    if (state !== undefined) return { state, summary: `${state} by ${signal.by}: ${signal.reason}` };
  }
  if (missing.length === 0) return { state: "approved", summary: `approved by ${counted.map(saidBy).join(" and ")}` };
  if (now >= record.expiresAt) return { state: "expired", summary: `expired without an answer from ${names(missing)}` };
  return null;
}

const amount = ({ role, missing }: WaitingFor) => (missing > 1 ? `${missing} x ${role}` : role);
/** `jane@example.com (tech-lead) counts no more: revoked by ...` */
export const goneInWords = ({ role, address, why }: GoneSeat) => `${address} (${role}) counts no more: ${why}`;
const saidBy = (decision: Decision) => `${decision.address} (${decision.role})`;

/** Whole, in quotes that it cannot leave: whoever looks afterwards, or is told of the end, reads why. */
function reasonOf({ comment }: Decision): string {
  return comment === "" ? "" : `: "${oneLine(comment, Number.POSITIVE_INFINITY).replaceAll('"', "'")}"`;
}

const names = (missing: readonly WaitingFor[]) => missing.map(({ role }) => role).join(", ");
const escalation = (record: ApprovalRecord) => record.escalatesAt ?? Number.POSITIVE_INFINITY;

/** Reminders that have come due since the asking. */
function remindersBy(record: ApprovalRecord, now: number): number {
  if (record.remindSeconds === null) return 0;
  return Math.max(0, Math.floor((now - record.askedAt) / (record.remindSeconds * 1_000)));
}

function nextLook(record: ApprovalRecord, now: number): number {
  const candidates = [record.expiresAt];
  if (record.remindSeconds !== null) {
    candidates.push(record.askedAt + (remindersBy(record, now) + 1) * record.remindSeconds * 1_000);
  }
  if (record.escalation !== null && record.escalatedAt === null) candidates.push(escalation(record));
  return Math.min(...candidates.filter((at) => at > now));
}

/** The change to the record that says who is gone, as the settlement found them; empty: it says so already. */
export function goneChange(
  record: ApprovalRecord,
  { gone }: Settlement,
  now: number,
): Partial<Pick<ApprovalRecord, "gone" | "news">> {
  return isNoted(record, gone) ? {} : { gone: { at: now, seats: gone }, news: true };
}

/**
 * Whether an approval that was given would be given still: whether those who said yes, and hold their roles yet, are
 * enough. What was not given holds nothing.
 */
export function holdsYet(record: ApprovalRecord, decisions: readonly Decision[], inForce: InForce): boolean {
  if (record.state !== "approved") return false;
  const again: ApprovalRecord = { ...record, state: "waiting" };
  return waitingFor(again, countedDecisions(again, decisions, inForce), inForce).length === 0;
}

/** Whether an approval given at `endedAt` counts no more at `now`: it was about a state of the world long past. */
export function isStale(record: ApprovalRecord, plan: Pick<ApprovalPlan, "validSeconds">, now: number): boolean {
  return record.state === "approved" && record.endedAt !== null && now - record.endedAt > plan.validSeconds * 1_000;
}
