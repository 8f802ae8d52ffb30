import { SfnError } from "../../asl/errors.ts";
import { AwsError } from "../errors.ts";
import type { Routing, WorkloadMachine } from "./machine.ts";

/** Characters of a version's or alias's description [Step Functions API, VersionDescription, AliasDescription]. */
const LONGEST_DESCRIPTION = 256;

const ALIAS_NAME = /^(?=.*[a-zA-Z_.-])[a-zA-Z0-9_.-]{1,80}$/;

export const validation = (message: string): SfnError => new SfnError("ValidationException", message);

export const quotaExceeded = (what: string): AwsError =>
  new AwsError("ServiceQuotaExceededException", `The request would exceed the quota of ${what}`, { status: 402 });

/** Throws ValidationException for a description of more than 256 characters. */
export const checkDescription = (field: string, text: string | undefined): void => {
  if (text === undefined || text.length <= LONGEST_DESCRIPTION) return;
  throw validation(
    `1 validation error detected: Value at '${field}' failed to satisfy constraint: Member must have length less than or equal to ${LONGEST_DESCRIPTION}`,
  );
};

/** Throws InvalidName for a name that an alias cannot have, such as a number. */
export const checkAliasName = (name: string): void => {
  if (!ALIAS_NAME.test(name)) throw new SfnError("InvalidName", `Invalid Name: '${name}'`);
};

/**
 * Throws InvalidDefinition unless the text is a JSON object with a start that exists. What its states do is not read: a
 * workload's machine may use services that the simulation does not have.
 */
export const checkDefinition = (name: string, text: string): void => {
  const { StartAt, States } = objectOf(text);
  if (typeof StartAt === "string" && typeof States === "object" && States !== null && StartAt in States) return;
  throw new SfnError("InvalidDefinition", `Invalid State Machine Definition: '${name}'`);
};

const objectOf = (text: string): Record<string, unknown> => {
  try {
    return Object(JSON.parse(text)) as Record<string, unknown>;
  } catch {
    return {};
  }
};

/**
 * Throws unless an alias may route so: to one or two different versions of its machine, in whole percent that add up to
 * 100 [Step Functions API, RoutingConfigurationListItem]. ValidationException, or ResourceNotFound for a version.
 */
export const checkRouting = (machine: WorkloadMachine, routing: Routing): void => {
  const sum = routing.reduce((total, { weight }) => total + weight, 0);
  const isWhole = routing.every(({ weight }) => Number.isInteger(weight) && weight >= 0 && weight <= 100);
  const isDistinct = new Set(routing.map(({ version }) => version)).size === routing.length;
  if (routing.length < 1 || routing.length > 2 || !isWhole || !isDistinct || sum !== 100) {
    throw invalidRouting("one or two different versions, whole weights from 0 to 100 that add up to 100");
  }
  for (const { version } of routing) machine.version(version);
};

export const invalidRouting = (rule: string): AwsError =>
  new AwsError("ValidationException", `Invalid routing configuration: it has ${rule}`, {
    members: { reason: "INVALID_ROUTING_CONFIGURATION" },
  });
