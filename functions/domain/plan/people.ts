import type { Policy } from "../documents/policy.ts";
import type { Path, Report } from "../documents/problems.ts";
import type { Scope } from "./scope.ts";

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
