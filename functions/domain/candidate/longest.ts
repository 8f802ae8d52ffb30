import { countsLate, longer } from "../lateness.ts";
import type { Target } from "../ports.ts";

/**
 * Longest that a request may be under way on any of these versions, in seconds; null: without a limit that is known, or of
 * a kind that counts nothing late, which is not asked.
 */
export async function longestOf(
  { plan, code }: Pick<Target, "plan" | "code">,
  versions: readonly string[],
): Promise<number | null> {
  if (code === undefined || !countsLate(plan)) return null;
  let longest: number | null = 0;
  for (const version of versions) longest = longer(longest, (await code.version(version))?.longestSeconds ?? null);
  return longest;
}
