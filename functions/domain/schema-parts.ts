import * as z from "zod";
import { PLACEHOLDERS } from "../targets/kinds.ts";
import { faultOf } from "./address.ts";
import { DURATION_HINT, DURATION_PATTERN, readDuration } from "./durations.ts";
import { isBlank } from "./text.ts";

/** The small words that both documents are built from. Descriptions are the hints of problems and of editors. */

const API_VERSION = "headgate/v1";

export const apiVersionSchema = z
  .literal(API_VERSION)
  .meta({ description: `"${API_VERSION}"`, examples: [API_VERSION] });

/** A duration as people write it; whole seconds once parsed. */
export const durationSchema = z
  .string()
  .regex(DURATION_PATTERN)
  .transform((text, context) => {
    const reading = readDuration(text);
    if (reading.ok) return reading.seconds;
    context.addIssue({ code: "custom", message: reading.message });
    return z.NEVER;
  })
  .meta({ description: DURATION_HINT, examples: ["15m", "24h", "2d"] });

/** Names are keys of records; `constructor` is the one such word that every JavaScript object answers to. */
export const nameSchema = z
  .string()
  .regex(/^(?!constructor$)[a-z0-9][a-z0-9-]{0,62}$/)
  .meta({ description: "a short name: lower-case letters, digits and dashes, at most 63", examples: ["orders"] });

/** In lower case and without spaces around it, in the one spelling that its mailbox has: two people are never one. */
export const addressSchema = z
  .string()
  .max(320)
  .meta({
    description: "an e-mail address, such as jane.doe@example.com",
    pattern: "^ *[!-~]+@[!-~]+ *$",
    examples: ["jane.doe@example.com"],
  })
  .transform((text, context) => {
    const trimmed = text.replace(/^ +| +$/g, "");
    const fault = faultOf(trimmed);
    if (fault === null) return trimmed.toLowerCase();
    context.addIssue({ code: "custom", message: fault.message, params: { hint: fault.hint } });
    return z.NEVER;
  });

/** What is wrong with a text of which nobody sees anything. */
export const BLANK = "holds nothing that can be seen";

export const textSchema = z
  .string()
  .trim()
  .min(1)
  .max(2_000)
  .refine((text) => !isBlank(text), BLANK)
  .meta({ description: "a text of 1 to 2,000 characters", examples: ["A text."] });

/** Why a person did something to a promotion. */
export const reasonSchema = z
  .string()
  .trim()
  .min(3)
  .max(500)
  .refine((text) => !isBlank(text), BLANK)
  .describe("say why in 3 to 500 characters: it stands in the record");

/** Any JSON; what a probe sends or expects. */
export const jsonSchema = z.json().describe("any JSON value");

/** A point of the rollout: before it, at weight 0, at a weight in percent, or after it. */
export const whenSchema = z.union([z.enum(["before", "at-0", "after"]), z.number().int().min(1).max(100)]).meta({
  description: '"before", "at-0", "after", or the weight in percent of one of the steps, such as 25',
  examples: ["before", 25],
});

export const weightSchema = z
  .number()
  .int()
  .min(1)
  .max(100)
  .describe("share of the traffic for the candidate, whole percent from 1 to 100");

export const stepSchema = z
  .strictObject({
    weight: weightSchema,
    bake: durationSchema.describe("how long this weight is watched before the next, such as 15m"),
  })
  .describe("one step: a weight and the bake that follows it");

export const consequenceSchema = z
  .enum(["warn", "block", "rollback"])
  .describe('"warn" records, "block" stops and waits for a person, "rollback" puts traffic back');

export const riskSchema = z
  .enum(["low", "medium", "high"])
  .meta({ description: '"low", "medium" or "high"', examples: ["high"] });

export const rolesSchema = z
  .record(nameSchema, z.number().int().min(1).max(20).describe("how many different people of this role must approve"))
  .describe('roles that must approve, each with how many of its people, such as {"tech-lead": 1}');

export const checklistsSchema = z
  .record(nameSchema, z.array(textSchema).max(30))
  .describe("per role, the lines its people tick before they can approve");

export const alarmNamesSchema = z
  .array(z.string().describe("the name (not the ARN) of a CloudWatch alarm; {environment} is filled in"))
  .describe("alarms that put traffic back the moment they turn red during the rollout");

export const withoutDataSchema = z
  .enum(["warn", "refuse"])
  .describe(
    'alarms that have no data when the rollout starts: "warn" tells approvers (default), "refuse" blocks the start',
  );

export const querySchema = z
  .strictObject({
    namespace: z.string().min(1).describe("CloudWatch namespace, such as AWS/ApiGateway"),
    metricName: z.string().min(1).describe("CloudWatch metric name, such as Errors"),
    dimensions: z
      .record(z.string(), z.string())
      .describe(
        `dimensions; {environment}, {target} and what the kind of target has (${PLACEHOLDERS.join(", ")}) are filled in, {version} stands for the arm's version`,
      ),
    statistic: z.string().min(1).describe("CloudWatch statistic, such as Sum, Average or p95"),
  })
  .describe("an explicit CloudWatch metric");

export const sha256Schema = z
  .string()
  .regex(/^[A-Za-z0-9+/]{43}=$/)
  .describe("SHA-256 of the zip in base64, as Lambda's CodeSha256 shows it (44 characters)");

export const schemaReference = z.string().describe("the JSON Schema, for editors; Headgate does not read it");
