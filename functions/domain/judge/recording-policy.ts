/**
 * A policy's `analysis` block for a recording: resolved as it would be in the service's policy, then held to what was
 * recorded, since nothing else can be judged again.
 */

import type { Kind } from "../../targets/kind.ts";
import { everyKind, kindOf, presetOf } from "../../targets/kinds.ts";
import type { Problem } from "../documents/problems.ts";
import { formatDuration } from "../durations.ts";
import { resolvePlan } from "../plan/resolve.ts";
import type { AnalysisPlan, AnyQueryPlan, MetricPlan } from "../plan.ts";
import type { Recording } from "./recording.ts";
import { watchId } from "./sampling.ts";

export type PolicyAnalysis =
  | { readonly ok: true; readonly analysis: AnalysisPlan }
  /** Their paths begin with `analysis`. */
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** Keys that only a policy's block has; its metrics say what they measure, while changes to a plan name them. */
const POLICY_KEYS = ["extendUpTo", "holdUpTo", "reference", "mustSee", "ifBaselineBreaks"] as const;

/** Whether a file is a policy's `analysis` block, rather than changes to the recorded plan. */
export function isPolicyAnalysis(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (POLICY_KEYS.some((key) => Object.hasOwn(value, key))) return true;
  const metrics = Object.entries(value).find(([key]) => key === "metrics")?.[1];
  return (
    Array.isArray(metrics) &&
    metrics.some((metric) => ["preset", "query", "source"].some((key) => Object.hasOwn(Object(metric), key)))
  );
}

/**
 * The block as a plan. Recorded metrics that it leaves out are not judged. Throws RangeError for a metric that was not
 * recorded, or not like that.
 */
export function analysisOfPolicy(recording: Recording, block: unknown): PolicyAnalysis {
  const resolution = resolvePlan(policyAround(recording, block), releaseOf(recording), { now: 0 });
  if (!resolution.ok) return { ok: false, problems: resolution.problems.map(renamed) };
  const [environment] = resolution.plan.environments;
  if (environment === undefined) throw new RangeError("the recording names no environment");
  const { analysis } = environment;
  return {
    ok: true,
    analysis: { ...analysis, metrics: analysis.metrics.map((metric) => asRecorded(recording, metric)) },
  };
}

const PLACE = { account: "000000000000", region: "us-east-1" };
const NOBODY = "replay@example.com";
const SERVICE = "replay";

/** Names of the targets, from the metrics that were recorded of them. */
function targetsOf({ analysis }: Recording): string[] {
  const names = new Set(analysis.metrics.flatMap(({ target }) => target ?? []));
  return names.size === 0 ? [SERVICE] : [...names];
}

/** The kind that its recorded presets measure; the first of the table where only explicit queries were recorded. */
function kindIn({ analysis }: Recording, name: string): Kind {
  const presets = analysis.metrics.flatMap(({ target, source }) =>
    target === name && "preset" in source ? [presetOf(source.preset)] : [],
  );
  const [first] = everyKind();
  if (first === undefined) throw new RangeError("there is no kind of target");
  return presets[0] === undefined ? first : kindOf(presets[0].kind);
}

const placed = (name: string, kind: Kind): object => ({ name, kind: kind.name, ...Object(kind.example(name)) });

/** The smallest policy around it: targets and steps as they were recorded. */
function policyAround(recording: Recording, block: unknown): unknown {
  const { environment, steps } = recording;
  return {
    apiVersion: "headgate/v1",
    order: [environment],
    environments: { [environment]: { ...PLACE, pageTo: [NOBODY] } },
    services: {
      [SERVICE]: {
        targets: targetsOf(recording).map((name) => placed(name, kindIn(recording, name))),
        rollout: { steps: steps.map(({ weight, bakeSeconds }) => ({ weight, bake: formatDuration(bakeSeconds) })) },
        analysis: block,
      },
    },
  };
}

function releaseOf(recording: Recording): unknown {
  return {
    apiVersion: "headgate/v1",
    service: SERVICE,
    version: "1",
    commit: "0000000",
    requestedBy: NOBODY,
    risk: "low",
    summary: "judged again",
    artifacts: Object.fromEntries(targetsOf(recording).map((name) => [name, { version: "1" }])),
    environments: [recording.environment],
  };
}

const renamed = (problem: Problem): Problem => ({
  ...problem,
  path: problem.path.replace(`policy.services.${SERVICE}.`, ""),
});

/** The metric with its own rules and settings over the recorded points. */
function asRecorded(recording: Recording, metric: MetricPlan): MetricPlan {
  const id = watchId(metric);
  const recorded = recording.analysis.metrics.find((one) => watchId(one) === id);
  if (recorded === undefined) {
    throw new RangeError(`metric "${id}" was not recorded: ${recording.analysis.metrics.map(watchId).join(", ")} were`);
  }
  if (measureOf(recorded) !== measureOf(metric)) {
    throw new RangeError(`metric "${id}" was recorded as ${measureOf(recorded)}, not as ${measureOf(metric)}`);
  }
  const { source, periodSeconds, settleSeconds } = recorded;
  return { ...metric, source, periodSeconds, settleSeconds };
}

/** What is measured, without the dimensions: they name functions, which a recording does not keep for presets. */
function measureOf({ source, periodSeconds }: MetricPlan): string {
  const every = formatDuration(periodSeconds);
  if ("preset" in source) return `${source.preset} every ${every}`;
  if ("source" in source) return `${source.source.gives} of ${source.source.function} every ${every}`;
  const { query, samples } = source;
  const over = samples === undefined ? "" : ` over ${queryInWords(samples, false)}`;
  return `${queryInWords(query, true)}${over} every ${every}`;
}

function queryInWords(query: AnyQueryPlan, withNamespace: boolean): string {
  if ("insights" in query) return query.insights;
  if ("expression" in query) return query.expression;
  return `${withNamespace ? `${query.namespace} ` : ""}${query.metricName} ${query.statistic}`;
}
