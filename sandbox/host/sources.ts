/** Metric sources of a plan: functions of the team's, which the simulated Lambda runs as the scenario says. */
import { sourceRequestSchema } from "../../functions/domain/documents/metric-source.ts";
import type { EnvironmentPlan, PromotionPlan } from "../../functions/domain/plan.ts";
import type { SimulatedLambda } from "../aws/lambda/lambda.ts";
import { playSource } from "../world/metric-source.ts";
import type { Scenario } from "../world/scenario.ts";
import { baselineOf } from "../world/shares.ts";
import type { Answered } from "../world/workload.ts";
import { simulated, type TargetServices } from "./targets.ts";

interface Place {
  readonly account: string;
  readonly functionName: string;
}

/** Where the functions are that an environment's metrics name. */
function sourcesOf({ account, analysis }: EnvironmentPlan): Place[] {
  return analysis.metrics.flatMap(({ source }) => {
    if (!("source" in source)) return [];
    const [, own = account, functionName] =
      /^arn:[^:]+:lambda:[^:]+:(\d+):function:([^:]+)/.exec(source.source.function) ?? [];
    return [{ account: own, functionName: functionName ?? source.source.function }];
  });
}

/** Makes each function once. */
export function createSources(lambda: SimulatedLambda, plan: PromotionPlan): void {
  for (const environment of plan.environments) {
    for (const { account, functionName } of sourcesOf(environment)) {
      const known = lambda.functions().some((fn) => fn.name === functionName && fn.account === account);
      if (!known) lambda.createFunction({ functionName, account, region: environment.region, versions: [] });
    }
  }
}

/** What a metric source answers; null: the function is none. */
export function sourceAnswer(
  services: () => TargetServices,
  plan: PromotionPlan,
  scenario: Scenario,
  { account, functionName, payload, at }: Place & { readonly payload: string; readonly at: number },
): Answered | null {
  const environment = plan.environments.find((one) =>
    sourcesOf(one).some((source) => source.functionName === functionName && source.account === account),
  );
  if (environment === undefined) return null;
  const request = sourceRequestSchema.parse(JSON.parse(payload));
  const target = environment.targets.find(({ name }) => name === request.target);
  const before = target === undefined ? [] : baselineOf(simulated(target).history(services(), environment, target));
  const isBaseline = (version: string | null) => version === null || before.includes(version);
  return playSource(scenario, { functionName, request, at, isBaseline });
}
