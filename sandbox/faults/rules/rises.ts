/** Where traffic went forward, by the simulated aliases' own history: what every gate has to come before. */
import type { EnvironmentPlan, When } from "../../../functions/domain/plan.ts";
import type { AliasChange } from "../../aws/lambda/alias-operations.ts";
import type { AliasFacts, Facts } from "../facts.ts";

/** One change of an alias that gives a promotion's candidate more traffic than it had, or all of it for good. */
export interface Rise {
  readonly functionName: string;
  /** Which of the plan's promotions. */
  readonly promotion: number;
  readonly plan: EnvironmentPlan;
  /** Epoch ms. */
  readonly at: number;
  /** Percent on the candidate, before and after. */
  readonly from: number;
  readonly to: number;
  /** Nothing but the candidate is named any more. */
  readonly isFinish: boolean;
}

export function risesOf(facts: Facts): Rise[] {
  return facts.aliases.flatMap((alias) =>
    alias.candidates.flatMap((candidate, promotion) => {
      const plan = planOf(facts, promotion, alias.environment);
      const header = facts.facts[promotion]?.header;
      if (candidate === null || plan === undefined || header == null) return [];
      const { openedAt, promotionId } = header;
      const changes = alias.changes.filter((change) => (writerOf(facts, alias, change) ?? promotionId) === promotionId);
      return risesTo({ ...alias, changes }, candidate, openedAt).map((rise) => ({ ...rise, promotion, plan }));
    }),
  );
}

/** The promotion that meant to write last: two may have one candidate. Undefined: nobody meant to. */
function writerOf({ seen }: Facts, { environment, target }: AliasFacts, change: AliasChange): string | undefined {
  const prefix = `INTENT#${environment}#${target}#`;
  const meant = seen.intents.findLast(({ at, item }) => at <= change.at && item.sk.startsWith(prefix));
  return change.by === "hand" ? undefined : meant?.item.pk.replace("PROMOTION#", "");
}

export function planOf({ plan }: Facts, promotion: number, environment: string): EnvironmentPlan | undefined {
  return plan.resolved[promotion]?.environments.find((one) => one.environment === environment);
}

/** From its opening to its finish: afterwards it may be what a later promotion goes back to, in one move. */
function risesTo(
  { functionName, changes }: AliasFacts,
  candidate: string,
  openedAt: number,
): Omit<Rise, "promotion" | "plan">[] {
  const rises: Omit<Rise, "promotion" | "plan">[] = [];
  let held = shareOf(changes.findLast(({ at }) => at < openedAt)?.weights, candidate);
  for (const { at, weights, by } of changes.filter((change) => change.at >= openedAt)) {
    const share = shareOf(weights, candidate);
    const isFinish = share === 100 && Object.keys(weights).length === 1;
    if (by === "call" && (share > held || isFinish)) {
      rises.push({ functionName, at, from: held, to: share, isFinish });
    }
    if (isFinish) return rises;
    held = share;
  }
  return rises;
}

const shareOf = (weights: Readonly<Record<string, number>> | undefined, version: string) =>
  Math.round((weights?.[version] ?? 0) * 100);

/** Whether what belongs to a point has to be over before a rise. What comes after the rollout guards none. */
export function guards(when: When, { to, isFinish }: Rise): boolean {
  if (when === "before" || when === "at-0") return true;
  if (when === "after") return false;
  return to > when || (isFinish && to >= when);
}
