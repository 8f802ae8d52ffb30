import { item } from "../ledger/items.ts";
import { keys } from "../ledger/keys.ts";
import { Conflict, type Hash, type Item, type Ledger, type Log } from "../ports.ts";
import { releaseHash, type StartRecord } from "./starts.ts";

const asStart = (found: Item) => found as unknown as StartRecord;

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

/** The start of this execution by an IAM identity; null: nobody is on record, as after a start by console or schedule. */
export async function verifiedStarter(
  deps: { readonly ledger: Ledger; readonly hash: Hash; readonly log: Log },
  started: { readonly executionArn: string; readonly startedAt: string; readonly release: unknown },
): Promise<StartRecord | null> {
  const found = await deps.ledger.read(keys.start(started.executionArn));
  if (found === undefined) return null;
  const start = asStart(found);
  const sameRelease = start.releaseHash === releaseHash(deps.hash, started.release);
  const sameTime = Math.abs(Date.parse(started.startedAt) - start.at) <= SPEAKS_FOR_MS;
  if (sameRelease && sameTime) return start;
  deps.log.warn("a start is on record, but not of this execution", { ...started, release: undefined, start });
  return null;
}
