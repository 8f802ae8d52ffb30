/** Plays an incident through the real machines and handlers, and says when what happened. */
import { resolvePlan } from "../../functions/domain/plan/resolve.ts";
import type { AliasChange } from "../../sandbox/aws/lambda/alias-operations.ts";
import { Sandbox } from "../../sandbox/sandbox.ts";
import {
  BAKE_SECONDS,
  badAt,
  type Guards,
  type Incident,
  policyOf,
  RELEASE,
  scenarioOf,
  type Weather,
} from "./world.ts";

/** Epoch ms. */
export interface Played {
  readonly badAt: number;
  /** When the alarm turned red, by its event; null: none came. */
  readonly redAt: number | null;
  /** From then on every request is the baseline's. */
  readonly safeAt: number;
  /** When the first bake would have ended. */
  readonly bakeEndsAt: number;
}

/** As it is deployed. */
const SWEEP_EVERY_MS = 60_000;

/** Throws an Error when the promotion does not end with traffic back on the baseline. */
export async function play(incident: Incident, weather: Weather, guards: Guards): Promise<Played> {
  const scenario = scenarioOf(incident, weather);
  const policy = policyOf(guards);
  const resolution = resolvePlan(policy, RELEASE, { now: scenario.startsAt });
  if (!resolution.ok) throw new Error(JSON.stringify(resolution.problems));
  const sandbox = new Sandbox({ scenario, policy, plan: resolution.plan, sweepEveryMs: SWEEP_EVERY_MS });
  const changes: AliasChange[] = [];
  sandbox.lambda.onAliasChange((change) => changes.push(change));
  let redAt: number | null = null;
  sandbox.cloudWatch.alarms.onStateChange(({ detail }) => {
    const { value, timestamp } = detail.state as { value: string; timestamp: string };
    if (value === "ALARM") redAt ??= Date.parse(timestamp);
  });
  const { summary } = await sandbox.promote(RELEASE, `incident-${incident.seed}`);
  const shifted = changes.find(isSplit);
  const back = changes.find((change, index) => index > 0 && !isSplit(change));
  if (shifted === undefined || back === undefined || back.at <= badAt(incident))
    throw new Error(`incident ${incident.seed} did not end on the baseline: ${summary}`);
  return { badAt: badAt(incident), redAt, safeAt: back.at, bakeEndsAt: shifted.at + BAKE_SECONDS * 1_000 };
}

const isSplit = ({ weights }: AliasChange): boolean => Object.values(weights).filter((share) => share > 0).length > 1;
