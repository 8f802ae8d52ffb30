import type { Field, Spot } from "./gate.ts";

/**
 * Names of alarms with their templates filled in. CloudWatch: 1 to 255 characters; an ARN in place of a name matches
 * nothing, and nothing red looks green.
 */
export function fillAlarms(spot: Spot, at: Field, names: readonly string[]): string[] {
  return names.map((name, index) => {
    const field = [...at, index];
    const filled = spot.fill(field, name).trim();
    if (filled.startsWith("arn:")) {
      spot.refuse(field, "is an ARN, where CloudWatch wants a name", `write ${filled.split(":").at(-1)}`);
    } else if (filled === "" || filled.length > 255) {
      spot.refuse(field, "is no alarm name", "alarm names have 1 to 255 characters");
    }
    return filled;
  });
}
