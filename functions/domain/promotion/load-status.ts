/** Reads how promotions stand, for people: without a plan, a token or a link. */
import type { ApprovalRecord, Decision } from "../approval/approval.ts";
import { loadApprovals, loadDecisions } from "../approval/load.ts";
import { asHeader, type Header } from "../ledger/header.ts";
import { asHead, type Head, type TargetRecord } from "../ledger/journal-records.ts";
import { keys } from "../ledger/keys.ts";
import { loadIntents, loadSignals, loadTargets } from "../ledger/load.ts";
import { loadTrailHead, loadTrailSince, type TrailHead, type TrailPiece } from "../ledger/load-trail.ts";
import type { Signal } from "../ledger/signals.ts";
import type { Key, Ledger } from "../ports.ts";

export interface EnvironmentFound {
  readonly environment: string;
  /** Null: not entered yet. */
  readonly head: Head | null;
  readonly targets: readonly TargetRecord[];
  /** Names of the targets that have a write without a result. */
  readonly writing: ReadonlySet<string>;
}

export interface ApprovalFound {
  readonly record: ApprovalRecord;
  readonly decisions: readonly Decision[];
}

export interface StatusFound {
  readonly header: Header;
  readonly environments: readonly EnvironmentFound[];
  readonly approvals: readonly ApprovalFound[];
  readonly signals: readonly Signal[];
  readonly trail: TrailHead | null;
}

/** One promotion of the list of open ones. */
export interface OpenFound {
  readonly header: Header;
  readonly heads: readonly (Head | null)[];
}

/** Null: there is no such promotion. */
export async function loadStatus(ledger: Ledger, promotionId: string): Promise<StatusFound | null> {
  const header = await findHeader(ledger, promotionId);
  if (header === null) return null;
  const environments: EnvironmentFound[] = [];
  for (const name of header.environments) environments.push(await loadEnvironment(ledger, promotionId, name));
  const approvals: ApprovalFound[] = [];
  for (const record of await loadApprovals(ledger, promotionId)) {
    approvals.push({ record, decisions: await loadDecisions(ledger, record) });
  }
  const signals = await loadSignals(ledger, promotionId);
  return { header, environments, approvals, signals, trail: await loadTrailHead(ledger, promotionId) };
}

/** What was appended to the promotion's trail after the entry `since`; null: there is no such promotion. */
export async function loadNews(
  ledger: Ledger,
  promotionId: string,
  since: number,
): Promise<{ readonly header: Header; readonly piece: TrailPiece } | null> {
  const header = await findHeader(ledger, promotionId);
  // The header was read first: whoever finds it closed has the closing entry in this piece or a later one.
  return header === null ? null : { header, piece: await loadTrailSince(ledger, promotionId, since) };
}

/** Every promotion that is not closed. */
export async function loadOpen(ledger: Ledger): Promise<OpenFound[]> {
  const { pk, sk } = keys.open("");
  const open: OpenFound[] = [];
  for (const { promotionId } of await ledger.list(pk, sk)) {
    const header = await findHeader(ledger, String(promotionId));
    if (header !== null) open.push({ header, heads: await loadHeads(ledger, header) });
  }
  return open;
}

async function findHeader(ledger: Ledger, promotionId: string): Promise<Header | null> {
  const found = await ledger.read(keys.header(promotionId));
  return found === undefined ? null : asHeader(found);
}

async function loadEnvironment(ledger: Ledger, promotionId: string, environment: string): Promise<EnvironmentFound> {
  const found = await ledger.read(keys.head(promotionId, environment));
  if (found === undefined) return { environment, head: null, targets: [], writing: new Set() };
  const targets = await loadTargets(ledger, promotionId, environment);
  const intents = await loadIntents(ledger, promotionId, environment);
  const open = intents.filter(({ result }) => result === null);
  return { environment, head: asHead(found), targets, writing: new Set(open.map(({ target }) => target)) };
}

/** Of the header's environments, in their order. A refused release has none. */
async function loadHeads(ledger: Ledger, { promotionId, environments }: Header): Promise<(Head | null)[]> {
  const wanted: Key[] = environments.map((environment) => keys.head(promotionId, environment));
  if (wanted.length === 0) return [];
  return (await ledger.readAll(wanted)).map((found) => (found === undefined ? null : asHead(found)));
}
