/**
 * Who started a promotion. Whoever may start an execution writes its whole input, so nothing in there can say it. The
 * start route writes the IAM identity that signed the request down first, under the ARN that the execution is about to
 * have, in a partition that no other function may write. The machine's first handler believes that item and nothing else.
 */
import { canonicalJson } from "../canonical.ts";
import type { Problem } from "../documents/problems.ts";
import { item, keys } from "../ledger/ledger.ts";
import type { StoredPolicy } from "../ledger/policies.ts";
import { type Resolution, type ResolveContext, resolvePlan } from "../plan/resolve.ts";
import { Conflict, type Hash, type Item, type Ledger, type Log } from "../ports.ts";

export interface StartRecord {
  readonly executionArn: string;
  /** ARN of the IAM identity, as API Gateway verified it. */
  readonly startedBy: string;
  /** Epoch ms. */
  readonly at: number;
  /** Of the release as it was sent: another input under the same name is not what this identity started. */
  readonly releaseHash: string;
  readonly sourceIp: string;
  readonly userAgent: string;
}

const asStart = (found: Item) => found as unknown as StartRecord;

export const releaseHash = (hash: Hash, release: unknown): string => hash(canonicalJson(release));

const NO_POLICY: Problem = {
  path: "(policy)",
  value: undefined,
  message: "no policy is deployed",
  hint: "deploy one by the CDK app: `-c policy=FILE`, see docs/deploy.md",
};

/** The release by the policy in force: the route asks before it starts, the machine's first handler decides. */
export function resolveUnder(policy: StoredPolicy | undefined, release: unknown, context: ResolveContext): Resolution {
  return policy === undefined ? { ok: false, problems: [NO_POLICY] } : resolvePlan(policy.document, release, context);
}

const LONGEST_NAME = 80;

/**
 * Name of a promotion's execution, `bbws-store-v2025.12.25.1-1`: the same release and attempt give the same name, so a
 * second start is the first one. The name of an execution that has ended is taken for 90 days: hence attempts.
 */
export function promotionName(release: unknown, attempt: number): string {
  const fields = typeof release === "object" && release !== null ? (release as Readonly<Record<string, unknown>>) : {};
  const plain = `${String(fields.service ?? "")}-${String(fields.version ?? "")}`.replace(/[^0-9A-Za-z._-]+/g, "-");
  const suffix = `-${attempt}`;
  return `${plain.slice(0, LONGEST_NAME - suffix.length)}${suffix}`;
}

/**
 * For so long (ms) another caller cannot take the place of one who has just written: that one's call may be about to
 * start the execution. Longer than the route's function lives.
 */
const ALONE_MS = 60_000;

/**
 * Writes down who is about to start the execution. Called only when there is none of that name, so an older item is of a
 * start that failed, or of an execution that Step Functions has forgotten. False: somebody else is starting it right now.
 */
export async function noteStart({ ledger }: { readonly ledger: Ledger }, start: StartRecord): Promise<boolean> {
  const key = keys.start(start.executionArn);
  const found = await ledger.read(key);
  if (found !== undefined && !mayReplace(asStart(found), start)) return false;
  const unchanged = found === undefined ? "absent" : { at: asStart(found).at, startedBy: asStart(found).startedBy };
  try {
    await ledger.write([{ put: item(key, start), if: unchanged }]);
    return true;
  } catch (error) {
    if (error instanceof Conflict) return false;
    throw error;
  }
}

function mayReplace(found: StartRecord, start: StartRecord): boolean {
  const same = found.startedBy === start.startedBy && found.releaseHash === start.releaseHash;
  return same || start.at - found.at > ALONE_MS;
}

/** An item speaks for an execution that began within so much of it (ms), and for no later one under the same name. */
const SPEAKS_FOR_MS = 5 * 60_000;

/** The IAM identity that started this execution; null: nobody is on record, as after a start by console or schedule. */
export async function verifiedStarter(
  deps: { readonly ledger: Ledger; readonly hash: Hash; readonly log: Log },
  started: { readonly executionArn: string; readonly startedAt: string; readonly release: unknown },
): Promise<string | null> {
  const found = await deps.ledger.read(keys.start(started.executionArn));
  if (found === undefined) return null;
  const start = asStart(found);
  const sameRelease = start.releaseHash === releaseHash(deps.hash, started.release);
  const sameTime = Math.abs(Date.parse(started.startedAt) - start.at) <= SPEAKS_FOR_MS;
  if (sameRelease && sameTime) return start.startedBy;
  deps.log.warn("a start is on record, but not of this execution", { ...started, release: undefined, start });
  return null;
}
