/**
 * The settings that a policy leaves open, fitted to the traffic, so that a good candidate of a healthy service passes.
 *
 * Fixed defaults cannot do that: half a point takes 1,000 candidate requests at best, which 60,000 requests a minute bring
 * in a minute and 60 a minute in three hours. So the pass margin becomes what the bakes, as they are planned, can show,
 * within half a point and two points; what is missing then is made up for by an extension, which the first pass ends.
 * Where that does not do either, the start is refused, with what would: at two points a pass still means something.
 */
import type { Problem } from "../documents/problems.ts";
import { formatDuration } from "../durations.ts";
import type { AnalysisPlan, EnvironmentPlan, MetricPlan, PromotionPlan, StepPlan } from "../plan.ts";
import { thousands } from "../text.ts";
import { byEvents, byMinutes, type FitMeasure } from "./fit-measure.ts";
import { everyJudged, type Judged, judgedOf, stepsBeside } from "./pass-time.ts";
import { durationInWords, least, riseInWords, roundedUp, trafficInWords } from "./statistics/detectable.ts";
import type { WeekOfTraffic } from "./week-of-traffic.ts";

/** Share of good rollouts that may end without a pass, over all steps and targets. */
const LOST = 0.02;

export interface Fitted {
  readonly plan: EnvironmentPlan;
  /** Why the start is refused, and what would do; empty where it is not. */
  readonly problems: readonly Problem[];
}

/** What is promoted. An emergency is never refused for want of traffic: people wait for it. */
type Promoted = Pick<PromotionPlan, "service" | "emergency">;

/** The plan with what was open decided. What the policy says is left alone, and so is a plan whose traffic is unknown. */
export function fitToTraffic(plan: EnvironmentPlan, week: WeekOfTraffic, release: Promoted): Fitted {
  const { left, ...analysis } = plan.analysis;
  if (left === undefined) return { plan, problems: [] };
  const { events } = analysis;
  // Events are counted whatever is known of their traffic.
  const judged = events === undefined ? judgedOf(plan, week) : everyJudged(plan, week);
  const by = events === undefined ? byMinutes : byEvents(events);
  if (judged.length === 0) return { plan, problems: [] };
  const steps = stepsBeside(plan);
  const chosen = judged.map((one) => (left.passDelta.includes(one.metric.name) ? by.margined(one, steps) : one));
  const chance = 1 - LOST / (steps.length * judged.length);
  const needs = left.settings.includes("extendUpTo") ? needsOf(by, chosen, steps, chance) : null;
  const fitted = {
    ...analysis,
    metrics: analysis.metrics.map((metric) => withMargin(metric, chosen)),
    ...(needs === null ? {} : { extendSeconds: 60 * Math.min(by.longest, Math.max(...needs.map(extensionOf))) }),
  };
  const words = [...marginsInWords(judged, chosen, events), ...(needs === null ? [] : [extensionInWords(fitted)])];
  const binding = left.settings.includes("onInconclusive") && release.emergency === null;
  const refused = needs !== null && binding ? needs.filter((need) => extensionOf(need) > by.longest) : [];
  return {
    plan: { ...plan, analysis: words.length === 0 ? fitted : { ...fitted, chosen: words } },
    problems: refusalOf(plan.environment, release.service, refused, (need) => waysOut(by, need, chance)),
  };
}

/** What one step takes, in minutes; null: more than 7 days. */
interface Need {
  readonly judged: Judged;
  readonly step: StepPlan;
  readonly minutes: number | null;
}

const needsOf = (by: FitMeasure, judged: readonly Judged[], steps: readonly StepPlan[], chance: number): Need[] =>
  judged.flatMap((one) => steps.map((step) => ({ judged: one, step, minutes: by.minutes(one, step.weight, chance) })));

function extensionOf({ step, minutes }: Need): number {
  const missing = (minutes ?? Number.POSITIVE_INFINITY) - step.bakeSeconds / 60;
  return missing <= 0 ? 0 : roundedUp(missing);
}

function withMargin(metric: MetricPlan, chosen: readonly Judged[]): MetricPlan {
  const one = chosen.find((other) => other.metric === metric);
  return one === undefined ? metric : { ...metric, sequential: one.sequential };
}

const marginsInWords = (before: readonly Judged[], chosen: readonly Judged[], events: number | undefined): string[] =>
  chosen.flatMap((one, index) => {
    if (one === before[index]) return [];
    return [`${one.target}: ${events === undefined ? marginInWords(one) : eventsInWords(one, events)}`];
  });

const eventsInWords = ({ sequential }: Judged, events: number): string =>
  `${thousands(events)} candidate events decide a bake, however long they take: a pass shows that the candidate is less than ${pointsInWords(sequential.passDelta)} worse`;

const extensionInWords = ({ extendSeconds }: Pick<AnalysisPlan, "extendSeconds">): string =>
  extendSeconds === 0
    ? "no bake needs an extension"
    : `a bake without a pass goes on for up to ${formatDuration(extendSeconds)}, and the first pass ends it`;

function marginInWords({ traffic, sequential }: Judged): string {
  const at = `${trafficInWords(traffic.requestsPerMinute)}, ${percent(traffic.errorRate)} of them errors`;
  return `a pass shows that the candidate is less than ${pointsInWords(sequential.passDelta)} worse, as fits ${at}`;
}

const pointsInWords = (fraction: number): string => riseInWords(fraction).slice(1);

const percent = (fraction: number): string => `${Number((fraction * 100).toPrecision(2))} %`;

/** One problem for an environment: its slowest step, and every way out that there is. */
function refusalOf(
  environment: string,
  service: string,
  tooLong: readonly Need[],
  ways: (need: Need) => readonly string[],
): Problem[] {
  const [worst] = tooLong.toSorted((one, other) => extensionOf(other) - extensionOf(one));
  if (worst === undefined) return [];
  const { judged, step, minutes } = worst;
  const { target, traffic, sequential } = judged;
  const at = `${trafficInWords(traffic.requestsPerMinute)}, ${percent(traffic.errorRate)} of them errors`;
  const takes = minutes === null ? "more than 7 d" : durationInWords(roundedUp(minutes));
  const shows = `to show that a good candidate is less than ${pointsInWords(sequential.passDelta)} worse`;
  return [
    {
      path: `policy.services.${service}.analysis`,
      value: undefined,
      message: `leaves it to the traffic of ${environment}, and ${target} has too little: at ${at}, ${step.weight} % takes ${takes} ${shows}`,
      hint: ways(worst).join(", or "),
    },
  ];
}

/** Above half there is less to compare with than there is to compare. */
const LARGEST_WEIGHT = 50;

function waysOut(by: FitMeasure, need: Need, chance: number): string[] {
  const { judged, step, minutes } = need;
  const short = (weight: number) =>
    extensionOf({ judged, step, minutes: by.minutes(judged, weight, chance) }) <= by.longest;
  const weight = least(step.weight, LARGEST_WEIGHT, short);
  return [
    ...(minutes === null ? [] : [`write extendUpTo: "${formatDuration(60 * extensionOf(need))}"`]),
    ...(weight === null ? [] : [`a first step of ${weight} % in rollout.steps`]),
    ...(by === byMinutes ? ["events: 50, which lets 50 candidate requests decide"] : []),
    'onInconclusive: "hold", where a person decides if no pass comes',
  ];
}
