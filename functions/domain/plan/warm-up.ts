import { kindOf } from "../../targets/kinds.ts";
import type { SequentialInput } from "../documents/policy-analysis.ts";
import type { Path } from "../documents/problems.ts";
import type { Scope } from "./scope.ts";
import type { PlacedTarget } from "./targets.ts";

interface Judged {
  readonly at: Path;
  readonly targets: readonly PlacedTarget[] | null;
  readonly sequential: SequentialInput | null;
}

/** Metrics whose policy leaves their kind no time to start: what only happens cold is then judged as if it stayed. */
export function warnOfColdStarts(scope: Scope, metrics: readonly Judged[]): void {
  for (const { at, targets, sequential } of metrics) {
    const kinds = [...new Set((targets ?? []).map(({ plan }) => plan.kind))].map(kindOf);
    const cold = kinds.find(
      ({ coldStart }) => coldStart.minutes > (sequential?.warmupMinutes ?? Number.POSITIVE_INFINITY),
    );
    if (sequential === null || cold === undefined) continue;
    const message = `judges cold starts as if they stayed: a ${cold.name} takes ${cold.coldStart.minutes} minutes to start`;
    const hint = "leave warmupMinutes out: cold minutes then have a bound of their own";
    scope.report.warn([...at, "sequential", "warmupMinutes"], message, hint);
  }
}
