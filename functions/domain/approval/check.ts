/** What a decision must bring with it, what it is bound to, and the form's token. */

import { canonicalJson } from "../canonical.ts";
import type { Header } from "../ledger/header.ts";
import type { PlanHeader } from "../ledger/plan-parts.ts";
import { samePerson } from "../people.ts";
import type { EnvironmentPlan } from "../plan.ts";
import type { Hash } from "../ports.ts";
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
  const message =
    answer.version.trim() === "" ? "type the release's version" : "the version typed is not the one of this release";
  return [{ what: "version", message }];
}

function missingComment(answer: Answer): Missing[] {
  if (answer.comment.length > LONGEST_COMMENT) {
    return [{ what: "comment", message: `the comment is longer than ${LONGEST_COMMENT} characters` }];
  }
  if (answer.decision === "rejected" && answer.comment.trim() === "") {
    return [{ what: "comment", message: "say in the comment why you reject" }];
  }
  return [];
}

/**
 * Hash of what a decision is about: the release, who started it, what each target will run, the requester's claims, the
 * gates' results, the plan as a whole, and the trail up to here, with the verdicts of the environments before. Kept with the approval and with each decision.
 */
export function bindingOf(
  hash: Hash,
  about: {
    readonly header: Pick<Header, "promotionId" | "planHash" | "startedBy">;
    readonly release: PlanHeader;
    readonly plan: EnvironmentPlan;
    readonly approval: string;
    readonly gates: ApprovalRecord["gates"];
    readonly trail: ApprovalRecord["trail"];
  },
): string {
  const { header, release, plan } = about;
  const artifacts = plan.targets.map(({ name, resource, artifact }) => ({ name, resource, artifact }));
  return hash(
    canonicalJson({
      promotion: header.promotionId,
      plan: header.planHash,
      startedBy: header.startedBy,
      environment: plan.environment,
      approval: about.approval,
      release,
      artifacts,
      gates: about.gates,
      trail: about.trail,
    }),
  );
}

/** A form may be filled in this long after it was shown; the approval's own end comes first where it is nearer. */
export const FORM_LIFE_MS = 4 * 3_600_000;
