import { SfnError } from "../../asl/errors.ts";
import { checkMachineArn, checkName } from "../../asl/requests.ts";

/** A state machine by its ARN, and the version or alias that the ARN names, if any. */
export interface Qualified {
  readonly machineArn: string;
  readonly qualifier: string | null;
}

const PARTS_OF_MACHINE = 7;

/** Takes the ARN of a machine, version or alias apart. Throws InvalidArn. */
export const qualified = (arn: string): Qualified => {
  const parts = arn.split(":");
  const machineArn = parts.slice(0, PARTS_OF_MACHINE).join(":");
  checkMachineArn(machineArn);
  if (parts.length > PARTS_OF_MACHINE + 1) throw new SfnError("InvalidArn", `Invalid Arn: '${arn}'`);
  return { machineArn, qualifier: parts[PARTS_OF_MACHINE] ?? null };
};

/** The ARN of a machine that no version or alias qualifies. Throws InvalidArn, or ValidationException for the others. */
export const unqualified = (arn: string): string => {
  const { machineArn, qualifier } = qualified(arn);
  if (qualifier === null) return machineArn;
  throw new SfnError("ValidationException", `'${arn}' is qualified: give the ARN of the state machine`);
};

/** Versions are numbers, and an alias has at least one character that is no digit. */
export const isVersion = (qualifier: string): boolean => /^\d+$/.test(qualifier);

export const executionArn = (machineArn: string, name: string): string =>
  `${machineArn.replace(":stateMachine:", ":execution:")}:${name}`;

/** The machine and the name of an execution. Throws InvalidArn. */
export const executionParts = (arn: string): { readonly machineArn: string; readonly name: string } => {
  const parts = arn.split(":");
  const name = parts[PARTS_OF_MACHINE] ?? "";
  const machineArn = parts.slice(0, PARTS_OF_MACHINE).join(":").replace(":execution:", ":stateMachine:");
  checkMachineArn(machineArn);
  checkName(name);
  return { machineArn, name };
};
