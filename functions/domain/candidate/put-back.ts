/**
 * Puts the code that candidates are made from back where this promotion ends without success. Nobody is served from it,
 * so it comes after the traffic; it is a journalled write all the same, since whoever publishes next would release it.
 */
import { kindOf } from "../../targets/kinds.ts";
import { BrokenRecord, CallRefused, NotReady } from "../errors.ts";
import { appendAudit } from "../ledger/append-audit.ts";
import type { CodeBack, CodeRecord } from "../ledger/code-records.ts";
import { item } from "../ledger/items.ts";
import { asHead } from "../ledger/journal-records.ts";
import { keys } from "../ledger/keys.ts";
import { loadCode, loadHeader, loadPlanAsStored, loadReplacements, loadTargets } from "../ledger/load.ts";
import type { CodeArtifact, EnvironmentPlan, TargetPlan } from "../plan.ts";
import { type CodeHost, Conflict, type Dependencies } from "../ports.ts";
import { bind } from "../traffic/bind.ts";
import { codeResource, inWords, isOwed, type Way, waysBack } from "./capture.ts";
import { replaceCode, type Standing, settleReplacements, type Where } from "./replace.ts";

/**
 * Puts back the code of every environment that is tripped and not closed. Idempotent; says what became of each. Throws
 * `NotReady` until all of it is read back, or known to stay as it is: one that is not does not keep the others waiting.
 */
export async function putBackCode(deps: Dependencies, promotionId: string): Promise<string> {
  const { service, environments } = await loadHeader(deps.ledger, promotionId);
  const done: string[] = [];
  const waiting: string[] = [];
  for (const environment of environments) {
    const head = await deps.ledger.read(keys.head(promotionId, environment));
    if (head === undefined || asHead(head).state !== "tripped") continue;
    for (const record of await loadCode(deps.ledger, promotionId, environment)) {
      if (record.sequence === 0) continue;
      const ended = await attempt(deps, { promotionId, environment }, service, record);
      (ended.isOver ? done : waiting).push(ended.words);
    }
  }
  if (waiting.length > 0) throw new NotReady(`code is not back yet: ${waiting.join("; ")}`);
  const summary = done.length === 0 ? "no code was replaced" : done.join("; ");
  await appendAudit(deps, promotionId, { id: "code-restored", kind: "code-restored", summary });
  return summary;
}

/** Whether code has to go back in an environment that this promotion has entered and not closed. */
export async function isCodeReplaced(deps: Pick<Dependencies, "ledger">, promotionId: string): Promise<boolean> {
  const { environments } = await loadHeader(deps.ledger, promotionId);
  for (const environment of environments) {
    const head = await deps.ledger.read(keys.head(promotionId, environment));
    if (head === undefined || asHead(head).state === "closed") continue;
    if ((await loadCode(deps.ledger, promotionId, environment)).some(isOwed)) return true;
  }
  return false;
}

interface Ended {
  readonly isOver: boolean;
  readonly words: string;
}

async function attempt(deps: Dependencies, where: Where, service: string, record: CodeRecord): Promise<Ended> {
  const plan = await loadPlanAsStored(deps.ledger, where.promotionId, where.environment);
  const sharing = plan.targets.filter((target) => codeResource(target) === record.resource);
  const named = sharing.map(({ name }) => name).join(", ");
  if (record.back !== null) return { isOver: true, words: `${named}: ${record.back.words}` };
  try {
    const sources = await sourcesOf(deps, where, service, plan, sharing);
    const back = await unlessRefused(deps, where, record, () => putBack(deps, where, record, sources));
    return { isOver: true, words: `${named}: ${back.words}` };
  } catch (error) {
    if (error instanceof BrokenRecord) throw error;
    deps.log.warn("code is not back yet", { resource: record.resource, error: String(error) });
    return { isOver: false, words: `${named}: ${error instanceof Error ? error.message : String(error)}` };
  }
}

/** A look that the service refuses for good is refused the next time, too: it is said, and ends the way. */
async function unlessRefused(
  deps: Dependencies,
  where: Where,
  record: CodeRecord,
  goes: () => Promise<CodeBack>,
): Promise<CodeBack> {
  try {
    return await goes();
  } catch (error) {
    if (!(error instanceof CallRefused) || (await isOpen(deps, where, record))) throw error;
    return close(deps, where, record, { state: "kept", words: kept(error.message) });
  }
}

/** What was written and has no result keeps the promotion open, whoever refused what came after it. */
async function isOpen(
  { ledger }: Pick<Dependencies, "ledger">,
  { promotionId, environment }: Where,
  { resource }: CodeRecord,
): Promise<boolean> {
  const replacements = await loadReplacements(ledger, promotionId, environment, resource);
  return replacements.some(({ result }) => result === null);
}

interface Sources {
  readonly host: CodeHost;
  readonly baseline: string;
  readonly registered: CodeArtifact | undefined;
}

async function sourcesOf(
  deps: Dependencies,
  { promotionId, environment }: Where,
  service: string,
  plan: EnvironmentPlan,
  sharing: readonly TargetPlan[],
): Promise<Sources> {
  const names = sharing.map(({ name }) => name);
  const records = await loadTargets(deps.ledger, promotionId, environment);
  const record = records.find(({ target }) => names.includes(target));
  const host = record === undefined ? undefined : bind(deps, plan, record).code;
  if (record === undefined || host === undefined) throw new BrokenRecord(`no target in ${environment} has this code`);
  const active = await deps.ledger.read(keys.active(environment, service));
  const artifacts = (active?.artifacts ?? {}) as Readonly<Record<string, CodeArtifact>>;
  return { host, baseline: kindOf(record.kind).serving(record.baseline.route), registered: artifacts[record.target] };
}

/** How the way back ended. Throws `NotReady` until it has. */
async function putBack(deps: Dependencies, where: Where, record: CodeRecord, sources: Sources): Promise<CodeBack> {
  const standing = await settleReplacements(deps, where, record, sources.host);
  const { current, replacements } = standing;
  const ways = waysBack(record, sources.registered, await sources.host.version(sources.baseline));
  const back = replacements.some(({ purpose, to }) => purpose === "put-back" && to === current.sha256);
  const way = ways.find(({ sha256 }) => sha256 === current.sha256);
  if (back && way !== undefined) return close(deps, where, record, { state: "verified", words: way.words });
  if (current.sha256 === record.previous.sha256)
    return close(deps, where, record, { state: "verified", words: "holds the previous code" });
  if (!replacements.some(({ to }) => to === current.sha256))
    return close(deps, where, record, { state: "left", words: "holds code of somebody else, left alone" });
  return goBack(deps, where, record, sources.host, { ways, standing });
}

const kept = (why: string) => `keeps the candidate's code: ${why}`;

/** Tries each way until one is under way; the next call reads it back. */
async function goBack(
  deps: Dependencies,
  where: Where,
  record: CodeRecord,
  host: CodeHost,
  { ways, standing }: { readonly ways: readonly Way[]; readonly standing: Standing },
): Promise<CodeBack> {
  const whys: string[] = [];
  let { sequence } = record;
  for (const { artifact, sha256 } of ways) {
    const change = { purpose: "put-back", artifact, sha256, current: standing.current } as const;
    const refusal = await replaceCode(deps, where, host, { ...record, sequence }, change);
    if (refusal === null) throw new NotReady(`the code of ${inWords(record.resource)} is being put back`);
    if (refusal.by === "journal")
      return close(deps, where, { ...record, sequence }, { state: "left", words: `left alone: ${refusal.why}` });
    whys.push(refusal.why);
    sequence += 1;
  }
  const why = whys.length === 0 ? "no artifact and no version is known that has the previous one" : whys.join("; ");
  return close(deps, where, { ...record, sequence }, { state: "kept", words: kept(why) });
}

/** Notes the end of the way; a call that was faster has noted its own. */
async function close(
  deps: Dependencies,
  { promotionId, environment }: Where,
  record: CodeRecord,
  back: CodeBack,
): Promise<CodeBack> {
  const key = keys.code(promotionId, environment, record.resource);
  try {
    await deps.ledger.write([{ put: item(key, { ...record, back }), if: { sequence: record.sequence, back: null } }]);
  } catch (error) {
    if (!(error instanceof Conflict)) throw error;
    throw new NotReady(`another call is putting the code of ${inWords(record.resource)} back at this moment`);
  }
  return back;
}
