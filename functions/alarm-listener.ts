/**
 * An alarm that a running promotion named turns red: traffic comes back within this invocation, ahead of the workflow,
 * which finds the tripped journal at its next step.
 */
import * as z from "zod";
import { NotReady } from "./domain/errors.ts";
import type { Dependencies } from "./domain/ports.ts";
import { answerAlarm } from "./domain/promotion/answer-alarm.ts";
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

export const alarmListener = (deps: Dependencies) => async (event: z.output<typeof AlarmEvent>) => {
  const { account, region, detail } = event;
  const { value, timestamp, reason = "no reason given" } = detail.state;
  if (value !== "ALARM") return { acted: [], summary: "not red" };
  const alarm = { place: { account, region }, name: detail.alarmName, at: Date.parse(timestamp), reason };
  const { acted, unfinished } = await answerAlarm(deps, alarm);
  // Lambda gives the event again, so that what is not back is helped along.
  if (unfinished.length > 0) throw new NotReady(`traffic of ${unfinished.join(", ")} is not back yet`);
  return { acted, summary: acted.length === 0 ? "no running promotion named it" : `brought back: ${acted.join(", ")}` };
};

export const handler = step("alarm-listener", AlarmEvent, alarmListener);
