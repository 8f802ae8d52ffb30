/** Names what still runs on a candidate that was taken back, and stops it where the policy asks for that. */
import { kindOf } from "../../targets/kinds.ts";
import { CallRefused, Transient } from "../errors.ts";
import { appendAudit } from "../ledger/append-audit.ts";
import { item } from "../ledger/items.ts";
import { asHead, type TargetRecord } from "../ledger/journal-records.ts";
import { keys, promotion } from "../ledger/keys.ts";
import { loadHeader, loadPlanAsStored, loadTargets } from "../ledger/load.ts";
import type { EnvironmentPlan } from "../plan.ts";
import type { Dependencies, InFlight } from "../ports.ts";
import { bind } from "../traffic/bind.ts";
import { type LeftRunning, leftInWords } from "./in-flight.ts";
import { restoredState } from "./restored-state.ts";

/** Stopped side by side: far below what the services answer in a second. */
const AT_ONCE = 10;

/** Ms of the invocation that are left for what comes after. */
const KEPT_MS = 30_000;

/**
 * For every target whose traffic is back, read back; each is looked at once. What cannot be looked at, or stopped, is said
 * and holds nothing up. Returns what was found by this call.
 */
export async function settleInFlight(deps: Dependencies, promotionId: string): Promise<string[]> {
  const { environments } = await loadHeader(deps.ledger, promotionId);
  const found: string[] = [];
  for (const environment of environments) {
    const head = await deps.ledger.read(keys.head(promotionId, environment));
    if (head === undefined) continue;
    const records = await loadTargets(deps.ledger, promotionId, environment);
    if (restoredState(asHead(head), records) !== "verified") continue;
    const plan = await loadPlanAsStored(deps.ledger, promotionId, environment);
    for (const record of records) found.push(...(await settleTarget(deps, promotionId, plan, record)));
  }
  return found;
}

async function settleTarget(
  deps: Dependencies,
  promotionId: string,
  plan: EnvironmentPlan,
  { target: name, kind, candidate, sequence }: TargetRecord,
): Promise<string[]> {
  const target = bind(deps, plan, { target: name });
  if (target.inFlight === undefined || candidate === null || sequence === 0) return [];
  const { environment } = plan;
  const key = keys.inFlight(promotionId, environment, name);
  if ((await deps.ledger.read(key)) !== undefined) return [];
  const where = `version ${candidate} of ${kindOf(kind).named(target.plan)}`;
  const { summary, names } = await settle(deps, target.inFlight, candidate, where);
  const id = `in-flight-${environment}-${name}`;
  await appendAudit(deps, promotionId, { id, kind: "in-flight", environment, summary, data: { names } });
  await deps.ledger.write([{ put: item(key, { summary, at: deps.clock.now() }) }]);
  return [summary];
}

/** What was found, environment by environment, for the closing notice. */
export async function loadInFlight(deps: Pick<Dependencies, "ledger">, promotionId: string): Promise<string[]> {
  const found = await deps.ledger.list(promotion(promotionId), "INFLIGHT#");
  return found.map(({ summary }) => String(summary));
}

type Settled = Pick<LeftRunning, "names"> & { readonly summary: string };

async function settle(deps: Dependencies, inFlight: InFlight, version: string, where: string): Promise<Settled> {
  const { what, onRestore } = inFlight;
  try {
    const { names, more } = await inFlight.running(version);
    const stopped = onRestore === "stop" ? await stopAll(deps, inFlight, names) : null;
    return { names, summary: leftInWords({ what, where, names, more, stopped }) };
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return { names: [], summary: `which ${what} still run on ${where} could not be looked at: ${error.message}` };
  }
}

const isRefusal = (error: unknown): error is Error => error instanceof Transient || error instanceof CallRefused;

/** How many were stopped, in the time there is. */
async function stopAll(deps: Dependencies, inFlight: InFlight, names: readonly string[]): Promise<number> {
  let stopped = 0;
  for (let from = 0; from < names.length && deps.remainingMs() > KEPT_MS; from += AT_ONCE) {
    const some = names.slice(from, from + AT_ONCE).map((name) => () => stopOne(deps, inFlight, name));
    stopped += (await deps.concurrency.together(some)).filter((isStopped) => isStopped).length;
  }
  return stopped;
}

async function stopOne(deps: Dependencies, inFlight: InFlight, name: string): Promise<boolean> {
  try {
    await inFlight.stop(name, "Headgate has taken this version back, and the policy stops what still runs on it");
    return true;
  } catch (error) {
    if (!isRefusal(error)) throw error;
    deps.log.warn("could not stop what runs on a candidate", { name, reason: error.message });
    return false;
  }
}
