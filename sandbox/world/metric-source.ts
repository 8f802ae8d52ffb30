/** A metric source of a team's own, as a scenario plays it. */
import type { SourceAnswer, SourceRequest } from "../../functions/domain/documents/metric-source.ts";
import { Random } from "../chance/random.ts";
import { binomial, poisson } from "../chance/samplers.ts";
import { fits, type MetricSourceRule, type Scenario } from "./scenario.ts";
import type { Answered } from "./workload.ts";

/** One call of it. */
export interface SourceAsk {
  readonly functionName: string;
  readonly request: SourceRequest;
  /** Epoch ms. */
  readonly at: number;
  /** Whether a version served before the promotion; null: whatever serves. */
  readonly isBaseline: (version: string | null) => boolean;
}

const ANSWER_MS = 120;

/** The same figures for a minute of a version whoever asks, and however often. */
export function playSource(scenario: Pick<Scenario, "metricSources" | "seed" | "startsAt">, ask: SourceAsk): Answered {
  const { functionName, request, at } = ask;
  const rule = scenario.metricSources.find(
    (one) => fits(one.function, functionName) && fits(one.metric, request.metric),
  );
  const trouble = rule?.troubles.find(({ from, to }) => at >= scenario.startsAt + from && at < scenario.startsAt + to);
  if (trouble?.is === "fails") {
    return { payload: JSON.stringify({ errorMessage: "the provider is down" }), ms: ANSWER_MS, error: "Unhandled" };
  }
  if (trouble?.is === "nonsense") return { payload: JSON.stringify({ status: "ok" }), ms: ANSWER_MS };
  const points = rule === undefined ? [] : request.arms.flatMap((arm) => pointsOf(scenario.seed, rule, ask, arm));
  const answer: SourceAnswer = { complete: trouble?.is !== "incomplete", points };
  return { payload: JSON.stringify(answer), ms: ANSWER_MS };
}

function pointsOf(
  seed: number,
  rule: MetricSourceRule,
  { request, at: now, isBaseline, functionName }: SourceAsk,
  { arm, version }: SourceRequest["arms"][number],
): SourceAnswer["points"] {
  const conduct = isBaseline(version) ? rule.baseline : rule.candidate;
  const periodMs = request.periodSeconds * 1_000;
  const readable = Math.min(Date.parse(request.to), now - rule.lag);
  const points: SourceAnswer["points"] = [];
  for (let at = Date.parse(request.from); at + periodMs <= readable; at += periodMs) {
    const random = Random.of(seed, "source", functionName, request.metric, request.target ?? "", version ?? "", at);
    const samples = poisson(random, (conduct.perMinute * periodMs) / 60_000);
    if (samples === 0) continue;
    const found =
      request.gives === "counts" ? { bad: binomial(random, samples, conduct.badRate) } : { value: conduct.value };
    points.push({ arm, at: new Date(at).toISOString(), samples, ...found });
  }
  return points;
}
