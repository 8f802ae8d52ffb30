/** Whether what a plan lets last fits into the year that its execution has. */
import type { Report } from "../documents/problems.ts";
import { formatDuration } from "../durations.ts";
import { LIFE_SECONDS, longestSeconds } from "../life.ts";
import type { EnvironmentPlan } from "../plan.ts";

export function refuseLongerThanLife(report: Report, environments: readonly EnvironmentPlan[]): void {
  const total = environments.reduce((sum, environment) => sum + longestSeconds(environment), 0);
  if (total <= LIFE_SECONDS) return;
  const parts = environments.map((one) => `${one.environment} ${formatDuration(longestSeconds(one))}`).join(", ");
  report.refuse(
    ["release", "environments"],
    `may last ${formatDuration(total)} together (${parts}), and an execution lives for a year`,
    `shorten approvals, bakes, holds or monitoring to ${formatDuration(LIFE_SECONDS)} in all, or release to fewer environments at once`,
  );
}
