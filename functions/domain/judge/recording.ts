/**
 * A recorded promotion: one environment's samples with the analysis that judged them, as a JSON file that can be judged
 * again under another analysis.
 */
import * as z from "zod";
import { PRESETS } from "../../targets/kinds.ts";

export const RECORDING_FORMAT = "headgate/recording-v1";

const armSchema = z.tuple([z.number(), z.number().nullable(), z.number()]).rest(z.number()).readonly().nullable();

export const spanSchema = z.strictObject({ from: z.number(), weight: z.number(), finished: z.boolean() });

const triedSchema = z.strictObject({
  rollsBack: z.number(),
  holds: z.number(),
  notes: z.number(),
  times: z.number().nullable(),
  days: z.number().nullable(),
});

const lineSchema = z.strictObject({
  periods: z.number(),
  requests: z.number(),
  bad: z.number(),
  worstRate: z.number(),
  value: z.number(),
  quantileMs: z.number().nullable(),
  phi: z.number().min(1),
  requestsPerPeriod: z.number(),
  rules: z.array(triedSchema.nullable()).readonly().exactOptional(),
  wander: z.strictObject({ perRequest: z.number(), variance: z.number(), minutes: z.number() }).exactOptional(),
});

const querySchema = z.strictObject({
  namespace: z.string(),
  metricName: z.string(),
  dimensions: z.record(z.string(), z.string()),
  statistic: z.string(),
});

const anyQuerySchema = z.union([
  querySchema,
  z.strictObject({
    expression: z.string(),
    inputs: z.record(z.string(), querySchema),
    required: z.array(z.string()).readonly(),
    counts: z.boolean(),
  }),
  z.strictObject({ insights: z.string(), counts: z.boolean() }),
]);

const sourceSchema = z.strictObject({
  function: z.string(),
  gives: z.enum(["counts", "values"]),
  timeoutSeconds: z.number(),
  names: z.record(z.string(), z.string()),
});

const exposureSchema = z.strictObject({
  of: z.union([z.literal("requests"), anyQuerySchema]),
  direction: z.enum(["increase", "decrease"]),
  largest: z.number(),
  absent: z.enum(["zero", "unknown"]),
});

const ruleSchema = z.strictObject({
  max: z.number().exactOptional(),
  maxIncreasePoints: z.number().exactOptional(),
  maxIncreasePercent: z.number().exactOptional(),
  sustainedSeconds: z.number(),
  minSamples: z.number(),
  onBreach: z.enum(["warn", "block", "rollback"]),
  hard: z.boolean(),
  ifBaselineBreaks: z.enum(["refuse", "relative", "keep"]).exactOptional(),
});

const sequentialSchema = z.strictObject({
  weight: z.number(),
  rho: z.number(),
  delta: z.number(),
  slo: z.number().nullable(),
  passDelta: z.number(),
  passRho: z.number().exactOptional(),
  warmupMinutes: z.number(),
  warmupDelta: z.number(),
  phiBurst: z.number().nullable(),
  latencyMargin: z.number().nullable(),
});

const rankSchema = z.strictObject({
  minimumPoints: z.number(),
  direction: z.enum(["increase", "decrease", "either"]),
  toleratedPercent: z.number(),
});

const metricSchema = z.strictObject({
  name: z.string(),
  target: z.string().nullable(),
  source: z.union([
    z.strictObject({
      preset: z.enum(PRESETS),
    }),
    z.strictObject({ query: anyQuerySchema, samples: anyQuerySchema.exactOptional() }),
    z.strictObject({ source: sourceSchema }),
  ]),
  periodSeconds: z.number().positive(),
  settleSeconds: z.number().nonnegative(),
  rules: z.array(ruleSchema).readonly(),
  sequential: sequentialSchema.exactOptional(),
  rank: rankSchema.exactOptional(),
  per: exposureSchema.exactOptional(),
  dryRun: z.boolean(),
});

/** An analysis as plans hold it. */
const analysisPlanSchema = z.strictObject({
  alpha: z.number().positive().max(0.5),
  metrics: z.array(metricSchema).readonly(),
  onInconclusive: z.enum(["hold", "proceed", "roll-back"]),
  extendSeconds: z.number(),
  holdSeconds: z.number(),
  earlyPass: z.boolean(),
  referenceSeconds: z.number(),
  mustSeePoints: z.number().nullable(),
  ifBlind: z.enum(["warn", "refuse"]),
  syntheticPerMinute: z.number(),
  events: z.number().exactOptional(),
  newErrors: z.enum(["warn", "hold"]).exactOptional(),
  left: z
    .strictObject({
      settings: z.array(z.enum(["extendUpTo", "onInconclusive"])).readonly(),
      passDelta: z.array(z.string()).readonly(),
    })
    .exactOptional(),
  chosen: z.array(z.string()).readonly().exactOptional(),
});

const bakeSchema = z.strictObject({
  phase: z.string(),
  startedAt: z.number(),
  endedAt: z.number().nullable(),
  result: z.string().nullable(),
  acted: z.string().nullable(),
  summary: z.string(),
});

export const recordingSchema = z.strictObject({
  format: z.literal(RECORDING_FORMAT),
  promotionId: z.string(),
  service: z.string(),
  version: z.string(),
  environment: z.string(),
  analysis: analysisPlanSchema,
  steps: z.array(z.strictObject({ weight: z.number(), bakeSeconds: z.number() })).readonly(),
  references: z.record(z.string(), lineSchema),
  spans: z.array(spanSchema),
  bakes: z.array(bakeSchema),
  /** By metric of a target: [start of the period, candidate, baseline], oldest first. */
  samples: z.record(z.string(), z.array(z.tuple([z.number(), armSchema, armSchema]).readonly()).readonly()),
  /** Requests of Headgate's own to the candidate, by metric of a target: [when, requests, failed], oldest first. */
  synthetic: z.record(z.string(), z.array(z.tuple([z.number(), z.number(), z.number()]).readonly()).readonly()),
});

export type Recording = z.output<typeof recordingSchema>;

/** How the analysis of a replay differs from the recorded one; a metric is changed by its name, for all its targets. */
export const analysisChangesSchema = analysisPlanSchema
  .pick({ alpha: true, onInconclusive: true, extendSeconds: true, earlyPass: true })
  .partial()
  .extend({
    metrics: z
      .array(
        z.strictObject({
          name: z.string(),
          rules: z.array(ruleSchema).readonly().optional(),
          sequential: sequentialSchema.partial().nullable().optional(),
          dryRun: z.boolean().optional(),
        }),
      )
      .optional(),
  });

export type AnalysisChanges = z.output<typeof analysisChangesSchema>;
