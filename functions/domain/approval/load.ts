/** Reads approvals, and what they are about. */
import { BrokenRecord } from "../errors.ts";
import type { Header } from "../ledger/header.ts";
import { keys } from "../ledger/keys.ts";
import { loadHeader, loadPlan, loadPlanHeader, must, type PlanShelf } from "../ledger/load.ts";
import { approvalPause } from "../ledger/pauses.ts";
import type { ApprovalPlan, EnvironmentPlan } from "../plan.ts";
import type { PlanHeader } from "../plan-text.ts";
import type { Key, Ledger } from "../ports.ts";
import type { ApprovalRecord, Decision } from "./approval.ts";
import { goneSeats, isNoted } from "./in-force.ts";
import { loadInForce } from "./load-in-force.ts";
import { currentEpoch } from "./open-link.ts";
import { type ApprovalName, asApproval, asDecision } from "./records.ts";

export async function findApproval(ledger: Ledger, name: ApprovalName): Promise<(ApprovalRecord & Key) | undefined> {
  const found = await ledger.read(keys.approval(name.promotionId, name.environment, name.approval));
  return found === undefined ? undefined : asApproval(found);
}

/** Throws `BrokenRecord` when nobody was asked yet, or what stands there is no approval. */
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

/** Every decision about a promotion, of whatever approval. */
export async function loadAllDecisions(ledger: Ledger, promotionId: string): Promise<(Decision & Key)[]> {
  const { pk, sk } = keys.decision(promotionId, "", "", "", "");
  return (await ledger.list(pk, sk.slice(0, sk.indexOf("#") + 1))).map(asDecision);
}

/** What is asked about. */
export interface Asked {
  readonly header: Header;
  readonly release: PlanHeader;
  readonly plan: EnvironmentPlan;
  readonly wanted: ApprovalPlan;
}

/**
 * The release, the environment's plan and the approval's plan. Throws `BrokenRecord` where the plan has no such approval, or
 * is not the one that the promotion began with.
 */
export async function loadAsked(
  shelf: PlanShelf,
  { promotionId, environment, approval }: ApprovalName,
): Promise<Asked> {
  const header = await loadHeader(shelf.ledger, promotionId);
  const release = await loadPlanHeader(shelf, promotionId);
  const plan = await loadPlan(shelf, promotionId, environment);
  const wanted: ApprovalPlan | undefined = plan.approvals.find((one) => one.id === approval);
  if (wanted === undefined) throw new BrokenRecord(`the plan of ${promotionId} has no approval "${approval}"`);
  return { header, release, plan, wanted };
}

/**
 * Approvals with something that the workflow has not read: a decision or an end whose callback was lost, or came while
 * nobody waited; people who decide no more since the policy changed or they were revoked; people whose links were ended
 * with all others, so that they need new ones; or links that are held back, which the workflow tries to mail each time that
 * it is awake. Whoever finds one wakes its pause again.
 */
export async function decisionsToDeliver(
  ledger: Ledger,
  promotionId: string,
): Promise<{ readonly environment: string; readonly approval: string; readonly pause: string }[]> {
  const { pk } = keys.approval(promotionId, "", "");
  const found: { readonly environment: string; readonly approval: string; readonly pause: string }[] = [];
  for (const record of (await ledger.list(pk, "APPROVAL#")).map(asApproval)) {
    const { environment, approval } = record;
    const hasNews = record.news || isHeldBack(record);
    if (hasNews || (await hasLostPeople(ledger, record)) || (await hasLostLinks(ledger, record))) {
      found.push({ environment, approval, pause: approvalPause(approval) });
    }
  }
  return found;
}

const isHeldBack = ({ heldBack, state }: ApprovalRecord) => heldBack === true && state === "waiting";

async function hasLostLinks(ledger: Ledger, { state, linkEpoch }: ApprovalRecord): Promise<boolean> {
  return state === "waiting" && linkEpoch !== (await currentEpoch(ledger));
}

async function hasLostPeople(ledger: Ledger, record: ApprovalRecord): Promise<boolean> {
  return !isNoted(record, goneSeats(record, await loadInForce(ledger, record)));
}
