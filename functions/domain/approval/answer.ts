/** An answer, before anything of it is believed, and what it lacks to be a decision. */

import { samePerson } from "../people.ts";
import { isBlank, unseenIn } from "../text.ts";
import { type ApprovalRecord, type AskedRole, partiesTo, seatOf } from "./approval.ts";

export const LONGEST_COMMENT = 2_000;

/** What a person sent, from the page or through the API, before anything of it is believed. */
export interface Answer {
  readonly role: string;
  readonly address: string;
  readonly decision: "approved" | "rejected";
  readonly comment: string;
  /** Items ticked. */
  readonly checklist: readonly string[];
  /** The version as it was typed. */
  readonly version: string;
}

export interface Missing {
  /** `party` and `role` refuse the person; the others can be put right. */
  readonly what: "party" | "role" | "checklist" | "version" | "comment";
  readonly message: string;
}

/**
 * What keeps an answer from being a decision; empty: nothing. An approval needs every box of the role ticked, a
 * rejection needs a reason instead, since whoever rejects because a box is untrue cannot tick it. Both need the version
 * typed in, which no scanner that submits forms as it finds them does.
 */
export function checkDecision(record: ApprovalRecord, version: string, answer: Answer): Missing[] {
  if (partiesTo(record).some((party) => samePerson(answer.address, party))) {
    return [{ what: "party", message: "whoever requested the release or started it does not decide about it" }];
  }
  const seat = seatOf(record, answer.role, answer.address);
  if (seat === undefined) {
    return [{ what: "role", message: `${answer.address} is not asked as ${answer.role} in this approval` }];
  }
  return [...missingTicks(seat.role, answer), ...missingVersion(version, answer), ...missingComment(answer)];
}

function missingTicks(role: AskedRole, answer: Answer): Missing[] {
  if (answer.decision === "rejected") return [];
  return role.checklist
    .filter((item) => !answer.checklist.includes(item))
    .map((item) => ({ what: "checklist", message: `not ticked: ${item}` }));
}

function missingVersion(version: string, answer: Answer): Missing[] {
  if (answer.version.trim() === version) return [];
  return [{ what: "version", message: wrongVersion(answer.version.trim()) }];
}

function wrongVersion(typed: string): string {
  if (typed === "") return "type the release's version";
  const unseen = unseenIn(typed);
  if (unseen.length === 0) return "the version typed is not the one of this release";
  return `the version typed holds what cannot be seen (${unseen.join(", ")}): type it by hand`;
}

function missingComment(answer: Answer): Missing[] {
  if (answer.comment.length > LONGEST_COMMENT) {
    return [{ what: "comment", message: `the comment is longer than ${LONGEST_COMMENT} characters` }];
  }
  if (answer.decision === "rejected" && isBlank(answer.comment)) {
    return [{ what: "comment", message: "say in the comment why you reject" }];
  }
  return [];
}
