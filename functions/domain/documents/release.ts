import * as z from "zod";
import {
  addressSchema,
  alarmNamesSchema,
  apiVersionSchema,
  BLANK,
  checklistsSchema,
  durationSchema,
  nameSchema,
  riskSchema,
  rolesSchema,
  schemaReference,
  sha256Schema,
  stepSchema,
  textSchema,
  whenSchema,
} from "../schema-parts.ts";
import { isBlank } from "../text.ts";
import { gateSchema } from "./policy-gates.ts";

/** The release: the input of one execution. It says what goes out, and may only be stricter than the policy. */

const s3ArtifactSchema = z.strictObject({
  bucket: z.string().min(3).describe("the S3 bucket; {environment} and {version} are filled in"),
  key: z.string().min(1).describe("the key of the zip; {environment} and {version} are filled in"),
  versionId: z
    .string()
    .min(1)
    .meta({
      description: "the object's VersionId, so that nobody can replace it under the same key",
      examples: ["3HL4kqtJvjVBH40Nrjfkd"],
    }),
  sha256: sha256Schema.optional(),
});

const versionArtifactSchema = z.strictObject({
  version: z
    .string()
    .regex(/^[1-9]\d*$/)
    .describe('a published version of the function, such as "42"; never $LATEST'),
  sha256: sha256Schema.optional(),
});

const codeSchema = z.union([s3ArtifactSchema, versionArtifactSchema]);

export const artifactSchema = z
  .union([
    s3ArtifactSchema,
    versionArtifactSchema,
    z.strictObject({
      in: z.record(nameSchema, codeSchema).describe("per environment, where bucket, VersionId or version differ"),
    }),
  ])
  .describe("bucket, key and versionId of a zip in S3, or a published version, or {in: {environment: one of these}}");

export const tightenSchema = z
  .strictObject({
    steps: z
      .array(stepSchema)
      .min(1)
      .max(50)
      .optional()
      .describe("the policy's steps with longer bakes, or more steps"),
    bakeAtLeast: durationSchema.optional().describe("every bake lasts at least this long"),
    notBefore: z.iso
      .datetime({ offset: true })
      .optional()
      .describe("traffic does not move before this instant, such as 2026-01-06T20:00:00+02:00"),
    approvals: z
      .array(
        z.strictObject({
          when: whenSchema.optional(),
          roles: rolesSchema,
          checklists: checklistsSchema.optional(),
          expiresAfter: durationSchema.optional(),
          validFor: durationSchema.optional(),
        }),
      )
      .max(10)
      .optional()
      .describe("more roles, or more people of a role; the roles are the policy's"),
    checks: z.array(gateSchema).max(50).optional().describe("checks beside the policy's"),
    alarms: alarmNamesSchema.optional().describe("alarms beside the policy's"),
    monitorFor: durationSchema.optional().describe("watch at least this long after the rollout"),
    keepPreviousFor: durationSchema.optional().describe("keep the previous version at least this long"),
  })
  .describe("what is stricter than the policy in one environment");

export const releaseSchema = z
  .strictObject({
    $schema: schemaReference.optional(),
    AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID: z
      .string()
      .optional()
      .describe("put in by whoever nests executions, for the console's link; Headgate does not read it"),
    apiVersion: apiVersionSchema,
    service: nameSchema.describe("a service of the policy"),
    version: z
      .string()
      .regex(/^[A-Za-z0-9][\w.+-]{0,63}$/)
      .meta({
        description: "what people call the release, such as v2025.12.25.1; approvers type it in",
        examples: ["v1.2.3"],
      }),
    commit: z
      .string()
      .regex(/^[0-9a-f]{7,64}$/)
      .meta({ description: "the Git commit, 7 to 64 hexadecimal digits", examples: ["0a1b2c3"] }),
    ticket: z
      .string()
      .trim()
      .min(1)
      .max(64)
      .refine((text) => !isBlank(text), BLANK)
      .optional()
      .describe("the change ticket, such as JIRA-1234"),
    requestedBy: addressSchema.describe("e-mail address of whoever asks for the promotion; cannot approve it"),
    risk: riskSchema.describe('how risky the change is: "low", "medium" or "high"'),
    summary: textSchema.describe("what changes, for those who approve it"),
    evidence: z
      .record(
        z.string().min(1),
        z.union([z.string(), z.number(), z.boolean()]).describe("a text, a number, true or false"),
      )
      .optional()
      .describe("claims of the requester: test results, links, figures"),
    artifacts: z.record(nameSchema, artifactSchema).describe("per target of the service, its code"),
    environments: z.array(nameSchema).min(1).describe("the environments to go through, in the policy's order"),
    tighten: z
      .record(nameSchema, tightenSchema)
      .optional()
      .describe("per environment, what is stricter than the policy"),
    emergency: z
      .strictObject({
        reason: textSchema.describe("why this cannot wait, for those who approve it and for the audit trail"),
        skipBakes: z.boolean().optional().describe("go straight to 100 %, where the policy allows it"),
        skipWindow: z.boolean().optional().describe("ignore window and freezes, where the policy allows it"),
      })
      .optional()
      .describe("an emergency and its reason"),
  })
  .describe("Headgate release: the input of one promotion");

export type Release = z.output<typeof releaseSchema>;
export type TightenInput = z.output<typeof tightenSchema>;
export type ArtifactInput = z.output<typeof artifactSchema>;
export type CodeInput = z.output<typeof codeSchema>;
