/** One rollout of many functions through the real machines and handlers: how long a shift, a way back and a finish take. */
import { readFileSync } from "node:fs";
import { cleanCase, type Happening } from "../../sandbox/faults/cases.ts";
import { faultPlanOf } from "../../sandbox/faults/plans.ts";
import { run, type Trial } from "../../sandbox/faults/trial.ts";

/** Calls a second that Lambda's control plane takes of an account in a Region, over all operations but invocations. */
export const CALLS_A_SECOND = 15;
/** What a move may take beside its calls, in seconds: starting, waiting between reads, the ledger. */
export const BESIDE_SECONDS = 10;
/** How much longer than its calls' floor a move may take. */
export const FACTOR = 1.5;

export interface Move {
  /** Control-plane calls while traffic was moved, whoever made them. */
  readonly calls: number;
  /** From its cause (an alarm's event, or the handler's first call) to the last read-back, in seconds. */
  readonly seconds: number;
  /** The calls at the control plane's rate, in seconds: no way of doing them is quicker. */
  readonly floorSeconds: number;
}

export interface Curve {
  readonly targets: number;
  readonly shift: Move;
  readonly finish: Move;
  readonly back: Move;
}

/** The longest that a move may take, in seconds. */
export const boundOf = ({ floorSeconds }: Move): number => FACTOR * floorSeconds + BESIDE_SECONDS;

/** Two rollouts of so many functions: one goes to its end, in the other an alarm turns red in the first bake. */
export async function curveOf(targets: number): Promise<Curve> {
  const well = await play(targets, []);
  // Between two looks: one that is under way could see the alarm ahead of its listener.
  const red: Happening = {
    when: { at: "state", machine: "bake", state: "Judge", nth: 3, ms: 10_000 },
    deed: { do: "alarm", name: "guard" },
  };
  const bad = await play(targets, [red]);
  const redAt = bad.done[0]?.at;
  if (redAt === undefined) throw new Error("the alarm was never thrown");
  return {
    targets,
    shift: moveOf(well, "shift-traffic", null),
    finish: moveOf(well, "finish-rollout", null),
    back: moveOf(bad, "alarm-listener", redAt),
  };
}

async function play(count: number, happenings: readonly Happening[]): Promise<Trial> {
  const names = Array.from({ length: count }, (_, index) => `f${index}`);
  return run(faultPlanOf("many", planOf(names)), { ...cleanCase("many"), happenings });
}

/**
 * The first invocation of a handler that changed aliases, to its last call. What others ask of the control plane meanwhile
 * counts as well: they share its turns.
 */
function moveOf({ calls, settledAt }: Trial, handler: string, since: number | null): Move {
  if (settledAt === null) throw new Error("the rollout never came to rest");
  const asked = calls.filter(({ service }) => service === "lambda");
  const mover = asked.find((call) => call.handler === handler && call.operation === "UpdateAlias");
  if (mover === undefined) throw new Error(`${handler} moved nothing`);
  const own = asked.filter(({ invocation }) => invocation === mover.invocation);
  const first = since ?? Math.min(...own.map(({ at }) => at));
  const last = Math.max(...own.map(({ at, ms }) => at + ms));
  const meanwhile = asked.filter(({ at }) => at >= first && at <= last).length;
  return { calls: meanwhile, seconds: (last - first) / 1_000, floorSeconds: meanwhile / CALLS_A_SECOND };
}

/** The plan of the fault matrix in which nothing goes wrong, with so many functions. */
export function planOf(names: readonly string[]): unknown {
  const plan = JSON.parse(readFileSync(HEALTHY, "utf8")) as HealthyPlan;
  plan.policy.services.shop.targets = names.map((name) => ({
    name,
    kind: "lambda-alias",
    functionName: `shop-${name}`,
    alias: "live",
  }));
  for (const { release } of plan.starts) {
    release.artifacts = Object.fromEntries(names.map((name) => [name, { version: "8" }]));
  }
  return plan;
}

const HEALTHY = new URL("../../test/faults/plans/healthy.json", import.meta.url);

interface HealthyPlan {
  readonly policy: { readonly services: { readonly shop: { targets: unknown } } };
  readonly starts: readonly { readonly release: { artifacts: unknown } }[];
}
