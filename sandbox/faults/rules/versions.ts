/** What was published is there for as long as anybody may want it, and `$LATEST` holds what serves. */
import type { Header } from "../../../functions/domain/ledger/header.ts";
import type { AliasFacts, Facts } from "../facts.ts";
import { itemsOf } from "../table-dump.ts";
import { codeKey } from "../witness.ts";
import { planOf, risesOf } from "./rises.ts";

/** A version that was deleted, and when (epoch ms). */
interface Deleted {
  readonly version: string;
  readonly at: number;
}

export function whatIsKeptIsThere(facts: Facts): string[] {
  return facts.aliases.flatMap((alias) =>
    deletedFrom(facts, alias).flatMap((deleted) => {
      const why = whyKept(facts, alias, deleted);
      return why === null ? [] : [`${alias.functionName} lost version ${deleted.version}, ${why}`];
    }),
  );
}

function deletedFrom({ sandbox }: Facts, { account, functionName, versions }: AliasFacts): Deleted[] {
  return sandbox.aws.calls.flatMap(({ operation, account: where, summary, at }) => {
    const isOurs = where === account && summary.split(" ").includes(`FunctionName=${functionName}`);
    if (operation !== "DeleteFunction" || !isOurs) return [];
    const version = /Qualifier=(\d+)/.exec(summary)?.[1];
    return version === undefined || versions.includes(version) ? [] : [{ version, at }];
  });
}

function whyKept(facts: Facts, alias: AliasFacts, { version, at }: Deleted): string | null {
  if ((alias.changes.findLast((change) => change.at <= at)?.weights[version] ?? 0) > 0) return "which served";
  const wanting = facts.facts.find(({ header }, promotion) => {
    if (header === null || header.openedAt > at || leftAt(facts, alias, header) < at) return false;
    return wants(facts, alias, promotion, version);
  });
  if (wanting !== undefined) return `which ${wanting.header?.promotionId} might have wanted`;
  const until = keptUntil(facts, alias, version);
  if (until === null) return "which nobody had replaced";
  return at < until ? "before its time" : null;
}

/** When a promotion was done with the environment (epoch ms): what it has replaced there is no longer its way back. */
function leftAt({ sandbox }: Facts, { environment }: AliasFacts, { promotionId, service, closedAt }: Header): number {
  const recorded = itemsOf(sandbox, `DEPLOYMENT#${environment}#${service}`, "VERSION#").find(
    (item) => item.promotionId === promotionId,
  );
  return Number(recorded?.since ?? closedAt ?? Number.POSITIVE_INFINITY);
}

/** What its release names, has become its candidate, or is its way back. */
function wants(facts: Facts, alias: AliasFacts, promotion: number, version: string): boolean {
  const first = risesOf(facts).find((rise) => rise.promotion === promotion && rise.functionName === alias.functionName);
  const base = alias.changes.findLast(({ at }) => at < (first?.at ?? 0))?.weights ?? { [alias.baseline]: 1 };
  if (first !== undefined && version in base) return true;
  const artifact = planOf(facts, promotion, alias.environment)?.targets.find(
    ({ name }) => name === alias.target,
  )?.artifact;
  return alias.candidates[promotion] === version || (artifact?.from === "version" && artifact.version === version);
}

/** When the last promotion that replaced it had kept it long enough (epoch ms); null: none did. */
function keptUntil(facts: Facts, { environment, candidates, changes }: AliasFacts, version: string): number | null {
  const untils = facts.facts.flatMap(({ heads }, promotion) => {
    const plan = planOf(facts, promotion, environment);
    const isDone = heads.some((head) => head.environment === environment && head.outcome === "promoted");
    const finished = changes.findLast(({ weights }) => weights[candidates[promotion] ?? ""] === 1)?.at;
    const before = changes.findLast((change) => change.at < (finished ?? 0) && (change.weights[version] ?? 0) > 0);
    if (plan === undefined || !isDone || !plan.retirePrevious || finished === undefined || before === undefined)
      return [];
    return [finished + plan.keepPreviousSeconds * 1_000];
  });
  return untils.length === 0 ? null : Math.max(...untils);
}

/**
 * `$LATEST` holds the code of what serves, of what was promoted there, or what it held when the world began: the next
 * version would be published from it. Where it could not be put back, the record has to say so.
 */
export function latestIsWhatServes(facts: Facts): string[] {
  return facts.aliases.flatMap((alias) => {
    const { account, functionName, version, candidates, environment } = alias;
    const latest = facts.seen.latest.find((one) => one.account === account && one.functionName === functionName);
    const codeOf = (one: string) => facts.seen.codes.get(codeKey(account, functionName, one));
    const promoted = facts.facts.flatMap(({ heads }, promotion) => {
      const candidate = candidates[promotion] ?? null;
      const isDone = heads.some((head) => head.environment === environment && head.outcome === "promoted");
      return isDone && candidate !== null ? [codeOf(candidate)] : [];
    });
    if (latest === undefined || [latest.began, codeOf(version), ...promoted].includes(latest.ended)) return [];
    if (isSaidToStay(facts, functionName)) return [];
    return [`${functionName} serves ${version}, and $LATEST holds code that was not promoted`];
  });
}

function isSaidToStay({ sandbox }: Facts, functionName: string): boolean {
  return itemsOf(sandbox, "PROMOTION#", "CODE#").some(({ resource, back }) => {
    const { state } = (back ?? { state: "" }) as { readonly state: string };
    return String(resource).endsWith(`:${functionName}`) && (state === "kept" || state === "left");
  });
}
