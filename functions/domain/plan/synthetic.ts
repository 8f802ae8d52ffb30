import { kindOf } from "../../targets/kinds.ts";
import type { Path } from "../documents/problems.ts";
import { formatDuration } from "../durations.ts";
import type { TargetPlan } from "../plan.ts";
import type { Scope } from "./scope.ts";
import type { PlacedTarget } from "./targets.ts";

/** A look of the judge has two minutes, half a minute of which is its own and some of which CloudWatch takes. */
const LONGEST_ANSWER_SECONDS = 60;

/** Requests of our own that a policy asks for, and that no look would send. */
export function warnOfUnsent(scope: Scope, placed: readonly PlacedTarget[], perMinute: number, at: Path): void {
  if (perMinute === 0) return;
  for (const { plan } of placed) {
    const why = whyUnsent(plan);
    if (why !== null) scope.report.warn(at, `sends nothing to ${plan.name}: ${why.because}`, why.hint);
  }
}

function whyUnsent({ kind, probe }: TargetPlan): { readonly because: string; readonly hint: string } | null {
  if (kindOf(kind).countsOwn) {
    const because = `what Headgate starts on a ${kind}'s version counts as the candidate's own`;
    return { because, hint: "start work that harms nobody through the alias, or count in events: analysis.events" };
  }
  if (probe === undefined) return { because: "it has no probe", hint: "give the target a probe" };
  if (probe.timeoutSeconds <= LONGEST_ANSWER_SECONDS) return null;
  const longest = formatDuration(LONGEST_ANSWER_SECONDS);
  const because = `its probe may take ${formatDuration(probe.timeoutSeconds)}, longer than a look of the judge has`;
  return { because, hint: `write a timeout of ${longest} or less into the probe` };
}
