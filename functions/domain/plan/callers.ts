import { sessionsOf } from "../callers.ts";
import type { Policy } from "../documents/policy.ts";
import type { Path, Report } from "../documents/problems.ts";

/** Whom the policy believes among those who sign requests. */

const LISTS = ["verifiedRoles", "speakForOthers"] as const;

/** A role stands once: it names its people, or it speaks for others. IAM tells no two names apart by path or case. */
export function checkCallers(report: Report, policy: Policy): void {
  const seen = new Map<string, string>();
  for (const list of LISTS) {
    for (const [index, role] of (policy.callers?.[list] ?? []).entries()) {
      const sessions = (sessionsOf(role) ?? role).toLowerCase();
      const before = seen.get(sessions);
      if (before !== undefined) refuseTwice(report, ["policy", "callers", list, index], before === list);
      seen.set(sessions, list);
    }
  }
}

function refuseTwice(report: Report, at: Path, inOneList: boolean): void {
  if (inOneList) report.refuse(at, "names the same role twice", "write the role once");
  else {
    const hint = "keep it in one list: with both, a verified person would answer for a second one";
    report.refuse(at, "is a role whose sessions are verified already", hint);
  }
}

/** Without any role listed, an approver whose mail is lost has the signed route only as an IAM user. */
export function warnOfUnknownCallers(report: Report, policy: Policy): void {
  const { verifiedRoles = [], speakForOthers = [] } = policy.callers ?? {};
  if (verifiedRoles.length + speakForOthers.length > 0) return;
  report.warn(
    ["policy", "callers"],
    "lists no role, so nobody but an IAM user named by an address can decide through the API",
    "list the roles of IAM Identity Center in callers.verifiedRoles, or rely on mail alone",
  );
}
