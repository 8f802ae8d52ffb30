import * as z from "zod";
import { PRESETS } from "../../targets/kinds.ts";
import { consequenceSchema, durationSchema, nameSchema } from "../schema-parts.ts";
import { anyQuerySchema, exposureFields, sourceSchema } from "./policy-sources.ts";

/** How a policy says what is measured and what counts as bad. */

const ifBaselineBreaksSchema = z.enum(["refuse", "relative", "keep"]);

export const ruleSchema = z
  .strictObject({
    max: z
      .number()
      .optional()
      .describe("ceiling for the candidate, in the metric's unit (percent for rates, ms for durations)"),
    maxIncreasePoints: z
      .number()
      .nonnegative()
      .optional()
      .describe("ceiling for candidate minus baseline, in the metric's unit: 2 is two points of an error rate"),
    maxIncreasePercent: z
      .number()
      .nonnegative()
      .optional()
      .describe("ceiling for candidate over baseline, in percent of the baseline: 10 is baseline x 1.1, 100 is twice"),
    sustainedFor: durationSchema.optional().describe("the breach must last this long, such as 10m; default 0s"),
    minSamples: z.number().int().nonnegative().optional().describe("fewer samples than this: inconclusive"),
    onBreach: consequenceSchema.optional().describe('"warn", "block" or "rollback" (default)'),
    hard: z
      .boolean()
      .optional()
      .describe("true: acts at once, outside the judge's stated rate of false rollbacks; default false"),
    ifBaselineBreaks: ifBaselineBreaksSchema
      .optional()
      .describe('where what serves is above max already: "refuse", "relative" or "keep"; default the analysis\'s'),
  })
  .describe("one threshold: max, maxIncreasePoints or maxIncreasePercent");

const fraction = z.number().min(0).max(1);

export const sequentialSchema = z
  .strictObject({
    weight: fraction
      .optional()
      .describe("share of the environment's alpha for this metric over all its targets, 0 to 1"),
    rho: z.number().positive().optional().describe("tolerated ratio of candidate over baseline; default 1"),
    delta: fraction.optional().describe("tolerated rise as a fraction: 0.0005 is 0.05 points"),
    slo: fraction
      .nullable()
      .optional()
      .describe("tolerated rate where there is no baseline arm (100 %), as a fraction"),
    direction: z
      .enum(["increase", "decrease"])
      .optional()
      .describe('of a metric per exposure, which way is bad: "decrease" of orders, "increase" of retries'),
    toleratedPercent: z
      .number()
      .min(0)
      .max(1_000)
      .optional()
      .describe("of a metric per exposure: tolerated loss or rise, in percent of the baseline; default 5"),
    passPercent: z
      .number()
      .positive()
      .max(1_000)
      .optional()
      .describe("of a metric per exposure: a pass shows that the loss or rise is below this; default 30"),
    passDelta: fraction
      .optional()
      .describe(
        "a pass shows that the rise is below this fraction; default by the traffic, 0.005 to 0.02; of a distribution 0.02",
      ),
    warmupMinutes: z
      .number()
      .int()
      .min(0)
      .max(60)
      .optional()
      .describe(
        "first minutes of each step, held to warmupDelta and left out of a pass; default what the kind of target takes to start, 2; 0: none",
      ),
    warmupDelta: fraction
      .optional()
      .describe("tolerated rise during the warm-up, as a fraction; default 0.05, of slow requests 0.25"),
    phiBurst: z
      .number()
      .min(1)
      .nullable()
      .optional()
      .describe("dispersion above which bursts shrink with the arm; default off"),
    latencyMargin: z
      .number()
      .positive()
      .max(10)
      .optional()
      .describe("tolerated rise of the reference p95, or of each quantile of a distribution: 0.1 is +10 %"),
  })
  .describe("settings of the sequential judge; true takes the defaults");

export const rankSchema = z
  .strictObject({
    minimumPoints: z
      .number()
      .int()
      .min(5)
      .max(480)
      .describe("periods of a step in which both arms must be measured before it is judged, such as 15; 50 is better"),
    direction: z
      .enum(["increase", "decrease", "either"])
      .optional()
      .describe('which way is bad: "increase" (default), "decrease" or "either"'),
    toleratedPercent: z
      .number()
      .nonnegative()
      .max(1_000)
      .optional()
      .describe("a shift of the mean of up to this many percent is none; default 10"),
  })
  .describe("the rank test, for a metric that is no count");

const everyMetric = {
  name: nameSchema.optional().describe("what reports call the metric; default the preset or metric name"),
  rules: z.array(ruleSchema).max(20).optional().describe("thresholds; all apply"),
  sequential: z.union([z.boolean(), sequentialSchema]).optional().describe("true, false, or the judge's settings"),
  dryRun: z.boolean().optional().describe("true: shown and recorded, never acted upon; default false"),
  period: durationSchema.optional().describe("length of one data point, a multiple of 1m; default 1m"),
  settle: durationSchema.optional().describe("how old a closed period must be before it is read; default 2m"),
  targets: z.array(nameSchema).min(1).optional().describe("names of the targets it is asked for; default all of them"),
};

export const metricSchema = z
  .union([
    z.strictObject({
      preset: z.enum(PRESETS).describe(`one of ${PRESETS.join(", ")}`),
      ...everyMetric,
    }),
    z.strictObject({
      query: anyQuerySchema,
      samples: anyQuerySchema.optional().describe("what counts the samples, such as Invocations with Sum"),
      ...exposureFields,
      rank: rankSchema.optional(),
      ...everyMetric,
    }),
    z.strictObject({ source: sourceSchema, rank: rankSchema.optional(), ...everyMetric }),
  ])
  .meta({
    description: "a metric: a preset of a kind of target, an explicit CloudWatch query, or a function of the team's",
    examples: [{ preset: PRESETS[0], sequential: true }],
  });

export const analysisSchema = z
  .strictObject({
    alpha: z
      .number()
      .min(0.0001)
      .max(0.5)
      .optional()
      .describe("chance that the judge rolls a good candidate back, over the environment's rollout; default 0.05"),
    metrics: z
      .array(metricSchema)
      .min(1)
      .max(50)
      .optional()
      .describe("default: the error rate of each kind of target, under the sequential judge"),
    onInconclusive: z
      .enum(["hold", "proceed", "roll-back"])
      .optional()
      .describe('a bake without a verdict: "hold" (default), "proceed" or "roll-back"'),
    extendUpTo: durationSchema
      .optional()
      .describe("a bake without a verdict may last this much longer; default by the traffic, up to 6h"),
    holdUpTo: durationSchema
      .optional()
      .describe("how long traffic holds for a person who must decide; nobody did: rolled back; default 24h"),
    earlyPass: z.boolean().optional().describe("true: a pass ends the bake early; default false"),
    reference: durationSchema.optional().describe("how far back the old version is looked at; default 24h"),
    mustSee: z
      .strictObject({
        points: z.number().positive().max(100).describe("smallest rise of the error rate, in points"),
        ifBlind: z.enum(["warn", "refuse"]).optional().describe('"warn" (default) or "refuse"'),
      })
      .optional()
      .describe("the smallest error-rate rise that a bake must be able to see"),
    ifBaselineBreaks: ifBaselineBreaksSchema
      .optional()
      .describe(
        'a max that the serving version is above: "refuse" the start, "relative" to that version (default), or "keep"',
      ),
    events: z
      .number()
      .int()
      .min(5)
      .max(100_000)
      .optional()
      .describe(
        "little traffic: requests or executions of the candidate that decide a step, such as 50, however long they take",
      ),
    newErrors: z
      .enum(["off", "warn", "hold"])
      .optional()
      .describe('errors in the candidate\'s logs that the baseline\'s do not have: "off" (default), "warn" or "hold"'),
    syntheticPerMinute: z
      .number()
      .int()
      .min(0)
      .max(6_000)
      .optional()
      .describe("requests a minute to the candidate while real traffic is thinner; default 0"),
  })
  .describe("how candidate is judged against baseline");

export type RuleInput = z.output<typeof ruleSchema>;
export type RankInput = z.output<typeof rankSchema>;
export type SequentialInput = z.output<typeof sequentialSchema>;
export type MetricInput = z.output<typeof metricSchema>;
export type AnalysisInput = z.output<typeof analysisSchema>;
