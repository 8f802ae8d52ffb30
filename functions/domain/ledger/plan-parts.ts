/** The plan in the ledger: cut into parts below the item limit, one series for each environment and one for the rest. */
import { canonicalJson } from "../canonical.ts";
import type { EnvironmentPlan, PromotionPlan } from "../plan.ts";
import type { Change, Hash, Place } from "../ports.ts";
import type { Header } from "./header.ts";
import { item } from "./items.ts";
import { keys } from "./keys.ts";

/** Largest piece of a plan kept in one item, in UTF-16 units; DynamoDB's limit is 400 KB of UTF-8. */
const PART_LENGTH = 90_000;

/** What of the plan is the promotion's, not one environment's. */
export type PlanHeader = Omit<PromotionPlan, "environments">;

export const PLAN_HEADER = "";

/** The plan as it is stored: its texts, by environment. */
function textsOf(plan: PromotionPlan): (readonly [environment: string, json: string])[] {
  const { environments, ...header } = plan;
  return [
    [PLAN_HEADER, JSON.stringify(header satisfies PlanHeader)],
    ...environments.map((environment) => [environment.environment, JSON.stringify(environment)] as const),
  ];
}

/** Writes the plan once: what stands there is never written again, by anybody. */
export function planChanges(id: string, plan: PromotionPlan): Change[] {
  return textsOf(plan).flatMap(([environment, json]) => {
    const count = Math.ceil(json.length / PART_LENGTH);
    return Array.from({ length: count }, (_, part) => ({
      put: item(keys.planPart(id, environment, part), {
        json: json.slice(part * PART_LENGTH, (part + 1) * PART_LENGTH),
        parts: count,
      }),
      if: "absent" as const,
    }));
  });
}

/** Under which name the header lists a text's hash: DynamoDB refuses attributes without a name, at any depth. */
const hashName = (environment: string) => (environment === PLAN_HEADER ? "(release)" : environment);

/** What a promotion's header says of its plan: the hash of each of its texts, and one of all of them. */
export function planHashesOf(hash: Hash, plan: PromotionPlan): Required<Pick<Header, "planHash" | "planHashes">> {
  const planHashes = Object.fromEntries(
    textsOf(plan).map(([environment, json]) => [hashName(environment), hash(json)]),
  );
  return { planHash: hash(canonicalJson(planHashes)), planHashes };
}

/**
 * What speaks against a stored text being the one that the promotion was opened with; null: nothing. Costs two hashes, of
 * the text and of the header's list.
 */
export function whyNotPlanned(
  hash: Hash,
  { planHash, planHashes = {} }: Pick<Header, "planHash" | "planHashes">,
  environment: string,
  json: string,
): string | null {
  if (hash(canonicalJson(planHashes)) !== planHash) return "the header's hashes of the plan are not those of its start";
  return planHashes[hashName(environment)] === hash(json)
    ? null
    : "the stored plan is not the one that the promotion began with";
}

/** Where an environment's resources live. */
export function placeOf(plan: EnvironmentPlan): Place {
  return { account: plan.account, region: plan.region, roleArn: plan.roleArn };
}
