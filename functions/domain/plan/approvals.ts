import { addressIn } from "../callers.ts";
import type { ApprovalInput } from "../documents/policy-approvals.ts";
import { type Path, renderPath } from "../documents/problems.ts";
import { nearest } from "../documents/schema-problems.ts";
import { formatDuration } from "../durations.ts";
import { canBeSeated, samePerson } from "../people.ts";
import type { ApprovalPlan, Risk, RolePlan, StepPlan, When } from "../plan.ts";
import { peopleOf, peoplePath } from "./people.ts";
import type { Scope } from "./scope.ts";

/** Who must say yes, by when; the policy's approvals with what risk, release and emergency add to them. */

const EXPIRES_SECONDS = 86_400;
const VALID_SECONDS = 7 * 86_400;
/** Nobody reads faster; and the promotion's history has room for a year of waits of a minute each. */
const MIN_REMIND_SECONDS = 60;
const RISKS: readonly Risk[] = ["low", "medium", "high"];

type Roles = Readonly<Record<string, number>>;
type Asked = NonNullable<Scope["tighten"]["approvals"]>[number];

/** An approval on its way to the plan, and where it is written. */
interface Draft {
  readonly at: Path;
  readonly when: When;
  readonly input: ApprovalInput;
  /** One per role, by name. */
  readonly asks: readonly Ask[];
}

/** So many people of a role, and the place that asks for them: the policy's, its risk condition's, or the release's. */
interface Ask {
  readonly role: string;
  readonly needed: number;
  readonly at: Path;
}

export function resolveApprovals(scope: Scope, steps: readonly StepPlan[]): ApprovalPlan[] {
  const drafts = tightened(scope, policyDrafts(scope));
  const complete = withEmergency(scope, drafts);
  return complete.map((draft) => {
    checkWhen(scope, draft, steps);
    checkTimes(scope, draft);
    checkRoles(scope, draft);
    return planApproval(scope, draft);
  });
}

function policyDrafts(scope: Scope): Draft[] {
  const drafts = (scope.environment.approvals ?? []).map((input, index) => {
    const at = [...scope.at.environment, "approvals", index];
    const { and } = input;
    const risky = and !== undefined && isAtLeast(scope.release.risk, and.risk);
    const asks = [...asksOf(input.roles, at), ...(risky ? asksOf(and.roles, [...at, "and"]) : [])];
    return { at, when: input.when ?? "before", input, asks: strongest(asks) };
  });
  refuseSameWhen(scope, drafts);
  return drafts;
}

function isAtLeast(risk: Risk, from: Risk): boolean {
  return RISKS.indexOf(risk) >= RISKS.indexOf(from);
}

function asksOf(roles: Roles, at: Path): Ask[] {
  return Object.entries(roles).map(([role, needed]) => ({ role, needed, at: [...at, "roles", role] }));
}

/** Of each role the largest ask, the first of equals. */
function strongest(asks: readonly Ask[]): Ask[] {
  const byRole = new Map<string, Ask>();
  for (const ask of asks) {
    if (ask.needed > (byRole.get(ask.role)?.needed ?? 0)) byRole.set(ask.role, ask);
  }
  return [...byRole.values()].sort((a, b) => (a.role < b.role ? -1 : 1));
}

function refuseSameWhen(scope: Scope, drafts: readonly Draft[]): void {
  for (const [index, draft] of drafts.entries()) {
    const first = drafts.findIndex((other) => other.when === draft.when);
    if (first === index) continue;
    const message = `is ${idOf(draft.when)}, as approvals[${first}] is`;
    scope.report.refuse([...draft.at, "when"], message, "put all roles of one moment into one approval");
  }
}

function tightened(scope: Scope, drafts: readonly Draft[]): Draft[] {
  let merged = [...drafts];
  for (const [index, asked] of (scope.tighten.approvals ?? []).entries()) {
    const at = [...scope.at.tighten, "approvals", index];
    const when = asked.when ?? "before";
    const same = merged.find((draft) => draft.when === when);
    if (same === undefined) merged.push({ at, when, input: asked, asks: strongest(asksOf(asked.roles, at)) });
    else merged = merged.map((draft) => (draft === same ? tighten(scope, draft, asked, at) : draft));
  }
  return merged;
}

function tighten(scope: Scope, draft: Draft, asked: Asked, at: Path): Draft {
  for (const [role, needed] of Object.entries(asked.roles)) {
    const floor = draft.asks.find((ask) => ask.role === role)?.needed ?? 0;
    if (needed >= floor) continue;
    const message = `asks fewer people than the policy's ${floor}`;
    scope.report.refuse([...at, "roles", role], message, `a release may only tighten: write ${floor} or more`);
  }
  const { input } = draft;
  return {
    ...draft,
    asks: strongest([...draft.asks, ...asksOf(asked.roles, at)]),
    input: {
      ...input,
      checklists: longerLists(input.checklists ?? {}, asked.checklists ?? {}),
      expiresAfter: shorter(scope, [...at, "expiresAfter"], input.expiresAfter ?? EXPIRES_SECONDS, asked.expiresAfter),
      validFor: shorter(scope, [...at, "validFor"], input.validFor ?? VALID_SECONDS, asked.validFor),
    },
  };
}

type Checklists = Readonly<Record<string, readonly string[]>>;

function longerLists(lists: Checklists, more: Checklists): Record<string, string[]> {
  const roles = new Set([...Object.keys(lists), ...Object.keys(more)]);
  return Object.fromEntries([...roles].map((role) => [role, [...(lists[role] ?? []), ...(more[role] ?? [])]]));
}

function shorter(scope: Scope, at: Path, policy: number, asked: number | undefined): number {
  if (asked === undefined || asked <= policy) return asked ?? policy;
  const allowed = formatDuration(policy);
  scope.report.refuse(
    at,
    `is longer than the policy's ${allowed}`,
    `a release may only tighten: write ${allowed} or shorter`,
  );
  return policy;
}

/** An emergency is asked for before anything moves, and by the roles that the policy names for it. */
function withEmergency(scope: Scope, drafts: readonly Draft[]): readonly Draft[] {
  const roles = scope.environment.emergency?.roles;
  if (scope.release.emergency === undefined || roles === undefined) return drafts;
  const at = [...scope.at.environment, "emergency"];
  const before = drafts.find((draft) => draft.when === "before");
  if (before === undefined) {
    return [...drafts, { at, when: "before", input: { roles }, asks: strongest(asksOf(roles, at)) }];
  }
  const asks = strongest([...before.asks, ...asksOf(roles, at)]);
  return drafts.map((draft) => (draft === before ? { ...draft, asks } : draft));
}

function checkWhen(scope: Scope, { when, at }: Draft, steps: readonly StepPlan[]): void {
  if (typeof when !== "number" || scope.release.emergency?.skipBakes === true) return;
  if (steps.some((step) => step.weight === when)) return;
  const hint = `weights: ${steps.map((step) => step.weight).join(", ")}`;
  scope.report.refuse([...at, "when"], "is the weight of no step", hint);
}

function checkTimes(scope: Scope, { at, input }: Draft): void {
  const expires = input.expiresAfter ?? EXPIRES_SECONDS;
  const refuse = (key: string, message: string, hint: string): void => scope.report.refuse([...at, key], message, hint);
  const within = formatDuration(expires);
  if (expires === 0) refuse("expiresAfter", "leaves no time to answer", "write a time such as 24h");
  if ((input.remindEvery ?? 0) >= expires) {
    refuse("remindEvery", `reminds nobody: the approval expires after ${within}`, `write less than ${within}`);
  }
  if ((input.escalateAfter ?? 0) >= expires) {
    refuse("escalateAfter", `escalates too late: the approval expires after ${within}`, `write less than ${within}`);
  }
  if (input.remindEvery === 0) refuse("remindEvery", "would remind without a pause", "write a time such as 12h");
  else if ((input.remindEvery ?? MIN_REMIND_SECONDS) < MIN_REMIND_SECONDS) {
    refuse("remindEvery", "would mail everybody more than once a minute", "write 1m or more; 12h is usual");
  }
  if (input.escalateAfter !== undefined && input.escalateTo === undefined) {
    refuse("escalateTo", "is missing beside escalateAfter", "name the role that is asked then");
  }
  if (input.escalateTo !== undefined && input.escalateAfter === undefined) {
    refuse("escalateAfter", "is missing beside escalateTo", `write a time below ${within}`);
  }
  if (input.validFor === 0) refuse("validFor", "makes every decision stale at once", "write a time such as 7d");
}

function checkRoles(scope: Scope, draft: Draft): void {
  const { asks, at, input } = draft;
  if (asks.length === 0) {
    scope.report.refuse([...at, "roles"], "names nobody who could approve", 'name roles, such as {"tech-lead": 1}');
  }
  const manned = asks.map((ask) => isManned(scope, ask));
  if (input.escalateTo !== undefined) {
    isManned(scope, { role: input.escalateTo, needed: 1, at: [...at, "escalateTo"] });
  }
  checkChecklists(scope, draft);
  const seats = asks.map(({ role, needed }) => ({ role, needed, people: approvers(scope, role) }));
  if (manned.includes(false) || canBeSeated(seats)) return;
  const message = `cannot be filled: one person cannot approve for two of ${asks.map((ask) => ask.role).join(", ")}`;
  scope.report.refuse([...at, "roles"], message, "give one of these roles another person");
}

/** Whoever asks for the release or starts it cannot approve it. */
function approvers(scope: Scope, role: string): string[] {
  const parties = partiesOf(scope);
  return peopleOf(scope, role).filter((person) => !parties.some(({ address }) => samePerson(person, address)));
}

interface Party {
  readonly called: string;
  readonly address: string;
}

function partiesOf({ release, startedBy }: Scope): Party[] {
  const starter = startedBy === undefined || startedBy === null ? null : addressIn(startedBy);
  const requester = { called: `the requester ${release.requestedBy}`, address: release.requestedBy };
  if (starter === null || samePerson(starter, requester.address)) return [requester];
  return [requester, { called: `${starter}, who starts it`, address: starter }];
}

/** Whether a role has as many people as are asked for, not counting the parties; says so where it has not. */
function isManned(scope: Scope, { role, needed, at }: Ask): boolean {
  const people = peopleOf(scope, role);
  const left = approvers(scope, role);
  if (people.length === 0) {
    const near = nearest(role, rolesKnown(scope));
    const hint = near === undefined ? "add the role and its addresses to people" : `did you mean "${near}"?`;
    scope.report.refuse(at, `asks the role ${role}, which nobody holds in ${scope.name}`, hint);
  } else if (left.length < needed) {
    const among = partiesOf(scope).filter(({ address }) => people.some((person) => samePerson(person, address)));
    const besides = among.length === 0 ? "" : ` besides ${among.map(({ called }) => called).join(" and ")}`;
    const message = `asks ${needed} of ${role}, which has ${left.length}${besides}`;
    const where = renderPath(peoplePath(scope, role));
    scope.report.refuse(at, message, `add people at ${where}, or let somebody else request and start the promotion`);
  }
  return left.length >= needed;
}

function rolesKnown(scope: Scope): string[] {
  return Object.keys({ ...scope.policy.people, ...scope.environment.people });
}

function checkChecklists(scope: Scope, { at, input, asks }: Draft): void {
  const asked = [
    ...asks.map((ask) => ask.role),
    ...Object.keys(input.and?.roles ?? {}),
    ...(input.escalateTo === undefined ? [] : [input.escalateTo]),
  ];
  for (const role of Object.keys(input.checklists ?? {})) {
    if (asked.includes(role)) continue;
    scope.report.refuse(
      [...at, "checklists", role],
      "is a role that this approval does not ask",
      `it asks ${[...new Set(asked)].join(", ")}`,
    );
  }
}

function planApproval(scope: Scope, { input, asks, when }: Draft): ApprovalPlan {
  const plan = (role: string, needed: number): RolePlan => ({
    role,
    needed,
    people: peopleOf(scope, role),
    checklist: input.checklists?.[role] ?? [],
  });
  return {
    id: idOf(when),
    when,
    roles: asks.map(({ role, needed }) => plan(role, needed)),
    expiresSeconds: input.expiresAfter ?? EXPIRES_SECONDS,
    remindSeconds: input.remindEvery ?? null,
    escalateSeconds: input.escalateAfter ?? null,
    escalateTo: input.escalateTo === undefined ? null : plan(input.escalateTo, 1),
    validSeconds: input.validFor ?? VALID_SECONDS,
  };
}

function idOf(when: When): string {
  return typeof when === "number" ? `at-${when}` : when;
}
