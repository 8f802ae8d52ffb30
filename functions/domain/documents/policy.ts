import * as z from "zod";
import type { Kind } from "../../targets/kind.ts";
import { everyKind } from "../../targets/kinds.ts";
import { LONGEST_ROLE_NAME } from "../access.ts";
import { HOST_PATTERN } from "../evidence-hosts.ts";
import {
  addressSchema,
  alarmNamesSchema,
  apiVersionSchema,
  durationSchema,
  jsonSchema,
  nameSchema,
  rolesSchema,
  schemaReference,
  stepSchema,
  weightSchema,
  withoutDataSchema,
} from "../schema-parts.ts";
import { analysisSchema } from "./policy-analysis.ts";
import { approvalSchema } from "./policy-approvals.ts";
import { callersSchema } from "./policy-callers.ts";
import { gateSchema } from "./policy-gates.ts";
import { windowSchema } from "./policy-window.ts";

/**
 * The policy: what a team deploys and reviews like code. It names the people, the gates and the floors; a release, which
 * whoever may start an execution writes, can only tighten it.
 */

export const peopleSchema = z
  .record(nameSchema, z.array(addressSchema).min(1).max(50).describe("addresses of the people who hold this role"))
  .describe("roles, each with the addresses of its people");

const requiresSchema = z
  .array(z.enum(["ticket", "verified-starter"]))
  .describe(
    'what a promotion needs here although it is optional: "ticket", a change ticket; "verified-starter", a start through the API, whose IAM identity then decides no approval',
  );

const evidenceHostsSchema = z
  .array(
    z
      .string()
      .max(261)
      .regex(HOST_PATTERN)
      .meta({
        description:
          "a host in lower case, such as ci.example.com, or *.example.com for all below it; a port where it is not 443",
        examples: ["ci.example.com"],
      }),
  )
  .max(50)
  .describe(
    "hosts that links in a release's evidence may lead approvers to; other links are shown as text; default none",
  );

const addressesSchema = z.array(addressSchema).max(50);

export const environmentSchema = z
  .strictObject({
    account: z
      .string()
      .regex(/^\d{12}$/)
      .meta({ description: "the AWS account: 12 digits in quotes", examples: ["123456789012"] }),
    region: z
      .string()
      .regex(/^[a-z]{2}(-[a-z]+)+-\d$/)
      .meta({ description: "an AWS Region, such as af-south-1", examples: ["af-south-1"] }),
    roleArn: z
      .string()
      .regex(new RegExp(`^arn:aws[a-z-]*:iam::\\d{12}:role\\/([\\w+=,.@-]+\\/)*[\\w+=,.@-]{1,${LONGEST_ROLE_NAME}}$`))
      .optional()
      .describe(
        "role that moves traffic in the account, arn:aws:iam::ACCOUNT:role/NAME; functions that only read assume NAME-read; default the functions' own",
      ),
    people: peopleSchema.optional(),
    requires: requiresSchema.optional(),
    window: windowSchema.optional(),
    checks: z.array(gateSchema).max(50).optional().describe("checks of every service in this environment"),
    approvals: z.array(approvalSchema).max(10).optional().describe("approvals of every service in this environment"),
    floors: z
      .strictObject({
        smallestBake: durationSchema.optional().describe("no bake may be shorter"),
        largestFirstStep: weightSchema.optional().describe("the first weight may not be larger"),
        requiredAlarms: alarmNamesSchema.optional().describe("alarms that every rollout here must watch"),
      })
      .optional()
      .describe("limits that no service may go below"),
    emergency: z
      .strictObject({
        skipBakes: z.boolean().optional().describe("an emergency release may go straight to 100 %; default false"),
        skipWindow: z
          .boolean()
          .optional()
          .describe("an emergency release may ignore window and freezes; default false"),
        roles: rolesSchema.optional().describe("roles that must approve an emergency beside the others"),
      })
      .optional()
      .describe("what an emergency may skip here; default nothing"),
    alarms: alarmNamesSchema.optional(),
    alarmsWithoutData: withoutDataSchema.optional(),
    notices: addressesSchema.optional().describe("addresses told of the start, each step and the end"),
    pageTo: addressesSchema.optional().describe("addresses paged when traffic could not be made safe"),
    onConflict: z
      .enum(["refuse", "queue", "supersede"])
      .optional()
      .describe('another promotion holds a target: "refuse" (default), "queue" or "supersede"'),
  })
  .describe("one environment");

const probeSchema = z
  .strictObject({
    payload: jsonSchema.optional().describe("what the candidate is invoked with at weight 0; default {}"),
    expect: z
      .record(z.string(), jsonSchema)
      .describe('values that must stand at dotted paths of the answer, such as {"statusCode": 200}'),
    timeout: durationSchema.optional().describe("how long the answer may take, at most 15m; default 10s"),
  })
  .describe("one invocation of the exact candidate version at weight 0");

/** A target's fields: what all kinds have, around those of its own kind. */
function targetSchemaOf(kind: Kind) {
  return z
    .strictObject({
      name: nameSchema.describe("what releases and reports call the target, such as order"),
      kind: z.literal(kind.name).describe(`"${kind.name}"`),
      ...kind.fields,
      ...(kind.probed ? { probe: probeSchema.optional() } : {}),
      reversible: z.boolean().optional().describe("false where the candidate cannot be taken back; default true"),
      follows: nameSchema
        .optional()
        .describe("name of the target whose split this one follows: it moves at the finish alone; default none"),
    })
    .describe(kind.description);
}

/** What every target says, whatever its kind; the kind's own fields are read by the kind alone. */
export interface TargetInput {
  readonly name: string;
  readonly kind: string;
  readonly probe?: z.output<typeof probeSchema>;
  readonly reversible?: boolean;
  readonly follows?: string;
}

const [firstKind, ...otherKinds] = everyKind().map(targetSchemaOf);
if (firstKind === undefined) throw new RangeError("there is no kind of target");

/** Each kind's schema has the fields of `TargetInput`, which zod cannot see through a table. */
export const targetSchema = z.discriminatedUnion("kind", [firstKind, ...otherKinds]) as unknown as z.ZodType<
  TargetInput & Readonly<Record<string, unknown>>
>;

const movable = {
  rollout: z
    .strictObject({
      steps: z
        .array(stepSchema)
        .min(1)
        .max(50)
        .optional()
        .describe("default 10, 25, 50 and 100 %, each with a bake of 15m"),
      holdback: z
        .number()
        .int()
        .min(1)
        .max(20)
        .optional()
        .describe(
          "whole percent of traffic, from 1 to 20, that the version before keeps at the step of 100 % and while the candidate is monitored, so that both are compared until the finish; default nothing",
        ),
    })
    .optional()
    .describe("how traffic moves"),
  analysis: analysisSchema.optional(),
  monitorAfter: z
    .strictObject({
      for: durationSchema.describe("how long the candidate is watched after the rollout, such as 2h"),
      onFail: z.enum(["roll-back", "warn"]).optional().describe('"roll-back" (default) or "warn"'),
    })
    .optional()
    .describe("what is watched after the rollout; default nothing"),
  keepPreviousFor: durationSchema.optional().describe("how long the previous version is kept; default 24h"),
  retirePrevious: z
    .boolean()
    .optional()
    .describe(
      "true: the previous version is deleted once keepPreviousFor has passed, where Headgate published it and no alias points to it; who calls it by a role of its own, such as a state machine, is not looked at; default false",
    ),
};

export const serviceSchema = z
  .strictObject({
    targets: z.array(targetSchema).min(1).max(200).describe("what holds the weights"),
    ...movable,
    checks: z.array(gateSchema).max(50).optional().describe("checks of this service in every environment"),
    alarms: alarmNamesSchema.optional(),
    alarmsWithoutData: withoutDataSchema.optional(),
    overrides: z
      .record(nameSchema, z.strictObject(movable).describe("what differs in this environment"))
      .optional()
      .describe("per environment, what differs; analysis is merged key by key, the rest is replaced"),
  })
  .describe("one service");

export const policySchema = z
  .strictObject({
    $schema: schemaReference.optional(),
    apiVersion: apiVersionSchema,
    description: z.string().optional().describe("what the policy is for"),
    order: z.array(nameSchema).min(1).describe("the environments in the order in which a release goes through them"),
    people: peopleSchema.optional().describe("roles of every environment; an environment's own people replace a role"),
    callers: callersSchema.optional(),
    evidenceHosts: evidenceHostsSchema.optional(),
    environments: z.record(nameSchema, environmentSchema).describe("the environments by name"),
    services: z.record(nameSchema, serviceSchema).describe("the services by name"),
  })
  .describe("Headgate policy: environments, people, gates and services");

export type Policy = z.output<typeof policySchema>;
export type EnvironmentInput = z.output<typeof environmentSchema>;
export type ServiceInput = z.output<typeof serviceSchema>;
export type StepInput = z.output<typeof stepSchema>;
