/** Who would read the links of approvers beside them, and what people are told while no link is mailed because of that. */
import type { Wording } from "../notices/notice.ts";
import type { Listener } from "../ports.ts";
import { oneLine } from "../text.ts";
import type { Subject } from "./notices.ts";
import { deadlineInWords } from "./words.ts";

/** Somebody who would read a link that is not theirs, or whom nobody named. */
export interface Overhearer extends Pick<Listener, "id" | "protocol" | "endpoint"> {
  /** As a clause: `gets everybody's mail`. */
  readonly why: string;
}

/**
 * Those among the listeners because of whom nothing personal may be mailed: whoever hears more than its own mail, and
 * whoever is nobody of `people` (addresses in lower case; null: who they are is not known). What hears nothing harms nobody.
 */
export function overhearersAmong(listeners: readonly Listener[], people: readonly string[] | null): Overhearer[] {
  return listeners.flatMap(({ hears, ...listener }) => {
    const why = whyNotPrivate(listener, hears, people);
    return why === null ? [] : [{ ...listener, why }];
  });
}

function whyNotPrivate(
  { protocol, endpoint }: Pick<Listener, "protocol" | "endpoint">,
  hears: Listener["hears"],
  people: readonly string[] | null,
): string | null {
  if (hears === "everything") return "gets everybody's mail";
  const own = protocol.startsWith("email") ? endpoint.trim().toLowerCase() : null;
  const others = hears.filter((address) => address !== own);
  if (others.length > 0) return `gets the mail of ${others.join(", ")}`;
  const isNamed = own === null || people === null || people.includes(own);
  return hears.length === 0 || isNamed ? null : "is nobody whom the policy names";
}

const inWords = ({ id, protocol, endpoint, why }: Overhearer) =>
  `  ${protocol} ${oneLine(endpoint)} ${why}:\n    ${oneLine(id)}`;

/** Why no link is mailed, in one line. */
export function whyHeldBack(overhearers: readonly Overhearer[]): string {
  const who = overhearers.map(({ id, protocol, endpoint, why }) => `${protocol} ${oneLine(endpoint)} ${why} (${id})`);
  return `no link is mailed as long as others would read it: ${who.join("; ")}`;
}

const nameOf = ({ release, plan }: Subject) =>
  `${oneLine(`${release.service} ${release.version}`)} for ${plan.environment}`;

/** What those on call get: what to end, and what happens until then and after. */
export function heldBackPage(subject: Subject, overhearers: readonly Overhearer[]): Wording {
  return {
    subject: `PAGE: ${nameOf(subject)}: others would read the approvers' links`,
    body: [
      `The approval "${subject.record.approval}" of ${nameOf(subject)} is open, and no link of it is mailed any more. These subscriptions`,
      "of the topic of people's mail would get them, too:",
      "",
      ...overhearers.map(inWords),
      "",
      "End each of them: aws sns unsubscribe --subscription-arn ARN. Do not put a filter on it instead, which counts only",
      "after up to 15 minutes. CloudTrail says who made it (Subscribe, SetSubscriptionAttributes).",
      "",
      "Within two minutes after that the links go out by themselves. Links that were mailed before it was found may have been",
      "read: npm run headgate -- rotate-keys ends them all.",
    ].join("\n"),
  };
}

/** What the parties and the environment's team get. */
export function heldBackNotice(subject: Subject): Wording {
  const { record, plan, release } = subject;
  return {
    subject: `${nameOf(subject)}: approvers get no links yet`,
    body: [
      `The approval "${record.approval}" of ${nameOf(subject)} is open, but no link of it is mailed: somebody else would read it.`,
      "Those on call know what to end; then the links go out by themselves.",
      "",
      `It stays open until ${deadlineInWords(record.expiresAt, plan.window?.zone ?? null)}. Approvers can decide without mail, with AWS credentials:`,
      `npm run headgate -- approve ${record.promotionId} --environment ${plan.environment} --approval ${record.approval} --role ROLE --version ${oneLine(release.version)}`,
    ].join("\n"),
  };
}

/** What those on call get where nobody could look: links are mailed all the same. */
export function unlookedPage(subject: Subject, why: string): Wording {
  return {
    subject: `PAGE: ${nameOf(subject)}: who reads the approvers' links is not known`,
    body: [
      `Links of the approval "${subject.record.approval}" of ${nameOf(subject)} were mailed without looking who else would get them:`,
      "",
      `  ${oneLine(why, 1_000)}`,
      "",
      "Each subscription of the topic should let through its own address alone: aws sns list-subscriptions-by-topic, and",
      "get-subscription-attributes for each. Deploy Headgate anew if a role of its functions was changed.",
    ].join("\n"),
  };
}
