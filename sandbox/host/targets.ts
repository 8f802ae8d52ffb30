/** What the sandbox has to make for each kind of target, and how it sees that kind's traffic from outside. */
import type { EnvironmentPlan, TargetPlan } from "../../functions/domain/plan.ts";
import { type KindName, kindOf } from "../../functions/targets/kinds.ts";
import type { LambdaAliasPlan } from "../../functions/targets/lambda-alias/kind.ts";
import type { MachineAliasPlan } from "../../functions/targets/state-machine-alias/kind.ts";
import type { SimulatedLambda } from "../aws/lambda/lambda.ts";
import { asOf } from "../aws/step-functions/machine.ts";
import type { SimulatedStepFunctions } from "../aws/step-functions/step-functions.ts";
import type { Scenario } from "../world/scenario.ts";
import type { ShareHistory } from "../world/shares.ts";
import { createFunction } from "./populate-lambda.ts";
import { createMachine, definitionNamed } from "./populate-machine.ts";

/** The simulated services that hold traffic. */
export interface TargetServices {
  readonly lambda: SimulatedLambda;
  readonly stepFunctions: SimulatedStepFunctions;
}

/** What of the scenario decides how targets are made. */
type World = Pick<Scenario, "slowVersions" | "timeLimits">;

type Where = Pick<EnvironmentPlan, "account" | "region">;

/** What holds a target's traffic, as the service has it now. */
export interface Seen {
  /** Of the function, or of the state machine. */
  readonly name: string;
  /** The version that serves where nothing is split. */
  readonly version: string;
  readonly versions: readonly string[];
  readonly split: boolean;
}

interface SimulatedKind {
  /** Makes what the plan expects to find. */
  create(services: TargetServices, where: Where, target: TargetPlan, world: World): void;
  /** What an S3 object of a release holds, by its name; the name itself unless said. */
  readonly artifact?: (name: string) => string;
  /** How its traffic was split, from the beginning, by the service's own record. */
  history(services: TargetServices, where: Where, target: TargetPlan): ShareHistory;
  /** Throws where the world has no such thing. */
  see(services: TargetServices, where: Where, target: TargetPlan): Seen;
  /** The call that reads how traffic is split, and what its summary names the target by. */
  reads(target: TargetPlan): { readonly operation: string; readonly naming: string };
}

const SIMULATED = {
  "lambda-alias": {
    create: ({ lambda }, where, target, world) => createFunction(lambda, where, target as LambdaAliasPlan, world),
    history: ({ lambda }, { account, region }, target) => {
      const { functionName, alias } = target as LambdaAliasPlan;
      return lambda.weightHistory({ account, region, functionName, alias });
    },
    see: ({ lambda }, { account }, target) => {
      const { functionName: name, alias } = target as LambdaAliasPlan;
      const fn = lambda.functions().find((one) => one.name === name && one.account === account);
      const current = fn?.aliases.get(alias)?.current;
      if (fn === undefined || current === undefined) throw new Error(`the world has no ${name}:${alias}`);
      const split = Object.values(current.additional).some((share) => share > 0);
      return { name, version: current.version, versions: [...fn.versions.keys()], split };
    },
    reads: (target) => ({
      operation: "GetAlias",
      naming: `FunctionName=${(target as LambdaAliasPlan).functionName} `,
    }),
  },
  "state-machine-alias": {
    create: ({ stepFunctions }, where, target) => createMachine(stepFunctions, where, target as MachineAliasPlan),
    artifact: definitionNamed,
    history: ({ stepFunctions }, { account, region }, target) => {
      const { stateMachineName: machine, alias } = target as MachineAliasPlan;
      return stepFunctions.weightHistory({ account, region, machine, alias });
    },
    see: ({ stepFunctions }, { account }, target) => {
      const { stateMachineName: name, alias } = target as MachineAliasPlan;
      const machine = stepFunctions.machines().find((one) => one.name === name && one.account === account);
      if (machine === undefined) throw new Error(`the world has no ${name}:${alias}`);
      const routing = asOf(machine.alias(alias).history, Number.POSITIVE_INFINITY).routing;
      const [first, ...others] = routing.filter(({ weight }) => weight > 0);
      const version = first?.version ?? "";
      return { name, version, versions: [...machine.versions.keys()], split: others.length > 0 };
    },
    reads: ({ resource }) => ({ operation: "DescribeStateMachineAlias", naming: resource }),
  },
} satisfies Readonly<Record<KindName, SimulatedKind>>;

const byName: Readonly<Record<string, SimulatedKind>> = SIMULATED;

export const simulated = (target: TargetPlan): SimulatedKind => byName[kindOf(target.kind).name] as SimulatedKind;

/** The Lambda aliases of a plan, by whatever name: what a scenario can move by hand. */
export const lambdaAliasesOf = (targets: readonly TargetPlan[]): LambdaAliasPlan[] =>
  targets.filter(({ kind }) => kind === "lambda-alias") as LambdaAliasPlan[];
