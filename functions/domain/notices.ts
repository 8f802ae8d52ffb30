/** Mails that say what happens. Each has a name, and is sent once per name and address. */
import { item, keys } from "./ledger.ts";
import { Conflict, type Dependencies } from "./ports.ts";

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
 * Pages people: told again until a mail went out, since a page that is lost is worse than one that comes twice. Throws
 * what the mailer throws when nobody at all could be reached.
 */
export async function page(
  deps: Tools,
  promotionId: string,
  notice: { readonly name: string; readonly subject: string; readonly body: string },
  addresses: readonly string[],
): Promise<void> {
  let failure: unknown;
  let reached = 0;
  for (const to of addresses) {
    const mark = keys.sent(promotionId, `${notice.name}#${to}`);
    if ((await deps.ledger.read(mark)) !== undefined) {
      reached += 1;
      continue;
    }
    try {
      await deps.mailer.send({ to, subject: notice.subject, body: notice.body });
      await deps.ledger.write([{ put: item(mark, { at: deps.clock.now() }) }]);
      reached += 1;
    } catch (error) {
      failure = error;
    }
  }
  if (addresses.length > 0 && reached === 0) throw failure;
}
