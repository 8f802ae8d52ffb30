import type { Samples } from "../../chance/samples.ts";
import { validation } from "../errors.ts";

/** Works a statistic out of a period's values; undefined where it has none. */
export type Statistic = (samples: Samples) => number | undefined;

const PLAIN: Readonly<Record<string, Statistic>> = {
  SampleCount: ({ count }) => count,
  Sum: ({ sum }) => sum,
  Average: ({ sum, count }) => sum / count,
  Minimum: (samples) => samples.ranked(1),
  Maximum: (samples) => samples.ranked(samples.count),
};

const percentile =
  (share: number): Statistic =>
  (samples) =>
    samples.ranked(Math.min(samples.count, Math.max(1, Math.ceil(share * samples.count))));

/** A bound of a range: a share of the samples, a value, or open. */
type Bound = { readonly share: number } | { readonly value: number } | undefined;

interface Range {
  readonly low: Bound;
  readonly high: Bound;
}

/** How many samples lie at or below a bound. */
const countTo = (samples: Samples, bound: Bound, open: number): number => {
  if (bound === undefined) return open;
  return "share" in bound ? Math.round(bound.share * samples.count) : samples.atMost(bound.value);
};

/** The ranks of the samples within a range: its lower bound is exclusive, its upper bound inclusive. */
const ranksOf = (samples: Samples, { low, high }: Range): readonly [number, number] => [
  countTo(samples, low, 0),
  countTo(samples, high, samples.count),
];

/** Trimmed values are averaged over this many evenly spaced ranks. */
const GRID = 64;

const trimmedMean = (samples: Samples, from: number, to: number): number | undefined => {
  const count = to - from;
  if (count <= 0) return undefined;
  const steps = Math.min(count, GRID);
  let sum = 0;
  for (let step = 0; step < steps; step += 1) sum += samples.ranked(from + Math.ceil(((step + 0.5) * count) / steps));
  return sum / steps;
};

const RANGED: Readonly<Record<string, (samples: Samples, from: number, to: number) => number | undefined>> = {
  TC: (_samples, from, to) => Math.max(0, to - from),
  PR: (samples, from, to) => (100 * Math.max(0, to - from)) / samples.count,
  TM: trimmedMean,
  TS: (samples, from, to) => (to - from) * (trimmedMean(samples, from, to) ?? 0),
};

const bound = (text: string): Bound => {
  if (text === "") return undefined;
  return text.endsWith("%") ? { share: Number(text.slice(0, -1)) / 100 } : { value: Number(text) };
};

const NUMBER = String.raw`\d+(?:\.\d+)?`;
const SHORT = new RegExp(`^(p|tm|tc|ts)(${NUMBER})$`);
const LONG = new RegExp(`^(TC|PR|TM|TS)\\((${NUMBER}%?)?:(${NUMBER}%?)?\\)$`);

const ranged = (name: string, range: Range): Statistic | undefined => {
  const of = RANGED[name];
  return of === undefined ? undefined : (samples) => of(samples, ...ranksOf(samples, range));
};

const short = (text: string): Statistic | undefined => {
  const [, name = "", number = ""] = SHORT.exec(text) ?? [];
  const share = Number(number) / 100;
  if (number === "" || share > 1) return undefined;
  return name === "p" ? percentile(share) : ranged(name.toUpperCase(), { low: undefined, high: { share } });
};

const long = (text: string): Statistic | undefined => {
  const found = LONG.exec(text);
  if (found === null || (found[2] === undefined && found[3] === undefined)) return undefined;
  const range = { low: bound(found[2] ?? ""), high: bound(found[3] ?? "") };
  // PR is a share itself: its bounds are values.
  if (found[1] === "PR" && text.includes("%")) return undefined;
  return ranged(found[1] ?? "", range);
};

/**
 * A statistic by its name: SampleCount, Sum, Average, Minimum, Maximum, pNN, tmNN, tcNN, tsNN, IQM and the ranges TC, PR,
 * TM and TS, whose lower bound is exclusive and upper bound inclusive [CloudWatch user guide, statistics definitions].
 * Throws ValidationException for any other.
 */
export const statisticOf = (name: string): Statistic => {
  const found = PLAIN[name] ?? short(name) ?? long(name === "IQM" ? "TM(25%:75%)" : name);
  if (found === undefined) throw validation(`The value ${name} for parameter Stat is not supported`);
  return found;
};
