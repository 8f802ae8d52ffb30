/** Sends notices, each once per name and address. Trouble with one address keeps nobody else from being told. */
import { item } from "../ledger/items.ts";
import { keys } from "../ledger/keys.ts";
import { type Channel, Conflict, type Dependencies, type Key } from "../ports.ts";
import { mailed } from "./mailed.ts";
import type { Delivery, Mark, Notice, PersonalNotice } from "./notice.ts";

type Tools = Pick<Dependencies, "ledger" | "log" | "clock"> & { readonly mailer: Channel };

/** One notice for one address, and the item that says that it went out. */
interface Copy {
  readonly notice: Notice | PersonalNotice;
  readonly to: string;
  readonly mark: Key;
}

/**
 * Sends a notice to each address that does not have it. A channel that fails stops nothing: it is logged, and said in the
 * answer. Throws only what `wordingFor` throws.
 */
export async function send(
  deps: Tools,
  promotionId: string,
  notice: Notice | PersonalNotice,
  addresses: readonly string[],
  { mark }: { readonly mark: Mark },
): Promise<Delivery> {
  const failed: { to: string; error: unknown }[] = [];
  for (const to of addresses) {
    const copy = { notice, to, mark: keys.sent(promotionId, `${notice.name}#${to}`) };
    const error = await (mark === "before" ? markAndSend(deps, copy) : sendAndMark(deps, copy));
    if (error === null) continue;
    failed.push({ to, error });
    deps.log.warn("a notice could not be sent", { notice: notice.name, error: String(error) });
  }
  return { failed };
}

/** Null: this address has it. */
async function markAndSend(deps: Tools, copy: Copy): Promise<unknown> {
  try {
    await deps.ledger.write([{ put: item(copy.mark, { at: deps.clock.now() }), if: "absent" }]);
  } catch (error) {
    return error instanceof Conflict ? null : error;
  }
  return post(deps, copy);
}

/** Null: this address has it. */
async function sendAndMark(deps: Tools, copy: Copy): Promise<unknown> {
  if (await isMarked(deps, copy.mark)) return null;
  const error = await post(deps, copy);
  if (error !== null) return error;
  try {
    await deps.ledger.write([{ put: item(copy.mark, { at: deps.clock.now() }) }]);
  } catch (error) {
    // It went out; at worst it goes out again.
    deps.log.warn("a notice could not be marked as sent", { notice: copy.notice.name, error: String(error) });
  }
  return null;
}

/** A ledger that does not answer keeps nobody from being told. */
async function isMarked(deps: Tools, mark: Key): Promise<boolean> {
  try {
    return (await deps.ledger.read(mark)) !== undefined;
  } catch (error) {
    deps.log.warn("could not look up whether a notice was sent", { error: String(error) });
    return false;
  }
}

/** Null: it went out. */
async function post({ mailer }: Tools, { notice, to }: Copy): Promise<unknown> {
  const wording = "wordingFor" in notice ? await notice.wordingFor(to) : notice;
  try {
    await mailer.send({ to, ...mailed(wording, to) });
    return null;
  } catch (error) {
    return error;
  }
}
