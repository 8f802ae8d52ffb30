/** The plan in the ledger: cut into parts below the item limit, one series for each environment and one for the rest. */
import { canonicalJson } from "../canonical.ts";
import type { EnvironmentPlan, PromotionPlan } from "../plan.ts";
import { PLAN_HEADER, piecesOf, textsOf } from "../plan-text.ts";
import type { Change, Hash, Place } from "../ports.ts";
import type { Header } from "./header.ts";
import { item } from "./items.ts";
import { keys } from "./keys.ts";

/** Writes the plan once: what stands there is never written again, by anybody. */
export function planChanges(id: string, plan: PromotionPlan): Change[] {
  return textsOf(plan).flatMap(([environment, json]) => {
    const pieces = piecesOf(json);
    return pieces.map((piece, part) => ({
      put: item(keys.planPart(id, environment, part), { json: piece, parts: pieces.length }),
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
