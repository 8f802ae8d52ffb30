/** Stops every running promotion that named an alarm which turned red, and brings its traffic back. */
import { appendAudit } from "../ledger/append-audit.ts";
import { asHead, type Head } from "../ledger/journal-records.ts";
import { keys } from "../ledger/keys.ts";
import { wakePauses } from "../ledger/wake-pauses.ts";
import type { Dependencies, Place } from "../ports.ts";
import { stopRollout } from "../traffic/stop.ts";
import type { Promotion } from "../traffic/write-result.ts";
import { bringBack } from "./bring-back.ts";

export interface RedAlarm {
  readonly place: Pick<Place, "account" | "region">;
  readonly name: string;
  /** When it turned red (epoch ms). */
  readonly at: number;
  readonly reason: string;
}

export interface Answered {
  /** Promotions that it concerned. */
  readonly acted: readonly string[];
  /** Those of them whose traffic is not back yet. */
  readonly unfinished: readonly string[];
}

/**
 * Trips every promotion that the red concerns before anything else is done for any, then restores one after the other. One
 * in trouble keeps no other on its candidate. Throws what the ledger throws when the index cannot be read.
 */
export async function answerAlarm(deps: Dependencies, alarm: RedAlarm): Promise<Answered> {
  const { pk } = keys.alarm({ ...alarm.place, roleArn: null }, alarm.name, "", "");
  const named = (await deps.ledger.list(pk, "PROMOTION#")).map((entry): Promotion => {
    return { promotionId: String(entry.promotionId), environment: String(entry.environment) };
  });
  const concerned: Promotion[] = [];
  const unfinished: string[] = [];
  for (const promotion of named) {
    const stopped = await attempt(deps, promotion, () => stopIfConcerned(deps, promotion, alarm));
    if (stopped === null) unfinished.push(promotion.promotionId);
    else if (stopped) concerned.push(promotion);
  }
  const acted = [...unfinished, ...concerned.map(({ promotionId }) => promotionId)];
  for (const promotion of concerned) {
    const back = await attempt(deps, promotion, () => bringBackNow(deps, promotion, alarm));
    if (back !== true) unfinished.push(promotion.promotionId);
  }
  return { acted, unfinished };
}

/** Null: it failed, and the next call tries again. */
async function attempt<T>(deps: Dependencies, promotion: Promotion, deed: () => Promise<T>): Promise<T | null> {
  try {
    return await deed();
  } catch (error) {
    deps.log.warn("a promotion could not be brought back", { ...promotion, error: String(error) });
    return null;
  }
}

/** False: the red is none of its business. */
async function stopIfConcerned(deps: Dependencies, promotion: Promotion, alarm: RedAlarm): Promise<boolean> {
  const found = await deps.ledger.read(keys.head(promotion.promotionId, promotion.environment));
  if (found === undefined || !concerns(asHead(found), alarm)) return false;
  await stopRollout(deps, promotion, { by: "alarm", outcome: "rolled-back", summary: inWords(alarm) });
  return true;
}

/**
 * A red after the first shift is evidence whenever it is heard of: Lambda repeats a failed event a minute later and more,
 * and EventBridge may be late. A journal that is tripped already is helped along.
 */
function concerns({ state, firstShiftAt }: Head, { at }: RedAlarm): boolean {
  if (state === "closed" || firstShiftAt === null) return false;
  return state === "tripped" || at >= firstShiftAt;
}

/** Restore, then words. True: traffic is back, or is somebody else's. */
async function bringBackNow(deps: Dependencies, promotion: Promotion, alarm: RedAlarm): Promise<boolean> {
  const { promotionId, environment } = promotion;
  const reason = inWords(alarm);
  const back = await bringBack(deps, promotionId, { by: "alarm", reason });
  await appendAudit(deps, promotionId, {
    id: `alarm-${environment}-${alarm.name}-${new Date(alarm.at).toISOString()}`,
    kind: "alarm",
    environment,
    summary: `${reason}; ${back.summary}`,
  });
  await wakePauses(deps, promotionId, environment);
  return !back.again;
}

const inWords = ({ name, reason }: RedAlarm): string => `alarm ${name} turned red: ${reason}`;
