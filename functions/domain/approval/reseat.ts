/** Sending a link again, and giving a seat to another person of the role. */

import { LedgerBusy } from "../errors.ts";
import { appendAudit } from "../ledger/append-audit.ts";
import { loadSignals } from "../ledger/load.ts";
import { currentPolicy } from "../ledger/policies.ts";
import { personOf, samePerson } from "../people.ts";
import type { RolePlan } from "../plan.ts";
import { Conflict, type Ledger } from "../ports.ts";
import { type ApprovalRecord, type AskedRole, type Decision, partiesTo, seatOf } from "./approval.ts";
import { loadApproval, loadAsked, loadDecisions } from "./load.ts";
import { type MailTools, mailSeats } from "./mail-seats.ts";
import type { Subject } from "./notices.ts";
import { type ApprovalName, changeApproval } from "./records.ts";
import { countedDecisions, type Settlement, settle } from "./settlement.ts";

export type Reseated =
  | { readonly kind: "done"; readonly address: string; readonly reach: "confirmed" | "unconfirmed" | "absent" }
  | { readonly kind: "ended"; readonly settlement: Pick<Settlement, "state" | "summary"> }
  | { readonly kind: "refused"; readonly status: 403 | 404 | 409; readonly why: string };

interface Situation extends Subject {
  readonly decisions: readonly Decision[];
  readonly settlement: Settlement;
  readonly people: readonly RolePlan[];
}

async function situationOf(deps: MailTools, name: ApprovalName): Promise<Situation> {
  const record = await loadApproval(deps.ledger, name);
  const { release, plan, wanted } = await loadAsked(deps.ledger, name);
  const decisions = await loadDecisions(deps.ledger, name);
  const signals = await loadSignals(deps.ledger, name.promotionId);
  const settlement = settle(record, decisions, signals, deps.clock.now());
  const people = wanted.escalateTo === null ? wanted.roles : [...wanted.roles, wanted.escalateTo];
  return { record, release, plan, decisions, settlement, people };
}

/**
 * Sends the link of a seat once more: the same link, so that a mail that is only late leads to the same page. At most
 * once a minute, since SNS suspends an address that gets too many. Throws what the ports throw.
 */
export async function resendLink(
  deps: MailTools,
  name: ApprovalName,
  wanted: { readonly role: string; readonly address: string; readonly caller: string },
): Promise<Reseated> {
  const situation = await situationOf(deps, name);
  if (situation.settlement.state !== "waiting") return { kind: "ended", settlement: situation.settlement };
  const seat = seatOf(situation.record, wanted.role, wanted.address);
  if (seat === undefined) return notAsked(wanted.address, wanted.role);
  const minute = Math.floor(deps.clock.now() / 60_000);
  await mailSeats(deps, situation, [seat], "sent again", `resend-${minute}`);
  await appendAudit(deps, name.promotionId, {
    id: `resent#${name.environment}#${name.approval}#${wanted.role}#${personOf(wanted.address)}#${minute}`,
    kind: "link-resent",
    summary: `the link of ${seat.person.address} (${wanted.role}) was sent again for ${wanted.caller}`,
    environment: name.environment,
    data: { approval: name.approval, ...wanted },
  });
  return done(deps, seat.person.address);
}

const notAsked = (address: string, role: string): Reseated => ({
  kind: "refused",
  status: 404,
  why: `${address} is not asked as ${role}`,
});

async function done(deps: MailTools, address: string): Promise<Reseated> {
  const reach = await deps.mailer.reach([address]);
  return { kind: "done", address, reach: reach.get(address) ?? "absent" };
}

const ATTEMPTS = 8;

/**
 * Gives the seat of one person to another one of the same role. Who belongs to a role is said by the plan or by the
 * policy in force, never by the caller: whoever may call this may not name approvers. The old link dies. Throws
 * `LedgerBusy` when others kept changing the approval, and what the ports throw.
 */
export async function replacePerson(
  deps: MailTools,
  name: ApprovalName,
  wanted: { readonly role: string; readonly address: string; readonly by: string; readonly caller: string },
): Promise<Reseated> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const situation = await situationOf(deps, name);
    if (situation.settlement.state !== "waiting") return { kind: "ended", settlement: situation.settlement };
    if (isSeated(situation.record, wanted)) return tellReplaced(deps, name, situation, wanted);
    const refused = await refusal(deps.ledger, situation, wanted);
    if (refused !== null) return refused;
    const record = await reseat(deps, situation.record, wanted);
    if (record === null) continue;
    return tellReplaced(deps, name, { ...situation, record }, wanted);
  }
  throw new LedgerBusy(`approval ${name.approval} was changed by others ${ATTEMPTS} times in a row`);
}

/** An earlier call got this far, and its mail may be what failed. */
function isSeated(record: ApprovalRecord, { role, address, by }: Wanted): boolean {
  return seatOf(record, role, address) === undefined && seatOf(record, role, by) !== undefined;
}

type Wanted = Parameters<typeof replacePerson>[2];

async function refusal(ledger: Ledger, situation: Situation, wanted: Wanted): Promise<Reseated | null> {
  const { record, decisions } = situation;
  const refuse = (status: 403 | 404 | 409, why: string): Reseated => ({ kind: "refused", status, why });
  if (seatOf(record, wanted.role, wanted.address) === undefined) return notAsked(wanted.address, wanted.role);
  const isParty = partiesTo(record).some((party) => samePerson(wanted.by, party));
  if (isParty) return refuse(403, "whoever requested the release or started it does not decide about it");
  const decided = countedDecisions(record, decisions).map((one) => one.address);
  const busy = [wanted.address, wanted.by].find((address) => decided.some((one) => samePerson(one, address)));
  if (busy !== undefined) return refuse(409, `${busy} has decided already`);
  const people = await peopleOf(ledger, situation, record.environment, wanted.role);
  if (people.some((address) => samePerson(address, wanted.by))) return null;
  return refuse(403, `${wanted.by} is not one of ${wanted.role}: add the address to the policy and deploy it`);
}

async function peopleOf(ledger: Ledger, { people }: Situation, environment: string, role: string): Promise<string[]> {
  const planned = people.filter((one) => one.role === role).flatMap((one) => one.people);
  const policy = await currentPolicy(ledger);
  return [...planned, ...peopleIn(policy?.document, environment, role)];
}

/** Who holds a role by a stored policy: the environment's own people, else the policy's. */
function peopleIn(policy: unknown, environment: string, role: string): string[] {
  const own = member(member(member(policy, "environments"), environment), "people");
  const people = member(own, role) ?? member(member(policy, "people"), role);
  return Array.isArray(people) ? people.filter((one) => typeof one === "string") : [];
}

function member(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, name)
    ? Reflect.get(value, name)
    : undefined;
}

async function reseat(deps: MailTools, record: ApprovalRecord, wanted: Wanted): Promise<ApprovalRecord | null> {
  const generation = record.generation + 1;
  const change = {
    generation,
    roles: record.roles.map((role) => seated(role, wanted, generation)),
    escalation: record.escalation === null ? null : seated(record.escalation, wanted, generation),
  };
  try {
    await deps.ledger.write([changeApproval(record, change)]);
    return { ...record, ...change, revision: record.revision + 1 };
  } catch (error) {
    if (error instanceof Conflict) return null;
    throw error;
  }
}

function seated(role: AskedRole, { role: name, address, by }: Wanted, generation: number): AskedRole {
  if (role.role !== name) return role;
  const others = role.people.filter((one) => !samePerson(one.address, address) && !samePerson(one.address, by));
  return { ...role, people: [...others, { address: by, generation }] };
}

async function tellReplaced(
  deps: MailTools,
  name: ApprovalName,
  situation: Situation,
  wanted: Wanted,
): Promise<Reseated> {
  const { record } = situation;
  await appendAudit(deps, name.promotionId, {
    id: `replaced#${name.environment}#${name.approval}#${record.askedAt}#${record.generation}`,
    kind: "approver-replaced",
    summary: `${wanted.by} was asked in place of ${wanted.address} as ${wanted.role}, by ${wanted.caller}`,
    environment: name.environment,
    data: { approval: name.approval, ...wanted },
  });
  const seat = seatOf(record, wanted.role, wanted.by);
  if (seat !== undefined) await mailSeats(deps, situation, [seat], "asked", "ask");
  return done(deps, wanted.by);
}
