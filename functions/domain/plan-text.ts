/** The plan as text: what is kept of it, what is hashed, and what of DynamoDB's limits it takes. */
import type { EnvironmentPlan, PromotionPlan } from "./plan.ts";

/** What of the plan is the promotion's, not one environment's. */
export type PlanHeader = Omit<PromotionPlan, "environments">;

/** Stands for the promotion's own part where others are named by their environment. */
export const PLAN_HEADER = "";

/** The texts that are kept, by environment. */
export function textsOf(plan: PromotionPlan): (readonly [environment: string, json: string])[] {
  const { environments, ...header } = plan;
  return [
    [PLAN_HEADER, JSON.stringify(header satisfies PlanHeader)],
    ...environments.map((environment) => [environment.environment, JSON.stringify(environment)] as const),
  ];
}

/** Largest piece of a text kept in one item, in UTF-16 units; DynamoDB's limit is 400 KB of UTF-8. */
const PART_LENGTH = 90_000;

const HIGH_SURROGATE = /[\uD800-\uDBFF]$/;

/** The pieces of a text, none of which ends in the middle of a character: half of one cannot be kept as UTF-8. */
export function piecesOf(text: string): string[] {
  const pieces: string[] = [];
  for (let at = 0; at < text.length; ) {
    const whole = text.slice(at, at + PART_LENGTH);
    const goesOn = at + PART_LENGTH < text.length;
    const piece = goesOn && HIGH_SURROGATE.test(whole) ? whole.slice(0, -1) : whole;
    pieces.push(piece);
    at += piece.length;
  }
  return pieces;
}

/**
 * A transaction of DynamoDB takes 100 actions and 4 MB of items:
 * docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html. The plan is written in one, with the
 * promotion's header and its line in the list of open ones, so that nobody finds the one without the other.
 */
export const MOST_PIECES = 98;
/** The rest is for header and keys: at most 200 bytes a piece, beside 44 KB of names, ARNs and hashes. */
export const MOST_BYTES = 4 * 1_024 * 1_024 - 64 * 1_024;

/** What of a transaction a part of the plan takes. */
export interface PartSize {
  readonly environment: string;
  readonly pieces: number;
  /** Of UTF-8. */
  readonly bytes: number;
}

/** How large the plan is once its artifacts are pinned, part by part. */
export function sizesOf(plan: PromotionPlan): PartSize[] {
  const pinned = { ...plan, environments: plan.environments.map(asPinned) };
  return textsOf(pinned).map(([environment, json]) => {
    return { environment, pieces: piecesOf(json).length, bytes: new TextEncoder().encode(json).length };
  });
}

/** A hash stands beside each artifact once the bucket was asked for it. */
const PIN = "0".repeat(64);

function asPinned(environment: EnvironmentPlan): EnvironmentPlan {
  const targets = environment.targets.map((target) => ({ ...target, artifact: { ...target.artifact, sha256: PIN } }));
  return { ...environment, targets };
}
