/** Sees in the metrics that requests reach the baseline again: a few closed minutes after the restore. */
import type * as z from "zod";
import { PromotionInput } from "./domain/inputs.ts";
import { appendAudit } from "./domain/ledger/append-audit.ts";
import { loadHeader, loadIntents, loadPlan, loadTargets } from "./domain/ledger/load.ts";
import { placeOf } from "./domain/ledger/plan-parts.ts";
import type { EnvironmentPlan } from "./domain/plan.ts";
import type { Dependencies, SeriesQuery } from "./domain/ports.ts";
import { step } from "./runtime/step.ts";

const MINUTE_MS = 60_000;
/** Minutes of a metric settle within this time. */
const SETTLE_MS = 120_000;
/** Closed minutes that are looked at. */
const WANTED = 3;
/** No longer than this is waited for them, in ms: a quiet function may have no traffic at all. */
const PATIENCE_MS = 10 * MINUTE_MS;
const AGAIN_SECONDS = 60;

export const verifyRecovery =
  (deps: Dependencies) =>
  async ({ promotionId }: z.output<typeof PromotionInput>) => {
    const { environments } = await loadHeader(deps.ledger, promotionId);
    for (const environment of environments) {
      const restoredAt = await lastRestore(deps, promotionId, environment);
      if (restoredAt === null) continue;
      const from = Math.ceil(restoredAt / MINUTE_MS) * MINUTE_MS;
      const to = Math.floor((deps.clock.now() - SETTLE_MS) / MINUTE_MS) * MINUTE_MS;
      const waited = deps.clock.now() - restoredAt >= PATIENCE_MS;
      if (to - from < WANTED * MINUTE_MS && !waited) return again();
      const plan = await loadPlan(deps.ledger, promotionId, environment);
      const summary = await look(deps, plan, from, Math.max(to, from + MINUTE_MS));
      if (summary === null && !waited) return again();
      await note(
        deps,
        promotionId,
        environment,
        summary ?? "no requests were seen after the rollback; the routes were read back",
      );
    }
    return { decision: "done", seconds: AGAIN_SECONDS, summary: "looked at the metrics after the rollback" };
  };

const again = () => ({ decision: "again", seconds: AGAIN_SECONDS, summary: "metrics are not in yet" });

async function lastRestore(deps: Dependencies, promotionId: string, environment: string): Promise<number | null> {
  const targets = await loadTargets(deps.ledger, promotionId, environment);
  if (!targets.some(({ restored }) => restored === "verified")) return null;
  const intents = await loadIntents(deps.ledger, promotionId, environment);
  const times = intents.flatMap(({ purpose, result }) => (purpose === "restore" && result !== null ? [result.at] : []));
  return times.length === 0 ? null : Math.max(...times);
}

/** Requests and errors of each alias since the restore, in words; null: none of them had a request. */
async function look(deps: Dependencies, plan: EnvironmentPlan, from: number, to: number): Promise<string | null> {
  const queries = plan.targets.flatMap(({ functionName, alias }, index) => [
    query(`n${index}`, "Invocations", functionName, alias),
    query(`x${index}`, "Errors", functionName, alias),
  ]);
  const series = await deps.metrics(placeOf(plan)).read(queries, from, to);
  const total = (id: string) =>
    [...(series.find((one) => one.id === id)?.points.values() ?? [])].reduce((sum, value) => sum + value, 0);
  const lines = plan.targets.flatMap(({ name }, index) => {
    const requests = total(`n${index}`);
    return requests === 0 ? [] : [`${name}: ${requests} requests, ${total(`x${index}`)} errors`];
  });
  return lines.length === 0 ? null : lines.join("; ");
}

function query(id: string, metricName: string, functionName: string, alias: string): SeriesQuery {
  const dimensions = { FunctionName: functionName, Resource: `${functionName}:${alias}` };
  return { id, namespace: "AWS/Lambda", metricName, dimensions, statistic: "Sum", periodSeconds: 60 };
}

async function note(deps: Dependencies, promotionId: string, environment: string, summary: string): Promise<void> {
  await appendAudit(deps, promotionId, {
    id: `recovered-${environment}`,
    kind: "recovered",
    environment,
    summary: `since the rollback: ${summary}`,
  });
}

export const handler = step("verify-recovery", PromotionInput, verifyRecovery);
