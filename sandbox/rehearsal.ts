/** One rehearsal from documents to result: resolves the plan, builds the world, runs it, counts what it took. */

import type { Problem } from "../functions/domain/documents/problems.ts";
import { resolvePlan } from "../functions/domain/plan/resolve.ts";
import type { PromotionPlan } from "../functions/domain/plan.ts";
import { MACHINES, machineArn } from "./host/deployment.ts";
import { lambdaAliasesOf } from "./host/targets.ts";
import { type Ended, Sandbox, type SandboxOptions } from "./sandbox.ts";
import type { Line, TimeSplit } from "./timeline.ts";
import type { Scenario } from "./world/scenario.ts";

export interface RehearsalInput {
  readonly policy: unknown;
  readonly release: unknown;
  readonly scenario: Scenario;
  readonly onLine?: (line: Line) => void;
  readonly onPlan?: (plan: PromotionPlan) => void;
  readonly sandbox?: Pick<SandboxOptions, "onInvocation" | "sweepEveryMs">;
}

/** Price of a thousand state transitions of a Standard workflow in US dollars (us-east-1 list price; check yours). */
const DOLLARS_PER_THOUSAND = 0.025;

export interface Figures {
  readonly virtualMs: number;
  readonly split: TimeSplit;
  readonly executions: number;
  readonly transitions: number;
  readonly historyEvents: number;
  readonly invocations: number;
  readonly awsCalls: number;
  readonly dollars: number;
}

export interface Rehearsed {
  readonly ok: true;
  readonly plan: PromotionPlan;
  readonly ended: Ended;
  readonly figures: Figures;
  readonly sandbox: Sandbox;
}

export type Rehearsal = Rehearsed | { readonly ok: false; readonly problems: readonly Problem[] };

/** Runs the promotion of a release in a world. Problems of the documents come back before anything is run. */
export async function rehearse(input: RehearsalInput): Promise<Rehearsal> {
  const { policy, release, scenario, onLine } = input;
  const resolution = resolvePlan(policy, release, { now: scenario.startsAt });
  if (!resolution.ok) return { ok: false, problems: resolution.problems };
  const { plan } = resolution;
  const problems = unknownFunctions(scenario, plan);
  if (problems.length > 0) return { ok: false, problems };
  input.onPlan?.(plan);
  const sandbox = new Sandbox({
    scenario,
    policy,
    plan,
    ...(onLine === undefined ? {} : { onLine }),
    ...input.sandbox,
  });
  const ended = await sandbox.promote(release, `rehearsal-${scenario.seed}`);
  return { ok: true, plan, ended, figures: figuresOf(sandbox, ended), sandbox };
}

/** A move by hand of what the plan does not have would end the world when its time comes. */
function unknownFunctions({ moves }: Scenario, plan: PromotionPlan): Problem[] {
  const known = plan.environments.flatMap(({ account, targets }) =>
    lambdaAliasesOf(targets).map(({ functionName, alias }) => ({ account, functionName, alias })),
  );
  return moves.flatMap((move, index) => {
    const { function: name, account, alias } = move;
    const is = (one: (typeof known)[number]) =>
      one.functionName === name && one.alias === alias && one.account === (account ?? one.account);
    if (known.some(is)) return [];
    const hint = `known: ${known.map((one) => `${one.functionName}, alias ${one.alias}, in ${one.account}`).join("; ")}`;
    return [
      {
        path: `scenario.moves[${index}]`,
        value: { function: name, account, alias },
        message: "moves an alias that the plan does not have",
        hint,
      },
    ];
  });
}

function figuresOf(sandbox: Sandbox, { startedAt, endedAt }: Ended): Figures {
  const usages = MACHINES.flatMap((machine) => {
    const { executions } = sandbox.executions.listExecutions({
      stateMachineArn: machineArn(sandbox.place, machine),
      maxResults: 1_000,
    });
    return executions.map(({ executionArn }) => sandbox.executions.usage(executionArn));
  });
  const transitions = usages.reduce((sum, usage) => sum + usage.transitions, 0);
  return {
    virtualMs: endedAt - startedAt,
    split: sandbox.timeline.split(endedAt - startedAt),
    executions: usages.length,
    transitions,
    historyEvents: usages.reduce((sum, usage) => sum + usage.events, 0),
    invocations: [...sandbox.host.counts.values()].reduce((sum, count) => sum + count, 0),
    awsCalls: sandbox.aws.calls.length,
    dollars: (transitions / 1_000) * DOLLARS_PER_THOUSAND,
  };
}
