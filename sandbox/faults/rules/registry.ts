/** The version registry says what serves, and nothing is in it that was not promoted. */
import type { Item } from "../../../functions/domain/ports.ts";
import type { AliasFacts, Facts } from "../facts.ts";
import { itemsOf } from "../table-dump.ts";

export function registrySaysWhatServes(facts: Facts): string[] {
  const environments = [...new Set(facts.aliases.map(({ environment }) => environment))];
  const [service = ""] = facts.plan.resolved.map((plan) => plan.service);
  return environments.flatMap((environment) => {
    const items = itemsOf(facts.sandbox, `DEPLOYMENT#${environment}#${service}`);
    const active = items.find(({ sk }) => sk === "ACTIVE");
    const versions = items.filter(({ sk }) => sk.startsWith("VERSION#"));
    return [
      ...facts.aliases.filter((alias) => alias.environment === environment).flatMap((alias) => serves(alias, active)),
      ...[...versions, ...(active === undefined ? [] : [active])].flatMap((one) => isPromoted(facts, environment, one)),
      ...isOnlyActive(environment, versions, active),
    ];
  });
}

/** Where a person has moved the alias since, the registry cannot know. */
function serves({ functionName, target, version, baseline, changes }: AliasFacts, active: Item | undefined): string[] {
  const since = Number(active?.since ?? 0);
  if (changes.some(({ by, at }) => by === "hand" && at >= since)) return [];
  const said = active === undefined ? baseline : (active.versions as Readonly<Record<string, unknown>>)[target];
  if (said === version) return [];
  return [`${functionName} serves ${version}; by the registry it serves ${String(said)}`];
}

function isPromoted({ facts }: Facts, environment: string, { promotionId, sk }: Item): string[] {
  const heads = facts.find(({ header }) => header?.promotionId === promotionId)?.heads ?? [];
  const isDone = heads.some((head) => head.environment === environment && head.outcome === "promoted");
  return isDone ? [] : [`${environment} has ${sk} of ${String(promotionId)}, which was not promoted there`];
}

function isOnlyActive(environment: string, versions: readonly Item[], active: Item | undefined): string[] {
  const said = versions.filter(({ status }) => status === "active").map(({ promotionId }) => String(promotionId));
  const wanted = active === undefined ? [] : [String(active.promotionId)];
  return said.join() === wanted.join() ? [] : [`${environment} has ${said.join(", ") || "nothing"} as active`];
}
