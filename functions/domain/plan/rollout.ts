import type { StepInput } from "../documents/policy.ts";
import type { Path } from "../documents/problems.ts";
import { formatDuration } from "../durations.ts";
import type { Drive, MonitorPlan, StepPlan } from "../plan.ts";
import { fromService, type Scope } from "./scope.ts";

/** Steps, bakes and what follows them: the policy's, held against its floors, then the release's tightening. */

const DEFAULT_BAKE_SECONDS = 900;
const evenly = (...weights: readonly number[]): StepInput[] =>
  weights.map((weight) => ({ weight, bake: DEFAULT_BAKE_SECONDS }));
const DEFAULT_STEPS: Readonly<Record<Drive, readonly StepInput[]>> = {
  driven: evenly(10, 25, 50, 100),
  "self-driving": evenly(100),
};
const DEFAULT_KEEP_SECONDS = 86_400;

export interface PlannedSteps {
  readonly steps: readonly StepPlan[];
  /** The steps before an emergency skips any, and where they are written, for problems that later rules find in them. */
  readonly written: readonly StepPlan[];
  readonly at: Path;
}

export function resolveSteps(scope: Scope, drive: Drive): PlannedSteps {
  const rollout = fromService(scope, "rollout");
  const base = { steps: rollout.value?.steps ?? DEFAULT_STEPS[drive], at: [...rollout.at, "steps"] };
  checkSteps(scope, base.steps, base.at, drive);
  const asked = scope.tighten.steps;
  const at = asked === undefined ? base.at : [...scope.at.tighten, "steps"];
  if (asked !== undefined) {
    checkSteps(scope, asked, at, drive);
    checkOnlySlower(scope, base.steps, asked, at);
  }
  const written = withLongerBakes(scope, base.steps, asked ?? base.steps);
  return { steps: skipped(scope, written), written, at };
}

/** A floor that nobody here can hold is refused, rather than promised. */
const FIRST_STEP_UNKNOWN =
  "targets that move by themselves choose their own first step: promote them where no floor is set for it";

function checkSteps(scope: Scope, steps: readonly StepInput[], at: Path, drive: Drive): void {
  checkRising(scope, steps, at);
  const { smallestBake = 0, largestFirstStep = 100 } = scope.environment.floors ?? {};
  const first = steps[0]?.weight ?? 0;
  if (first > largestFirstStep) {
    const message = `starts with ${first} %, above the ${largestFirstStep} % that ${scope.name} allows for a first step`;
    const hint = drive === "driven" ? `start with ${largestFirstStep} or less` : FIRST_STEP_UNKNOWN;
    scope.report.refuse([...at, 0, "weight"], message, hint);
  }
  for (const [index, step] of steps.entries()) {
    if (step.bake >= smallestBake) continue;
    const floor = formatDuration(smallestBake);
    const message = `bakes for ${formatDuration(step.bake)}, below the floor of ${floor} in ${scope.name}`;
    scope.report.refuse([...at, index, "bake"], message, `write ${floor} or longer`);
  }
}

function checkRising(scope: Scope, steps: readonly StepInput[], at: Path): void {
  for (const [index, step] of steps.entries()) {
    const before = steps[index - 1]?.weight ?? 0;
    if (step.weight > before) continue;
    const message = `does not rise: the step before it has ${before} %`;
    scope.report.refuse([...at, index, "weight"], message, `write more than ${before}, or leave the step out`);
  }
  const last = steps.at(-1)?.weight;
  if (last !== 100) {
    scope.report.refuse(
      [...at, steps.length - 1, "weight"],
      "is the last step and stays below 100 %",
      "end with weight 100",
    );
  }
}

/**
 * Slower means: every weight of the policy is still visited, at least as long; weights may be added between. Then at no
 * time does the candidate hold more traffic than under the policy, and no step is skipped on the way up.
 */
function checkOnlySlower(scope: Scope, base: readonly StepInput[], asked: readonly StepInput[], at: Path): void {
  for (const step of base) {
    const index = asked.findIndex((other) => other.weight === step.weight);
    const bake = asked[index]?.bake;
    const [needed, weight] = [formatDuration(step.bake), `${step.weight} %`];
    if (bake === undefined) {
      scope.report.refuse(
        at,
        `leaves out the policy's step of ${weight}`,
        `keep ${weight} with a bake of ${needed} or longer`,
      );
    } else if (bake < step.bake) {
      const message = `bakes ${weight} for ${formatDuration(bake)}; the policy asks ${needed}`;
      scope.report.refuse([...at, index, "bake"], message, `a release may only tighten: write ${needed} or longer`);
    }
  }
}

function withLongerBakes(scope: Scope, base: readonly StepInput[], steps: readonly StepInput[]): StepPlan[] {
  const atLeast = scope.tighten.bakeAtLeast ?? 0;
  const shortest = Math.min(...base.map((step) => step.bake));
  if (scope.tighten.bakeAtLeast !== undefined && atLeast < shortest) {
    const message = `is shorter than the policy's shortest bake, ${formatDuration(shortest)}`;
    const hint = `a release may only tighten: write ${formatDuration(shortest)} or longer`;
    scope.report.refuse([...scope.at.tighten, "bakeAtLeast"], message, hint);
  }
  return steps.map(({ weight, bake }) => ({ weight, bakeSeconds: Math.max(bake, atLeast) }));
}

/** An emergency goes straight to the last step; its bake stays, since that is where a rollback would be seen. */
function skipped(scope: Scope, steps: readonly StepPlan[]): readonly StepPlan[] {
  return scope.release.emergency?.skipBakes === true ? steps.slice(-1) : steps;
}

export function resolveMonitor(scope: Scope): MonitorPlan | null {
  const { value } = fromService(scope, "monitorAfter");
  const asked = scope.tighten.monitorFor;
  const base = value?.for ?? 0;
  if (asked !== undefined && asked < base) {
    const needed = formatDuration(base);
    const hint = `a release may only tighten: write ${needed} or longer`;
    scope.report.refuse([...scope.at.tighten, "monitorFor"], `is shorter than the policy's ${needed}`, hint);
  }
  const forSeconds = Math.max(base, asked ?? 0);
  return forSeconds === 0 ? null : { forSeconds, onFail: value?.onFail ?? "roll-back" };
}

/** Seconds for which the previous version stays; the same tightening rule as everywhere: longer only. */
export function resolveKeepPrevious(scope: Scope): number {
  const base = fromService(scope, "keepPreviousFor").value ?? DEFAULT_KEEP_SECONDS;
  const asked = scope.tighten.keepPreviousFor ?? base;
  if (asked < base) {
    const needed = formatDuration(base);
    const hint = `a release may only tighten: write ${needed} or longer`;
    scope.report.refuse([...scope.at.tighten, "keepPreviousFor"], `is shorter than the policy's ${needed}`, hint);
  }
  return Math.max(base, asked);
}

/** Whether the previous version is deleted afterwards: only where the policy says so, since nothing brings it back. */
export function resolveRetirePrevious(scope: Scope): boolean {
  return fromService(scope, "retirePrevious").value ?? false;
}
