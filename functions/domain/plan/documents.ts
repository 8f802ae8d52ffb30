import type { Policy } from "../documents/policy.ts";
import type { Path, Report } from "../documents/problems.ts";
import type { Release } from "../documents/release.ts";
import { nearest } from "../documents/schema-problems.ts";
import type { Scope } from "./scope.ts";

/** What concerns the documents as wholes: which service, which environments and in what order, who asks for what. */

/** One scope per environment that the release goes through, in its order; unknown ones are reported and left out. */
export function scopesOf(
  report: Report,
  policy: Policy,
  release: Release,
  { now, startedBy }: Pick<Scope, "now"> & Partial<Pick<Scope, "startedBy">>,
): Scope[] {
  checkOrder(report, policy);
  checkRoute(report, policy, release);
  const service = policy.services[release.service];
  if (service === undefined) {
    const hint = suggestion(release.service, Object.keys(policy.services));
    report.refuse(["release", "service"], "is no service of the policy", hint);
    return [];
  }
  checkNames(report, policy, release);
  return [...new Set(release.environments)].flatMap((name) => {
    const environment = policy.environments[name];
    if (environment === undefined) return [];
    const at = {
      environment: ["policy", "environments", name],
      service: ["policy", "services", release.service],
      tighten: ["release", "tighten", name],
    };
    const tighten = release.tighten?.[name] ?? {};
    const scope = { name, policy, release, environment, service, tighten, now, startedBy, report, at };
    checkRequired(scope);
    checkEmergency(scope);
    return [scope];
  });
}

function suggestion(word: string, known: readonly string[]): string {
  const near = nearest(word, known);
  return near === undefined ? `known: ${known.toSorted(byName).join(", ")}` : `did you mean "${near}"?`;
}

function byName(a: string, b: string): number {
  return a < b ? -1 : 1;
}

function checkOrder(report: Report, policy: Policy): void {
  const names = Object.keys(policy.environments);
  for (const [index, name] of policy.order.entries()) {
    if (!names.includes(name)) {
      report.refuse(["policy", "order", index], "is no environment of the policy", suggestion(name, names));
    } else if (policy.order.indexOf(name) !== index) {
      report.refuse(["policy", "order", index], "is named before already", "write each environment once");
    }
  }
  for (const name of names) {
    if (policy.order.includes(name)) continue;
    report.refuse(["policy", "environments", name], "has no place in the order", `add "${name}" to order`);
  }
}

/** A release goes up the policy's order; it may start late or stop early, and leaves nothing out in between. */
function checkRoute(report: Report, policy: Policy, release: Release): void {
  for (const [index, name] of release.environments.entries()) {
    const at = ["release", "environments", index];
    const place = policy.order.indexOf(name);
    if (policy.environments[name] === undefined) {
      report.refuse(at, "is no environment of the policy", suggestion(name, Object.keys(policy.environments)));
    } else if (release.environments.indexOf(name) !== index) {
      report.refuse(at, "is named before already", "write each environment once");
    } else if (index > 0 && place >= 0) {
      checkSuccessor(report, policy, at, release.environments[index - 1] ?? "", place);
    }
  }
  warnOfLateStart(report, policy, release);
}

function checkSuccessor(report: Report, policy: Policy, at: Path, previous: string, place: number): void {
  const before = policy.order.indexOf(previous);
  if (before < 0 || place === before + 1) return;
  const order = policy.order.join(", ");
  const left = policy.order.slice(before + 1, place).join(", ");
  const message = place <= before ? `comes before ${previous}` : `follows ${previous} and leaves out ${left}`;
  report.refuse(at, message, `the policy's order is ${order}`);
}

function warnOfLateStart(report: Report, policy: Policy, release: Release): void {
  const first = release.environments[0] ?? "";
  const place = policy.order.indexOf(first);
  const checks = policy.environments[first]?.checks ?? [];
  if (place <= 0 || checks.some((check) => check.kind === "soaked")) return;
  const message = `starts at ${first}: nothing here proves that the version ran in ${policy.order[place - 1]}`;
  report.warn(["release", "environments", 0], message, `add a soaked check to ${first}`);
}

function checkNames(report: Report, policy: Policy, release: Release): void {
  const names = Object.keys(policy.environments);
  for (const name of Object.keys(policy.services[release.service]?.overrides ?? {})) {
    if (names.includes(name)) continue;
    const at = ["policy", "services", release.service, "overrides", name];
    report.refuse(at, "is no environment of the policy", suggestion(name, names));
  }
  for (const name of Object.keys(release.tighten ?? {})) {
    if (release.environments.includes(name)) continue;
    const hint = suggestion(name, release.environments);
    report.refuse(["release", "tighten", name], "is no environment of this release", hint);
  }
}

function checkRequired({ environment, release, startedBy, name, report }: Scope): void {
  const requires = environment.requires ?? [];
  if (requires.includes("ticket") && release.ticket === undefined) {
    const message = `is missing: ${name} requires a change ticket`;
    report.refuse(["release", "ticket"], message, "write its key, such as JIRA-1234");
  }
  if (!requires.includes("verified-starter") || typeof startedBy === "string") return;
  const [at, hint] = [["release", "requestedBy"], "start it by `headgate start` with HEADGATE_API_URL set"] as const;
  if (startedBy === undefined) report.warn(at, `is a claim, and ${name} takes only a start through the API`, hint);
  else report.refuse(at, `is a claim: ${name} requires a start through the API, and this was none`, hint);
}

const SKIPS = [
  ["skipBakes", "skips the bakes"],
  ["skipWindow", "skips the window"],
] as const;

function checkEmergency(scope: Scope): void {
  const { environment, release, name, report } = scope;
  const asked = SKIPS.filter(([key]) => release.emergency?.[key] === true);
  for (const [key, words] of asked) {
    const nothingToSkip = key === "skipWindow" && environment.window === undefined;
    if (nothingToSkip || environment.emergency?.[key] === true) continue;
    const hint = `environments.${name}.emergency.${key} in the policy would allow it`;
    report.refuse(["release", "emergency", key], `${words}, which ${name} does not allow`, hint);
  }
  const before = (environment.approvals ?? []).some((approval) => (approval.when ?? "before") === "before");
  if (asked.length === 0 || before || environment.emergency?.roles !== undefined) return;
  const message = `lets an emergency skip gates in ${name} with nobody's approval`;
  report.refuse([...scope.at.environment, "emergency"], message, 'add emergency.roles, such as {"tech-lead": 1}');
}
