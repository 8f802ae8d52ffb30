/** The kinds of traffic targets. A kind without a line here does not compile. */
import type { LambdaClient } from "@aws-sdk/client-lambda";
import type { TargetKind, TargetPlan } from "../../domain/plan.ts";
import type { Clock, Target } from "../../domain/ports.ts";
import { lambdaCode } from "../lambda-code.ts";
import { lambdaProber } from "../lambda-prober.ts";
import { lambdaVersions } from "../lambda-versions.ts";
import { lambdaAlias } from "./lambda-alias.ts";

/** What the kinds are made of: the clients of one place. */
export interface TrafficTools {
  readonly clock: Clock;
  readonly lambda: () => LambdaClient;
  /** Does not retry. */
  readonly lambdaOnce: () => LambdaClient;
}

type Makers = { readonly [K in TargetKind]: (tools: TrafficTools, plan: Extract<TargetPlan, { kind: K }>) => Target };

const MAKERS = {
  "lambda-alias": ({ clock, lambda, lambdaOnce }, plan) => ({
    plan,
    traffic: lambdaAlias({ client: lambda, clock }, plan),
    code: lambdaCode({ client: lambda }, plan.functionName),
    versions: lambdaVersions({ client: lambda }, plan.functionName),
    prober: lambdaProber({ client: lambdaOnce, clock }, plan.functionName),
  }),
} satisfies Makers;

/** The target that a plan describes, made of the clients of its place. */
export function makeTarget(tools: TrafficTools, plan: TargetPlan): Target {
  return MAKERS[plan.kind](tools, plan);
}
