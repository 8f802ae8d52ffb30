import * as z from "zod";

/** Who of those that sign requests is believed to be whom. */

const rolesOfCallers = z
  .array(
    z
      .string()
      .regex(/^arn:aws[a-z-]*:iam::\d{12}:role\/([\w+=,.@-]+\/)*[\w+=,.@-]{1,64}$/)
      .meta({
        description:
          "the ARN of one IAM role, arn:aws:iam::ACCOUNT:role/NAME with its path; no session's ARN, no bare name, no wildcard",
        examples: ["arn:aws:iam::123456789012:role/approvers"],
      }),
  )
  .max(50);

export const callersSchema = z
  .strictObject({
    verifiedRoles: rolesOfCallers
      .optional()
      .describe(
        "roles whose sessions bear their person's address because nobody can choose it: the roles of IAM Identity Center, and roles whose trust policy fixes sts:RoleSessionName; default none",
      ),
    speakForOthers: rolesOfCallers
      .optional()
      .describe("roles that may say for whom they decide, one answer each per approval; default none"),
  })
  .describe("who of those that sign requests is believed to be whom; default: IAM users whose name is their address");
