/** The release claims something, and within limits. */
import * as z from "zod";
import type { Gate } from "./gate.ts";
import { type Limits, limitFields, refuseIdle, within } from "./limits.ts";

const fields = {
  key: z.string().min(1).describe("the key under the release's evidence, such as coverage"),
  ...limitFields,
  equals: z.string().optional().describe("the value must read exactly so, such as passed or true"),
};

type Input = z.output<z.ZodObject<typeof fields>>;

interface Plan extends Limits {
  readonly key: string;
  readonly equals?: string | undefined;
}

export const evidence: Gate<Input, Plan> = {
  description: "the release claims something, and within limits",
  fields,
  needs: {},
  title: ({ key }) => `evidence ${key}`,
  resolve({ key, min, max, equals }, { name, onFail }, spot) {
    if (min !== undefined || max !== undefined) refuseIdle(spot, { min, max });
    const wanted = { key, min, max, equals };
    const value = Object.hasOwn(spot.evidence, key) ? spot.evidence[key] : undefined;
    if (value === undefined && onFail !== "warn") {
      const message = `is missing: the check "${name}" of ${spot.environment} asks for it`;
      spot.claims.refuse([key], message, `add it to evidence${inWords(wanted)}`);
    }
    if (value !== undefined && whyNot(wanted, value) !== null) {
      const message = `will fail the check "${name}" of ${spot.environment}`;
      spot.claims.warn([key], message, `it asks for${inWords(wanted).slice(1)}`);
    }
    return wanted;
  },
  async run(plan, _tools, scene) {
    const value = (await scene.evidence())[plan.key];
    if (value === undefined) return { passed: false, found: `the release gives no "${plan.key}"` };
    const found = `${plan.key} is ${value}, as the requester says`;
    const why = whyNot(plan, value);
    return why === null ? { passed: true, found } : { passed: false, found: `${found}, ${why}` };
  },
};

/** Why evidence does not pass; null: it does. */
function whyNot({ min, max, equals }: Plan, value: string | number | boolean): string | null {
  if (equals !== undefined && String(value) !== equals) return `not ${equals}`;
  if (!within({ min }, Number(value))) return `below ${min}`;
  return within({ max }, Number(value)) ? null : `above ${max}`;
}

function inWords({ min, max, equals }: Plan): string {
  const words = [
    ...(equals === undefined ? [] : [`"${equals}"`]),
    ...(min === undefined ? [] : [`${min} or more`]),
    ...(max === undefined ? [] : [`${max} or less`]),
  ];
  return words.length === 0 ? "" : `: ${words.join(", ")}`;
}
