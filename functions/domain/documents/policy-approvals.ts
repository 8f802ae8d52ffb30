import * as z from "zod";
import { checklistsSchema, durationSchema, nameSchema, riskSchema, rolesSchema, whenSchema } from "../schema-parts.ts";

/** How a policy asks people. */

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

export type ApprovalInput = z.output<typeof approvalSchema>;
