/** The plan in the ledger: cut into parts below the item limit, one series for each environment and one for the rest. */
import type { EnvironmentPlan, PromotionPlan } from "../plan.ts";
import type { Change, Place } from "../ports.ts";
import { item } from "./items.ts";
import { keys } from "./keys.ts";

/** Largest piece of a plan kept in one item, in UTF-16 units; DynamoDB's limit is 400 KB of UTF-8. */
const PART_LENGTH = 90_000;

/** What of the plan is the promotion's, not one environment's. */
export type PlanHeader = Omit<PromotionPlan, "environments">;

export const PLAN_HEADER = "";

export function planChanges(id: string, plan: PromotionPlan): Change[] {
  const { environments, ...header } = plan;
  const parts = (environment: string, value: unknown) => {
    const json = JSON.stringify(value);
    const count = Math.ceil(json.length / PART_LENGTH);
    return Array.from({ length: count }, (_, part) => ({
      put: item(keys.planPart(id, environment, part), {
        json: json.slice(part * PART_LENGTH, (part + 1) * PART_LENGTH),
        parts: count,
      }),
    }));
  };
  return [
    ...parts(PLAN_HEADER, header satisfies PlanHeader),
    ...environments.flatMap((environment) => parts(environment.environment, environment)),
  ];
}

/** Where an environment's resources live. */
export function placeOf(plan: EnvironmentPlan): Place {
  return { account: plan.account, region: plan.region, roleArn: plan.roleArn };
}
