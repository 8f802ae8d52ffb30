/**
 * People behind addresses: who is the same person, and whether the people at hand can fill the seats that an approval
 * has. A seat is one yes that one role owes; a person fills one seat at most.
 */
import { asciiDomain, bareAddress } from "./address.ts";

/** Neither seen nor part of an address: UTS 39 drops them before it compares. */
const IGNORED = /[\p{Default_Ignorable_Code_Point}\p{Cf}\p{Cc}\p{Cs}\u2800]/gu;

/**
 * Who an address belongs to. Dropped is all that mail systems drop, or that nobody sees: a display name, comments, quotes,
 * blanks, invisible characters, compatibility forms (NFKC), case, dots after the domain, and the `+tag` of the local part.
 * A domain is compared by its ASCII form, and `ALIKE` has the providers that ignore more. Only for comparing: mail goes to
 * the address as the policy writes it. Where a host does treat `a+b` as a mailbox of its own, two of its people count as
 * one: an approval too few, never one too many. Dots stay elsewhere, since most hosts tell them apart.
 */
export function personOf(address: string): string {
  const bare = bareAddress(folded(address));
  const at = bare.lastIndexOf("@");
  if (at < 0) return bare.trim();
  const { domain, ignoresDots } = hostOf(bare.slice(at + 1));
  const local = untagged(bare.slice(0, at));
  return `${ignoresDots ? local.replaceAll(".", "") : local}@${domain}`;
}

/** Compatibility forms and case, upper before lower: the two small sigmas have one capital. Each can bring forth the other. */
const folded = (text: string): string => foldedOnce(foldedOnce(text)).normalize("NFKC");

const foldedOnce = (text: string): string => text.normalize("NFKC").replace(IGNORED, "").toUpperCase().toLowerCase();

function untagged(local: string): string {
  const tag = local.indexOf("+");
  return tag > 0 ? local.slice(0, tag) : local;
}

interface Host {
  readonly domain: string;
  readonly ignoresDots: boolean;
}

/** Google: "Dots don't matter in Gmail addresses", of its own two domains only; with Workspace they do matter. */
const GMAIL: Host = { domain: "gmail.com", ignoresDots: true };
const ALIKE: ReadonlyMap<string, Host> = new Map([
  ["gmail.com", GMAIL],
  ["googlemail.com", GMAIL],
]);

/** What a domain is compared by: its ASCII form where it has one, without dots after it. */
function hostOf(written: string): Host {
  const ascii = /[^ -~]/.test(written) ? (asciiDomain(written) ?? written) : written;
  const domain = ascii.replace(/\.+$/, "");
  return ALIKE.get(domain) ?? { domain, ignoresDots: false };
}

export function samePerson(one: string, other: string): boolean {
  return personOf(one) === personOf(other);
}

/** An address that mail could go to, as opposed to a name, an ARN or nothing. */
export function looksLikeAddress(text: string): boolean {
  return /^[^\s@]+@[^\s@]+$/.test(text.trim());
}

export interface Seats {
  readonly role: string;
  readonly needed: number;
  readonly people: readonly string[];
}

/**
 * Whether every role can be given as many people as it needs when nobody sits on two seats, under whatever spelling:
 * augmenting paths, one seat after the other (Kuhn's method for bipartite matching).
 */
export function canBeSeated(seats: readonly Seats[]): boolean {
  const chairs = seats.flatMap((seat) => {
    const persons = seat.people.map(personOf);
    return Array.from({ length: seat.needed }, () => persons);
  });
  const sitting = new Map<string, number>();
  const seat = (chair: number, tried: Set<string>): boolean =>
    (chairs[chair] ?? []).some((person) => {
      if (tried.has(person)) return false;
      tried.add(person);
      const holds = sitting.get(person);
      if (holds !== undefined && !seat(holds, tried)) return false;
      sitting.set(person, chair);
      return true;
    });
  return chairs.every((_, chair) => seat(chair, new Set()));
}

/**
 * Roles whose seats cannot all be filled, even if everybody says yes: too few people, or the same person wanted twice.
 * Earlier roles are served first.
 */
export function unfillable(roles: readonly Seats[]): string[] {
  const seated: Seats[] = [];
  return roles.flatMap((role) => {
    if (!canBeSeated([...seated, role])) return [role.role];
    seated.push(role);
    return [];
  });
}
