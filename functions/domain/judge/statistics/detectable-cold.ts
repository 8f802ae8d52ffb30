/** What a bake that begins cold can see: what either monitor of `cold-start.ts` sees, each for itself. */
import { PASS_THROUGH_SHARE, THROUGH, THROUGH_SHARE } from "./cold-start.ts";
import { SEQUENTIAL_DEFAULTS, type SequentialConfig } from "./sequential-config.ts";

export interface View {
  readonly config: SequentialConfig;
  readonly minutes: number;
  /** ln of what E must reach. */
  readonly logThreshold: number;
}

/**
 * Warm minutes alone, where there are any; and all of them, cold ones held to `warmupDelta`, as if that were tolerated evenly.
 * Without a warm-up there is one view, as it was given.
 */
export function viewsOf({ config, minutes, logThreshold }: View): View[] {
  const { warmupMinutes, warmupDelta, delta, slo } = config;
  if (warmupMinutes === 0) return [{ config, minutes, logThreshold }];
  const cold = Math.min(warmupMinutes, minutes);
  const more = (Math.max(0, warmupDelta - delta) * cold) / minutes;
  const lenient = { ...config, ...THROUGH, delta: delta + more, slo: slo === null ? null : slo + more };
  const through = { config: lenient, minutes, logThreshold: logThreshold - Math.log(THROUGH_SHARE) };
  const warm = { config, minutes: minutes - cold, logThreshold: logThreshold - Math.log1p(-THROUGH_SHARE) };
  return warm.minutes === 0 ? [through] : [warm, through];
}

/** Settings under which one monitor passes as soon as both together, where cold starts do no harm. */
export function passThrough({
  warmupMinutes,
}: Pick<SequentialConfig, "warmupMinutes">): Pick<SequentialConfig, "warmupMinutes" | "passAlpha"> {
  const share = warmupMinutes === 0 ? 1 : PASS_THROUGH_SHARE;
  return { warmupMinutes: 0, passAlpha: SEQUENTIAL_DEFAULTS.passAlpha * share };
}
