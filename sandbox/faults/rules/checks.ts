/** Each point's checks have looked, and found what they ask for, before what they guard; and all of it was watched. */
import { monitorsBeside, shareAt } from "../../../functions/domain/holdback.ts";
import type { EnvironmentPlan, GatePlan } from "../../../functions/domain/plan.ts";
import type { InvocationRecord } from "../../host/lambda-host.ts";
import { verbsOf } from "../cases.ts";
import type { Facts } from "../facts.ts";
import { guards, planOf, risesOf } from "./rises.ts";

/** What has to be known before some instant. */
interface Guarded {
  readonly promotion: number;
  readonly plan: EnvironmentPlan;
  readonly before: number;
  readonly what: string;
  readonly checks: readonly GatePlan[];
}

export function checksCameFirst(facts: Facts): string[] {
  const rises = risesOf(facts).map((rise): Guarded => {
    const { promotion, plan, at: before, functionName, to } = rise;
    const checks = plan.checks.filter(({ when }) => guards(when, rise));
    return { promotion, plan, before, what: `${functionName} went to ${to} %`, checks };
  });
  return [...rises, ...ends(facts)].flatMap((guarded) =>
    guarded.checks.flatMap((check) => {
      const why = whyNot(facts, guarded, check);
      return why === null ? [] : [`${guarded.what} ${why}`];
    }),
  );
}

/** A promotion that is done with an environment has behind it what comes after the rollout. */
function ends(facts: Facts): Guarded[] {
  return facts.facts.flatMap(({ heads, header }, promotion) =>
    heads.flatMap(({ environment, outcome }) => {
      const plan = planOf(facts, promotion, environment);
      if (outcome !== "promoted" || plan === undefined) return [];
      const checks = plan.checks.filter(({ when }) => when === "after");
      const before = header?.closedAt ?? Number.POSITIVE_INFINITY;
      return [{ promotion, plan, before, what: `${environment} was promoted`, checks }];
    }),
  );
}

function whyNot(facts: Facts, guarded: Guarded, check: GatePlan): string | null {
  const point = typeof check.when === "number" ? `at-${check.when}` : check.when;
  const promotionId = facts.facts[guarded.promotion]?.header?.promotionId;
  const run = facts.seen.runs.findLast(({ step, outcome, input, at, ms }) => {
    const asked = input as Readonly<Record<string, unknown>>;
    return (
      step === "check-gates" &&
      outcome === "ok" &&
      at + ms <= guarded.before &&
      asked.promotionId === promotionId &&
      asked.environment === guarded.plan.environment &&
      asked.when === point
    );
  });
  if (run === undefined || !hasLooked(facts, check, run)) return `before ${check.name} had looked`;
  if (check.onFail === "warn" || !isRed(facts, check, guarded.plan, run)) return null;
  return `though ${check.name} was red`;
}

/** What a check of its kind has to ask for, by the call that the simulated AWS got; the others look at the ledger alone. */
const CALLS: Readonly<Record<string, string>> = {
  metric: "monitoring:GetMetricData",
  invoke: "lambda:Invoke",
};

function hasLooked({ sandbox }: Facts, check: GatePlan, { invocation, at, ms }: InvocationRecord): boolean {
  if (check.kind === "http") {
    const { url } = check as GatePlan & { readonly url?: string };
    return sandbox.fetched.some((page) => page.url === url && page.at >= at && page.at <= at + ms);
  }
  const calls = sandbox.aws.calls.filter((call) => call.invocation === invocation);
  if (check.kind === "alarms-ok") return hasSeen(calls, alarmsOf(check));
  const wanted = CALLS[check.kind];
  return wanted === undefined || calls.some(({ service, operation }) => `${service}:${operation}` === wanted);
}

interface AlarmNames {
  readonly names?: readonly string[];
  readonly prefix?: string;
}

const alarmsOf = (check: GatePlan) => check as GatePlan & AlarmNames;

function hasSeen(calls: Facts["calls"], { names = [], prefix }: AlarmNames): boolean {
  const looks = calls.filter(({ operation }) => operation === "DescribeAlarms");
  const byName = names.every((name) => looks.some(({ listed }) => listed.includes(name)));
  return byName && (prefix === undefined || looks.some(({ summary }) => summary.includes(`AlarmNamePrefix=${prefix}`)));
}

/** Whether one of its alarms was red all the while that it looked. */
function isRed({ seen }: Facts, check: GatePlan, { account }: EnvironmentPlan, run: InvocationRecord): boolean {
  if (check.kind !== "alarms-ok") return false;
  const { names: listed, prefix } = alarmsOf(check);
  const named = (name: string) => listed?.includes(name) === true || (prefix !== undefined && name.startsWith(prefix));
  const names = new Set(
    seen.turns.filter((turn) => turn.account === account && named(turn.name)).map(({ name }) => name),
  );
  return [...names].some((name) => {
    const turns = seen.turns.filter((turn) => turn.name === name && turn.account === account);
    const before = turns.findLast(({ at }) => at <= run.at);
    return before?.isRed === true && !turns.some(({ at }) => at > run.at && at <= run.at + run.ms);
  });
}

/** A bake begins at the read-back of its weight, a monitor at its first look (ms). */
const SLACK_MS = 2_000;

/** All of the traffic was watched for as long as the plan says before the promotion was done. */
export function wasWatched(facts: Facts): string[] {
  const verbs = verbsOf(facts.case);
  if (verbs.includes("skip-bake") || verbs.includes("promote-now")) return [];
  const rises = risesOf(facts);
  return facts.facts.flatMap(({ heads, header }, promotion) =>
    heads.flatMap(({ environment, outcome }) => {
      const plan = planOf(facts, promotion, environment);
      const finish = rises.find((one) => one.promotion === promotion && one.plan === plan && one.isFinish);
      if (outcome !== "promoted" || plan === undefined || finish === undefined) return [];
      const last = shareAt(plan, 100);
      const whole = rises.find((one) => one.promotion === promotion && one.plan === plan && one.to === last);
      if (whole === undefined) return [];
      const end = header?.closedAt ?? Number.POSITIVE_INFINITY;
      // Beside a baseline it is monitored before the finish, once its bake is over.
      const baked = whole.at + (plan.steps.at(-1)?.bakeSeconds ?? 0) * 1_000;
      const [from, to] = monitorsBeside(plan) ? [baked, finish.at] : [finish.at, end];
      return [...bakedWhole(plan, whole.at, finish.at), ...monitored(facts, plan, header?.promotionId, from, to)];
    }),
  );
}

function bakedWhole({ environment, steps }: EnvironmentPlan, from: number, to: number): string[] {
  const wantedMs = (steps.at(-1)?.bakeSeconds ?? 0) * 1_000;
  if (to - from >= wantedMs - SLACK_MS) return [];
  return [`${environment} was at 100 % for ${Math.round((to - from) / 1_000)} s only`];
}

/** By the judge's own runs: from the finish to the last of them. */
function monitored(
  { seen }: Facts,
  { environment, monitor }: EnvironmentPlan,
  promotionId: string | undefined,
  from: number,
  to: number,
): string[] {
  if (monitor === null) return [];
  const looks = seen.runs.filter(({ step, outcome, input, at }) => {
    const asked = input as Readonly<Record<string, unknown>>;
    const isOurs = asked.promotionId === promotionId && asked.environment === environment;
    return step === "judge" && outcome === "ok" && isOurs && asked.phase === "monitor" && at >= from && at <= to;
  });
  const watchedMs = Math.max(0, ...looks.map(({ at, ms }) => at + ms - from));
  if (watchedMs >= monitor.forSeconds * 1_000 - SLACK_MS) return [];
  return [`${environment} was monitored for ${Math.round(watchedMs / 1_000)} s of ${monitor.forSeconds} s`];
}
