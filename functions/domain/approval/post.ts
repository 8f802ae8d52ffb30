/** Sending the mails of an approval, each once. */

import { Transient } from "../errors.ts";
import { send } from "../notices/send.ts";
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
 * Sends each seat its mail, once per occasion: in doubt twice, with the same link, never not at all. One address that
 * cannot be served does not keep the others from theirs; when trying again can help, the first such error is thrown at the
 * end, and the next call sends only what is missing. Returns the addresses whose mail was refused for good. What the
 * ledger refuses ends it at once: that is not about one address.
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
    const error = await mailSeat(deps, subject, seat, reason, occasion);
    if (error instanceof Transient) troubles.push(error);
    else if (error !== null) refused.push(seat.person.address);
  }
  if (troubles[0] !== undefined) throw troubles[0];
  return refused;
}

/** Returns why it did not go out; null: it did, now or before. */
async function mailSeat(
  deps: PostDeps,
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
