/** Approvals: what was asked of whom, and what they answered. */

import { addressIn, type Caller, callerInWords, principalOf, samePrincipal } from "../callers.ts";
import { looksLikeAddress, personOf, samePerson } from "../people.ts";
import type { ApprovalPlan, RolePlan } from "../plan.ts";

export const APPROVAL_OUTCOMES = ["approved", "rejected", "expired", "superseded", "cancelled"] as const;
export type ApprovalOutcome = (typeof APPROVAL_OUTCOMES)[number];
export type ApprovalState = "waiting" | ApprovalOutcome;

/** One person in one role. The generation is part of the link, so that a link dies with its seat. */
export interface AskedPerson {
  readonly address: string;
  readonly generation: number;
  /** Whose seat it was before, where it was given on. */
  readonly replaces?: string;
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

/** Somebody asked who may not decide any more, and why. */
export interface GoneSeat {
  readonly role: string;
  readonly address: string;
  readonly why: string;
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
  /** True while links are not mailed because somebody else would read them; the sweeper looks for it. */
  readonly heldBack?: boolean;
  readonly roles: readonly AskedRole[];
  /** Who is asked when the others stay silent; `escalatedAt` says whether that has happened. */
  readonly escalation: AskedRole | null;
  readonly askedAt: number;
  /** Why the yes of the round before counted no more, where people had to be asked anew for that. */
  readonly anew?: string;
  readonly expiresAt: number;
  readonly remindSeconds: number | null;
  readonly escalatesAt: number | null;
  readonly escalatedAt: number | null;
  /** Who of those asked may not decide any more, as last found, and since when (epoch ms); null: nobody ever was. */
  readonly gone: { readonly at: number; readonly seats: readonly GoneSeat[] } | null;
  readonly requester: string;
  /** IAM identity that started the promotion; null: nobody is on record. */
  readonly startedBy: string | null;
  readonly starter?: Caller | null;
  /** Hash of what the decision is about: release, artifacts, evidence, gate results, the trail so far. */
  readonly binding: string;
  /** Hash of the promotion's plan as a whole, as its header had it when people were asked. */
  readonly planHash: string;
  /** Hash of the trail's newest entry when people were asked, and so of all that was found before; null: none was. */
  readonly trail: string | null;
  readonly gates: readonly GateResult[];
  /** Epoch of the links that its people have; absent in records of 0.1.0, whose links work no more. */
  readonly linkEpoch?: number;
  /** Since when new links are owed to them, because the epoch was raised (epoch ms); null or absent: none are. */
  readonly renewingSince?: number | null;
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
  /** How that identity is held; absent in decisions from before callers were held by their principal. */
  readonly signer?: Caller | null;
  readonly sourceIp: string;
  readonly userAgent: string;
}

/**
 * Who decides nothing about a promotion: its requester, and the person whom the identity that started it names. Both may
 * be claims: a claim keeps its bearer out, and lets nobody in.
 */
export function partiesTo({ requester, startedBy }: Pick<ApprovalRecord, "requester" | "startedBy">): string[] {
  const starter = startedBy === null ? null : addressIn(startedBy);
  return starter === null ? [requester] : [requester, starter];
}

/** Whether the principal behind a request started the promotion, whatever its session was called then or is now. */
export function hasStarted(
  { startedBy, starter }: Pick<ApprovalRecord, "startedBy" | "starter">,
  caller: Caller,
): boolean {
  const principal = principalOf(starter, startedBy);
  return principal !== null && samePrincipal(principal, caller.principal);
}

/** Who signed a decision, and what the name is worth; null: it came by a mailed link. */
export function signerInWords({ caller, signer }: Pick<Decision, "caller" | "signer">): string | null {
  return caller === null ? null : callerInWords({ arn: caller, person: signer?.person ?? null });
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

/** Where the parties can be told how it stands; those who are no addresses are left out. */
export function partyAddresses(record: Pick<ApprovalRecord, "requester" | "startedBy">): string[] {
  const addresses = partiesTo(record)
    .map((party) => party.trim())
    .filter(looksLikeAddress);
  return [...new Map(addresses.map((address) => [personOf(address), address] as const)).values()];
}
