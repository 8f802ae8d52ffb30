/**
 * Requests of our own to the exact candidate version, where a plan asks for them because real traffic is too thin.
 *
 * They go past the alias, so no baseline runs beside them: they are held, one-armed, against what the old version did
 * before the release. They show that the candidate answers, not that it answers real requests as well as the baseline
 * does; the comparison stays with the real ones.
 */

import { kindOf } from "../../targets/kinds.ts";
import { placeOf } from "../ledger/plan-parts.ts";
import type { EnvironmentPlan } from "../plan.ts";
import type { Dependencies, Prober } from "../ports.ts";
import { isErrorRate, type Watch } from "./sampling.ts";
import type { EvidenceState } from "./state.ts";
import type { ArmCounts } from "./statistics/sequential-lanes.ts";

/** Most requests of one look, over all targets, and how many of them run at once. */
const MOST_REQUESTS = 120;
const AT_ONCE = 10;
/** Time (ms) that must be left in the invocation for the judgement itself, beside what the slowest answer may take. */
const KEEP_MS = 30_000;

/** What was sent and what failed, by metric of a target. */
export type Synthetic = Readonly<Record<string, ArmCounts>>;

type Deps = Pick<Dependencies, "target" | "remainingMs">;

/**
 * Sends what real traffic lacked in the newest minute that was read, for each target whose error rate is judged and whose
 * plan has a probe. Sends nothing when the plan asks for nothing.
 */
export async function sendSynthetic(
  deps: Deps,
  plan: EnvironmentPlan,
  watches: readonly Watch[],
  state: EvidenceState,
): Promise<Synthetic> {
  const wanted = watches.flatMap((watch) => lacking(plan, watch, state));
  const share = Math.max(1, Math.floor(MOST_REQUESTS / Math.max(1, wanted.length)));
  const sent: [string, ArmCounts][] = [];
  for (const { watch, requests, version } of wanted) {
    const target = plan.targets.find(({ name }) => name === watch.metric.target);
    const prober = target === undefined ? undefined : deps.target(placeOf(plan), target).prober;
    if (target?.probe === undefined || prober === undefined) continue;
    const { probe } = target;
    const keepMs = KEEP_MS + probe.timeoutSeconds * 1000;
    const counts = await send(deps, Math.min(requests, share), keepMs, () => answers(prober, version, probe));
    if (counts.requests > 0) sent.push([watch.id, counts]);
  }
  return Object.fromEntries(sent);
}

type Probe = Parameters<Prober["invoke"]>[1];

const answers = async (prober: Prober, version: string, probe: Probe): Promise<boolean> =>
  (await prober.invoke(version, probe)).ok;

function lacking(
  plan: EnvironmentPlan,
  watch: Watch,
  state: EvidenceState,
): { readonly watch: Watch; readonly requests: number; readonly version: string }[] {
  const { sequential } = watch.metric;
  const version = watch.arms?.candidate ?? null;
  const judged = sequential !== undefined && isErrorRate(watch.metric);
  if (!judged || version === null || countsOwn(watch)) return [];
  const newest = state.watches[watch.id]?.tail.at(-1)?.newest?.candidate?.[0] ?? 0;
  const requests = Math.ceil(plan.analysis.syntheticPerMinute - newest);
  return requests > 0 ? [{ watch, requests, version }] : [];
}

const countsOwn = ({ arms }: Watch): boolean => arms !== null && kindOf(arms.target.kind).countsOwn;

async function send(deps: Deps, requests: number, keepMs: number, ask: () => Promise<boolean>): Promise<ArmCounts> {
  let counts: ArmCounts = { requests: 0, errors: 0 };
  while (counts.requests < requests && deps.remainingMs() > keepMs) {
    const batch = Math.min(AT_ONCE, requests - counts.requests);
    const answered = await Promise.all(Array.from({ length: batch }, ask));
    const errors = answered.filter((ok) => !ok).length;
    counts = { requests: counts.requests + batch, errors: counts.errors + errors };
  }
  return counts;
}
