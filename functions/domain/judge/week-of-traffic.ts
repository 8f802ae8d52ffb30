/** What is known of the traffic before the start, from CloudWatch or from a file. */
import * as z from "zod";
import { servedFields } from "./served-week.ts";
import type { Traffic } from "./statistics/detectable.ts";

/** Hours in a week. */
export const HOURS = 168;

const HOUR_MS = 3_600_000;

/** Hours from Monday 00:00 UTC until the hour that holds an instant (epoch ms). The epoch began on a Thursday. */
export const hourOfWeek = (at: number): number => (Math.floor(at / HOUR_MS) + 72) % HOURS;

const wanderSchema = z.strictObject({
  perRequest: z.number().nonnegative(),
  variance: z.number().nonnegative(),
  minutes: z.number().positive(),
});

/** Last week's traffic, by target: what `headgate check --traffic FILE` reads. Rates are fractions of requests. */
export const weekOfTrafficSchema = z
  .record(
    z.string(),
    z.strictObject({
      requestsPerMinute: z.number().nonnegative().describe("in a typical hour, both arms together"),
      errorRate: z.number().min(0).max(1).describe("share of failed requests, 0.001 is 0.1 %"),
      phi: z.number().min(1).optional().describe("how bursty errors are; 1, independent, unless given"),
      wander: wanderSchema
        .optional()
        .describe(
          "how the error rate wanders for minutes at a time, as a promotion's reference has it; not unless given",
        ),
      hours: z
        .array(z.number().nonnegative())
        .length(HOURS)
        .optional()
        .describe("requests in each hour of the week, from Monday 00:00 UTC on; the same in all of them unless given"),
      ...servedFields,
    }),
  )
  .describe("last week's traffic by target name");

export type WeekOfTraffic = z.output<typeof weekOfTrafficSchema>;

/** A file of it: each environment has its own traffic. */
export const trafficFileSchema = z
  .record(z.string(), weekOfTrafficSchema)
  .describe("last week's traffic by environment and target");

export type TrafficFile = z.output<typeof trafficFileSchema>;

/** A target's traffic; null where none is known. */
export function trafficIn(week: WeekOfTraffic, target: string): Traffic | null {
  const known = new Map(Object.entries(week)).get(target);
  if (known === undefined || known.requestsPerMinute === 0) return null;
  const { requestsPerMinute, errorRate, phi, wander, hours } = known;
  return {
    requestsPerMinute,
    errorRate,
    ...(phi !== undefined && { phi }),
    ...(wander !== undefined && { wander }),
    ...(hours !== undefined && { hours }),
  };
}
