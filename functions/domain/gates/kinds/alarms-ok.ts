/** Named alarms, or all whose name begins alike, exist and are OK. */
import * as z from "zod";
import { fillAlarms } from "./alarm-names.ts";
import { findSilentAlarms } from "./find-silent-alarms.ts";
import type { Gate } from "./gate.ts";
import { lookAtAlarms } from "./look-at-alarms.ts";

const fields = {
  names: z.array(z.string()).min(1).optional().describe("names of alarms that must be OK"),
  prefix: z.string().min(1).optional().describe("every alarm whose name starts so must be OK"),
};

type Input = z.output<z.ZodObject<typeof fields>>;

interface Plan {
  readonly names: readonly string[];
  readonly prefix?: string | undefined;
}

export const alarmsOk: Gate<Input, Plan> = {
  description: "CloudWatch alarms are OK",
  fields,
  needs: { accounts: ["watch"] },
  title: ({ prefix }, environment) =>
    prefix === undefined ? "alarms OK" : `alarms ${prefix.replaceAll("{environment}", environment)}* OK`,
  resolve({ names = [], prefix }, _every, spot) {
    if (names.length === 0 && prefix === undefined) spot.refuse([], "names no alarm", "give names or a prefix");
    return {
      names: fillAlarms(spot, ["names"], names),
      prefix: prefix === undefined ? undefined : spot.fill(["prefix"], prefix),
    };
  },
  async run({ names, prefix }, tools, { place, plan }) {
    const { finding, states } = await lookAtAlarms(tools, place, names, prefix);
    if (!finding.passed) return finding;
    const silent = await findSilentAlarms(tools, place, states);
    if (silent.length === 0) return finding;
    return { passed: plan.alarmsWithoutData !== "refuse", found: `${finding.found}; ${silent.join("; ")}` };
  },
  // A prefix has to find something.
  alarms: ({ names, prefix }) => (prefix === undefined ? names : [...names, `${prefix}-health`]),
};
