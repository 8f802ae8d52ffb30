import * as z from "zod";
import { durationSchema, querySchema } from "../schema-parts.ts";

/** Where a policy's metric comes from when it is no preset: CloudWatch in three ways, or a function of the team's. */

const inputName = z
  .string()
  .regex(/^[a-z][A-Za-z0-9]{0,30}$/)
  .meta({ description: "an input's name: a lower-case letter, then letters and digits", examples: ["failed"] });

const MOST_INPUTS = 10;

export const expressionSchema = z
  .strictObject({
    expression: z
      .string()
      .trim()
      .min(1)
      .max(1_000)
      .describe("metric math over the inputs, such as failed + refused: + - * /, comparisons, IF and FILL(input, 0)"),
    inputs: z
      .record(inputName, querySchema)
      .refine((inputs) => Object.keys(inputs).length <= MOST_INPUTS, `has more than ${MOST_INPUTS} inputs`)
      .describe("the metrics that the expression names, each an explicit CloudWatch metric"),
  })
  .describe("metric math over named metrics");

export const insightsSchema = z
  .strictObject({
    insights: z
      .string()
      .trim()
      .min(1)
      .max(1_500)
      .describe(
        "a Metrics Insights query of one series, such as SELECT SUM(Failed) FROM Shop WHERE Version = '{version}'",
      ),
  })
  .describe("a CloudWatch Metrics Insights query");

export const anyQuerySchema = z
  .union([querySchema, expressionSchema, insightsSchema])
  .meta({ description: "an explicit CloudWatch metric, metric math over several, or a Metrics Insights query" });

export const sourceSchema = z
  .strictObject({
    function: z
      .string()
      .min(1)
      .describe("name or ARN of a Lambda function of the team's that has the figures; {environment} is filled in"),
    gives: z
      .enum(["counts", "values"])
      .optional()
      .describe('"counts": samples and how many were bad (default); "values": a value, such as a p95 in ms'),
    timeout: durationSchema.optional().describe("how long one answer may take, up to 15s; default 10s"),
  })
  .describe("a metric source of the team's own");

/** Of a query that counts or sums per exposure, and may exceed it. */
export const exposureFields = {
  per: z
    .union([z.literal("requests"), anyQuerySchema])
    .optional()
    .describe('per what it counts: "requests" of the target, or what a query counts; it may be more than one each'),
  largest: z
    .number()
    .positive()
    .optional()
    .describe(
      "the most that one amount brings, such as 500 of an order's value; larger ones count as it; default 1, a count",
    ),
  absent: z
    .enum(["zero", "unknown"])
    .optional()
    .describe('exposures without a point of the count: "zero" (default where fewer is worse) or "unknown"'),
};

export type AnyQueryInput = z.output<typeof anyQuerySchema>;
export type SourceInput = z.output<typeof sourceSchema>;
