/**
 * The page for what speaks against a candidate by before and after alone: nothing goes back by itself, so it says what was
 * found, why it is no more than that, what can be done, and what becomes of it if nobody does anything.
 */

import { formatDuration } from "../durations.ts";
import type { Header } from "../ledger/header.ts";
import type { Wording } from "../notices/notice.ts";
import type { EnvironmentPlan } from "../plan.ts";
import { oneLine } from "../text.ts";
import { type BakeRecord, type Phase, readPhase } from "./bake.ts";
import { heldReasons, NOTHING_BESIDE } from "./before-after.ts";
import { findingInWords } from "./finding.ts";

type Told = Pick<Header, "promotionId" | "service" | "version">;

const LONGEST_LINE = 500;

/** Subject and plain text. The verbs are the operator's, on the command line. */
export function beforeAfterNotice(
  { promotionId, service, version }: Told,
  { environment, analysis }: Pick<EnvironmentPlan, "environment" | "analysis">,
  { phase, span, findings }: Pick<BakeRecord, "phase" | "span" | "findings">,
): Wording {
  const weight = span?.weight ?? 0;
  const against = findings.filter(({ beforeAfter, dryRun }) => beforeAfter === true && !dryRun);
  const body = [
    `${service} ${version} has ${weight} % of traffic in ${environment}, and it is worse than before the release:`,
    "",
    ...heldReasons(findings).map((reason) => `  ${oneLine(reason, LONGEST_LINE)}`),
    ...against.map((finding) => `  ${finding.watch}: ${findingInWords(finding)}`),
    "",
    `Nothing goes back for it by itself: ${NOTHING_BESIDE}.`,
    "A hard rule or a red alarm takes the candidate back at once, as before.",
    ...unlessDecided(readPhase(phase), analysis),
    "",
    ...CHOICES.map(([what, verb]) => `  ${what.padEnd(28)}npm run headgate -- ${verb} ${promotionId} --reason "..."`),
    "",
  ].join("\n");
  return { subject: `${service} ${version}: ${weight} % in ${environment} is worse than before the release`, body };
}

function unlessDecided({ kind }: Phase, { onInconclusive, holdSeconds }: EnvironmentPlan["analysis"]): string[] {
  const watched = kind === "step" ? "bake" : "monitoring";
  if (kind !== "step" && kind !== "monitor") return [];
  if (onInconclusive === "roll-back")
    return [`If it lasts to the end of the ${watched}, it goes back: so the policy says.`];
  return [
    `If it lasts to the end of the ${watched}, people have ${formatDuration(holdSeconds)} to decide; then it goes back.`,
  ];
}

const CHOICES = [
  ["back to the baseline", "roll-back"],
  ["the candidate stays", "promote-now"],
  ["no end to the wait", "hold"],
] as const;
