/** The very same version serves in an earlier environment, and for long enough. */
import type * as z from "zod";
import { formatDuration } from "../../durations.ts";
import type { EnvironmentPlan } from "../../plan.ts";
import { durationSchema, nameSchema } from "../../schema-parts.ts";
import type { Gate, Serving } from "./gate.ts";

const fields = {
  environment: nameSchema.describe("where this version must have run"),
  for: durationSchema.describe("how long it must have run there, such as 24h"),
};

type Input = z.output<z.ZodObject<typeof fields>>;

interface Plan {
  readonly environment: string;
  readonly forSeconds: number;
}

export const soaked: Gate<Input, Plan> = {
  description: "the version has run in an earlier environment for so long",
  fields,
  needs: { reads: ["registry"] },
  title: ({ environment }) => `soaked in ${environment}`,
  resolve({ environment, for: seconds }, { onFail }, spot) {
    if (!spot.earlier.includes(environment)) {
      const known = spot.earlier.join(", ");
      const hint = known === "" ? "leave the check out" : `environments before it: ${known}`;
      spot.refuse(["environment"], `is no environment before ${spot.environment}`, hint);
    }
    if (spot.promotedThrough.includes(environment) && onFail !== "warn") {
      const message = `asks for ${formatDuration(seconds)} in ${environment}, through which this release goes right before`;
      const hint = `promote to ${environment} first, and to ${spot.environment} by a later release`;
      spot.warn(["for"], message, hint);
    }
    return { environment, forSeconds: seconds };
  },
  async run({ environment, forSeconds }, { clock }, { version, plan, serving }) {
    const served = await serving(environment);
    if (served?.version !== version) {
      return { passed: false, found: `${environment} serves ${served?.version ?? "nothing"}, not ${version}` };
    }
    const seconds = Math.floor((clock.now() - served.since) / 1_000);
    const found = `${version} has served ${environment} for ${formatDuration(seconds)}`;
    const different = differentCode(served, plan);
    if (different !== null) return { passed: false, found: `${environment} serves other code of ${different}` };
    return { passed: seconds >= forSeconds, found: `${found}; ${formatDuration(forSeconds)} are asked for` };
  },
};

/** Name of a target whose code is not what soaked; null: all agree, as far as both hashes are known. */
function differentCode({ code }: Serving, plan: EnvironmentPlan): string | null {
  const other = plan.targets.find(({ name, artifact }) => {
    const known = code[name];
    return known != null && artifact.sha256 !== undefined && known !== artifact.sha256;
  });
  return other?.name ?? null;
}
