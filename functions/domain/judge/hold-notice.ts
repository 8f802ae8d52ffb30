/**
 * The mail for a bake that ended without a verdict: people have to decide, so it says what was measured, what was
 * missing, what can be done about it, and what happens if nobody does anything.
 */
import { deadlineInWords } from "../approval/words.ts";
import type { Header } from "../ledger/header.ts";
import type { Hold } from "../ledger/pauses.ts";
import type { Wording } from "../notices/notice.ts";
import type { EnvironmentPlan } from "../plan.ts";
import { oneLine } from "../text.ts";
import type { BakeRecord } from "./bake.ts";
import { type Finding, findingInWords } from "./finding.ts";

/** Subject and plain text. The verbs are the operator's, on the command line. */
export function holdNotice(
  { promotionId, service, version }: Pick<Header, "promotionId" | "service" | "version">,
  { environment, window }: Pick<EnvironmentPlan, "environment" | "window">,
  bake: BakeRecord,
  hold: Pick<Hold, "why" | "until">,
  /** What it waits for, in words; null: nothing is known of that. */
  missing: string | null = null,
): Wording {
  const weight = bake.span?.weight ?? 0;
  const [, ...further] = bake.findings;
  const body = [
    `The bake of ${weight} % in ${environment} has no verdict, so traffic holds at ${weight} % until ${awaited(hold)}.`,
    "",
    `  Why       ${oneLine(bake.summary, LONGEST_LINE)}`,
    `  Evidence  ${bake.evidence}`,
    ...(bake.logE === null || bake.line === null
      ? []
      : [`            ln E is ${bake.logE.toFixed(2)}; at ${bake.line.toFixed(2)} the judge would have rolled back`]),
    ...(missing === null ? [] : [`  Missing   ${missing}`]),
    ...bake.warnings.map((warning) => `  Warning   ${oneLine(warning)}`),
    "",
    further.length === 0 ? "The candidate in this step:" : "The candidate in this step, worst first:",
    ...measured(bake.findings),
    "",
    "It stays watched: a verdict against it, or a red alarm, takes it back at once.",
    ...(hold.until === null
      ? []
      : [
          `If ${hold.why === "evidence" ? "neither happens" : "nobody decides"} by ${deadlineInWords(hold.until, window?.zone ?? null)}, it goes back.`,
        ]),
    "",
    ...CHOICES.map(([what, verb]) => `  ${what.padEnd(28)}npm run headgate -- ${verb} ${promotionId} --reason "..."`),
    "",
  ].join("\n");
  return { subject: `${service} ${version}: ${weight} % in ${environment} waits for a decision`, body };
}

const awaited = ({ why }: Pick<Hold, "why">): string =>
  why === "evidence" ? "it passes, which is told, or somebody decides" : "somebody decides";

const LONGEST_LINE = 500;

const CHOICES = [
  ["go on with the next step", "resume"],
  ["all traffic, watched once", "promote-now"],
  ["back to the baseline", "roll-back"],
  ["leave it so, without an end", "hold"],
] as const;

/** A mail is no report: it shows the worst. */
const MOST_FINDINGS = 20;

function measured(findings: readonly Finding[]): string[] {
  const shown = findings.slice(0, MOST_FINDINGS).flatMap((finding) => {
    const dry = finding.dryRun ? ", a dry run" : "";
    const why = finding.reason === null ? "" : `: ${finding.reason}`;
    return [
      `  ${finding.watch}: ${findingInWords(finding)}`,
      `      ${finding.verdict}${dry}${why}`,
      ...(finding.cold == null ? [] : [`      ${finding.cold}`]),
      ...finding.rules.map((rule) => `      ${rule}`),
    ];
  });
  const more = findings.length - MOST_FINDINGS;
  if (findings.length === 0) return ["  no metric is planned"];
  return more > 0 ? [...shown, `  and ${more} more, in the report`] : shown;
}
