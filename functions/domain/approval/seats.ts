/** Seats: one person in one role, and which of them still owe an answer. */
import { personOf, type Seats } from "../people.ts";
import type { ApprovalRecord, AskedPerson, AskedRole, Decision } from "./approval.ts";
import { goneSeats, type InForce, isGone, standsFor } from "./in-force.ts";
import { countedDecisions } from "./settlement.ts";

export interface Seat {
  readonly role: AskedRole;
  readonly person: AskedPerson;
}

export function seatsOf(roles: readonly AskedRole[]): Seat[] {
  return roles.flatMap((role) => role.people.map((person) => ({ role, person })));
}

/** Seats whose role still lacks answers and whose person has given none and may give one. */
export function openSeats(
  record: ApprovalRecord,
  decisions: readonly Decision[],
  roles: readonly AskedRole[],
  inForce: InForce,
): Seat[] {
  const counted = countedDecisions(record, decisions, inForce);
  const answered = new Set(counted.map((one) => personOf(one.address)));
  const full = (role: AskedRole) => counted.filter((one) => one.role === role.role).length >= role.needed;
  return seatsOf(roles).filter(
    ({ role, person }) =>
      !full(role) && !answered.has(personOf(person.address)) && standsFor(inForce, role.role, person.address),
  );
}

/** Whom each role has left to fill it: those who may decide, without those who have answered in another role. */
export function seatsLeft(record: ApprovalRecord, decisions: readonly Decision[], inForce: InForce): Seats[] {
  const gone = goneSeats(record, inForce);
  const counted = countedDecisions(record, decisions, inForce);
  const elsewhere = (role: string, person: string) =>
    counted.some((one) => one.role !== role && personOf(one.address) === person);
  return record.roles.map(({ role, needed, people }) => {
    const left = people.map(({ address }) => address).filter((address) => !isGone(gone, role, address));
    return { role, needed, people: left.filter((address) => !elsewhere(role, personOf(address))) };
  });
}
