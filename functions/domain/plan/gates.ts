import type { Path } from "../documents/problems.ts";
import type { EveryGate, GateInput, GateSpot } from "../gates/kinds/gate.ts";
import { gateOf } from "../gates/kinds/table.ts";
import type { Consequence, GatePlan, StepPlan } from "../plan.ts";
import { defined, type Scope, spotAt } from "./scope.ts";

/** Gates of the environment, of the service and of the release, in this order, each under a name of its own. */

interface Placed {
  readonly input: GateInput;
  readonly at: Path;
}

export function resolveGates(scope: Scope, steps: readonly StepPlan[]): GatePlan[] {
  const place = (at: Path, gates: readonly GateInput[] | undefined): Placed[] =>
    (gates ?? []).map((input, index) => ({ input, at: [...at, "checks", index] }));
  const placed = [
    ...place(scope.at.environment, scope.environment.checks),
    ...place(scope.at.service, scope.service.checks),
    ...place(scope.at.tighten, scope.tighten.checks),
  ];
  const taken = new Set<string>();
  return placed.map(({ input, at }) => {
    refuseMoment(scope, input, at, steps);
    const every = { name: nameOf(scope, input, at, taken), when: input.when ?? "before", onFail: onFailOf(input) };
    return resolveGate(scope, input, at, every);
  });
}

function resolveGate(scope: Scope, input: GateInput, at: Path, every: EveryGate): GatePlan {
  const own = gateOf(input.kind).resolve(input, every, gateSpot(scope, at));
  return defined({ ...every, kind: input.kind, ...own });
}

function gateSpot(scope: Scope, at: Path): GateSpot {
  const { name, policy, release } = scope;
  return {
    ...spotAt(scope, at),
    environment: name,
    earlier: policy.order.slice(0, Math.max(0, policy.order.indexOf(name))),
    promotedThrough: release.environments,
    evidence: release.evidence ?? {},
    claims: spotAt(scope, ["release", "evidence"]),
  };
}

function refuseMoment(scope: Scope, { when, onFail }: GateInput, at: Path, steps: readonly StepPlan[]): void {
  if ((when ?? "before") === "before" && onFail === "rollback") {
    scope.report.refuse([...at, "onFail"], "has nothing to roll back before the rollout", 'write "block" or "warn"');
  }
  if (typeof when !== "number" || scope.release.emergency?.skipBakes === true) return;
  if (steps.some((step) => step.weight === when)) return;
  scope.report.refuse(
    [...at, "when"],
    "is the weight of no step",
    `weights: ${steps.map((step) => step.weight).join(", ")}`,
  );
}

function onFailOf({ when, onFail }: GateInput): Consequence {
  return onFail ?? ((when ?? "before") === "before" ? "block" : "rollback");
}

/** A name that is given must be free; one that is made up is numbered until it is. */
function nameOf(scope: Scope, input: GateInput, at: Path, taken: Set<string>): string {
  if (input.name !== undefined && taken.has(input.name)) {
    scope.report.refuse([...at, "name"], "is the name of another check", "give each check a name of its own");
  }
  const wish = input.name ?? gateOf(input.kind).title(input, scope.name);
  let name = wish;
  for (let count = 2; input.name === undefined && taken.has(name); count += 1) name = `${wish} (${count})`;
  taken.add(name);
  return name;
}
