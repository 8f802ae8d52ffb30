import { renderProblems } from "../functions/domain/documents/problems.ts";
import { adviseSteps, type PlanAdvice, withRules } from "../functions/domain/judge/advice.ts";
import { fitToTraffic } from "../functions/domain/judge/fit.ts";
import { adviseRules } from "../functions/domain/judge/rule-advice.ts";
import { servedInWeek } from "../functions/domain/judge/served-week.ts";
import { unwatchedInWords } from "../functions/domain/judge/unwatched.ts";
import { type TrafficFile, trafficFileSchema, type WeekOfTraffic } from "../functions/domain/judge/week-of-traffic.ts";
import { type Resolution, resolvePlan } from "../functions/domain/plan/resolve.ts";
import type { EnvironmentPlan, PromotionPlan } from "../functions/domain/plan.ts";
import { wrapped } from "../functions/domain/wrapped.ts";
import { parsed } from "./parsed.ts";
import { planInWords } from "./plan-words.ts";
import { readJson } from "./read-json.ts";

export interface CheckOptions {
  readonly releaseFile: string;
  readonly policyFile: string;
  /** Last week's traffic by environment and target, for advice on the bakes; null gives none. */
  readonly trafficFile: string | null;
  /** Epoch ms: from here the next openings and deadlines are reckoned. */
  readonly now: number;
  /** Takes text with its line ends, as `process.stdout.write` does. */
  readonly write: (text: string) => void;
  /** Columns; longer lines go on below. */
  readonly width: number;
}

const TRAFFIC = {
  name: "traffic",
  schema: trafficFileSchema,
  example: "test/scenarios/traffic-week.json is an example",
};

/** Under problems and advice, which are indented by two or four. */
const CONTINUED = 4;

/**
 * Says what a promotion would do, or everything that keeps it from being planned, without asking AWS. Returns the exit
 * code: 0, or 2 for bad input (a file that cannot be read, is not JSON, or breaks a rule; a bake that is blind, where the
 * policy asks to be refused then).
 */
export async function check({ releaseFile, policyFile, trafficFile, now, write, width }: CheckOptions): Promise<0 | 2> {
  const say = (lines: readonly string[]): void => {
    for (const line of lines) write(`${wrapped(line, width, CONTINUED).join("\n")}\n`);
  };
  const [policy, release] = await Promise.all([readJson(policyFile), readJson(releaseFile)]);
  if (!policy.ok || !release.ok) {
    for (const file of [policy, release]) if (!file.ok) say(file.lines);
    return 2;
  }
  const traffic = trafficFile === null ? {} : await parsed(trafficFile, TRAFFIC, (line) => say([line]));
  if (traffic === null) return 2;
  const resolution = fitted(resolvePlan(policy.value, release.value, { now }), traffic);
  if (!resolution.ok) {
    say([counted(resolution.problems.length, "problem"), "", ...renderProblems(resolution.problems)]);
    return 2;
  }
  say(planInWords(resolution.plan, now, width));
  const unwatched = resolution.plan.environments.flatMap(unwatchedLines);
  const warnings = resolution.warnings.length + unwatched.length / LINES_OF_ONE;
  if (warnings > 0) say(["", counted(warnings, "warning"), ...renderProblems(resolution.warnings), ...unwatched]);
  return trafficFile === null ? 0 : adviseOn(resolution.plan, traffic, now, say);
}

const LINES_OF_ONE = 2;

function unwatchedLines(plan: EnvironmentPlan): string[] {
  const words = unwatchedInWords(plan);
  if (words === null) return [];
  return [`${plan.environment}: ${words}`, "    hint: add the preset that counts them, with a rule"];
}

/** The plan as the start would fit it to this traffic, or what the start would be refused for. */
function fitted(resolution: Resolution, traffic: TrafficFile): Resolution {
  if (!resolution.ok) return resolution;
  const { plan } = resolution;
  const all = plan.environments.map((one) => fitToTraffic(one, weekOf(traffic, one), plan));
  const problems = all.flatMap((one) => one.problems);
  const environments = all.map((one) => one.plan);
  return problems.length > 0 ? { ok: false, problems } : { ...resolution, plan: { ...plan, environments } };
}

const weekOf = (traffic: TrafficFile, { environment }: EnvironmentPlan): WeekOfTraffic =>
  new Map(Object.entries(traffic)).get(environment) ?? {};

function adviseOn(
  plan: PromotionPlan,
  traffic: TrafficFile,
  now: number,
  say: (lines: readonly string[]) => void,
): 0 | 2 {
  const given = new Map(Object.entries(traffic));
  const advised = plan.environments.map((environment) => {
    const week = given.get(environment.environment);
    return { name: environment.environment, advice: week === undefined ? null : adviceOn(environment, week, now) };
  });
  for (const { name, advice } of advised) say(["", ...adviceLines(name, advice)]);
  return advised.some(({ advice }) => advice?.refused === true) ? 2 : 0;
}

function adviceOn(plan: EnvironmentPlan, week: WeekOfTraffic, now: number): PlanAdvice {
  const known = new Map(Object.entries(week));
  const tried = adviseRules(plan, (metric) => servedInWeek(metric, known.get(metric.target ?? metric.name)));
  return withRules(adviseSteps(plan, week, now), plan, tried);
}

function adviceLines(name: string, advice: PlanAdvice | null): string[] {
  if (advice === null) return [`${name}: no traffic is given, so no advice`];
  const { lines, warnings, refused, rules } = advice;
  return [
    `${name}, at this traffic:`,
    ...[...lines, ...(rules === undefined ? [] : [...rules.lines, rules.rate])].map((line) => `  ${line}`),
    ...warnings.map((warning) => `  ${refused ? "problem" : "warning"}: ${warning}`),
  ];
}

function counted(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? "" : "s"}`;
}
