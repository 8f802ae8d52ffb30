/** Mails the people of an approval, each once per occasion. */

import { Transient } from "../errors.ts";
import { send } from "../notices/send.ts";
import type { Dependencies } from "../ports.ts";
import { requestMail, type Subject } from "./notices.ts";
import { openLink } from "./open-link.ts";
import type { Seat } from "./seats.ts";

export type MailTools = Pick<Dependencies, "ledger" | "mailer" | "clock" | "hash" | "entropy" | "log" | "settings">;

/**
 * Sends each seat its mail, once per occasion: in doubt twice, each with a link that works, never not at all. One address that
 * cannot be served does not keep the others from theirs; when trying again can help, the first such error is thrown at the
 * end, and the next call sends only what is missing. Returns the addresses whose mail was refused for good. What the
 * ledger refuses ends it at once: that is not about one address.
 */
export async function mailSeats(
  deps: MailTools,
  subject: Subject,
  seats: readonly Seat[],
  reason: Parameters<typeof requestMail>[2],
  occasion: string,
): Promise<string[]> {
  const troubles: Transient[] = [];
  const refused: string[] = [];
  for (const seat of seats) {
    const error = await mailSeat(deps, subject, seat, reason, occasion);
    if (error instanceof Transient) troubles.push(error);
    else if (error !== null) refused.push(seat.person.address);
  }
  if (troubles[0] !== undefined) throw troubles[0];
  return refused;
}

/** Returns why it did not go out; null: it did, now or before. */
async function mailSeat(
  deps: MailTools,
  subject: Subject,
  seat: Seat,
  reason: Parameters<typeof requestMail>[2],
  occasion: string,
): Promise<unknown> {
  const { record } = subject;
  const { environment, approval, askedAt, promotionId } = record;
  const notice = {
    name: `APPROVAL#${environment}#${approval}#${askedAt}#${occasion}#${seat.role.role}#${seat.person.generation}`,
    wordingFor: async () => {
      const url = await openLink(deps, record, seat);
      return requestMail(subject, { role: seat.role, url }, reason, deps.clock.now());
    },
  };
  try {
    const { failed } = await send(deps, promotionId, notice, [seat.person.address], { mark: "after" });
    return failed[0]?.error ?? null;
  } catch (error) {
    if (error instanceof Transient) return error;
    throw error;
  }
}
