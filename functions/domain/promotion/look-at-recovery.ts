/** Whether requests reach the baseline again, as the metrics show it a few minutes after the restore. */

import { kindOf } from "../../targets/kinds.ts";
import { loadIntents, loadPlanAsStored, loadTargets } from "../ledger/load.ts";
import { placeOf } from "../ledger/plan-parts.ts";
import type { EnvironmentPlan, QueryPlan, TargetPlan } from "../plan.ts";
import type { Dependencies, Ledger, SeriesQuery } from "../ports.ts";

type Tools = Pick<Dependencies, "clock" | "ledger" | "metrics">;

const MINUTE_MS = 60_000;
/** Minutes of a metric settle within this time. */
const SETTLE_MS = 120_000;
/** Closed minutes that are looked at. */
const WANTED = 3;
/** No longer than this is waited for them, in ms: a quiet function may have no traffic at all. */
const PATIENCE_MS = 10 * MINUTE_MS;

/** `early`: the minutes are not in yet. `none`: nothing of this environment was restored. */
export type Recovery =
  | { readonly seen: "early" }
  | { readonly seen: "none" }
  | { readonly seen: "recovered"; readonly summary: string };

/** What the closed minutes since the newest verified restore of an environment say. */
export async function lookAtRecovery(deps: Tools, promotionId: string, environment: string): Promise<Recovery> {
  const restoredAt = await lastRestore(deps.ledger, promotionId, environment);
  if (restoredAt === null) return { seen: "none" };
  const now = deps.clock.now();
  const from = Math.ceil(restoredAt / MINUTE_MS) * MINUTE_MS;
  const to = Math.floor((now - SETTLE_MS) / MINUTE_MS) * MINUTE_MS;
  const waited = now - restoredAt >= PATIENCE_MS;
  if (to - from < WANTED * MINUTE_MS && !waited) return { seen: "early" };
  const plan = await loadPlanAsStored(deps.ledger, promotionId, environment);
  const summary = await look(deps, plan, from, Math.max(to, from + MINUTE_MS));
  if (summary === null && !waited) return { seen: "early" };
  return {
    seen: "recovered",
    summary: summary ?? "no requests were seen after the rollback; the routes were read back",
  };
}

async function lastRestore(ledger: Ledger, promotionId: string, environment: string): Promise<number | null> {
  const targets = await loadTargets(ledger, promotionId, environment);
  if (!targets.some(({ restored }) => restored === "verified")) return null;
  const intents = await loadIntents(ledger, promotionId, environment);
  const times = intents.flatMap(({ purpose, result }) => (purpose === "restore" && result !== null ? [result.at] : []));
  return times.length === 0 ? null : Math.max(...times);
}

/** Requests and errors of each target since the restore, in words; null: none of them had a request. */
async function look(deps: Tools, plan: EnvironmentPlan, from: number, to: number): Promise<string | null> {
  const queries = plan.targets.flatMap((target, index) => queriesOf(target, index));
  const series = await deps.metrics(placeOf(plan)).read(queries, from, to);
  const total = (prefix: string) =>
    series
      .filter(({ id }) => id.startsWith(prefix))
      .flatMap(({ points }) => [...points.values()])
      .reduce((sum, value) => sum + value, 0);
  const lines = plan.targets.flatMap(({ name }, index) => {
    const requests = total(`n${index}x`);
    return requests === 0 ? [] : [`${name}: ${requests} requests, ${total(`b${index}x`)} errors`];
  });
  return lines.length === 0 ? null : lines.join("; ");
}

/** Requests (`n`) and errors (`b`) of one target as a whole, whatever versions serve it. */
function queriesOf(target: TargetPlan, index: number): SeriesQuery[] {
  const { series, usual } = kindOf(target.kind);
  const { samples = [], bad = [] } = series(target, { preset: usual, version: null, thresholdMs: null });
  const named = (prefix: string, queries: readonly QueryPlan[]) =>
    queries.map((query, part) => ({ ...query, id: `${prefix}${index}x${part}`, periodSeconds: 60 }));
  return [...named("n", samples), ...named("b", bad)];
}
