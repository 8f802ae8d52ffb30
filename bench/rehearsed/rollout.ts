/** Rollouts of one target through the sandbox: the real machines, handlers and judge over the simulated AWS. */
import type { Recording } from "../../functions/domain/judge/recording.ts";
import { firstPeriod, readableUntil } from "../../functions/domain/judge/sampling.ts";
import { type Rehearsed, rehearse } from "../../sandbox/rehearsal.ts";
import { loadRecordings } from "../../sandbox/report/data.ts";
import { readScenario, type Scenario } from "../../sandbox/world/scenario.ts";
import { releaseOf } from "../release.ts";

export interface World {
  /** Nothing else tells one rollout from the next. */
  readonly seed: number;
  /** Both arms together. */
  readonly requestsPerMinute: number;
  /** Fractions of requests. */
  readonly baselineErrorRate: number;
  readonly candidateErrorRate: number;
  /** 10/25/50/100 % of a quarter of an hour each unless said. */
  readonly steps?: Steps;
  /** The function's time-out; 30 s unless said. */
  readonly limitSeconds?: number;
  /** Share of the candidate's requests that hang for so long and then fail; none unless said. */
  readonly hanging?: { readonly share: number; readonly seconds: number } | undefined;
}

export type Steps = readonly { readonly weight: number; readonly bake: string }[];

export interface Rollout {
  readonly outcome: string;
  /** Which lane of the judge ended the last bake against the candidate; null: none did. */
  readonly acted: string | null;
  /** The last bake's weight in percent. */
  readonly weight: number;
  /** Whole minutes of that bake that had closed and settled, and so were judged, when it ended. */
  readonly closedMinutes: number;
  /** From the shift to the end of that bake, in minutes. */
  readonly minutes: number;
  /** From the first shift to the end of the last bake, in minutes. */
  readonly rolloutMinutes: number;
  /** Why the promotion ended, in its own words. */
  readonly summary: string;
}

/**
 * Runs a promotion of 10, 25, 50 and 100 %, a quarter of an hour each, to its end. Throws an Error when the documents do
 * not resolve, or nothing was baked.
 */
export async function rollOut(world: World): Promise<Rollout> {
  const { rehearsal, recording } = await recordRollOut(world);
  const bake = recording?.bakes.at(-1);
  const span = recording?.spans.at(-1);
  const [metric] = recording?.analysis.metrics ?? [];
  if (bake?.endedAt == null || span === undefined || metric === undefined)
    throw new Error(`seed ${world.seed}: ${rehearsal.ended.summary}`);
  const closedMs = readableUntil(metric, bake.endedAt) - firstPeriod(metric, span.from);
  return {
    outcome: rehearsal.ended.outcome,
    acted: bake.acted,
    weight: span.weight,
    closedMinutes: closedMs / MINUTE_MS,
    minutes: (bake.endedAt - span.from) / MINUTE_MS,
    rolloutMinutes: (bake.endedAt - (recording?.spans[0]?.from ?? span.from)) / MINUTE_MS,
    summary: rehearsal.ended.summary,
  };
}

/** The same, with everything that was kept of it. */
export async function recordRollOut(world: World): Promise<{ rehearsal: Rehearsed; recording: Recording | undefined }> {
  const rehearsal = await rehearse({
    policy: policyOf(world.steps ?? STEPS),
    release: RELEASE,
    scenario: scenarioOf(world),
  });
  if (!rehearsal.ok) throw new Error(JSON.stringify(rehearsal.problems));
  const [recording] = await loadRecordings(rehearsal);
  return { rehearsal, recording };
}

const MINUTE_MS = 60_000;

const STEPS: Steps = [10, 25, 50, 100].map((weight) => ({ weight, bake: "15m" }));

/** The defaults, written out where the figures depend on them: alpha .05, the error rate, a pass below +2 points. */
const policyOf = (steps: Steps) => ({
  apiVersion: "headgate/v1",
  order: ["prod"],
  environments: { prod: { account: "111122223333", region: "eu-west-1", pageTo: ["oncall@example.com"] } },
  services: {
    shop: {
      targets: [{ name: "order", kind: "lambda-alias", functionName: "shop-{environment}-order", alias: "live" }],
      rollout: { steps },
      analysis: {
        alpha: 0.05,
        metrics: [{ preset: "lambda-error-rate", sequential: { passDelta: 0.02 } }],
        onInconclusive: "hold",
        extendUpTo: "15m",
        holdUpTo: "1h",
      },
    },
  },
});

const RELEASE = releaseOf("order", { bucket: "shop-artifacts", key: "order.zip", versionId: "one" });

function scenarioOf({ seed, requestsPerMinute, baselineErrorRate, ...world }: World): Scenario {
  const { candidateErrorRate, limitSeconds = 30, hanging } = world;
  const hangs = hanging === undefined ? {} : { hangs: { share: hanging.share, for: `${hanging.seconds}s` } };
  return readScenario({
    name: "bench",
    startsAt: "2026-01-13T18:00:00Z",
    seed,
    traffic: [{ perMinute: requestsPerMinute }],
    behaviour: [
      { version: "baseline", errorRate: baselineErrorRate },
      { version: "candidate", errorRate: candidateErrorRate, ...hangs },
    ],
    timeLimits: [{ limit: `${limitSeconds}s` }],
  });
}
