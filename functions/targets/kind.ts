/**
 * What a kind of traffic target says of itself. The journal, the machines and the judge know targets through this alone: a
 * further kind is a folder beside `lambda-alias`, and a line in each of `kinds.ts`, `adapters.ts` and `grants.ts`.
 *
 * This half is pure: it is linted, covered and mutated as the domain is. The wired half of a kind (`traffic.ts` and its
 * neighbours, with the SDK) implements the ports of `domain/ports.ts`.
 */
import type * as z from "zod";
import type { Drive, QueryPlan, TargetPlan } from "../domain/plan.ts";
import type { Route } from "../domain/ports.ts";

/** Which shares of traffic a kind can hold, in percent: any whole number, or nothing but none and all. */
export type Weights = "whole-percent" | "all-or-nothing";

/** What of one arm is read: its traffic, the bad ones, those within the latency bound, the value itself. */
type OnePart = "samples" | "bad" | "within" | "value";
/** Those within each bound of a distribution, the lowest bound first. */
type BoundPart = `within-${number}`;
export type Part = OnePart | BoundPart;
export type ByPart<T> = Readonly<Partial<Record<OnePart, T>> & Record<BoundPart, T>>;
/** Several series of a part are added up. */
export type PartQueries = ByPart<readonly QueryPlan[]>;

/** CloudWatch's count of samples up to and including a bound in ms. */
export function withinStatistic(thresholdMs: number): string {
  return `TC(:${Number(thresholdMs.toFixed(3))})`;
}

/**
 * The series of a duration: its count, its quantile, and how many lie within the bounds that are known. `read`: one statistic
 * of it.
 */
export function durationParts(
  read: (statistic: string) => QueryPlan,
  { preset, thresholdMs, boundsMs = [] }: SeriesRequest,
): PartQueries {
  const within = thresholdMs === null ? {} : { within: [read(withinStatistic(thresholdMs))] };
  const each = boundsMs.map((bound, index) => [`within-${index}`, [read(withinStatistic(bound))]] as const);
  return {
    samples: [read("SampleCount")],
    value: [read(preset.quantile ?? "p95")],
    ...(boundsMs.length === 0 ? within : Object.fromEntries(each)),
  };
}

/** A ready-made metric of a kind. */
export interface Preset {
  /** Unique over all kinds, such as `lambda-error-rate`. */
  readonly name: string;
  /**
   * What it measures. `errors` counts bad requests of an arm; `memory` those near a limit; `throttles` and `losses` count what
   * belongs to no arm; `latency` is a quantile of a duration in ms.
   */
  readonly measures: "errors" | "latency" | "memory" | "throttles" | "losses";
  /** As CloudWatch spells it, such as `p95`; null for what is no quantile. */
  readonly quantile: string | null;
  /** True for a duration that is judged as a whole distribution; its quantile is what is shown. */
  readonly distribution?: boolean;
  /** True where no version can be told apart: the target is looked at as a whole. */
  readonly whole: boolean;
  /** Short, for people: `error rate`. */
  readonly words: string;
}

/** Which series of a preset are asked for. */
export interface SeriesRequest {
  readonly preset: Preset;
  /** The version that an arm runs; null: the target as a whole, whatever versions serve it. */
  readonly version: string | null;
  /** Bound in ms that slow requests of this arm exceed, for durations; null: none is known. */
  readonly thresholdMs: number | null;
  /** For a distribution: the bounds (ms, rising) between which this arm's requests are counted. */
  readonly boundsMs?: readonly number[];
}

/** Where a target is placed, for a kind that resolves its own part of the policy. */
export interface Placing {
  readonly account: string;
  readonly region: string;
  /** `aws`, `aws-cn`, `aws-us-gov` ... */
  readonly partition: string;
  /** Fills the placeholders of one field's text. */
  fill(field: string, text: string): string;
  /** A problem with one field, with a hint at what would do. */
  refuse(field: string, message: string, hint: string): void;
}

/** What a kind adds to the plan of a target: its own fields, and what is locked. */
export interface Placed {
  /** Full ARN of what splits the traffic; two targets may not share it. */
  readonly resource: string;
  /** Every ARN that is locked while the target is moved, `resource` first. */
  readonly resources: readonly string[];
}

export interface Kind<P extends TargetPlan = TargetPlan, R extends Route = Route, I = unknown> {
  readonly name: string;
  /** One line for the policy's schema: what it is that holds the weight. */
  readonly description: string;
  /** Driven: Headgate sets each weight. Self-driving: the service moves by itself and is followed. */
  readonly drive: Drive;
  readonly weights: Weights;
  /** Classes are brought back in this order, smallest first: what requests enter by comes back before what it calls. */
  readonly restoreOrder: number;
  /** True where the service refuses a write over a newer revision. Without it only time and agreeing reads protect. */
  readonly locked: boolean;
  /** True where a candidate can be asked directly before it serves. */
  readonly probed: boolean;
  /** The kind's own fields of a policy's target, beside name, kind, probe, reversible and follows. */
  readonly fields: z.ZodRawShape;
  /** Which of them names the resource, and what to do where two targets name the same one. */
  readonly naming: { readonly field: string; readonly hint: string };
  /** Fields that do for a target of this name, where a plan is made up around what was recorded. */
  example(name: string): I;
  /** The kind's own part of the plan; what is wrong is refused through `placing`. */
  resolve(input: I, placing: Placing): Placed & Omit<P, keyof TargetPlan>;

  /** Whether both send traffic the same way. */
  same(one: R, other: R): boolean;
  /** Percent of traffic on this version. */
  share(route: R, version: string): number;
  /** The version that serves where nothing is split: the one that a candidate is compared with. */
  serving(route: R): string;
  /** Every version that gets traffic by it. */
  versions(route: R): readonly string[];
  /** Whether traffic is on one version alone. */
  settled(route: R): boolean;
  /** `version 7`, or `version 7, 10 % on 8`. */
  inWords(route: R): string;
  /** Where traffic goes with so many percent on the candidate: nothing at 0, the rest on the baseline. */
  at(baseline: R, candidate: string, percent: number): R;
  /** Where traffic goes after the finish: the candidate serves alone, with nothing left of the split. */
  finished(baseline: R, candidate: string): R;
  /**
   * The single writes that lead from one route to another, each as the route that it leads to; the last is `to`. Empty
   * where nothing has to be written. Broken off after any of them, it is asked again from where traffic stands then.
   */
  path(from: R, to: R): readonly R[];

  readonly presets: readonly Preset[];
  /** The preset that is judged where a policy names no metric, and that tells requests from errors. */
  readonly usual: Preset;
  /**
   * The preset that counts requests which reach no version, and so are in no version's errors; watched beside `usual` where
   * a policy names no metric. Null where the service has none, or tries such requests again by itself.
   */
  readonly unserved: Preset | null;
  /** The series of one arm, or of the target as a whole. */
  series(plan: P, request: SeriesRequest): PartQueries;
  /**
   * True where the series of a version vanish once the target is no longer split, as Lambda's do: then only the target as
   * a whole is counted. False where a version is always counted under its own name.
   */
  readonly armsVanish: boolean;
  /**
   * True where the service puts no datapoint for a count of nothing, as Step Functions does: beside traffic, a bad count
   * without a point is zero. False where it puts zeros, as Lambda does: then what is missing has not been measured.
   */
  readonly zerosVanish: boolean;
  /**
   * True where each request draws its arm anew, by the weight alone, and is counted when it comes: then an arm without
   * requests beside a busy one is evidence. False where callers stick to an arm, or where only what has ended is counted.
   */
  readonly byRequest: boolean;
  /**
   * True where a request of Headgate's own to a version counts among that version's, as an execution that is started on a
   * version does: then none is sent for the judge, which would take it for a user's.
   */
  readonly countsOwn: boolean;
  /**
   * How many minutes after a shift requests still meet what has only just started, and why. A step's warm-up is as long
   * where a policy writes none.
   */
  readonly coldStart: { readonly minutes: number; readonly why: string };
  /** CloudWatch's namespace of the service's own metrics. */
  readonly namespace: string;
  /**
   * Seconds by which a request is counted, at the most, after the time that its point is stamped with, where no request is
   * under way for longer than `longestSeconds` (null: without a known limit). 0 where a point has the time of the end.
   */
  lateSeconds(longestSeconds: number | null): number;
  /** Names that an explicit query's dimensions may hold in braces, beside `{target}` and `{version}`. */
  readonly placeholders: readonly string[];
  /** What they stand for. */
  filledIn(plan: P): Readonly<Record<string, string>>;
  /** The target as people know it: `shop-order, alias live`. */
  named(plan: P): string;
  /** Where the candidate's logs lie. */
  logGroup(plan: P): string;
  /** The version that wrote a log stream there, by its name; null: none. Absent where streams do not tell. */
  versionOfStream?(stream: string): string | null;
  /** What a restore leaves as it is, said with it; empty: nothing. */
  readonly afterRestore: string;
}
