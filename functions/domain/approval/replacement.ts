/** Whether a seat may go to somebody else: who decides is chosen by nobody who has a stake in the answer. */
import { addressIn, type Caller } from "../callers.ts";
import { personOf, type Seats, samePerson, unfillable } from "../people.ts";
import { type ApprovalRecord, type AskedRole, type Decision, hasStarted, partiesTo, seatOf } from "./approval.ts";
import { type InForce, whyNot } from "./in-force.ts";
import { seatsLeft } from "./seats.ts";
import { countedDecisions } from "./settlement.ts";

export interface Exchange {
  readonly role: string;
  /** Whose seat it is. */
  readonly address: string;
  /** Who is to have it. */
  readonly by: string;
  /** Who asks for it. */
  readonly caller: Caller;
}

export interface Refusal {
  readonly status: 403 | 404 | 409;
  /** The reason, and what would work. */
  readonly why: string;
}

interface Situation {
  readonly record: ApprovalRecord;
  readonly decisions: readonly Decision[];
  readonly inForce: InForce;
}

/**
 * The exchange with its people as policy and record spell them. `jane+x@example.com` is Jane, and may be somebody else's
 * mailbox: whoever asks for an exchange does not choose where the link is mailed.
 */
export function asSpelled({ record, inForce }: Situation, exchange: Exchange): Exchange {
  const { role, address, by } = exchange;
  const named = inForce.holders.get(role)?.find((one) => samePerson(one, by)) ?? by;
  const seats = [seatOf(record, role, address)?.person.address, seatOf(record, role, named)?.person.replaces];
  return {
    ...exchange,
    address: seats.find((one) => one !== undefined && samePerson(one, address)) ?? address,
    by: named,
  };
}

/** Why this exchange is refused; null: it may be made. */
export function refuseExchange(situation: Situation, exchange: Exchange): Refusal | null {
  return (
    refuseCaller(situation, exchange) ??
    refuseSeat(situation, exchange) ??
    refuseMany(situation) ??
    refusePerson(situation, exchange) ??
    refuseGap(situation, exchange)
  );
}

/** A party may ask others to give the seat away, and not do it: otherwise it would choose who decides about its release. */
function refuseCaller({ record }: Situation, { caller }: Exchange): Refusal | null {
  const claimed = addressIn(caller.arn) ?? caller.arn;
  const isParty = hasStarted(record, caller) || partiesTo(record).some((party) => samePerson(claimed, party));
  if (!isParty) return null;
  const why = "whoever requested the release or started it does not choose who decides: let somebody of the role do it";
  return { status: 403, why };
}

/** Askings and exchanges of one approval: each exchange mails a whole role, and nobody needs as many in good faith. */
const MOST_GENERATIONS = 20;

function refuseMany({ record: { generation } }: Situation): Refusal | null {
  if (generation < MOST_GENERATIONS) return null;
  const why = `seats of this approval changed hands or were asked anew ${generation - 1} times, with a mail to the role each time: let those who are asked answer, or start the release again as its next attempt`;
  return { status: 409, why };
}

/** A seat is given away as long as its person has not decided, or decided before they were removed. */
function refuseSeat({ record, decisions, inForce }: Situation, { role, address }: Exchange): Refusal | null {
  if (seatOf(record, role, address) === undefined) {
    return { status: 404, why: `${address} is not asked as ${role}` };
  }
  const counted = countedDecisions(record, decisions, inForce);
  const hasDecided = counted.some((one) => samePerson(one.address, address));
  return hasDecided ? { status: 409, why: `${address} has decided already, and keeps the seat` } : null;
}

function refusePerson({ record, decisions, inForce }: Situation, { role, address, by }: Exchange): Refusal | null {
  if (partiesTo(record).some((party) => samePerson(by, party))) {
    const why = `whoever requested the release or started it does not decide about it: name somebody else of ${role}`;
    return { status: 403, why };
  }
  if (samePerson(by, address)) return { status: 409, why: `${address} has the seat: send the link again by resend` };
  const hasDecided = decisions.some((one) => one.round === record.askedAt && samePerson(one.address, by));
  if (hasDecided) return { status: 409, why: `${by} has decided already: name somebody else of ${role}` };
  const why = whyNot(inForce, role, by);
  if (why === null) return null;
  return { status: 403, why: `${by} is not one of ${role} (${why}): add the address to the policy and deploy it` };
}

/** Nobody may make an approval impossible to give, by putting somebody in who sits there or elsewhere already. */
function refuseGap(situation: Situation, exchange: Exchange): Refusal | null {
  const { role, address, by } = exchange;
  const before = left(situation);
  const after = left({ ...situation, record: { ...situation.record, ...exchanged(situation.record, exchange, 0) } });
  const lost = unfillable(after).find(
    (one) => !unfillable(before).includes(one) || countOf(after, one) < countOf(before, one),
  );
  if (lost === undefined) return null;
  const why = `with ${by} in place of ${address} as ${role}, those who are left could not fill ${lost}: name somebody who has no seat yet`;
  return { status: 409, why };
}

/** Whom each role has left, the escalation's too. */
function left({ record, decisions, inForce }: Situation): Seats[] {
  return seatsLeft(record, decisions, inForce);
}

const countOf = (seats: readonly Seats[], role: string) =>
  new Set(seats.filter((one) => one.role === role).flatMap(({ people }) => people.map(personOf))).size;

/** The roles after the exchange; whoever is put in sits there once, under this generation. */
export function exchanged(
  record: ApprovalRecord,
  exchange: Exchange,
  generation: number,
): Pick<ApprovalRecord, "roles" | "escalation"> {
  return {
    roles: record.roles.map((role) => seated(role, exchange, generation)),
    escalation: record.escalation === null ? null : seated(record.escalation, exchange, generation),
  };
}

function seated(role: AskedRole, { role: name, address, by }: Exchange, generation: number): AskedRole {
  if (role.role !== name) return role;
  const others = role.people.filter((one) => !samePerson(one.address, address) && !samePerson(one.address, by));
  return { ...role, people: [...others, { address: by, generation, replaces: address }] };
}
