/**
 * The judge: thresholds, the hard lane and the sequential test over everything that was read, as one verdict.
 *
 * Pure: it is given readings and what it remembered, and returns the verdict and what to remember. The stated rate of
 * false rollbacks, alpha, is the sequential test's alone; a threshold that rolls back has none, and the answer says which
 * of them acted.
 */

import { aloneIn, heldBecause } from "./before-after.ts";
import { type CombinedEvidence, combineEvidence, evidenceInWords, type MetricEvidence } from "./evidence.ts";
import { type Finding, findingInWords } from "./finding.ts";
import { logFindings, warnedOf } from "./log-lines.ts";
import { blamed, findingOf, held } from "./metric-finding.ts";
import { withoutRequests } from "./reach.ts";
import { shareFindings } from "./share.ts";
import type { EvidenceState, Period } from "./state.ts";
import type { Synthetic } from "./synthetic.ts";
import { type Verdict, worstOf } from "./verdicts.ts";
import {
  type AssessmentInput,
  acts,
  binding,
  broken,
  fatalRules,
  isBroken,
  type Look,
  lookAtWatch,
} from "./watch-look.ts";

/** Which lane decided: the sequential test, a threshold of the hard lane, a plain threshold, or the rank test. */
export type Acted = "judge" | "hard-rule" | "threshold" | "rank";

export interface Assessment {
  readonly verdict: Verdict;
  /** In words, worst first. */
  readonly reasons: readonly string[];
  /** What failed the candidate; null unless the verdict is a fail. */
  readonly acted: Acted | null;
  /** A `block` rule is broken: a person has to look. */
  readonly blocked: boolean;
  /** Broken rules that only warn. */
  readonly warnings: readonly string[];
  /** A breach is being sustained: look more often. */
  readonly breaching: boolean;
  readonly findings: readonly Finding[];
  readonly evidence: {
    /** ln sum(w E) now, its highest so far, and the line ln(1/alpha) that it must cross to fail. */
    readonly logE: number;
    readonly maxLogE: number;
    readonly line: number;
    readonly words: string;
  };
  /** Periods that became certain now, by metric; all that were read again, where the past has changed. */
  readonly folded: Readonly<Record<string, readonly Period[]>>;
  /** Requests of our own that this look counted in. */
  readonly synthetic: Synthetic;
  readonly state: EvidenceState;
}

/** One look. Throws RangeError when the plan's shares of alpha do not sum to 1. */
export function assess(input: AssessmentInput): Assessment {
  const looks = input.watches.map((watch) => lookAtWatch(input, watch));
  const combined = combineEvidence(
    evidenceOf(looks, ({ logE }) => logE),
    input.analysis.alpha,
  );
  const alone = aloneIn(
    evidenceOf(looks, ({ aloneLogE }) => aloneLogE),
    input.analysis.alpha,
  );
  const empty = withoutRequests(
    looks.map((one) => ({ watch: one.context.watch, arm: one.state.progress.reach ?? null })),
  );
  const shares = shareFindings(
    looks.map((one) => ({ watch: one.context.watch, bets: one.state.progress.share ?? null })),
    input.state.spans.at(-1) ?? null,
  );
  const measured = looks.map((one) => blamed(held(findingOf(one, input), alone), combined, empty));
  const logs = logFindings(input.analysis.newErrors, input.state.logs);
  const findings = [...measured, ...shares, ...logs];
  const state = stateAfter(input, looks, combined.logE);
  return {
    ...verdictOf(input, looks, { findings, combined, maxLogE: state.maxLogE, unreached: empty.size > 0 }),
    blocked: binding(looks).some((one) => isBroken(one, "block")),
    warnings: [
      ...binding(looks).flatMap((one) => broken(one, "warn").map((text) => `${one.context.watch.id}: ${text}`)),
      ...warnedOf(logs),
    ],
    breaching: binding(looks).some((one) => one.rules.some(({ now, rule }) => now.state === "breaching" && acts(rule))),
    findings,
    evidence: {
      logE: combined.logE,
      maxLogE: state.maxLogE,
      line: -Math.log(input.analysis.alpha),
      words: alone?.crossed === true ? heldBecause(alone.words) : evidenceInWords(state.maxLogE),
    },
    synthetic: input.synthetic,
    folded: Object.fromEntries(looks.map((one) => [one.context.watch.id, one.folded])),
    state,
  };
}

/** One lane's evidence of every metric that the sequential test looks at. */
function evidenceOf(looks: readonly Look[], of: (look: Look) => number | null): MetricEvidence[] {
  return looks.flatMap((one) => {
    const { sequential, dryRun } = one.context.watch.metric;
    const logE = of(one);
    if (sequential === undefined || logE === null) return [];
    const verdict = one.passes ? ("pass" as const) : ("continue" as const);
    return [{ name: one.context.watch.id, weight: sequential.weight, logE, verdict, dryRun }];
  });
}

interface Found {
  readonly findings: readonly Finding[];
  readonly combined: CombinedEvidence;
  readonly maxLogE: number;
  /** Requests do not reach the candidate. */
  readonly unreached: boolean;
}

function verdictOf(
  input: AssessmentInput,
  looks: readonly Look[],
  { findings, combined, maxLogE, unreached }: Found,
): Pick<Assessment, "verdict" | "reasons" | "acted"> {
  const acting = findings.filter((finding) => !finding.dryRun);
  if (input.state.spans.length === 0) {
    return { verdict: "inconclusive", reasons: ["the candidate has no traffic yet"], acted: null };
  }
  const hard = binding(looks).flatMap((one) =>
    one.rules.filter(({ rule }) => rule.hard).map((entry) => ({ one, ...entry })),
  );
  const fatal = hard.filter(({ rule, now }) => rule.onBreach === "rollback" && now.state === "broken");
  if (fatal.length > 0) {
    return {
      verdict: "fail",
      acted: "hard-rule",
      reasons: fatal.map(({ one, now }) => `${one.context.watch.id}: ${now.text}`),
    };
  }
  if (combined.verdict === "fail") {
    return { verdict: "fail", acted: "judge", reasons: [judgeInWords(findings, combined, maxLogE)] };
  }
  if (input.troubles.length > 0 && !acting.some((finding) => finding.verdict === "fail")) {
    return { verdict: "error", reasons: input.troubles, acted: null };
  }
  if (acting.length === 0) {
    return { verdict: "pass", reasons: ["no metric is planned: time and alarms alone were watched"], acted: null };
  }
  const verdict = worstOf(acting.map((finding) => finding.verdict));
  const reasons = acting
    .toSorted((one, other) => Number(other.beforeAfter ?? false) - Number(one.beforeAfter ?? false))
    .filter((finding) => finding.verdict === verdict && finding.reason !== null)
    .map((finding) => `${finding.watch}: ${finding.reason}`);
  const byRule = binding(looks).some((one) => fatalRules(one).length > 0);
  const bySeries = unreached ? "judge" : "rank";
  return { verdict, reasons, acted: verdict === "fail" ? (byRule ? "threshold" : bySeries) : null };
}

function judgeInWords(findings: readonly Finding[], combined: CombinedEvidence, maxLogE: number): string {
  const leading = findings.find((finding) => finding.watch === combined.leading);
  const told = leading?.cold == null ? "" : `${leading.cold}; `;
  const compared = leading === undefined ? "" : `${leading.watch}: ${findingInWords(leading)}; ${told}`;
  return `${compared}${evidenceInWords(maxLogE)}`;
}

function stateAfter(input: AssessmentInput, looks: readonly Look[], logE: number): EvidenceState {
  const againAt = input.again === true && input.readings !== null ? input.now : input.state.againAt;
  return {
    ...(againAt === undefined ? {} : { againAt }),
    spans: input.state.spans,
    readAt: input.readings === null ? input.state.readAt : input.now,
    maxLogE: Math.max(input.state.maxLogE, logE),
    watches: Object.fromEntries(looks.map((one) => [one.context.watch.id, one.state])),
    ...(input.state.logs === undefined ? {} : { logs: input.state.logs }),
  };
}
