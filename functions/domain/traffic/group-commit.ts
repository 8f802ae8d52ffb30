/**
 * Writes of many targets side by side, committed together. Every intent checks the same head, and DynamoDB cancels
 * transactions that meet at one item: two hundred of them at once would mostly undo each other. So what is asked for while
 * a transaction is under way joins the next one.
 */
import { type Change, type Concurrency, Conflict, type Gate, type Key, type Ledger } from "../ports.ts";

/** A transaction's limit. */
const MOST_CHANGES = 100;

/** What a writer that waits is woken for: its own write is settled, or it is its turn to commit what waits. */
type Word = { readonly settled: true; readonly error: unknown } | { readonly settled: false };

interface Submission {
  readonly changes: readonly Change[];
  /** Null: whoever submitted it commits it, and waits for nobody. */
  readonly gate: Gate<Word> | null;
  /** Once it is settled. */
  word: Word | null;
}

/**
 * The same ledger, whose writes are gathered. Each write is still all or nothing, and is told of its own conditions alone:
 * one that fails takes no other with it.
 */
export function groupCommit(ledger: Ledger, concurrency: Concurrency): Ledger {
  const waiting: Submission[] = [];
  let committing = false;

  async function write(changes: readonly Change[]): Promise<void> {
    const mine: Submission = { changes, gate: committing ? concurrency.gate() : null, word: null };
    committing = true;
    waiting.push(mine);
    const word = await mine.gate?.wait();
    if (!word?.settled) await commitUntilSettled(mine);
    if (mine.word?.settled && mine.word.error !== null) throw mine.word.error;
  }

  /** Whoever commits does so until its own write is settled, and then hands over: nobody's deadline waits for all. */
  async function commitUntilSettled(mine: Submission): Promise<void> {
    try {
      while (mine.word === null) await commit(ledger, takeBatch(waiting), waiting);
    } finally {
      const next = waiting[0];
      committing = next !== undefined;
      next?.gate?.open({ settled: false });
    }
  }

  return {
    read: (key) => ledger.read(key),
    readAll: (all) => ledger.readAll(all),
    list: (pk, prefix) => ledger.list(pk, prefix),
    write,
  };
}

function settle(submission: Submission, error: unknown): void {
  submission.word = { settled: true, error };
  submission.gate?.open(submission.word);
}

/** Takes submissions, in their order, as long as they fit into one transaction and meet in nothing but equal checks. */
function takeBatch(waiting: Submission[]): Submission[] {
  const merged = new Map<string, string>();
  const taken = waiting.filter(({ changes }) => {
    const entries = changes.map((change) => [nameOf(change), JSON.stringify(change)] as const);
    const meets = entries.some(([key, text]) => merged.has(key) && !(merged.get(key) === text && isCheck(text)));
    const added = entries.filter(([key]) => !merged.has(key)).length;
    if (merged.size > 0 && (meets || merged.size + added > MOST_CHANGES)) return false;
    for (const [key, text] of entries) merged.set(key, text);
    return true;
  });
  for (const submission of taken) waiting.splice(waiting.indexOf(submission), 1);
  return taken;
}

async function commit(ledger: Ledger, batch: readonly Submission[], waiting: Submission[]): Promise<void> {
  const all = new Map(batch.flatMap(({ changes }) => changes.map((change) => [nameOf(change), change] as const)));
  try {
    await ledger.write([...all.values()]);
    for (const submission of batch) settle(submission, null);
  } catch (error) {
    if (error instanceof Conflict && batch.length > 1) part([...all.keys()], error, batch, waiting);
    else for (const submission of batch) settle(submission, error);
  }
}

/** Those whose own condition failed hear of it, by their own indices; the others are written again without them. */
function part(names: readonly string[], conflict: Conflict, batch: readonly Submission[], waiting: Submission[]): void {
  const failed = new Set(conflict.failed.map((index) => names[index]));
  const spared: Submission[] = [];
  for (const submission of batch) {
    const own = submission.changes.flatMap((change, index) => (failed.has(nameOf(change)) ? [index] : []));
    if (own.length === 0) spared.push(submission);
    else settle(submission, new Conflict(own));
  }
  // Of a conflict that names nobody's condition everybody hears: written again, it would be the same.
  if (spared.length === batch.length) for (const submission of spared) settle(submission, conflict);
  else waiting.unshift(...spared);
}

const isCheck = (text: string): boolean => text.startsWith('{"check"');

const nameOf = (change: Change): string => {
  const { pk, sk } = keyOf(change);
  return `${pk}\n${sk}`;
};

function keyOf(change: Change): Key {
  if ("put" in change) return change.put;
  return "remove" in change ? change.remove : change.check;
}
