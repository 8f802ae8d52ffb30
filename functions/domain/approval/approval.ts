/**
 * Approvals: who is asked, and what the answers so far amount to. Pure: the same record, decisions, signals and instant
 * give the same settlement, whoever asks and however often.
 */

import type { Signal, SignalKind } from "../ledger/signals.ts";
import { addressIn, looksLikeAddress, personOf, samePerson } from "../people.ts";
import type { ApprovalPlan, RolePlan } from "../plan.ts";

export const APPROVAL_OUTCOMES = ["approved", "rejected", "expired", "superseded", "cancelled"] as const;
export type ApprovalOutcome = (typeof APPROVAL_OUTCOMES)[number];
export type ApprovalState = "waiting" | ApprovalOutcome;

/** One person in one role. The generation is part of the link, so that a link dies with its seat. */
export interface AskedPerson {
  readonly address: string;
  readonly generation: number;
}

export interface AskedRole {
  readonly role: string;
  readonly needed: number;
  readonly checklist: readonly string[];
  readonly people: readonly AskedPerson[];
}

/** A yes/no found before people were asked, frozen with the approval: what they see is what they decide about. */
export interface GateResult {
  readonly name: string;
  readonly passed: boolean;
  readonly found: string;
}

/** What was asked, of whom, until when. `askedAt` tells one round of asking from the next. */
export interface ApprovalRecord {
  readonly promotionId: string;
  readonly environment: string;
  readonly approval: string;
  readonly state: ApprovalState;
  /** Grows with every change; each change is conditional on the one that it read. */
  readonly revision: number;
  /** Newest generation handed out. */
  readonly generation: number;
  /** True from a decision or an end until the workflow has read it; the sweeper looks for it. */
  readonly news: boolean;
  readonly roles: readonly AskedRole[];
  /** Who is asked when the others stay silent; `escalatedAt` says whether that has happened. */
  readonly escalation: AskedRole | null;
  readonly askedAt: number;
  readonly expiresAt: number;
  readonly remindSeconds: number | null;
  readonly escalatesAt: number | null;
  readonly escalatedAt: number | null;
  readonly requester: string;
  /** IAM identity that started the promotion; null: nobody is on record. */
  readonly startedBy: string | null;
  /** Hash of what the decision is about: release, artifacts, evidence, gate results, the trail so far. */
  readonly binding: string;
  /** Hash of the trail's newest entry when people were asked, and so of all that was found before; null: none was. */
  readonly trail: string | null;
  readonly gates: readonly GateResult[];
  readonly endedAt: number | null;
  /** Why it ended, in one line. */
  readonly summary: string;
}

export interface Decision {
  readonly role: string;
  readonly address: string;
  readonly decision: "approved" | "rejected";
  readonly comment: string;
  /** Points of the role's checklist that were ticked, and those that were not, which only a rejection may have. */
  readonly checklist: readonly string[];
  readonly unticked: readonly string[];
  readonly version: string;
  readonly at: number;
  /** `askedAt` of the round that it answers. */
  readonly round: number;
  readonly binding: string;
  readonly via: "page" | "api";
  /** IAM identity of the caller, where the decision came through the API. */
  readonly caller: string | null;
  readonly sourceIp: string;
  readonly userAgent: string;
}

export interface WaitingFor {
  readonly role: string;
  readonly missing: number;
  /** Addresses of the role's people who have not answered. */
  readonly people: readonly string[];
}

export interface Settlement {
  readonly state: ApprovalState;
  readonly summary: string;
  readonly waitingFor: readonly WaitingFor[];
  /** Number of the reminder that is due, counted from 1; 0: none is. */
  readonly remindDue: number;
  readonly escalateDue: boolean;
  /** When to look again (epoch ms): the next reminder, the escalation or the expiry. */
  readonly nextAt: number;
}

/** Who decides nothing about a promotion: its requester, and the person behind the identity that started it. */
export function partiesTo({ requester, startedBy }: Pick<ApprovalRecord, "requester" | "startedBy">): string[] {
  const starter = startedBy === null ? null : addressIn(startedBy);
  return starter === null ? [requester] : [requester, starter];
}

/** The role as it is asked: without the parties to the promotion, each person once. */
export function askedRole(role: RolePlan, parties: readonly string[], generation: number): AskedRole {
  const people = new Map(role.people.map((address) => [personOf(address), address] as const));
  for (const party of parties) people.delete(personOf(party));
  return {
    role: role.role,
    needed: role.needed,
    checklist: role.checklist,
    people: [...people.values()].map((address) => ({ address, generation })),
  };
}

/**
 * Who is asked. A party to the promotion is in no role, under whatever spelling. The escalation's people get the checklist
 * of their role, or, where it has none, every item of the roles that they may stand in for.
 */
export function whoIsAsked(
  plan: Pick<ApprovalPlan, "roles" | "escalateTo">,
  parties: readonly string[],
  generation: number,
): Pick<ApprovalRecord, "roles" | "escalation"> {
  const roles = plan.roles.map((role) => askedRole(role, parties, generation));
  if (plan.escalateTo === null) return { roles, escalation: null };
  const own = plan.escalateTo.checklist;
  const checklist = own.length > 0 ? own : [...new Set(roles.flatMap((role) => role.checklist))];
  return { roles, escalation: askedRole({ ...plan.escalateTo, checklist }, parties, generation) };
}

/** Roles whose people have been asked so far: the escalation's only once it has happened. */
export function rolesAsked(record: ApprovalRecord): readonly AskedRole[] {
  return record.escalation === null || record.escalatedAt === null
    ? record.roles
    : [...record.roles, record.escalation];
}

/** The role and the person of a seat; undefined when this person is not asked in this role. */
export function seatOf(
  record: ApprovalRecord,
  role: string,
  address: string,
): { readonly role: AskedRole; readonly person: AskedPerson } | undefined {
  for (const asked of rolesAsked(record)) {
    const person = asked.role === role ? asked.people.find((one) => samePerson(one.address, address)) : undefined;
    if (person !== undefined) return { role: asked, person };
  }
  return undefined;
}

/**
 * Decisions that count: in time, of this round, by somebody who is asked in that role and is no party, and the
 * first one of each person.
 */
export function countedDecisions(record: ApprovalRecord, decisions: readonly Decision[]): Decision[] {
  const first = new Map<string, Decision>();
  const parties = partiesTo(record).map(personOf);
  for (const decision of [...decisions].sort((a, b) => a.at - b.at)) {
    const person = personOf(decision.address);
    const valid =
      decision.round === record.askedAt &&
      decision.at < record.expiresAt &&
      !parties.includes(person) &&
      seatOf(record, decision.role, decision.address) !== undefined;
    if (valid && !first.has(person)) first.set(person, decision);
  }
  return [...first.values()];
}

/**
 * What is still missing. An escalation's yes stands in for one missing yes of any role, and no more: whoever escalates
 * two silent roles to one manager still has a second pair of eyes to find. Where the escalation role needs several, so
 * many of them make one stand-in.
 */
export function waitingFor(record: ApprovalRecord, counted: readonly Decision[]): WaitingFor[] {
  const yes = (role: string) => counted.filter((one) => one.role === role && one.decision === "approved").length;
  const answered = new Set(counted.map((one) => personOf(one.address)));
  let standIns = record.escalation === null ? 0 : Math.floor(yes(record.escalation.role) / record.escalation.needed);
  return record.roles.flatMap((role) => {
    const short = Math.max(0, role.needed - yes(role.role));
    const stoodIn = Math.min(short, standIns);
    standIns -= stoodIn;
    if (short === stoodIn) return [];
    const people = role.people.map((one) => one.address).filter((address) => !answered.has(personOf(address)));
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
  now: number,
): Settlement {
  const counted = countedDecisions(record, decisions);
  const missing = waitingFor(record, counted);
  const ended = endOf(record, counted, missing, signals, now);
  if (ended !== null) {
    return { ...ended, waitingFor: missing, remindDue: 0, escalateDue: false, nextAt: now };
  }
  return {
    state: "waiting",
    summary: `waiting for ${missing.map(({ role, missing: count }) => (count > 1 ? `${count} x ${role}` : role)).join(", ")}`,
    waitingFor: missing,
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
  if (rejection !== undefined) return { state: "rejected", summary: `rejected by ${saidBy(rejection)}` };
  for (const signal of signals) {
    const state = ENDING_SIGNALS[signal.kind];
    if (state !== undefined) return { state, summary: `${state} by ${signal.by}: ${signal.reason}` };
  }
  if (missing.length === 0) return { state: "approved", summary: `approved by ${counted.map(saidBy).join(" and ")}` };
  if (now >= record.expiresAt) return { state: "expired", summary: `expired without an answer from ${names(missing)}` };
  return null;
}

const saidBy = (decision: Decision) => `${decision.address} (${decision.role})`;
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

/** Whether an approval given at `endedAt` counts no more at `now`: it was about a state of the world long past. */
export function isStale(record: ApprovalRecord, plan: Pick<ApprovalPlan, "validSeconds">, now: number): boolean {
  return record.state === "approved" && record.endedAt !== null && now - record.endedAt > plan.validSeconds * 1_000;
}

/** Where the parties can be told how it stands; those who are no addresses are left out. */
export function partyAddresses(record: Pick<ApprovalRecord, "requester" | "startedBy">): string[] {
  const addresses = partiesTo(record)
    .map((party) => party.trim())
    .filter(looksLikeAddress);
  return [...new Map(addresses.map((address) => [personOf(address), address] as const)).values()];
}
