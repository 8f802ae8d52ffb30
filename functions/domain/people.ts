/**
 * People behind addresses: who is the same person, and whether the people at hand can fill the seats that an approval
 * has. A seat is one yes that one role owes; a person fills one seat at most.
 */

/** Characters without a shape of their own (zero-width spaces, direction marks): two addresses that look alike are. */
const INVISIBLE = /[\p{Cf}\p{Cc}]/gu;
const ANGLED = /<([^<>]*)>\s*$/;

/**
 * Who an address belongs to: compatibility forms folded (NFKC), invisible characters and a display name dropped, lower
 * case, and the local part without its `+tag`, which mail systems deliver to the same mailbox. Only for comparing: mail
 * goes to the address as the policy writes it. Where a host does treat `a+b` as a mailbox of its own, two of its people
 * count as one: an approval too few, never one too many. Dots stay, since most hosts tell them apart.
 */
export function personOf(address: string): string {
  const folded = address.normalize("NFKC").replace(INVISIBLE, "");
  const bare = (ANGLED.exec(folded)?.[1] ?? folded).trim().toLowerCase();
  const at = bare.lastIndexOf("@");
  const tag = bare.indexOf("+");
  return tag > 0 && tag < at ? bare.slice(0, tag) + bare.slice(at) : bare;
}

export function samePerson(one: string, other: string): boolean {
  return personOf(one) === personOf(other);
}

/** An address that mail could go to, as opposed to a name, an ARN or nothing. */
export function looksLikeAddress(text: string): boolean {
  return /^[^\s@]+@[^\s@]+$/.test(text.trim());
}

/** The person whom an IAM identity names: an IAM user's name, or the session name that single sign-on gives. */
export function addressIn(arn: string): string | null {
  const last = arn.slice(arn.lastIndexOf("/") + 1);
  return looksLikeAddress(last) ? last : null;
}

export type Speaker =
  | { readonly kind: "person"; readonly address: string }
  /** The identity names one person, and was asked to speak for another. */
  | { readonly kind: "other"; readonly own: string }
  /** The identity names nobody, and nobody was named. */
  | { readonly kind: "unnamed" };

/** An ARN that says who its person is speaks for nobody else; one that does not has to say for whom, on record. */
export function speakerOf(arn: string, as: string | undefined): Speaker {
  const own = addressIn(arn);
  if (own !== null && as !== undefined && !samePerson(own, as)) return { kind: "other", own };
  const address = as ?? own;
  return address === null ? { kind: "unnamed" } : { kind: "person", address };
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
