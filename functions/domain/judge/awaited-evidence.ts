/** When a hold that waits for evidence can have it: said in its mail, so that people know what they would wait for. */
import { shareAt } from "../holdback.ts";
import type { EnvironmentPlan } from "../plan.ts";
import { thousands } from "../text.ts";
import { local } from "../windows.ts";
import type { BakeRecord } from "./bake.ts";
import type { Finding } from "./finding.ts";
import { reachedAt } from "./forecast.ts";
import { type Judged, judgedOf, requestsToPass } from "./pass-time.ts";
import { watchId } from "./sampling.ts";
import { SEQUENTIAL_DEFAULTS } from "./statistics/sequential-config.ts";
import type { WeekOfTraffic } from "./week-of-traffic.ts";

/** A good candidate needs so many in half of all cases. */
const USUAL = 0.5;
const ENOUGH = -Math.log(SEQUENTIAL_DEFAULTS.passAlpha);

/**
 * "some 120 more candidate requests, at last week's traffic by Thu 2026-12-03 14:00 UTC", of the metric that waits longest;
 * null where no metric with known traffic waits for evidence.
 */
export function awaitedInWords(
  plan: EnvironmentPlan,
  week: WeekOfTraffic,
  { findings, span }: Pick<BakeRecord, "findings" | "span">,
  now: number,
): string | null {
  const weight = shareAt(plan, span?.weight ?? 0);
  if (weight === 0) return null;
  const waits = judgedOf(plan, week).flatMap((judged) => {
    const finding = findings.find(({ watch }) => watch === watchId(judged.metric));
    const requests = finding === undefined ? null : missing(judged, weight, finding);
    return requests === null ? [] : [{ requests, by: reachedAt(judged.traffic, now, (requests * 100) / weight) }];
  });
  const [longest] = waits.toSorted((one, other) => (other.by ?? Infinity) - (one.by ?? Infinity));
  if (longest === undefined) return null;
  const by = longest.by === null ? "not within eight weeks" : `by ${local(longest.by, plan.window?.zone ?? "UTC")}`;
  const count = thousands(Math.ceil(longest.requests));
  return `some ${count} more candidate requests without a new error, at last week's traffic ${by}`;
}

/** Requests that the evidence for a pass still lacks; null where it lacks none, or something speaks against the candidate. */
function missing(judged: Judged, weight: number, { verdict, logPass }: Finding): number | null {
  if (verdict !== "inconclusive" || logPass === null || logPass >= ENOUGH) return null;
  const whole = requestsToPass(judged, weight, USUAL);
  return whole === null ? null : whole * (1 - logPass / ENOUGH);
}
