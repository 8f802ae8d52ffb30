/** Reads how promotions stand, for people: without a plan, a token or a link. */
import type { ApprovalRecord, Decision } from "../approval/approval.ts";
import { loadApprovals, loadDecisions } from "../approval/load.ts";
import { BrokenRecord } from "../errors.ts";
import type { TrailHead } from "../ledger/audit.ts";
import { asHeader, type Header } from "../ledger/header.ts";
import { asHead, type Head, type TargetRecord } from "../ledger/journal-records.ts";
import { keys } from "../ledger/keys.ts";
import { loadIntents, loadSignals, loadTargets } from "../ledger/load.ts";
import { loadTrailHead, loadTrailSince, type TrailPiece } from "../ledger/load-trail.ts";
import type { Signal } from "../ledger/signals.ts";
import type { Item, Key, Ledger } from "../ports.ts";

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

/** Every promotion that is not closed, and those of them whose header is gone or none. */
export interface AllOpen {
  readonly open: readonly OpenFound[];
  readonly broken: readonly string[];
}

export async function loadOpen(ledger: Ledger): Promise<AllOpen> {
  const { pk, sk } = keys.open("");
  const ids = (await ledger.list(pk, sk)).map(({ promotionId }) => String(promotionId));
  const found = await readMany(
    ledger,
    ids.map((id) => keys.header(id)),
  );
  const headers = found.flatMap((item) => headerOrNone(item));
  const heads = await readMany(ledger, headers.flatMap(headKeys));
  const open = headers.map((header) => {
    const own = heads.splice(0, header.environments.length);
    return { header, heads: own.map((head) => (head === undefined ? null : asHead(head))) };
  });
  return { open, broken: ids.filter((id) => !headers.some(({ promotionId }) => promotionId === id)) };
}

/** As many as DynamoDB reads at once (BatchGetItem: 100 items), so that the list takes no longer with each promotion. */
const MOST_READ = 100;

async function readMany(ledger: Ledger, wanted: readonly Key[]): Promise<(Item | undefined)[]> {
  const found: (Item | undefined)[] = [];
  for (let at = 0; at < wanted.length; at += MOST_READ) {
    found.push(...(await ledger.readAll(wanted.slice(at, at + MOST_READ))));
  }
  return found;
}

/** One broken header hides no other promotion. */
function headerOrNone(found: Item | undefined): Header[] {
  try {
    return found === undefined ? [] : [asHeader(found)];
  } catch (error) {
    if (error instanceof BrokenRecord) return [];
    throw error;
  }
}

/** Of the header's environments, in their order. A refused release has none. */
const headKeys = ({ promotionId, environments }: Header): Key[] =>
  environments.map((environment) => keys.head(promotionId, environment));

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
