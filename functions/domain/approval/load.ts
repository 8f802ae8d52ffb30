import { canonicalJson } from "../canonical.ts";
import { BrokenRecord } from "../errors.ts";
import { keys } from "../ledger/keys.ts";
import { loadHeader, loadPlan, loadPlanHeader, must } from "../ledger/load.ts";
import { approvalPause } from "../ledger/pauses.ts";
import { personOf } from "../people.ts";
import type { ApprovalPlan } from "../plan.ts";
import type { Hash, Item, Key, Ledger, Sign } from "../ports.ts";
import type { ApprovalRecord, Decision } from "./approval.ts";
import type { ApprovalName, Link } from "./store.ts";

const asApproval = (found: Item) => found as unknown as ApprovalRecord & Key;

const asDecision = (found: Item) => found as unknown as Decision & Key;

const asLink = (found: Item) => found as unknown as Link & Key;

export async function findApproval(ledger: Ledger, name: ApprovalName): Promise<(ApprovalRecord & Key) | undefined> {
  const found = await ledger.read(keys.approval(name.promotionId, name.environment, name.approval));
  return found === undefined ? undefined : asApproval(found);
}

/** Throws `BrokenRecord` when nobody was asked yet. */
export async function loadApproval(ledger: Ledger, name: ApprovalName): Promise<ApprovalRecord & Key> {
  return asApproval(await must(ledger, keys.approval(name.promotionId, name.environment, name.approval)));
}

/** Every approval of a promotion that anybody was asked for. */
export async function loadApprovals(ledger: Ledger, promotionId: string): Promise<(ApprovalRecord & Key)[]> {
  const { pk, sk } = keys.approval(promotionId, "", "");
  return (await ledger.list(pk, sk.slice(0, sk.indexOf("#") + 1))).map(asApproval);
}

export async function loadDecisions(ledger: Ledger, name: ApprovalName): Promise<(Decision & Key)[]> {
  const { pk, sk } = keys.decision(name.promotionId, name.environment, name.approval, "", "");
  return (await ledger.list(pk, sk.slice(0, -1))).map(asDecision).sort((a, b) => a.at - b.at);
}

/** The release, the environment's plan and the approval's plan. Throws `BrokenRecord` where the plan has no such one. */
export async function loadAsked(ledger: Ledger, { promotionId, environment, approval }: ApprovalName) {
  const header = await loadHeader(ledger, promotionId);
  const release = await loadPlanHeader(ledger, promotionId);
  const plan = await loadPlan(ledger, promotionId, environment);
  const wanted: ApprovalPlan | undefined = plan.approvals.find((one) => one.id === approval);
  if (wanted === undefined) throw new BrokenRecord(`the plan of ${promotionId} has no approval "${approval}"`);
  return { header, release, plan, wanted };
}

/**
 * An approver's link: 256 bits that only the deployment's secret can make. The same seat has the same link, so that a
 * mail sent again leads to the same page; a new generation makes a new one.
 */
export async function linkId(sign: Sign, link: Link): Promise<string> {
  const { promotionId, environment, approval, role, address, generation } = link;
  return sign(canonicalJson(["link", promotionId, environment, approval, role, personOf(address), generation]));
}

export async function findLink(ledger: Ledger, hash: Hash, id: string): Promise<Link | undefined> {
  const found = await ledger.read(keys.link(hash(id)));
  return found === undefined ? undefined : asLink(found);
}

/**
 * Decisions and ends that the workflow has not read: their callback was lost, or came while nobody waited. Whoever finds
 * one wakes its pause again.
 */
export async function decisionsToDeliver(
  ledger: Ledger,
  promotionId: string,
): Promise<{ readonly environment: string; readonly approval: string; readonly pause: string }[]> {
  const { pk } = keys.approval(promotionId, "", "");
  const records = (await ledger.list(pk, "APPROVAL#")).map(asApproval);
  return records
    .filter((record) => record.news)
    .map(({ environment, approval }) => ({ environment, approval, pause: approvalPause(approval) }));
}
