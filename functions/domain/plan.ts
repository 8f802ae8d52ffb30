/**
 * The plan: what one promotion will do, after the release has been merged into the policy.
 *
 * Everything here is resolved: durations are seconds, templates are filled in, defaults are written out, and each
 * tightening that the release asked for has been applied. Handlers read the plan from the ledger and never look at the
 * policy or the release again, so that a policy deployed in the middle of a promotion changes nothing.
 */

/** Driven: Headgate sets each weight. Self-driving: the service moves by itself and is followed. */
export type Drive = "driven" | "self-driving";

/** A point of the rollout at which a gate or an approval belongs; a number is a weight in percent. */
export type When = "before" | "at-0" | "after" | number;

/** What every target's plan says, whatever its kind. What a kind adds to it is read by that kind's own code alone. */
export interface TargetPlan {
  readonly name: string;
  /** A name of the table in `functions/targets/kinds.ts`. */
  readonly kind: string;
  /** Full ARN of what splits the traffic, which two targets may not share. */
  readonly resource: string;
  /** Every ARN that is locked while the target is moved, `resource` first. */
  readonly resources: readonly string[];
  /** What the candidate is made of. */
  readonly artifact: CodeArtifact;
  readonly probe?: Probe;
  /** False where the candidate cannot be taken back (a migration, say); shown before people approve. */
  readonly reversible: boolean;
  /** Name of the target whose split this one follows: it is never split itself, and moves at the finish, after that one. */
  readonly follows?: string;
}

/** Code to publish, or a version that is there already. */
export type CodeArtifact =
  | {
      readonly from: "s3";
      readonly bucket: string;
      readonly key: string;
      readonly versionId: string;
      readonly sha256?: string;
    }
  | { readonly from: "version"; readonly version: string; readonly sha256?: string };

/** One request to the exact candidate at weight 0. */
export interface Probe {
  readonly payload: unknown;
  /** Values that must stand at these dotted paths of the answer, e.g. `{"statusCode": 200}`. */
  readonly expect: Readonly<Record<string, unknown>>;
  readonly timeoutSeconds: number;
}

export interface StepPlan {
  /** Percent of traffic on the candidate, 1..100; rises strictly and ends at 100. */
  readonly weight: number;
  readonly bakeSeconds: number;
}

/** What a broken rule asks for, in order of severity. */
export type Consequence = "warn" | "block" | "rollback";

/** One threshold as runbooks write it. Exactly one of `max`, `maxIncreasePoints`, `maxIncreasePercent` is set. */
export interface RulePlan {
  /** Ceiling for the candidate, in the metric's unit (percent for rates, ms for durations, count a minute). */
  readonly max?: number;
  /** Ceiling for candidate minus baseline, in points of the metric's unit. */
  readonly maxIncreasePoints?: number;
  /** Ceiling for candidate over baseline, in percent of the baseline: 10 means baseline x 1.1, 100 means twice. */
  readonly maxIncreasePercent?: number;
  /** The breach must hold for this long, minute by minute, before it counts; 0 acts on the first closed minute. */
  readonly sustainedSeconds: number;
  /** Fewer candidate samples than this over the judged span: inconclusive. */
  readonly minSamples: number;
  readonly onBreach: Consequence;
  /** True for the hard lane: acts at once, outside the judge's stated false-rollback rate. */
  readonly hard: boolean;
  /** What becomes of `max` where what serves is above it already; absent, as in older plans: it is kept. */
  readonly ifBaselineBreaks?: IfBaselineBreaks;
}

/** A ceiling that the baseline is above as it stands: the start is refused, the baseline is the measure, or it stays. */
export type IfBaselineBreaks = "refuse" | "relative" | "keep";

/** An explicit CloudWatch metric. `{version}` in a dimension value stands for the arm's version. */
export interface QueryPlan {
  readonly namespace: string;
  readonly metricName: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly statistic: string;
}

/** Metric math over named metrics; `{version}` stands in their dimensions. */
export interface MathPlan {
  readonly expression: string;
  readonly inputs: Readonly<Record<string, QueryPlan>>;
  /** Inputs without whose point the expression has none. */
  readonly required: readonly string[];
  /** It adds up inputs that count. */
  readonly counts: boolean;
}

/** A Metrics Insights query of one series; `{version}` stands for the arm's version. */
export interface InsightsPlan {
  readonly insights: string;
  readonly counts: boolean;
}

export type AnyQueryPlan = QueryPlan | MathPlan | InsightsPlan;

/** A function of the team's that has a metric's figures: see `documents/metric-source.ts`. */
export interface SourcePlan {
  /** Name in the environment's account and Region, or ARN. */
  readonly function: string;
  readonly gives: "counts" | "values";
  readonly timeoutSeconds: number;
  /** What the target is called where it lives, as its kind says; empty for a metric of the environment. */
  readonly names: Readonly<Record<string, string>>;
}

export interface MetricPlan {
  readonly name: string;
  /** Null: the metric belongs to the environment, not to one target. */
  readonly target: string | null;
  readonly source:
    | { readonly preset: string }
    | { readonly query: AnyQueryPlan; readonly samples?: AnyQueryPlan }
    | { readonly source: SourcePlan };
  readonly periodSeconds: number;
  /** A minute is read only when it closed at least this long ago. */
  readonly settleSeconds: number;
  readonly rules: readonly RulePlan[];
  /** Present: the statistical judge looks at this metric too. */
  readonly sequential?: SequentialPlan;
  /** Present: the rank test holds the candidate's points against the baseline's; for metrics that are no counts. */
  readonly rank?: RankPlan;
  /** Present: it counts or sums per exposure, and may exceed it; see `judge/exposure.ts`. */
  readonly per?: ExposurePlan;
  /** Shown and recorded, never acted upon. */
  readonly dryRun: boolean;
}

/** Counts or sums per exposure, such as orders per request. */
export interface ExposurePlan {
  /** What an exposure is: a request of the target, or one of what a query counts. */
  readonly of: "requests" | AnyQueryPlan;
  /** Which way is bad. */
  readonly direction: "increase" | "decrease";
  /** The most that one amount brings; larger ones count as it. 1: it counts. */
  readonly largest: number;
  /** What a period of exposures without a point of the count is. */
  readonly absent: "zero" | "unknown";
}

/** Settings of the sequential judge for one metric; see `sequential.ts`. Shares are fractions, not percent. */
export interface SequentialPlan {
  /** Share of the environment's alpha that this metric of this target holds; all shares sum to 1. */
  readonly weight: number;
  readonly rho: number;
  readonly delta: number;
  readonly slo: number | null;
  readonly passDelta: number;
  /** For counts per exposure: a pass shows that the candidate's rate is within this ratio; absent: 1. */
  readonly passRho?: number;
  readonly warmupMinutes: number;
  readonly warmupDelta: number;
  readonly phiBurst: number | null;
  /** For durations: tolerated increase of the reference p95, as a fraction (.1 = +10 %). */
  readonly latencyMargin: number | null;
}

/** Settings of the rank test for one metric; see `judge/rank-lane.ts`. */
export interface RankPlan {
  /** Periods of a step in which both arms must have been measured before the first look. */
  readonly minimumPoints: number;
  /** Which way is bad. */
  readonly direction: "increase" | "decrease" | "either";
  /** A shift of the mean of up to this many percent is none. */
  readonly toleratedPercent: number;
}

export type OnInconclusive = "hold" | "proceed" | "roll-back";

export interface AnalysisPlan {
  /** Chance that a good candidate is rolled back by the judge over the whole rollout, as a fraction. */
  readonly alpha: number;
  readonly metrics: readonly MetricPlan[];
  /** What happens when the bake, with its extension, ends without a verdict. */
  readonly onInconclusive: OnInconclusive;
  readonly extendSeconds: number;
  /** How long a bake that ended without a verdict holds for a person; nobody decided by then: rolled back. */
  readonly holdSeconds: number;
  readonly earlyPass: boolean;
  /** How far before weight 0 the reference reaches. */
  readonly referenceSeconds: number;
  /** Wanted: smallest error-rate rise (points) a bake must be able to see; null asks nothing. */
  readonly mustSeePoints: number | null;
  readonly ifBlind: "warn" | "refuse";
  /** Requests a minute sent to the exact candidate version while real traffic is thinner; 0 sends none. */
  readonly syntheticPerMinute: number;
  /** Requests that a candidate must have had in a step before it passes; absent: as many as its evidence takes. */
  readonly events?: number;
  /** What becomes of errors in the candidate's logs that the baseline's do not have; absent: the logs are not searched. */
  readonly newErrors?: "warn" | "hold";
  /** What the policy did not say, so that traffic may decide it; absent once it did (`judge/fit.ts`), or where all is said. */
  readonly left?: LeftOpen;
  /** What traffic decided, in words for approvers; absent where it had nothing to decide. */
  readonly chosen?: readonly string[];
}

/** Settings of an analysis that a policy leaves to the traffic. */
export interface LeftOpen {
  readonly settings: readonly ("extendUpTo" | "onInconclusive")[];
  /** Names of the metrics whose `passDelta` it leaves open. */
  readonly passDelta: readonly string[];
}

/** One gate at one point of the rollout. What else it holds is its kind's own: see `gates/kinds/`. */
export interface GatePlan {
  readonly name: string;
  readonly when: When;
  readonly onFail: Consequence;
  readonly kind: string;
}

/** What one role is asked for. */
export interface RolePlan {
  readonly role: string;
  readonly needed: number;
  /** E-mail addresses, normalised: lower case, trimmed. */
  readonly people: readonly string[];
  readonly checklist: readonly string[];
}

export interface ApprovalPlan {
  /** Unique within the environment: `before`, `at-0`, `at-25`, `after`. */
  readonly id: string;
  readonly when: When;
  readonly roles: readonly RolePlan[];
  readonly expiresSeconds: number;
  readonly remindSeconds: number | null;
  readonly escalateSeconds: number | null;
  readonly escalateTo: RolePlan | null;
  /** A decision older than this when the rollout would start counts no more. */
  readonly validSeconds: number;
}

export interface OpenSpan {
  /** ISO weekday, 1 Monday .. 7 Sunday. */
  readonly days: readonly number[];
  /** Minutes after local midnight; `to` may be 1440, and less than `from` for a span over midnight. */
  readonly from: number;
  readonly to: number;
}

export interface Freeze {
  readonly name: string;
  /** ISO local date-times in the window's zone, `to` exclusive. */
  readonly from: string;
  readonly to: string;
}

export interface WindowPlan {
  readonly zone: string;
  readonly open: readonly OpenSpan[];
  readonly freezes: readonly Freeze[];
  /** `shifts`: only weight changes need an open window. `rollout`: the whole planned rollout must fit. */
  readonly scope: "shifts" | "rollout";
  readonly whenItCloses: "hold" | "finish" | "roll-back";
}

export interface MonitorPlan {
  readonly forSeconds: number;
  readonly onFail: "roll-back" | "warn";
}

export type OnConflict = "refuse" | "queue" | "supersede";

export interface EnvironmentPlan {
  readonly environment: string;
  readonly account: string;
  readonly region: string;
  /** Role assumed in the target account; null: the functions' own role. */
  readonly roleArn: string | null;
  readonly drive: Drive;
  readonly targets: readonly TargetPlan[];
  readonly steps: readonly StepPlan[];
  /** Percent of traffic that the step of 100 % leaves to the version before until the finish; absent: nothing. */
  readonly holdback?: number;
  readonly analysis: AnalysisPlan;
  readonly window: WindowPlan | null;
  readonly checks: readonly GatePlan[];
  readonly approvals: readonly ApprovalPlan[];
  /** Alarms that roll back at once when they turn red during the rollout. */
  readonly alarms: readonly string[];
  /** What becomes of a start whose alarms have no data; absent: approvers are warned. */
  readonly alarmsWithoutData?: "warn" | "refuse";
  readonly monitor: MonitorPlan | null;
  readonly keepPreviousSeconds: number;
  /** Whether the previous version is deleted once it was kept for so long. */
  readonly retirePrevious: boolean;
  readonly onConflict: OnConflict;
  /** Not before this instant (epoch ms); null: at once. */
  readonly notBefore: number | null;
  /** Addresses told of the start, each step and the end. */
  readonly notices: readonly string[];
  /** Where a page goes when Headgate cannot make traffic safe. */
  readonly pageTo: readonly string[];
}

export type Risk = "low" | "medium" | "high";

export interface PromotionPlan {
  readonly service: string;
  readonly version: string;
  readonly commit: string;
  readonly ticket: string | null;
  readonly requestedBy: string;
  readonly risk: Risk;
  readonly summary: string;
  /** Claims of the requester: test results, links, figures. Shown as such. */
  readonly evidence: Readonly<Record<string, string | number | boolean>>;
  /** Hosts that links in the evidence may lead to; absent in plans of 0.1.0. */
  readonly evidenceHosts?: readonly string[];
  readonly emergency: { readonly reason: string } | null;
  readonly environments: readonly EnvironmentPlan[];
}
