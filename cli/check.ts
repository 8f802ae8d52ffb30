import { renderProblems } from "../functions/domain/problems.ts";
import { resolvePlan } from "../functions/domain/resolve-plan.ts";
import { planInWords } from "./plan-words.ts";
import { readJson } from "./read-json.ts";

export interface CheckOptions {
  readonly releaseFile: string;
  readonly policyFile: string;
  /** Epoch ms: from here the next openings and deadlines are reckoned. */
  readonly now: number;
  /** Takes text with its line ends, as `process.stdout.write` does. */
  readonly write: (text: string) => void;
}

/**
 * Says what a promotion would do, or everything that keeps it from being planned, without asking AWS. Returns the exit
 * code: 0, or 2 for bad input (a file that cannot be read, is not JSON, or breaks a rule).
 */
export async function check({ releaseFile, policyFile, now, write }: CheckOptions): Promise<0 | 2> {
  const say = (lines: readonly string[]): void => {
    for (const line of lines) write(`${line}\n`);
  };
  const [policy, release] = await Promise.all([readJson(policyFile), readJson(releaseFile)]);
  if (!policy.ok || !release.ok) {
    for (const file of [policy, release]) if (!file.ok) say(file.lines);
    return 2;
  }
  const resolution = resolvePlan(policy.value, release.value, { now });
  if (!resolution.ok) {
    say([counted(resolution.problems.length, "problem"), "", ...renderProblems(resolution.problems)]);
    return 2;
  }
  say(planInWords(resolution.plan, now));
  if (resolution.warnings.length > 0) {
    say(["", counted(resolution.warnings.length, "warning"), ...renderProblems(resolution.warnings)]);
  }
  return 0;
}

function counted(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? "" : "s"}`;
}
