/** What people read of seats that changed: whose person decides no more, and who was put in for whom. */
import { callerInWords } from "../callers.ts";
import type { Wording } from "../notices/notice.ts";
import { oneLine } from "../text.ts";
import type { Subject } from "./notices.ts";
import type { Exchange } from "./replacement.ts";
import type { Settlement } from "./settlement.ts";
import { deadlineInWords } from "./words.ts";

/** `unfillable`: roles that those who are left cannot fill. */
export function goneNotice(
  { record, release, plan }: Subject,
  { gone, waitingFor }: Pick<Settlement, "gone" | "waitingFor">,
  unfillable: readonly string[],
): Wording {
  const what = `${release.service} ${release.version} for ${plan.environment}`;
  const deadline = deadlineInWords(record.expiresAt, plan.window?.zone ?? null);
  return {
    subject: `${what}: ${gone.length === 0 ? "approvers may decide again" : "approvers decide no more"}`,
    body: [
      `The approval "${record.approval}" of ${what} waits until ${deadline}.`,
      "",
      ...(gone.length === 0 ? ["Everybody who was asked may decide again."] : goneLines(gone)),
      "",
      "Still missing:",
      ...waitingFor.map(({ role, missing, people }) => `  ${missing} x ${role}, of: ${people.join(", ") || "nobody"}`),
      ...(unfillable.length === 0 ? [] : ["", ...wayOut(unfillable)]),
    ].join("\n"),
  };
}

const goneLines = (gone: Settlement["gone"]) => [
  "These people were asked and decide no more; what they said before counts no more:",
  ...gone.map(({ role, address, why }) => `  ${address} (${role}): ${oneLine(why)}`),
];

const wayOut = (roles: readonly string[]) => [
  `Those who are left cannot fill ${roles.join(", ")}. Add people to the policy, deploy it, and give them the seats`,
  "(npm run headgate -- replace). Otherwise the approval expires, and the release with it.",
];

/** For the rest of the role, and for whoever had the seat: nobody is exchanged behind their back. */
export function replacedNotice({ record, release, plan }: Subject, { role, address, by, caller }: Exchange): Wording {
  const what = `${release.service} ${release.version} for ${plan.environment}`;
  return {
    subject: `${what}: ${role} is asked of somebody else`,
    body: [
      `The approval "${record.approval}" of ${what} is asked of ${oneLine(by)} in place of ${oneLine(address)}, as ${role}.`,
      "",
      `  Done by  ${oneLine(callerInWords(caller))}`,
      "",
      `The link of ${oneLine(address)} decides nothing any more. If that is not right, reject the release, or have the seat`,
      "given back (npm run headgate -- replace).",
    ].join("\n"),
  };
}

/** For the parties: an approval that they know as given is asked for again, before anything was done by it. */
export function anewNotice({ record, release, plan }: Subject, why: string): Wording {
  const what = `${release.service} ${release.version} for ${plan.environment}`;
  return {
    subject: `${what}: people are asked anew`,
    body: [
      `The approval "${record.approval}" of ${what} was given, and counts no more before anything was done by it:`,
      "",
      `  ${oneLine(why)}`,
      "",
      `Everybody who may decide is asked anew, until ${deadlineInWords(record.expiresAt, plan.window?.zone ?? null)}.`,
    ].join("\n"),
  };
}
