/** What people are told by mail about an approval. Plain text, personal, one address each; nothing of it is cut. */

import { claimed, claimLines, LONGEST_LINE } from "../claims.ts";
import { claimInWords, starterInWords } from "../ledger/origin.ts";
import type { Wording } from "../notices/notice.ts";
import type { EnvironmentPlan, When } from "../plan.ts";
import type { PlanHeader } from "../plan-text.ts";
import { oneLine } from "../text.ts";
import { wrapped } from "../wrapped.ts";
import type { ApprovalRecord, AskedRole } from "./approval.ts";
import type { Settlement } from "./settlement.ts";
import { askedWhen, consequenceInWords, deadlineInWords, spanInWords } from "./words.ts";

/** What every mail about an approval speaks of. */
export interface Subject {
  readonly record: ApprovalRecord;
  readonly release: PlanHeader;
  readonly plan: Pick<EnvironmentPlan, "environment" | "window" | "approvals" | "notices" | "pageTo">;
}

type Reason = "asked" | "reminded" | "escalated" | "sent again" | "renewed";

const OPENINGS: Readonly<Record<Reason, (role: string) => string>> = {
  asked: (role) => `You are asked, as ${role}, to decide about a release.`,
  reminded: (role) => `A release still waits for your decision as ${role}.`,
  escalated: (role) => `Not everybody has answered, so you are asked, as ${role}, to decide in their place.`,
  "sent again": (role) => `Here is your link again: you are asked, as ${role}, to decide about a release.`,
  renewed: (role) =>
    `All earlier links have ended, so here is a new one: you are asked, as ${role}, to decide about a release.`,
};

const releaseName = ({ release }: Subject) => `${release.service} ${release.version}`;
const lines = (...text: readonly (string | null)[]) => text.filter((line) => line !== null).join("\n");

/** Columns of the longest name of a field. */
const NAMES = 12;

/** When in the rollout people are asked. */
function whenOf({ record, plan }: Subject): When {
  return plan.approvals.find(({ id }) => id === record.approval)?.when ?? "before";
}

/** The mail with the personal link: the only place where the link stands in full. */
export function requestMail(
  subject: Subject,
  seat: { readonly role: AskedRole; readonly url: string },
  reason: Reason,
  now: number,
): Wording {
  const { record, release, plan } = subject;
  const starter = starterInWords(record);
  const zone = plan.window?.zone ?? null;
  return {
    subject: `${reason === "reminded" ? "Reminder: " : ""}Approve ${releaseName(subject)} for ${plan.environment}?`,
    link: seat.url,
    body: lines(
      OPENINGS[reason](seat.role.role),
      "",
      ...claimLines("Release", `${releaseName(subject)}, commit ${release.commit}`, NAMES),
      `  Environment  ${plan.environment}`,
      ...claimLines("Changes", release.summary, NAMES),
      `  Requested by ${oneLine(release.requestedBy)} (${claimInWords({ requestedBy: release.requestedBy, starter: record.starter ?? null })})`,
      starter === null ? null : `  Started by   ${oneLine(starter)}`,
      `  Risk         ${release.risk}${release.ticket === null ? "" : `, ticket ${claimed(release.ticket)}`}`,
      ...(release.emergency === null ? [] : claimLines("EMERGENCY", release.emergency.reason, NAMES)),
      `  Asked        ${askedWhen(whenOf(subject))}`,
      `  Answer by    ${deadlineInWords(record.expiresAt, zone)}`,
      `               (in ${spanInWords(record.expiresAt - now)})`,
      "",
      consequenceInWords("waiting", whenOf(subject)),
      "",
      "Read the evidence and decide here:",
      seat.url,
      "",
      "The link is yours alone: do not forward it. Opening it decides nothing. To approve, tick your",
      "checklist and type the version of the release; to reject, say why and type the version.",
      "",
      "If the page cannot be reached, with AWS credentials (or reject, with --comment):",
      `npm run headgate -- approve ${record.promotionId} --environment ${plan.environment} --approval ${record.approval} --role ${seat.role.role} --version VERSION`,
    ),
  };
}

/** Who of the people asked cannot be reached, and which roles can then never answer; null: all is well. */
export function troubleNotice(
  subject: Subject,
  trouble: {
    readonly unconfirmed: readonly string[];
    readonly absent: readonly string[];
    readonly suppressed: readonly string[];
    readonly unfillable: readonly string[];
  },
): Wording | null {
  const { unconfirmed, absent, suppressed, unfillable } = trouble;
  if (unconfirmed.length + absent.length + suppressed.length + unfillable.length === 0) return null;
  const list = (title: string, entries: readonly string[]) =>
    entries.length === 0 ? null : lines("", title, ...entries.map((entry) => `  ${entry}`));
  return {
    subject: `${releaseName(subject)} for ${subject.plan.environment}: approvers cannot be reached`,
    body: lines(
      `The approval "${subject.record.approval}" of ${releaseName(subject)} for ${subject.plan.environment} was asked for, but not everybody can be reached by mail.`,
      list(
        "Have not confirmed that mail may reach them (the subscription; in SES's sandbox, the address):",
        unconfirmed,
      ),
      list("Are not subscribed at all (deploy the policy that names them):", absent),
      list("Are on the mail service's suppression list, after mail that bounced or was called spam:", suppressed),
      list("Roles that cannot give all the approvals they owe as things stand:", unfillable),
      "",
      `It stays open until ${deadlineInWords(subject.record.expiresAt, subject.plan.window?.zone ?? null)}. Confirm the subscriptions`,
      "and have the link sent again (npm run headgate -- resend), let somebody else of the role take the seat",
      "(npm run headgate -- replace), or let them decide without mail (npm run headgate -- approve).",
    ),
  };
}

/** What those on call get when SNS refuses an approver's mail: nobody else would notice until the approval expires. */
export function unaskedNotice(subject: Subject, addresses: readonly string[]): Wording {
  const { record, plan } = subject;
  return {
    subject: `PAGE: ${releaseName(subject)} for ${plan.environment}: not everybody could be asked`,
    body: lines(
      `The approval "${record.approval}" of ${releaseName(subject)} for ${plan.environment} was asked for, but no mail went out to:`,
      ...addresses.map((address) => `  ${address}`),
      "",
      `It was refused. The approval stays open until ${deadlineInWords(record.expiresAt, plan.window?.zone ?? null)}. Have the link sent again`,
      "(npm run headgate -- resend), or let them decide without mail (npm run headgate -- approve).",
    ),
  };
}

/** What those on call get when what people were asked about is no longer what stands in the ledger. */
export function changedNotice(subject: Subject, why: string): Wording {
  const { record, plan } = subject;
  return {
    subject: `PAGE: ${releaseName(subject)} for ${plan.environment}: the plan was changed after people were asked`,
    body: lines(
      `The approval "${record.approval}" of ${releaseName(subject)} for ${plan.environment} is called off: ${why}.`,
      "",
      "No function of Headgate writes a plan twice. Somebody wrote into the ledger's table: find out who, in CloudTrail,",
      `before anything is released. Promotion: ${record.promotionId}`,
    ),
  };
}

const END_SUBJECTS = {
  approved: "approved",
  rejected: "rejected",
  expired: "approval expired",
  superseded: "no approval needed any more",
  cancelled: "no approval needed any more",
} as const;

/** How an approval ended, for the requester and for those whose answer is no longer needed. */
export function endNotice(subject: Subject, settlement: Pick<Settlement, "state" | "summary">): Wording {
  const state = settlement.state === "waiting" ? "cancelled" : settlement.state;
  return {
    subject: `${releaseName(subject)} for ${subject.plan.environment}: ${END_SUBJECTS[state]}`,
    body: lines(
      `The approval "${subject.record.approval}" of ${releaseName(subject)} for ${subject.plan.environment} has ended.`,
      "",
      ...wrapped(`  ${oneLine(settlement.summary, Number.POSITIVE_INFINITY)}`, LONGEST_LINE, 4),
      "",
      consequenceInWords(state, whenOf(subject)),
    ),
  };
}
