/** The small promotions that the fault matrix runs: named files of policy, releases and world. */
import { readdirSync, readFileSync } from "node:fs";
import * as z from "zod";
import { renderProblems } from "../../functions/domain/documents/problems.ts";
import { OUTCOMES } from "../../functions/domain/outcomes.ts";
import { resolvePlan } from "../../functions/domain/plan/resolve.ts";
import type { PromotionPlan } from "../../functions/domain/plan.ts";
import { readScenario, type Scenario } from "../world/scenario.ts";

const moment = z.discriminatedUnion("at", [
  z.strictObject({
    at: z.literal("state"),
    machine: z.string(),
    state: z.string(),
    nth: z.int().positive(),
    ms: z.int().min(0),
  }),
  z.strictObject({ at: z.literal("time"), ms: z.int().min(0) }),
]);

const deed = z.discriminatedUnion("do", [
  z.strictObject({ do: z.literal("alarm"), name: z.string(), to: z.literal(["ALARM", "OK"]).optional() }),
  z.discriminatedUnion("are", [
    z.strictObject({ do: z.literal("alarm-events"), are: z.literal("delivered") }),
    z.strictObject({ do: z.literal("alarm-events"), are: z.literal("lost") }),
    z.strictObject({ do: z.literal("alarm-events"), are: z.literal("late"), ms: z.int().min(0) }),
    z.strictObject({ do: z.literal("alarm-events"), are: z.literal("repeated"), ms: z.int().min(0) }),
  ]),
  z.strictObject({ do: z.literal("retire") }),
  z.strictObject({ do: z.literal("operate"), verb: z.literal(["hold", "resume", "roll-back", "abort"]) }),
]);

const planSchema = z.strictObject({
  /** What is particular about it, in a sentence. */
  about: z.string().min(1),
  policy: z.record(z.string(), z.unknown()),
  /** Promotions in order: how long after the world's beginning each starts, and how it ends when nothing goes wrong. */
  starts: z
    .array(
      z.strictObject({
        afterSeconds: z.int().min(0),
        /** As the console would, or on the signed route. */
        by: z.literal(["console", "api"]).default("console"),
        /** `none`: it was never opened. */
        outcome: z.literal([...OUTCOMES, "none"]),
        release: z.record(z.string(), z.unknown()),
      }),
    )
    .min(1),
  /** Weight from which on the candidate is bad; null: it is good. */
  badFromWeight: z.number().nullable(),
  /** What belongs to the story itself, whatever a case adds to it. */
  happenings: z
    .array(
      z.strictObject({
        when: moment,
        deed,
        afterwards: z.strictObject({ ms: z.int().min(0), deed }).optional(),
      }),
    )
    .default([]),
  scenario: z.unknown(),
});

export interface FaultPlan extends Omit<z.output<typeof planSchema>, "scenario"> {
  readonly name: string;
  readonly scenario: Scenario;
  /** One resolved plan for each start. */
  readonly resolved: readonly PromotionPlan[];
}

const FOLDER = new URL("../../test/faults/plans/", import.meta.url);

/** The one in which traffic has to go back is taken whole; the others add what it has not. */
const FIRST = "regression";

/** Names of all plans, the one that is taken whole first. */
export function planNames(): string[] {
  const names = readdirSync(FOLDER)
    .filter((file) => file.endsWith(".json"))
    .map((file) => file.slice(0, -".json".length));
  return names.toSorted((one, other) => rank(one) - rank(other) || (one < other ? -1 : 1));
}

const rank = (name: string) => (name === FIRST ? 0 : 1);

const known = new Map<string, FaultPlan>();

/** Reads a plan by its name, once. Throws an Error that says what is wrong with it. */
export function readFaultPlan(name: string): FaultPlan {
  const found = known.get(name);
  if (found !== undefined) return found;
  const plan = faultPlanOf(name, JSON.parse(readFileSync(new URL(`${name}.json`, FOLDER), "utf8")));
  known.set(name, plan);
  return plan;
}

/** Reads a plan from its document. Throws an Error that says what is wrong with it. */
export function faultPlanOf(name: string, document: unknown): FaultPlan {
  const { scenario: world, ...file } = planSchema.parse(document);
  const scenario = readScenario(world);
  const resolved = file.starts.map(({ release }) => {
    const resolution = resolvePlan(file.policy, release, { now: scenario.startsAt });
    if (resolution.ok) return resolution.plan;
    throw new Error(`the plan ${name} does not resolve:\n${renderProblems(resolution.problems).join("\n")}`);
  });
  return { ...file, name, scenario, resolved };
}

/** What the world has to hold for all of a plan's promotions together. */
export function worldPlanOf({ name, resolved }: FaultPlan): PromotionPlan {
  const [first] = resolved;
  if (first === undefined) throw new Error(`the plan ${name} starts nothing`);
  return { ...first, environments: resolved.flatMap(({ environments }) => environments) };
}
