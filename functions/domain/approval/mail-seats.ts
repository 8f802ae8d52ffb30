/** Mails the people of an approval, each once per occasion. */

import { Transient } from "../errors.ts";
import { send } from "../notices/send.ts";
import type { Dependencies } from "../ports.ts";
import { findOverhearers, type Looked, noteHeldBack } from "./hold-back.ts";
import { requestMail, type Subject } from "./notices.ts";
import { openLink } from "./open-link.ts";
import type { Overhearer } from "./overhearing.ts";
import type { Seat } from "./seats.ts";

export type MailTools = Pick<Dependencies, "ledger" | "mailer" | "clock" | "hash" | "entropy" | "log" | "settings">;

/** How the mails of one occasion fared. */
export interface Mailed {
  /** Whose mail was refused for good. */
  readonly refused: readonly string[];
  /** Because of whom links wait; empty: none does. */
  readonly heldBack: readonly Overhearer[];
  /** Why nobody could look who else reads them; null: somebody did, or there was nothing to send. */
  readonly unlooked: string | null;
}

/**
 * Sends each seat its mail, once per occasion: in doubt twice, each with a link that works, never not at all. One address that
 * cannot be served does not keep the others from theirs; when trying again can help, the first such error is thrown at the
 * end, and the next call sends only what is missing. As long as anybody else would read a link, none is made, and the
 * record says so. What the ledger refuses ends it at once: that is not about one address.
 */
export async function mailSeats(
  deps: MailTools,
  subject: Subject,
  seats: readonly Seat[],
  reason: Parameters<typeof requestMail>[2],
  occasion: string,
): Promise<Mailed> {
  const troubles: Transient[] = [];
  const refused: string[] = [];
  let looking: Promise<Looked> | null = null;
  // Only when there is something to send, and then once for all of it.
  const look = () => {
    looking ??= findOverhearers(deps, subject);
    return looking;
  };
  for (const seat of seats) {
    const error = await mailSeat(deps, subject, seat, { reason, occasion, look });
    if (error instanceof Transient) troubles.push(error);
    else if (error !== null && !(error instanceof Overheard)) refused.push(seat.person.address);
  }
  if (troubles[0] !== undefined) throw troubles[0];
  const { overhearers: heldBack, unlooked } = looking === null ? NOT_LOOKED : await look();
  if (heldBack.length > 0) await noteHeldBack(deps.ledger, subject.record, true);
  return { refused, heldBack, unlooked };
}

const NOT_LOOKED: Looked = { overhearers: [], unlooked: null };

/** Somebody else would read the link: it is not even made. */
class Overheard extends Error {
  override readonly name = "Overheard";
}

interface Occasion {
  readonly reason: Parameters<typeof requestMail>[2];
  readonly occasion: string;
  readonly look: () => Promise<Looked>;
}

/** Returns why it did not go out; null: it did, now or before. */
async function mailSeat(
  deps: MailTools,
  subject: Subject,
  seat: Seat,
  { reason, occasion, look }: Occasion,
): Promise<unknown> {
  const { record } = subject;
  const { environment, approval, askedAt, promotionId } = record;
  const notice = {
    name: `APPROVAL#${environment}#${approval}#${askedAt}#${occasion}#${seat.role.role}#${seat.person.generation}`,
    wordingFor: async () => {
      if ((await look()).overhearers.length > 0) throw new Overheard();
      const url = await openLink(deps, record, seat);
      return requestMail(subject, { role: seat.role, url }, reason, deps.clock.now());
    },
  };
  try {
    const { failed } = await send(deps, promotionId, notice, [seat.person.address], { mark: "after" });
    return failed[0]?.error ?? null;
  } catch (error) {
    if (error instanceof Transient || error instanceof Overheard) return error;
    throw error;
  }
}
