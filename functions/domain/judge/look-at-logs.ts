/**
 * Searches the logs of both arms, one look behind: a search that one look begins is read by the next, so that none waits for
 * it. What cannot be searched is told, and tried again.
 */
import { kindOf } from "../../targets/kinds.ts";
import { Terminal, Transient } from "../errors.ts";
import { placeOf } from "../ledger/plan-parts.ts";
import type { EnvironmentPlan } from "../plan.ts";
import type { Dependencies, Logs } from "../ports.ts";
import { fingerprintsOf, type Line, type LogProgress, nothingSearched, withLines } from "./log-lines.ts";
import { type Arms, hasBaseline, type Span } from "./sampling.ts";
import type { EvidenceState } from "./state.ts";

type Tools = Pick<Dependencies, "logs" | "log">;

/** Lines come within this time (ms). */
const SETTLE_MS = 120_000;
/** Not worth a search (ms): each is billed by what it reads. */
const SHORTEST_MS = 60_000;

/** The evidence with what the logs say by now. Changes nothing where the policy does not ask for it. */
export async function withLogs(
  deps: Tools,
  plan: EnvironmentPlan,
  arms: readonly Arms[],
  state: EvidenceState,
  now: number,
): Promise<EvidenceState> {
  const [first] = state.spans;
  if (plan.analysis.newErrors === undefined || first === undefined) return state;
  const logs: Record<string, LogProgress> = { ...state.logs };
  for (const own of arms.filter(({ target }) => kindOf(target.kind).versionOfStream !== undefined)) {
    const before = logs[own.target.name] ?? nothingSearched(first.from);
    logs[own.target.name] = await lookAtTarget(deps, plan, own, { before, spans: state.spans, now });
  }
  return { ...state, logs };
}

interface Scene {
  readonly before: LogProgress;
  readonly spans: readonly Span[];
  readonly now: number;
}

async function lookAtTarget(deps: Tools, plan: EnvironmentPlan, arms: Arms, scene: Scene): Promise<LogProgress> {
  const logs = deps.logs(placeOf(plan));
  let progress: LogProgress = { ...scene.before, trouble: null };
  try {
    progress = await lookBack(logs, plan, arms, scene, progress);
    progress = await readSearch(logs, arms, progress);
    return await beginSearch(logs, arms, scene, progress);
  } catch (error) {
    if (!(error instanceof Transient || error instanceof Terminal)) throw error;
    deps.log.warn("could not search logs", { target: arms.target.name, reason: error.message });
    // A search that is lost is begun anew.
    return { ...progress, search: null, trouble: error.message };
  }
}

const groupOf = ({ target }: Arms): string => kindOf(target.kind).logGroup(target);

/** The day before the first shift: begun by one look, read by a later one. */
async function lookBack(
  logs: Logs,
  plan: EnvironmentPlan,
  arms: Arms,
  { spans }: Scene,
  progress: LogProgress,
): Promise<LogProgress> {
  if (progress.known !== null) return progress;
  const to = spans[0]?.from ?? 0;
  const from = to - plan.analysis.referenceSeconds * 1_000;
  if (progress.before === null) return { ...progress, before: await logs.search({ group: groupOf(arms), from, to }) };
  const found = await logs.found(progress.before);
  return found === null ? progress : { ...progress, known: fingerprintsOf(linesIn(arms, found.lines)) };
}

async function readSearch(logs: Logs, arms: Arms, progress: LogProgress): Promise<LogProgress> {
  const { search } = progress;
  if (search === null) return progress;
  const found = await logs.found(search.id);
  if (found === null) return progress;
  return withLines(progress, search, arms, { lines: linesIn(arms, found.lines), complete: found.complete });
}

/** The next stretch in which the weights stood still, and a baseline ran beside the candidate: alone it shows nothing new. */
async function beginSearch(logs: Logs, arms: Arms, { spans, now }: Scene, progress: LogProgress): Promise<LogProgress> {
  const { next: from } = progress;
  const span = spans.findLast((one) => one.from <= from);
  const end = spans.find((one) => one.from > from)?.from ?? Number.POSITIVE_INFINITY;
  const to = Math.min(end, now - SETTLE_MS);
  if (progress.search !== null || span === undefined) return progress;
  if (!hasBaseline(span)) return { ...progress, next: Math.max(from, to) };
  if (to - from < SHORTEST_MS) return to === end ? { ...progress, next: end } : progress;
  const id = await logs.search({ group: groupOf(arms), from, to });
  return { ...progress, search: { id, to, weight: span.weight } };
}

function linesIn({ target }: Arms, lines: readonly { readonly stream: string; readonly message: string }[]): Line[] {
  const { versionOfStream } = kindOf(target.kind);
  return lines.map(({ stream, message }) => ({ version: versionOfStream?.(stream) ?? null, message }));
}
