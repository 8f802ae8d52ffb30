import * as z from "zod";

/** How a policy says when traffic may move. */

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

export type WindowInput = z.output<typeof windowSchema>;
