import { warnOfMixedScripts } from "../documents/mixed-scripts.ts";
import { refuseDepth } from "../documents/nesting.ts";
import { type Policy, policySchema } from "../documents/policy.ts";
import { type Path, type Problem, Report } from "../documents/problems.ts";
import { type Release, releaseSchema } from "../documents/release.ts";
import { readDocument } from "../documents/salvage.ts";
import { refuseSecrets } from "../documents/secrets.ts";
import { refuseDeceiving } from "../documents/unseen.ts";
import { fillAlarms } from "../gates/kinds/alarm-names.ts";
import type { EnvironmentPlan, PromotionPlan } from "../plan.ts";
import { earliestStart, plannedSeconds } from "../windows.ts";
import { resolveAnalysis } from "./analysis.ts";
import { resolveApprovals } from "./approvals.ts";
import { checkCallers, warnOfUnknownCallers } from "./callers.ts";
import { scopesOf } from "./documents.ts";
import { resolveGates } from "./gates.ts";
import { resolveHoldback, warnOfLateFinish } from "./holdback.ts";
import { refuseLongerThanLife } from "./life.ts";
import { checkEverybody } from "./people.ts";
import { resolveKeepPrevious, resolveMonitor, resolveRetirePrevious, resolveSteps } from "./rollout.ts";
import { warnOfSleepingRules } from "./rules.ts";
import { type Scope, spotAt } from "./scope.ts";
import { refuseTooLarge } from "./size.ts";
import {
  driveOf,
  type PlacedTarget,
  refuseDifferentBytes,
  refuseSharedAliases,
  refuseSteering,
  refuseUnheldWeights,
  refuseUnknownArtifacts,
  refuseUnknownPlaces,
  refuseWrongFollowers,
  resolveTargets,
} from "./targets.ts";
import { checkApprovalsReachStart, resolveNotBefore, resolveWindow } from "./window.ts";

export interface ResolveContext {
  /** Epoch ms: windows and later starts are looked at from here. */
  readonly now: number;
  /** IAM identity that starts the promotion; null: nobody is on record; undefined: it is not being started. */
  readonly startedBy?: string | null;
}

export type Resolution =
  | { readonly ok: true; readonly plan: PromotionPlan; readonly warnings: readonly Problem[] }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/**
 * Merges a release into its policy and checks everything that can be known without asking AWS. Throws nothing: what is
 * wrong comes back as problems, all at once and always in the same order.
 */
export function resolvePlan(policy: unknown, release: unknown, context: ResolveContext): Resolution {
  const documents = { policy, release };
  const report = new Report(documents);
  refuseDepth(report, ["policy"], policy);
  refuseDepth(report, ["release"], release);
  if (!report.clean) return { ok: false, problems: report.problems };
  refuseSecrets(report, ["policy"], policy);
  refuseSecrets(report, ["release"], release);
  refuseDeceiving(report, ["policy"], policy);
  refuseDeceiving(report, ["release"], release);
  warnOfMixedScripts(report, ["policy"], policy);
  warnOfMixedScripts(report, ["release"], release);
  const read = {
    policy: readDocument(report, "policy", policySchema, policy),
    release: readDocument(report, "release", releaseSchema, release),
  };
  const rules = new Report(documents);
  const environments =
    read.policy.value !== null && read.release.value !== null
      ? resolveDocuments(rules, read.policy.value, read.release.value, context)
      : [];
  report.absorb(rules, [...read.policy.broken, ...read.release.broken]);
  if (!report.clean || read.release.value === null) return { ok: false, problems: report.problems };
  const plan = planOf(read.release.value, read.policy.value?.evidenceHosts ?? [], environments);
  refuseTooLarge(report, plan);
  return report.clean ? { ok: true, plan, warnings: report.warnings } : { ok: false, problems: report.problems };
}

function planOf(
  release: Release,
  evidenceHosts: readonly string[],
  environments: readonly EnvironmentPlan[],
): PromotionPlan {
  const { service, version, commit, requestedBy, risk, summary, emergency } = release;
  return {
    service,
    version,
    commit,
    ticket: release.ticket ?? null,
    requestedBy,
    risk,
    summary,
    evidence: release.evidence ?? {},
    evidenceHosts,
    emergency: emergency === undefined ? null : { reason: emergency.reason },
    environments,
  };
}

function resolveDocuments(
  report: Report,
  policy: Policy,
  release: Release,
  context: ResolveContext,
): EnvironmentPlan[] {
  checkEverybody(report, policy);
  checkCallers(report, policy);
  const scopes = scopesOf(report, policy, release, context);
  const resolved = scopes.map((scope) => ({ scope, targets: resolveTargets(scope) }));
  refuseSharedAliases(resolved);
  const first = scopes[0];
  if (first !== undefined) {
    refuseUnknownArtifacts(first);
    refuseUnknownPlaces(first);
    refuseDifferentBytes(first, release.environments);
  }
  const environments = resolved.map(({ scope, targets }) => resolveEnvironment(scope, targets));
  refuseLongerThanLife(report, environments);
  const asks = environments.some(({ approvals }) => approvals.length > 0);
  // Whoever starts it can no longer change that.
  if (asks && context.startedBy === undefined) warnOfUnknownCallers(report, policy);
  return environments;
}

function resolveEnvironment(scope: Scope, placed: readonly PlacedTarget[]): EnvironmentPlan {
  const { environment } = scope;
  const targets = placed.map((target) => target.plan);
  const drive = driveOf(scope, targets);
  const planned = resolveSteps(scope, drive);
  const { steps } = planned;
  if (drive === "self-driving") refuseSteering(scope, placed, planned);
  refuseUnheldWeights(scope, placed, planned);
  refuseWrongFollowers(scope, placed);
  const notBefore = resolveNotBefore(scope);
  const window = resolveWindow(scope, steps, notBefore);
  const approvals = resolveApprovals(scope, steps);
  const start = earliestStart(window, scope.now, plannedSeconds(steps), notBefore);
  checkApprovalsReachStart(scope, approvals, start, window?.zone ?? "UTC");
  const monitor = resolveMonitor(scope);
  const held = resolveHoldback(scope, { drive, placed, planned });
  warnOfLateFinish(scope, held, { window, steps, monitor, notBefore });
  const analysis = resolveAnalysis(scope, placed, planned);
  const watched = plannedSeconds(steps) + (monitor?.forSeconds ?? 0);
  warnOfSleepingRules(scope, analysis.metrics, watched, [...scope.at.service, "analysis"]);
  return {
    environment: scope.name,
    account: environment.account,
    region: environment.region,
    roleArn: environment.roleArn ?? null,
    drive,
    targets,
    steps,
    ...held,
    analysis,
    window,
    checks: resolveGates(scope, steps),
    approvals,
    alarms: resolveAlarms(scope),
    ...withoutData(scope),
    monitor,
    keepPreviousSeconds: resolveKeepPrevious(scope),
    retirePrevious: resolveRetirePrevious(scope),
    onConflict: environment.onConflict ?? "refuse",
    notBefore,
    notices: [...new Set(environment.notices)],
    pageTo: pageTo(scope),
  };
}

function pageTo(scope: Scope): string[] {
  const people = [...new Set(scope.environment.pageTo)];
  if (people.length === 0) {
    const message = "is empty: nobody is paged when traffic could not be made safe";
    scope.report.warn([...scope.at.environment, "pageTo"], message, "name the address of whoever is on call");
  }
  return people;
}

/** The stricter of both wins: a service cannot undo what its environment asks for. */
function withoutData({ environment, service }: Scope): Pick<EnvironmentPlan, "alarmsWithoutData"> {
  const said = [environment.alarmsWithoutData, service.alarmsWithoutData];
  const strictest = said.includes("refuse") ? "refuse" : said.find((one) => one !== undefined);
  return strictest === undefined ? {} : { alarmsWithoutData: strictest };
}

function resolveAlarms(scope: Scope): string[] {
  const from = (names: readonly string[] | undefined, at: Path): string[] =>
    fillAlarms(spotAt(scope, at), ["alarms"], names ?? []);
  const alarms = [
    ...from(scope.environment.alarms, scope.at.environment),
    ...from(scope.service.alarms, scope.at.service),
    ...from(scope.tighten.alarms, scope.at.tighten),
  ];
  const at = [...scope.at.environment, "floors", "requiredAlarms"];
  const required = fillAlarms(spotAt(scope, at), [], scope.environment.floors?.requiredAlarms ?? []);
  for (const [index, name] of required.entries()) {
    if (alarms.includes(name)) continue;
    const hint = `add "${name}" to the alarms of the environment or the service`;
    scope.report.refuse([...at, index], `is required in ${scope.name}, but the rollout does not watch it`, hint);
  }
  return [...new Set(alarms)];
}
