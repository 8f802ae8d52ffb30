/**
 * Whether the candidate gets the share of requests that was set. What it gets otherwise is judged as it is; but a split that
 * is not what people approved is told, and keeps the bake from passing. It fails nobody.
 */
import { kindOf } from "../../targets/kinds.ts";
import { thousands } from "../text.ts";
import { hasBaseline, type Span, showsReach, type Watch } from "./sampling.ts";
import type { Period } from "./state.ts";
import { betOnShare, SHARE_ALPHA, type ShareBets, shareLogE } from "./statistics/share.ts";

/** The bets after one more certain period: those of `reach.ts`, but for a candidate without any requests, which is that lane's. */
export function shareAfter(watch: Watch, before: ShareBets | null, { at, span, sample }: Period): ShareBets | null {
  const settled = at - span.from >= watch.metric.periodSeconds * 1000;
  const { candidate, baseline } = sample;
  if (!settled || !hasBaseline(span) || !showsShare(watch) || candidate === null || baseline === null) return before;
  return betOnShare(before, span.from, span.weight, { candidate: candidate[0], baseline: baseline[0] });
}

/** Where a service moves by itself, its weight is what was seen first, and no share of a whole span. */
const showsShare = (watch: Watch): boolean =>
  showsReach(watch) && watch.arms !== null && kindOf(watch.arms.target.kind).drive === "driven";

/** One watch's bets. */
export interface Share {
  readonly watch: Watch;
  readonly bets: ShareBets | null;
}

/** A finding as `assess.ts` tells it. */
export type ShareFinding = ReturnType<typeof findingOf>;

/**
 * A finding for each target whose share is another one than `span` has set; each holds its part of the chance, whatever
 * their number. What an earlier span's requests came to is over with it.
 */
export function shareFindings(all: readonly Share[], span: Span | null): ShareFinding[] {
  const shown = all.filter(({ watch }) => showsShare(watch) && !watch.metric.dryRun);
  const targets = [...new Map(shown.toReversed().map((share) => [share.watch.metric.target, share])).values()];
  const line = Math.log(targets.length) - Math.log(SHARE_ALPHA);
  return targets.flatMap(({ watch, bets }) => {
    if (bets === null || span === null || bets.step !== span.from || bets.candidate === 0) return [];
    return shareLogE(bets) >= line ? [findingOf(watch, bets, span.weight)] : [];
  });
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
