/**
 * Who may decide now. The plan says who is asked; whoever has left the policy since, or was revoked, is asked no more, and
 * what they said before counts no more as long as the approval waits.
 */
import { canonicalJson } from "../canonical.ts";
import { personOf } from "../people.ts";
import type { ApprovalRecord, AskedRole, GoneSeat } from "./approval.ts";

/** Somebody who was taken out at once, before any policy said so. */
export interface Revocation {
  readonly address: string;
  readonly by: string;
  readonly reason: string;
  /** Epoch ms. */
  readonly at: number;
}

/** Who holds which role of one environment now. */
export interface InForce {
  /** By role, the addresses that the policy in force names; a role that it does not name has no entry. */
  readonly holders: ReadonlyMap<string, readonly string[]>;
  readonly revoked: readonly Revocation[];
}

/** Nobody: what an ended approval is read with, which who is in force now does not change. */
export const NOBODY: InForce = { holders: new Map(), revoked: [] };

/**
 * Who holds each role of an environment by a policy as it is stored: the environment's own people, else the policy's. A
 * policy that has no such environment, or is none at all, names nobody.
 */
export function holdersIn(policy: unknown, environment: string): Map<string, readonly string[]> {
  const place = member(member(policy, "environments"), environment);
  if (place === undefined) return new Map();
  const roles = { ...objectOf(member(policy, "people")), ...objectOf(member(place, "people")) };
  return new Map(Object.entries(roles).map(([role, people]) => [role, textsOf(people)]));
}

function member(value: unknown, name: string): unknown {
  return Object.hasOwn(objectOf(value), name) ? objectOf(value)[name] : undefined;
}

const objectOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null ? { ...value } : {};

const textsOf = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((one) => typeof one === "string") : [];

/** Whether a person, under whatever spelling, may decide in this role now. */
export function standsFor(inForce: InForce, role: string, address: string): boolean {
  return whyNot(inForce, role, address) === null;
}

/** Why a person may not decide in this role now, as a clause; null: they may. */
export function whyNot({ holders, revoked }: InForce, role: string, address: string): string | null {
  const person = personOf(address);
  const revocation = revoked.find((one) => personOf(one.address) === person);
  if (revocation !== undefined) return `revoked by ${revocation.by}: ${revocation.reason}`;
  const people = holders.get(role);
  if (people === undefined) return `the policy in force has no role ${role} here`;
  return people.some((one) => personOf(one) === person) ? null : `the policy in force does not name them as ${role}`;
}

/**
 * Seats whose person may not decide any more. Of an ended approval those of when it ended: what happens to a person later
 * changes nothing of what was decided.
 */
export function goneSeats(record: ApprovalRecord, inForce: InForce): readonly GoneSeat[] {
  if (record.state !== "waiting") return record.gone?.seats ?? [];
  return [...record.roles, ...(record.escalation === null ? [] : [record.escalation])].flatMap(({ role, people }) =>
    people.flatMap(({ address }) => {
      const why = whyNot(inForce, role, address);
      return why === null ? [] : [{ role, address, why }];
    }),
  );
}

/** Who may decide by what was last settled and taken down: for those who show how it stands, without the policy. */
export function asNoted(record: ApprovalRecord): InForce {
  const noted = record.gone?.seats ?? [];
  const roles = [...record.roles, ...(record.escalation === null ? [] : [record.escalation])];
  const left = ({ role, people }: AskedRole) =>
    people.map(({ address }) => address).filter((address) => !isGone(noted, role, address));
  return { holders: new Map(roles.map((role) => [role.role, left(role)])), revoked: [] };
}

/** Whether the seat of this person in this role is one of these. */
export function isGone(gone: readonly GoneSeat[], role: string, address: string): boolean {
  const person = personOf(address);
  return gone.some((seat) => seat.role === role && personOf(seat.address) === person);
}

/** Whether what is on record about who is gone is what is so now. */
export function isNoted(record: ApprovalRecord, gone: readonly GoneSeat[]): boolean {
  return canonicalJson(record.gone?.seats ?? []) === canonicalJson(gone);
}
