/** Sending the mails of an approval, each once. */

import { Transient } from "../errors.ts";
import { item } from "../ledger/items.ts";
import { keys } from "../ledger/keys.ts";
import { personOf } from "../people.ts";
import type { Dependencies } from "../ports.ts";
import { linkId } from "./load.ts";
import { requestMail, type Subject } from "./mail.ts";
import type { Seat } from "./seats.ts";
import { type ApprovalName, linkChange } from "./store.ts";

export type PostDeps = Pick<Dependencies, "ledger" | "mailer" | "clock" | "hash" | "sign" | "log" | "settings">;

/** The link of a seat, known to the ledger by its hash before anybody gets it. */
export async function openLink(
  deps: Pick<PostDeps, "ledger" | "sign" | "hash" | "clock" | "settings">,
  { promotionId, environment, approval }: ApprovalName,
  { role, person }: Seat,
): Promise<string> {
  const link = { promotionId, environment, approval, role: role.role, ...person };
  const id = await linkId(deps.sign, link);
  await deps.ledger.write([linkChange(deps.hash, id, link, deps.clock.now())]);
  return `${deps.settings.baseUrl}/approvals/${id}`;
}

/**
 * Sends each seat its mail, once per occasion. Marked after it went out: in doubt it goes twice, with the same link, never
 * not at all. One address that cannot be served does not keep the others from theirs; when trying again can help, the
 * first such error is thrown at the end, and the next call sends only what is missing. Returns the addresses whose mail
 * was refused for good.
 */
export async function mailSeats(
  deps: PostDeps,
  subject: Subject,
  seats: readonly Seat[],
  reason: Parameters<typeof requestMail>[2],
  occasion: string,
): Promise<string[]> {
  const troubles: Transient[] = [];
  const refused: string[] = [];
  for (const seat of seats) {
    try {
      if ((await mailOnce(deps, subject, seat, reason, occasion)) === "refused") refused.push(seat.person.address);
    } catch (error) {
      if (!(error instanceof Transient)) throw error;
      troubles.push(error);
    }
  }
  if (troubles[0] !== undefined) throw troubles[0];
  return refused;
}

/** What the ledger refuses ends the step, as it does everywhere: it is not about this one address. */
async function mailOnce(
  deps: PostDeps,
  subject: Subject,
  seat: Seat,
  reason: Parameters<typeof requestMail>[2],
  occasion: string,
): Promise<"sent" | "refused"> {
  const { record } = subject;
  const { address, generation } = seat.person;
  const notice = `${occasion}#${seat.role.role}#${personOf(address)}#${generation}`;
  const name = `APPROVAL#${record.environment}#${record.approval}#${record.askedAt}#${notice}`;
  const marker = keys.sent(record.promotionId, name);
  if ((await deps.ledger.read(marker)) !== undefined) return "sent";
  const url = await openLink(deps, record, seat);
  try {
    await deps.mailer.send(requestMail(subject, { role: seat.role, address, url }, reason, deps.clock.now()));
  } catch (error) {
    if (error instanceof Transient) throw error;
    deps.log.warn("an approver's mail was refused", { role: seat.role.role, error: String(error) });
    return "refused";
  }
  await deps.ledger.write([{ put: item(marker, { at: deps.clock.now() }) }]);
  return "sent";
}
