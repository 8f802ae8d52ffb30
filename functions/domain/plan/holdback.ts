import { kindOf } from "../../targets/kinds.ts";
import type { Drive, EnvironmentPlan, MonitorPlan, StepPlan, WindowPlan } from "../plan.ts";
import { earliestStart, local, plannedSeconds, windowAt } from "../windows.ts";
import type { PlannedSteps } from "./rollout.ts";
import { fromService, type Scope } from "./scope.ts";
import type { PlacedTarget } from "./targets.ts";

/** What the version serving before keeps until the end: whether its targets can keep it, and what it does to the window. */

interface Moving {
  readonly drive: Drive;
  readonly placed: readonly PlacedTarget[];
  readonly planned: PlannedSteps;
}

/** Empty where nothing is held back. */
export function resolveHoldback(scope: Scope, { drive, placed, planned }: Moving): Pick<EnvironmentPlan, "holdback"> {
  const { value, at } = fromService(scope, "rollout");
  const holdback = value?.holdback;
  if (holdback === undefined) return {};
  const refuse = (message: string, hint: string) => scope.report.refuse([...at, "holdback"], message, hint);
  if (drive === "self-driving") {
    refuse("asks to hold traffic back from targets that move by themselves", "leave it out: they move all of it");
  }
  for (const { plan } of placed) refuseUnkept(plan, refuse);
  const last = 100 - holdback;
  for (const [index, { weight }] of planned.written.entries()) {
    if (weight === 100 || weight < last) continue;
    const message = `leaves the step of 100 % nothing to move: ${holdback} % is held back of it`;
    scope.report.refuse([...planned.at, index, "weight"], message, `write less than ${last}, or leave the step out`);
  }
  return { holdback };
}

function refuseUnkept({ name, kind, follows }: PlacedTarget["plan"], refuse: (message: string, hint: string) => void) {
  if (follows !== undefined) {
    const message = `would let ${name} serve unwatched: it follows another target's split, and moves at the finish, after the monitoring`;
    refuse(message, `leave it out, or put ${name} into a service of its own`);
  } else if (kindOf(kind).weights === "all-or-nothing") {
    refuse(`asks ${name} to keep a share: a ${kind} sends all of its traffic one way`, "leave it out");
  }
}

/** The finish moves what was held back, and so it waits for the window as a step does. */
export function warnOfLateFinish(
  scope: Scope,
  { holdback }: Pick<EnvironmentPlan, "holdback">,
  { window, steps, monitor, notBefore }: Timing,
): void {
  if (holdback === undefined || window === null || window.whenItCloses !== "hold") return;
  const seconds = plannedSeconds(steps);
  const start = earliestStart(window, scope.now, seconds, notBefore);
  if (start === null) return;
  const over = start + (seconds + (monitor?.forSeconds ?? 0)) * 1_000;
  if (windowAt(window, over).open) return;
  const opens = earliestStart(window, over, 0);
  const until = opens === null ? "a window that is not known yet" : local(opens, window.zone);
  const { at } = fromService(scope, "rollout");
  const message = `ends ${local(over, window.zone)} at the earliest, when the change window is closed: the finish waits, with the split, until ${until}`;
  scope.report.warn([...at, "holdback"], message, 'monitor for less long, or write whenItCloses "finish"');
}

interface Timing {
  readonly window: WindowPlan | null;
  readonly steps: readonly StepPlan[];
  readonly monitor: MonitorPlan | null;
  readonly notBefore: number | null;
}
