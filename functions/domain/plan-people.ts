import type { Scope } from "./plan-scope.ts";
import type { Policy } from "./policy.ts";
import type { Path, Report } from "./problems.ts";

/** Who holds which role, and whether the people asked for can be found at all. */

/** SNS: 200 filter policies on a topic, and each person's subscription has one. */
const MOST_PEOPLE = 200;

/** The people of a role in an environment, each once; empty where nobody holds it. */
export function peopleOf(scope: Scope, role: string): string[] {
  return [...new Set(scope.environment.people?.[role] ?? scope.policy.people?.[role] ?? [])];
}

/** Where a role's people are written, or would be. */
export function peoplePath(scope: Scope, role: string): Path {
  const own = scope.environment.people?.[role] !== undefined || scope.policy.people?.[role] === undefined;
  return own ? [...scope.at.environment, "people", role] : ["policy", "people", role];
}

export interface Seats {
  readonly role: string;
  readonly needed: number;
  readonly people: readonly string[];
}

/**
 * Whether every role can be given as many people as it needs when nobody sits on two seats: augmenting paths, one seat
 * after the other (Kuhn's method for bipartite matching).
 */
export function canBeSeated(seats: readonly Seats[]): boolean {
  const chairs = seats.flatMap((seat) => Array.from({ length: seat.needed }, () => seat.people));
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

/** Over the whole policy, since all of it shares one topic. */
export function checkEverybody(report: Report, policy: Policy): void {
  const everybody = new Set<string>();
  const add = (at: Path, addresses: readonly string[] | undefined): void => {
    for (const [index, address] of (addresses ?? []).entries()) {
      everybody.add(address);
      if (addresses?.indexOf(address) === index) continue;
      report.refuse([...at, index], "names the same person twice", `write the address once, as ${address}`);
    }
  };
  eachList(policy, add);
  if (everybody.size <= MOST_PEOPLE) return;
  const message = `names ${everybody.size} people; SNS takes ${MOST_PEOPLE} filter policies on a topic`;
  report.refuse(["policy"], message, "use group addresses for notices, or split the policy");
}

function eachList(policy: Policy, add: (at: Path, addresses: readonly string[] | undefined) => void): void {
  for (const [role, addresses] of Object.entries(policy.people ?? {})) add(["policy", "people", role], addresses);
  for (const [name, environment] of Object.entries(policy.environments)) {
    const at = ["policy", "environments", name];
    for (const [role, addresses] of Object.entries(environment.people ?? {})) add([...at, "people", role], addresses);
    add([...at, "notices"], environment.notices);
    add([...at, "pageTo"], environment.pageTo);
  }
}
