import { lambdaErrors } from "./errors.ts";
import type { Alias, SimulatedFunction, Version, Weights } from "./function.ts";

const NAME = /^(?!^[0-9]+$)[a-zA-Z0-9-_]{1,128}$/;

/** Throws InvalidParameterValueException for a name an alias cannot have. */
export const checkAliasName = (name: string): void => {
  if (!NAME.test(name)) throw lambdaErrors.invalid(`Invalid alias name: ${name}`);
};

const sameRoleAndQueue = (left: Version, right: Version): boolean =>
  left.settings.Role === right.settings.Role &&
  (left.settings.DeadLetterConfig?.TargetArn ?? "") === (right.settings.DeadLetterConfig?.TargetArn ?? "");

const checkWeight = (version: string, weight: number): void => {
  if (!(weight >= 0 && weight <= 1)) {
    throw lambdaErrors.invalid(`Invalid weight ${weight} for version ${version}: a weight is from 0.0 to 1.0`);
  }
};

const checkPair = (fn: SimulatedFunction, primary: string, additional: string): void => {
  if (primary === "$LATEST" || additional === "$LATEST") {
    throw lambdaErrors.invalid("$LATEST is not supported for an alias pointing to more than 1 version");
  }
  if (primary === additional) {
    throw lambdaErrors.invalid(`Invalid function version ${additional}: an alias names each version once`);
  }
  if (sameRoleAndQueue(fn.version(primary), fn.version(additional))) return;
  const roles = fn.version(primary).settings.Role === fn.version(additional).settings.Role;
  throw lambdaErrors.invalid(
    `Specified versions must be associated with the same ${roles ? "dead letter queue configuration" : "execution role"}`,
  );
};

/**
 * Throws unless the alias may look like this: a version that exists, and at most one additional, published version with
 * a weight from 0 to 1, the same role and the same dead-letter queue [Lambda developer guide, weighted aliases].
 */
export const checkRouting = (fn: SimulatedFunction, alias: Pick<Alias, "name" | "version" | "additional">): void => {
  if (alias.version !== "$LATEST") fn.version(alias.version);
  const entries = Object.entries(alias.additional);
  if (entries.length > 1) {
    throw lambdaErrors.invalid("Number of items in AdditionalVersionWeights cannot be greater than 1");
  }
  for (const [version, weight] of entries) {
    checkWeight(version, weight);
    checkPair(fn, alias.version, version);
  }
  if (entries.length > 0 && fn.provisioned.has(alias.name)) {
    throw lambdaErrors.invalid("Alias with weights can not be used with Provisioned Concurrency");
  }
};

/** The additional weights after an update: kept where the request has no routing, cleared by an empty one. */
export const additionalAfter = (
  old: Weights,
  routing: { readonly AdditionalVersionWeights?: Weights | undefined } | undefined,
): Weights => (routing === undefined ? old : (routing.AdditionalVersionWeights ?? {}));
