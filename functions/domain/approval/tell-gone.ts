/** Says that people who were asked decide no more: on record, to the parties, and to those on call where it takes others. */
import { appendAudit } from "../ledger/append-audit.ts";
import { outOfPeople } from "../notices/notice.ts";
import { page } from "../notices/pager.ts";
import { send } from "../notices/send.ts";
import type { EnvironmentPlan } from "../plan.ts";
import { partyAddresses } from "./approval.ts";
import type { MailTools } from "./mail-seats.ts";
import type { Subject } from "./notices.ts";
import type { ApprovalName } from "./records.ts";
import { goneNotice } from "./seat-notices.ts";
import { goneInWords, type Settlement } from "./settlement.ts";

type About = Subject & { readonly plan: Pick<EnvironmentPlan, "pageTo"> };

/**
 * Tells each change of who is gone once. `unfillable`: roles that those who are left cannot fill. Throws what the ledger
 * throws.
 */
export async function tellGone(
  deps: MailTools,
  { promotionId, environment, approval }: ApprovalName,
  subject: About,
  settlement: Settlement,
  unfillable: readonly string[],
): Promise<void> {
  const { gone, askedAt } = subject.record;
  if (gone === null) return;
  const said = gone.seats.length === 0 ? ["everybody asked may decide again"] : gone.seats.map(goneInWords);
  await appendAudit(deps, promotionId, {
    id: `gone#${environment}#${approval}#${askedAt}#${gone.at}`,
    kind: "approvers-gone",
    summary: `approval "${approval}" for ${environment}: ${said.join("; ")}`,
    environment,
    data: { approval, gone: gone.seats, unfillable },
  });
  if (settlement.state !== "waiting") return;
  const wording = goneNotice(subject, settlement, unfillable);
  const name = `APPROVAL#${environment}#${approval}#${askedAt}#gone-${gone.at}`;
  await send(deps, promotionId, { name, ...wording }, partyAddresses(subject.record), { mark: "before" });
  if (unfillable.length === 0) return;
  const fact = { environment, about: [outOfPeople(approval, gone.at)] };
  await page(
    deps,
    promotionId,
    fact,
    { ...wording, subject: `PAGE: ${wording.subject}`, asks: true },
    subject.plan.pageTo,
  );
}
