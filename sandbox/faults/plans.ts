/** The small promotions that the fault matrix runs: named files of policy, releases and world. */
import { readdirSync, readFileSync } from "node:fs";
import * as z from "zod";
import { renderProblems } from "../../functions/domain/documents/problems.ts";
import { OUTCOMES } from "../../functions/domain/outcomes.ts";
import { resolvePlan } from "../../functions/domain/plan/resolve.ts";
import type { PromotionPlan } from "../../functions/domain/plan.ts";
import { plannedSeconds } from "../../functions/domain/windows.ts";
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
  z.strictObject({ do: z.literal("rotate") }),
  z.strictObject({ do: z.literal("look") }),
  z.strictObject({ do: z.literal("revoke"), address: z.string() }),
  z.strictObject({
    do: z.literal("move"),
    version: z.string(),
    weights: z.record(z.string(), z.number().gt(0).lt(1)).optional(),
  }),
  z.strictObject({ do: z.literal("operate"), verb: z.literal(["hold", "resume", "roll-back", "abort"]) }),
]);

const ending = z.literal([...OUTCOMES, "none"]);

const planSchema = z.strictObject({
  /** What is particular about it, in a sentence. */
  about: z.string().min(1),
  policy: z.record(z.string(), z.unknown()),
  /** Promotions in order: how long after the world's beginning each starts. */
  starts: z
    .array(
      z.strictObject({
        afterSeconds: z.int().min(0),
        /** As the console would, or on the signed route. */
        by: z.literal(["console", "api"]).default("console"),
        release: z.record(z.string(), z.unknown()),
      }),
    )
    .min(1),
  /** How each of them ends; `none`: it was never opened. */
  expect: z.array(
    z.strictObject({
      /** When nothing goes wrong. */
      outcome: ending,
      /** Beside it, whatever goes wrong: the plan itself is close enough to it. */
      allow: z.array(ending).default([]),
    }),
  ),
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
  /** Of the cases whose kind was there already, one in so many is taken: the longer a plan takes, the fewer. */
  againOneIn: z.int().positive().default(96),
  /** How often the sweeper runs: every minute, as deployed, but for days of which nearly all rounds find nothing. */
  sweepEverySeconds: z.int().positive().default(60),
  scenario: z.unknown(),
});

export interface FaultPlan extends Omit<z.output<typeof planSchema>, "scenario"> {
  readonly name: string;
  readonly scenario: Scenario;
  /** One resolved plan for each start. */
  readonly resolved: readonly PromotionPlan[];
}

const FOLDER = new URL("../../test/faults/plans/", import.meta.url);

/** The one in which traffic has to go back: it has the most of each kind, and the others add what it has not. */
const FIRST = "regression";

/** Names of all plans, the one in which traffic has to go back first. */
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
  const plan = faultPlanOf(name, documentOf(name));
  known.set(name, plan);
  return plan;
}

/** A plan as its file has it, to make another of. */
export function documentOf(name: string): z.input<typeof planSchema> {
  return JSON.parse(readFileSync(new URL(`${name}.json`, FOLDER), "utf8")) as z.input<typeof planSchema>;
}

/** Reads a plan from its document. Throws an Error that says what is wrong with it. */
export function faultPlanOf(name: string, document: unknown): FaultPlan {
  const { scenario: world, ...file } = planSchema.parse(document);
  if (file.expect.length !== file.starts.length)
    throw new Error(`the plan ${name} expects ${file.expect.length} ends of ${file.starts.length} promotions`);
  const scenario = readScenario(world);
  const resolved = file.starts.map(({ release }) => {
    const resolution = resolvePlan(file.policy, release, { now: scenario.startsAt });
    if (resolution.ok) return resolution.plan;
    throw new Error(`the plan ${name} does not resolve:\n${renderProblems(resolution.problems).join("\n")}`);
  });
  return { ...file, name, scenario, resolved };
}

/** How long all of a plan's promotions take in ms, one after the other, by the bakes alone. */
export function plannedMs({ resolved }: FaultPlan): number {
  const environments = resolved.flatMap((plan) => plan.environments);
  return environments.reduce(
    (sum, { steps, monitor }) => sum + (plannedSeconds(steps) + (monitor?.forSeconds ?? 0)) * 1_000,
    0,
  );
}

/** What the world has to hold for all of a plan's promotions together. */
export function worldPlanOf({ name, resolved }: FaultPlan): PromotionPlan {
  const [first] = resolved;
  if (first === undefined) throw new Error(`the plan ${name} starts nothing`);
  // The function of the last environment stands: the first release's, since later ones may name what that one publishes.
  return { ...first, environments: resolved.toReversed().flatMap(({ environments }) => environments) };
}
