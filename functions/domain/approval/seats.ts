/** Seats: one person in one role, and which of them still owe an answer. */
import { personOf } from "../people.ts";
import type { ApprovalRecord, AskedPerson, AskedRole, Decision } from "./approval.ts";
import { countedDecisions } from "./settlement.ts";

export interface Seat {
  readonly role: AskedRole;
  readonly person: AskedPerson;
}

export function seatsOf(roles: readonly AskedRole[]): Seat[] {
  return roles.flatMap((role) => role.people.map((person) => ({ role, person })));
}

/** Seats whose role still lacks answers and whose person has given none. */
export function openSeats(record: ApprovalRecord, decisions: readonly Decision[], roles: readonly AskedRole[]): Seat[] {
  const counted = countedDecisions(record, decisions);
  const answered = new Set(counted.map((one) => personOf(one.address)));
  const full = (role: AskedRole) => counted.filter((one) => one.role === role.role).length >= role.needed;
  return seatsOf(roles).filter(({ role, person }) => !full(role) && !answered.has(personOf(person.address)));
}
