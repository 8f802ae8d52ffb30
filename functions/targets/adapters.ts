/** The wired half of each kind. A kind without a line here does not compile. */
import type { LambdaClient } from "@aws-sdk/client-lambda";
import type { S3Client } from "@aws-sdk/client-s3";
import type { SFNClient } from "@aws-sdk/client-sfn";
import { type CodeTools, lambdaCode } from "../adapters/lambda-code.ts";
import { lambdaProber } from "../adapters/lambda-prober.ts";
import { lambdaVersions } from "../adapters/lambda-versions.ts";
import type { Pace } from "../adapters/shared/pace.ts";
import type { TargetPlan } from "../domain/plan.ts";
import type { Clock, Target } from "../domain/ports.ts";
import { type KindName, kindOf } from "./kinds.ts";
import { functionOf, type LambdaAliasPlan } from "./lambda-alias/kind.ts";
import { aliasTraffic } from "./lambda-alias/traffic.ts";
import { machineDefinition } from "./state-machine-alias/code.ts";
import { machineExecutions } from "./state-machine-alias/in-flight.ts";
import type { MachineAliasPlan } from "./state-machine-alias/kind.ts";
import { executionProber } from "./state-machine-alias/prober.ts";
import { machineAliasTraffic } from "./state-machine-alias/traffic.ts";
import { machineVersions } from "./state-machine-alias/versions.ts";

/** What the kinds are made of: the clients of one place, and the turns that its control planes give. */
export interface TrafficTools extends Pick<CodeTools, "download" | "hash"> {
  readonly clock: Clock;
  readonly lambda: () => LambdaClient;
  /** Does not retry. */
  readonly lambdaOnce: () => LambdaClient;
  readonly lambdaPace: Pace;
  readonly sfn: () => SFNClient;
  readonly s3: () => S3Client;
  readonly sfnPace: Pace;
}

/** What of a kind speaks to AWS; the plan of a target is read by its own kind alone. */
type Maker = (tools: TrafficTools, plan: TargetPlan) => Omit<Target, "plan">;

const MAKERS = {
  "lambda-alias": ({ clock, download, hash, lambda, lambdaOnce, lambdaPace: pace }, plan) => {
    const own = plan as LambdaAliasPlan;
    return {
      traffic: aliasTraffic({ client: lambda, clock, pace }, own),
      code: lambdaCode({ client: lambda, clock, download, hash }, own.functionName),
      versions: lambdaVersions({ client: lambda }, functionOf(own)),
      prober: lambdaProber({ client: lambdaOnce, clock }, own.functionName),
    };
  },
  "state-machine-alias": ({ clock, hash, s3, sfn, sfnPace: pace }, plan) => {
    const own = plan as MachineAliasPlan;
    return {
      traffic: machineAliasTraffic({ client: sfn, clock, pace }, own),
      code: machineDefinition({ client: sfn, s3, hash, clock }, own.stateMachineArn),
      versions: machineVersions({ client: sfn }, own.stateMachineArn),
      prober: executionProber({ client: sfn, clock }, own.stateMachineArn),
      inFlight: machineExecutions({ client: sfn }, own),
    };
  },
} satisfies Readonly<Record<KindName, Maker>>;

const byName: Readonly<Record<string, Maker>> = MAKERS;

/** The target that a plan describes, made of the clients of its place. Throws `BrokenRecord` for an unknown kind. */
export function makeTarget(tools: TrafficTools, plan: TargetPlan): Target {
  const make = byName[kindOf(plan.kind).name] as Maker;
  return { plan, ...make(tools, plan) };
}
