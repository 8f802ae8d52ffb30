/** Links that show nothing any more: why, and the one sentence that says so. */
import type { ApprovalRecord, ApprovalState } from "../../domain/approval/approval.ts";
import type { Hash } from "../../domain/ports.ts";
import type { HttpResponse } from "../http.ts";
import { plainAnswer } from "../layout.ts";

/** How long after its end an approval can be read by its links, in ms. */
export const READABLE_MS = 30 * 86_400_000;

/**
 * Of the release it says nothing: whoever has the link by now need not be whom it was mailed to. How to get a new one is
 * said where a new one would decide something.
 */
const SENTENCES = {
  renewed:
    "All links were renewed, and this one decides and shows nothing any more: use the one in your newest mail, or ask whoever runs Headgate to send it again.",
  replaced:
    "This link decides and shows nothing any more, since the seat went to somebody else or people were asked anew: use the one in your newest mail, or ask whoever runs Headgate to send it again.",
  gone: "The person whom this link was mailed to decides nothing any more, since they were revoked or the policy names them no longer: ask whoever runs Headgate.",
  expired: "The approval behind this link has expired, so nothing can be decided here any more.",
  superseded:
    "A newer release has taken the place of the one behind this link, so nothing can be decided here any more: a mail with a new link comes if you are asked about it.",
  cancelled: "The approval behind this link was called off, so nothing can be decided here any more.",
  changed:
    "What you were asked about has been changed since, so nothing is decided and nothing can be decided here any more: whoever is on call for Headgate is told.",
  altered:
    "What was decided about behind this link has been changed in the record since, so nothing of it is shown here: please tell whoever runs Headgate.",
  over: "The promotion behind this link has ended, so nothing can be decided here any more.",
  old: "The approval behind this link ended more than 30 days ago: ask whoever runs Headgate for its record.",
} as const;

export type LinkEnd = keyof typeof SENTENCES;

const ENDS: Readonly<Partial<Record<ApprovalState, LinkEnd>>> = {
  expired: "expired",
  superseded: "superseded",
  cancelled: "cancelled",
};

/** Why an approval's links show nothing at `now` (epoch ms), by how it has ended; null: they do show something. */
export function endOfLink(state: ApprovalState, { endedAt }: Pick<ApprovalRecord, "endedAt">, now: number) {
  if (state === "waiting") return null;
  return ENDS[state] ?? (now - (endedAt ?? now) > READABLE_MS ? "old" : null);
}

/** Not the end of the approval, but a change of what it is about. */
const CHANGES: readonly LinkEnd[] = ["changed", "altered"];

/** 410 and one sentence; 409 where not its end came in between, but a change of what it is about. */
export function endedLink(hash: Hash, method: string, end: LinkEnd): HttpResponse {
  return plainAnswer(hash, method, CHANGES.includes(end) ? 409 : 410, "This link has ended", SENTENCES[end]);
}
