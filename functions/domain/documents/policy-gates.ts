import * as z from "zod";
import { querySchema } from "./policy-analysis.ts";
import {
  checklistsSchema,
  consequenceSchema,
  durationSchema,
  jsonSchema,
  nameSchema,
  riskSchema,
  rolesSchema,
  whenSchema,
} from "./schema-parts.ts";

/** Checks, approvals and windows: what stands between a release and the next environment. */

const everyCheck = {
  when: whenSchema.optional().describe('"before" (default), "at-0", "after", or a weight of one of the steps'),
  name: z.string().trim().min(1).max(80).optional().describe("what reports call the check; made up where absent"),
  onFail: consequenceSchema.optional().describe('default "block" before the rollout and "rollback" from then on'),
};

const expectation = z
  .record(z.string(), jsonSchema)
  .describe('values that must stand at dotted paths of the answer, such as {"statusCode": 200}');

const limits = {
  min: z.number().optional().describe("smallest value that passes"),
  max: z.number().optional().describe("largest value that passes"),
};

export const checkSchema = z
  .discriminatedUnion("kind", [
    z.strictObject({
      kind: z.literal("alarms-ok").describe("CloudWatch alarms are OK"),
      names: z.array(z.string()).min(1).optional().describe("names of alarms that must be OK"),
      prefix: z.string().min(1).optional().describe("every alarm whose name starts so must be OK"),
      ...everyCheck,
    }),
    z.strictObject({
      kind: z.literal("http").describe("an https address answers"),
      url: z.string().describe("an https address that is asked with GET"),
      status: z.number().int().min(100).max(599).optional().describe("expected status; default 200"),
      contains: z.string().min(1).optional().describe("a text that the body must contain"),
      withinMs: z
        .number()
        .int()
        .min(1)
        .max(30_000)
        .optional()
        .describe("the answer must come within this many milliseconds"),
      ...everyCheck,
    }),
    z.strictObject({
      kind: z.literal("invoke").describe("a Lambda function answers as expected"),
      functionName: z.string().describe("the Lambda function to invoke"),
      payload: jsonSchema.optional().describe("what it is invoked with; default {}"),
      expect: expectation,
      ...everyCheck,
    }),
    z.strictObject({
      kind: z.literal("metric").describe("a CloudWatch metric is within limits"),
      metric: querySchema,
      ...limits,
      over: durationSchema.optional().describe("how far back it looks, a multiple of 1m; default 5m"),
      ...everyCheck,
    }),
    z.strictObject({
      kind: z.literal("soaked").describe("the version has run in an earlier environment for so long"),
      environment: nameSchema.describe("where this version must have run"),
      for: durationSchema.describe("how long it must have run there, such as 24h"),
      ...everyCheck,
    }),
    z.strictObject({
      kind: z.literal("evidence").describe("the release claims something, and within limits"),
      key: z.string().min(1).describe("the key under the release's evidence, such as coverage"),
      ...limits,
      equals: z.string().optional().describe("the value must read exactly so, such as passed or true"),
      ...everyCheck,
    }),
  ])
  .meta({
    description: "a check: alarms-ok, http, invoke, metric, soaked or evidence",
    examples: [{ kind: "alarms-ok", prefix: "shop-{environment}" }],
  });

export const approvalSchema = z
  .strictObject({
    when: whenSchema.optional().describe('"before" (default), "at-0", "after", or a weight of one of the steps'),
    roles: rolesSchema,
    and: z
      .strictObject({
        risk: riskSchema.describe("from this risk upwards these roles are asked too"),
        roles: rolesSchema,
      })
      .optional()
      .describe("further roles for releases of a risk"),
    checklists: checklistsSchema.optional(),
    expiresAfter: durationSchema.optional().describe("nobody answered by then: expired; default 24h"),
    remindEvery: durationSchema
      .optional()
      .describe("how often those who have not answered are reminded; default never"),
    escalateAfter: durationSchema.optional().describe("when escalateTo is asked too; default never"),
    escalateTo: nameSchema.optional().describe("the role asked when nobody answered"),
    validFor: durationSchema.optional().describe("a decision older than this at the start counts no more; default 7d"),
  })
  .describe("an approval by people");

const clock = z
  .string()
  .regex(/^(([01]\d|2[0-3]):[0-5]\d|24:00)$/)
  .describe("a time of day such as 20:00; 24:00 is the end of the day");

export const DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"] as const;

const localDateTime = z
  .string()
  .regex(/^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d)?)?$/)
  .describe("a local date or date-time in the window's zone, such as 2025-12-20 or 2025-12-20T18:00");

export const freezeSchema = z
  .strictObject({
    name: z.string().trim().min(1).describe("why nothing moves, such as Black Friday"),
    from: localDateTime,
    to: localDateTime.describe("end, not included, such as 2026-01-05T06:00"),
  })
  .describe("a time in which nothing moves");

export const windowSchema = z
  .strictObject({
    zone: z.string().describe("an IANA time zone, such as Africa/Johannesburg"),
    open: z
      .array(
        z.strictObject({
          days: z.array(z.enum(DAYS)).min(1).describe("days on which it opens: Mon Tue Wed Thu Fri Sat Sun"),
          from: clock,
          to: clock.describe("closing time; earlier than from means the next day"),
        }),
      )
      .min(1)
      .optional()
      .describe("when changes may be made; default always, apart from freezes"),
    scope: z
      .enum(["shifts", "rollout"])
      .optional()
      .describe('"shifts" (default): weights move only while it is open; "rollout": the whole rollout must fit'),
    whenItCloses: z
      .enum(["hold", "finish", "roll-back"])
      .optional()
      .describe('"hold" (default), "finish" or "roll-back"'),
    freezes: z.array(freezeSchema).optional().describe("times in which nothing moves"),
  })
  .describe("when traffic may move");

export type CheckInput = z.output<typeof checkSchema>;
export type ApprovalInput = z.output<typeof approvalSchema>;
export type WindowInput = z.output<typeof windowSchema>;
