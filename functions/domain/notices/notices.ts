/** Mails that say what happens. Each has a name, and is sent once per name and address. */
import { item } from "../ledger/items.ts";
import { keys } from "../ledger/keys.ts";
import { Conflict, type Dependencies, type Key } from "../ports.ts";

type Tools = Pick<Dependencies, "ledger" | "mailer" | "log" | "clock">;

/**
 * Sends one notice to each address, once. A mail that cannot be sent never stops a promotion: it is logged, and whether
 * it went out stands in the ledger. Marked before it is sent: a second mail is worse here than a lost one, since every
 * fact of it stands in the record too.
 */
export async function notify(
  deps: Tools,
  promotionId: string,
  notice: { readonly name: string; readonly subject: string; readonly body: string },
  addresses: readonly string[],
): Promise<void> {
  for (const to of addresses) {
    try {
      await deps.ledger.write([
        { put: item(keys.sent(promotionId, `${notice.name}#${to}`), { at: deps.clock.now() }), if: "absent" },
      ]);
      await deps.mailer.send({ to, subject: notice.subject, body: notice.body });
    } catch (error) {
      if (error instanceof Conflict) continue;
      deps.log.warn("a notice could not be sent", { notice: notice.name, error: String(error) });
    }
  }
}

/**
 * Sends a notice to each address and marks it afterwards: told again until the mail went out, since this one may come
 * twice, but not never. Returns whether everybody has it.
 */
export async function deliver(
  deps: Tools,
  promotionId: string,
  notice: { readonly name: string; readonly subject: string; readonly body: string },
  addresses: readonly string[],
): Promise<boolean> {
  let everybody = true;
  for (const to of addresses) {
    try {
      await deliverOne(deps, promotionId, notice, to);
    } catch (error) {
      everybody = false;
      deps.log.warn("not everybody could be told", { notice: notice.name, error: String(error) });
    }
  }
  return everybody;
}

async function deliverOne(
  deps: Tools,
  promotionId: string,
  { name, subject, body }: { readonly name: string; readonly subject: string; readonly body: string },
  to: string,
): Promise<void> {
  const mark = keys.sent(promotionId, `${name}#${to}`);
  if (await isMarked(deps, mark)) return;
  await deps.mailer.send({ to, subject, body });
  try {
    await deps.ledger.write([{ put: item(mark, { at: deps.clock.now() }) }]);
  } catch (error) {
    // It went out; at worst it goes out again.
    deps.log.warn("a notice could not be marked as sent", { notice: name, error: String(error) });
  }
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
