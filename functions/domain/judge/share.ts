/**
 * Whether the candidate gets the share of requests that was set. What it gets otherwise is judged as it is; but a split that
 * is not what people approved is told, and keeps the bake from passing. It fails nobody.
 */
import { thousands } from "../text.ts";
import { hasBaseline, showsReach, type Watch } from "./sampling.ts";
import type { Period } from "./state.ts";
import { betOnShare, SHARE_ALPHA, type ShareBets, shareLogE } from "./statistics/share.ts";

/** The bets after one more certain period: those of `reach.ts`, but for a candidate without any requests, which is that lane's. */
export function shareAfter(watch: Watch, before: ShareBets | null, { at, span, sample }: Period): ShareBets | null {
  const settled = at - span.from >= watch.metric.periodSeconds * 1000;
  const { candidate, baseline } = sample;
  if (!settled || !hasBaseline(span) || !showsReach(watch) || candidate === null || baseline === null) return before;
  return betOnShare(before, span.from, span.weight, { candidate: candidate[0], baseline: baseline[0] });
}

/** One watch's bets, and the share that is set now. */
export interface Share {
  readonly watch: Watch;
  readonly bets: ShareBets | null;
  readonly weight: number;
}

/** A finding as `assess.ts` tells it. */
export type ShareFinding = ReturnType<typeof findingOf>;

/** A finding for each target whose share is another one; each holds its part of the chance, whatever their number. */
export function shareFindings(all: readonly Share[]): ShareFinding[] {
  const shown = all.filter(({ watch }) => showsReach(watch) && !watch.metric.dryRun);
  const targets = [...new Map(shown.toReversed().map((share) => [share.watch.metric.target, share])).values()];
  const line = Math.log(targets.length) - Math.log(SHARE_ALPHA);
  return targets.flatMap(({ watch, bets, weight }) =>
    bets !== null && bets.candidate > 0 && shareLogE(bets) >= line ? [findingOf(watch, bets, weight)] : [],
  );
}

function findingOf({ metric: { target } }: Watch, { candidate, baseline }: ShareBets, weight: number) {
  const all = candidate + baseline;
  const percent = (100 * candidate) / all;
  const reason = `the candidate gets ${figure(percent)} % of ${thousands(Math.round(all))} requests, and ${weight} % were set`;
  return {
    watch: target === null ? "share" : `share@${target}`,
    metric: "share of requests",
    target,
    dryRun: false,
    verdict: "inconclusive" as const,
    reason,
    unit: " %",
    candidate: percent,
    baseline: null,
    samples: candidate,
    rules: [],
    logE: null,
    logPass: null,
    doubt: reason,
  };
}

const figure = (value: number): string => String(Number(value.toPrecision(2)));
