/**
 * An alarm that a running promotion named turns red: traffic comes back within this invocation, ahead of the workflow,
 * which finds the tripped journal at its next step.
 */
import * as z from "zod";
import { NotReady } from "./domain/errors.ts";
import { appendAudit } from "./domain/ledger/append-audit.ts";
import { asHead } from "./domain/ledger/journal-records.ts";
import { keys } from "./domain/ledger/keys.ts";
import { wakePauses } from "./domain/ledger/wake-pauses.ts";
import type { Dependencies } from "./domain/ports.ts";
import { bringBack } from "./domain/promotion/bring-back.ts";
import { stopRollout } from "./domain/traffic/stop.ts";
import { step } from "./runtime/step.ts";

/** The parts of "CloudWatch Alarm State Change" that are used; the service may add others. */
const AlarmEvent = z.looseObject({
  account: z.string(),
  region: z.string(),
  detail: z.looseObject({
    alarmName: z.string(),
    state: z.looseObject({ value: z.string(), timestamp: z.string(), reason: z.string().optional() }),
  }),
});
type AlarmEvent = z.output<typeof AlarmEvent>;

/** Events come late and more than once: one that is older than this says nothing about now. */
const FRESH_MS = 60_000;

export const alarmListener = (deps: Dependencies) => async (event: AlarmEvent) => {
  const { account, region, detail } = event;
  if (detail.state.value !== "ALARM") return { acted: [], summary: "not red" };
  const { pk } = keys.alarm({ account, region, roleArn: null }, detail.alarmName, "", "");
  const acted: string[] = [];
  const unfinished: string[] = [];
  for (const entry of await deps.ledger.list(pk, "PROMOTION#")) {
    const promotion = { promotionId: String(entry.promotionId), environment: String(entry.environment) };
    if (!(await concerns(deps, promotion, event))) continue;
    const done = await tryToAct(deps, promotion, event);
    acted.push(promotion.promotionId);
    if (!done) unfinished.push(promotion.promotionId);
  }
  if (unfinished.length > 0) throw new NotReady(`traffic of ${unfinished.join(", ")} is not back yet`);
  return { acted, summary: acted.length === 0 ? "no running promotion named it" : `brought back: ${acted.join(", ")}` };
};

interface Named {
  readonly promotionId: string;
  readonly environment: string;
}

/** Whether the red came after the first shift, and just now. A journal that is tripped already is helped along. */
async function concerns(
  deps: Dependencies,
  { promotionId, environment }: Named,
  { detail }: AlarmEvent,
): Promise<boolean> {
  const found = await deps.ledger.read(keys.head(promotionId, environment));
  if (found === undefined) return false;
  const { state, firstShiftAt } = asHead(found);
  if (state === "closed" || firstShiftAt === null) return false;
  // Lambda repeats the event minutes later when traffic was not back: it must not be too old then.
  if (state === "tripped") return true;
  const redAt = Date.parse(detail.state.timestamp);
  return redAt >= firstShiftAt && redAt >= deps.clock.now() - FRESH_MS;
}

/** One promotion in trouble must not keep the others on their candidates. */
async function tryToAct(deps: Dependencies, promotion: Named, event: AlarmEvent): Promise<boolean> {
  try {
    return await act(deps, promotion, event);
  } catch (error) {
    deps.log.warn("a promotion could not be brought back", { ...promotion, error: String(error) });
    return false;
  }
}

/** Trip, restore, then words. True: traffic is back, or is somebody else's. */
async function act(deps: Dependencies, { promotionId, environment }: Named, { detail }: AlarmEvent): Promise<boolean> {
  const reason = `alarm ${detail.alarmName} turned red: ${detail.state.reason ?? "no reason given"}`;
  await stopRollout(deps, { promotionId, environment }, { by: "alarm", outcome: "rolled-back", summary: reason });
  const back = await bringBack(deps, promotionId, { by: "alarm", reason });
  await appendAudit(deps, promotionId, {
    id: `alarm-${environment}-${detail.alarmName}-${detail.state.timestamp}`,
    kind: "alarm",
    environment,
    summary: `${reason}; ${back.summary}`,
  });
  await wakePauses(deps, promotionId, environment);
  return !back.again;
}

export const handler = step("alarm-listener", AlarmEvent, alarmListener);
