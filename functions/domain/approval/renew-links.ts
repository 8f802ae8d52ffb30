/** New links for those who still owe an answer, once the epoch of links was raised. */
import { appendAudit } from "../ledger/append-audit.ts";
import { keys } from "../ledger/keys.ts";
import { asLinkEpoch } from "./link-epoch.ts";
import { type MailTools, mailSeats } from "./mail-seats.ts";
import type { Subject } from "./notices.ts";
import type { Overhearer } from "./overhearing.ts";
import type { Seat } from "./seats.ts";

/** So long (ms) the mails are left to whoever wrote the new epoch into the record: two at once would mail everybody twice. */
const LEFT_MS = 60_000;

export interface Renewal {
  readonly state: "done" | "left to another" | "held back";
  /** Because of whom links wait; empty: none does. */
  readonly heldBack: readonly Overhearer[];
}

/**
 * Mails each of these seats a link of the record's epoch, once per epoch. `began`: this call is the one that wrote the epoch
 * into the record. Should that one have died halfway, another sends the rest a minute later. Throws as `mailSeats` does.
 */
export async function renewLinks(
  deps: MailTools,
  subject: Subject,
  seats: readonly Seat[],
  began: boolean,
): Promise<Renewal> {
  const { record } = subject;
  const since = record.renewingSince ?? null;
  if (since === null) return { state: "done", heldBack: [] };
  if (!began && deps.clock.now() < since + LEFT_MS) return { state: "left to another", heldBack: [] };
  await noteRenewal(deps, subject);
  const { heldBack } = await mailSeats(deps, subject, seats, "renewed", `epoch-${record.linkEpoch}`);
  return { state: heldBack.length === 0 ? "done" : "held back", heldBack };
}

async function noteRenewal(deps: MailTools, { record }: Subject): Promise<void> {
  const { promotionId, environment, approval, askedAt, linkEpoch = 0 } = record;
  const found = await deps.ledger.read(keys.raisedLinkEpoch(linkEpoch));
  const raised = found === undefined ? null : asLinkEpoch(found);
  const why = raised === null ? "those of 0.1.0 work no more" : `${raised.by} ended all links: ${raised.reason}`;
  await appendAudit(deps, promotionId, {
    id: `links-renewed#${environment}#${approval}#${askedAt}#${linkEpoch}`,
    kind: "links-renewed",
    summary: `new links for approval "${approval}" of ${environment}: ${why}`,
    environment,
    data: { approval, epoch: linkEpoch, by: raised?.by ?? null, reason: raised?.reason ?? null },
  });
}
