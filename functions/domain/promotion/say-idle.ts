/** A baseline that served nobody for weeks has gone to sleep: traffic is back on it, and its first requests fail. */
import { kindOf } from "../../targets/kinds.ts";
import type { Head } from "../ledger/journal-records.ts";
import { loadTargets } from "../ledger/load.ts";
import type { EnvironmentPlan } from "../plan.ts";
import type { Dependencies } from "../ports.ts";
import { bind } from "../traffic/bind.ts";
import type { Restore } from "../traffic/restore.ts";

/**
 * Lambda lets a function sleep that was idle "for several weeks" [Lambda developer guide, function states]; a baseline that
 * served within the last days is not asked about.
 */
const ASKED_AFTER_MS = 7 * 24 * 3_600_000;

/** Time that one look may take, in ms; with less left, nothing more is asked. */
const NEEDED_MS = 5_000;

/**
 * The restore with a word on each baseline that cannot serve at once. After the restore, and never in its way: what cannot
 * be looked at is left as it is.
 */
export async function sayIdle(
  deps: Dependencies,
  plan: EnvironmentPlan,
  head: Head,
  result: Restore,
): Promise<Restore> {
  const { firstShiftAt } = head;
  if (firstShiftAt === null || deps.clock.now() - firstShiftAt < ASKED_AFTER_MS) return result;
  try {
    const idle = await lookForIdle(deps, plan, head);
    const targets = result.targets.map((one) => {
      const words = idle.get(one.target);
      return one.state === "verified" && words !== undefined ? { ...one, found: `${one.found} (${words})` } : one;
    });
    return { ...result, targets };
  } catch (error) {
    deps.log.warn("whether the baselines are awake could not be looked at", { error: String(error) });
    return result;
  }
}

/** Why each target's baseline cannot serve at once, by the target's name. */
async function lookForIdle(
  deps: Dependencies,
  plan: EnvironmentPlan,
  { promotionId, environment }: Head,
): Promise<ReadonlyMap<string, string>> {
  const idle = new Map<string, string>();
  for (const record of await loadTargets(deps.ledger, promotionId, environment)) {
    if (deps.remainingMs() < NEEDED_MS) break;
    const found = await bind(deps, plan, record).code?.version(kindOf(record.kind).serving(record.baseline.route));
    if (found === undefined || found.readiness.is === "ready") continue;
    idle.set(record.target, `${found.readiness.is}: ${found.readiness.why}`);
  }
  return idle;
}
