import * as z from "zod";
import type { Spot } from "./gate.ts";

/** The fields of a gate that holds a number between limits. */
export const limitFields = {
  min: z.number().optional().describe("smallest value that passes"),
  max: z.number().optional().describe("largest value that passes"),
};

export interface Limits {
  readonly min?: number | undefined;
  readonly max?: number | undefined;
}

/** Refuses limits that are none, and those between which nothing lies. */
export function refuseIdle(spot: Spot, { min, max }: Limits): void {
  if (min === undefined && max === undefined) spot.refuse([], "has no limit", "give min, max or both");
  if (min !== undefined && max !== undefined && min > max) {
    spot.refuse(["min"], `is above max, ${max}: nothing can pass`, `write ${max} or less`);
  }
}

/** What is no number has no place between limits. */
export function within({ min, max }: Limits, value: number): boolean {
  return (min === undefined || value >= min) && (max === undefined || value <= max);
}
