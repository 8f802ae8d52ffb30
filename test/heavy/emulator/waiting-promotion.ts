/** A promotion in the emulator's ledger that asks two people, and the people who answer their mail. */
import type { APIGatewayProxyResult } from "aws-lambda";
import { handler as approvalPage } from "../../../functions/approval-page.ts";
import type { Header } from "../../../functions/domain/ledger/header.ts";
import { item } from "../../../functions/domain/ledger/items.ts";
import { keys } from "../../../functions/domain/ledger/keys.ts";
import { planChanges, planHashesOf } from "../../../functions/domain/ledger/plan-parts.ts";
import { storePolicy } from "../../../functions/domain/ledger/policies.ts";
import type { ApprovalPlan } from "../../../functions/domain/plan.ts";
import { apiEvent } from "../../../sandbox/host/gateway.ts";
import {
  approvalPlan,
  environmentPlan,
  INFRA,
  INFRASTRUCTURE_LEAD,
  LEAD,
  promotionPlan,
  TECH_LEAD,
} from "../../support/approval-scene.ts";
import { formFrom } from "../../support/approval-server.ts";
import { type Emulator, until } from "./emulator.ts";

const WAITING = { StartAt: "Wait", States: { Wait: { Type: "Wait", Seconds: 3_600, End: true } } };

/**
 * Writes the promotion as opening it would have, and gives the input of its approval. An execution that does nothing
 * stands for its machine: nobody may decide for a promotion whose execution has ended.
 */
export async function waitingPromotion(emulator: Emulator, promotionId: string, change: Partial<ApprovalPlan> = {}) {
  const { deps } = emulator;
  const machine = await emulator.createMachine(`waiting-${promotionId}`, JSON.stringify(WAITING));
  const plan = promotionPlan([environmentPlan([approvalPlan(change)])]);
  const header: Header = {
    promotionId,
    service: plan.service,
    version: plan.version,
    state: "open",
    executionArn: await emulator.start(machine, {}),
    openedAt: deps.clock.now(),
    requestedBy: plan.requestedBy,
    startedBy: null,
    policyHash: "",
    ...planHashesOf(deps.hash, plan),
    environments: ["prod"],
    outcome: null,
    summary: "",
    closedAt: null,
  };
  await deps.ledger.write([{ put: item(keys.header(promotionId), header) }, ...planChanges(promotionId, plan)]);
  // Who decides has to be in the policy in force, too.
  const people = Object.fromEntries([TECH_LEAD, INFRASTRUCTURE_LEAD].map((role) => [role.role, role.people]));
  await storePolicy(deps, { people, environments: { prod: {} } });
  return { promotionId, environment: "prod", approval: "before", chunk: 1 };
}

const CHECKLISTS = new Map([
  [LEAD, TECH_LEAD.checklist],
  [INFRA, INFRASTRUCTURE_LEAD.checklist],
]);

/** Opens the link of the newest mail to `address`, ticks and types what the page asks for, and sends the form. */
export async function answerMail(
  emulator: Emulator,
  address: string,
  decision: "approved" | "rejected",
  version = "v1.4.0",
): Promise<number> {
  const link = await linkOf(emulator, address);
  const page = await visit(emulator, "GET", link, null);
  const filled = { decision, version, comment: "as agreed", checklist: CHECKLISTS.get(address) ?? [] };
  return (await visit(emulator, "POST", link, formFrom(page.body, filled))).statusCode;
}

function linkOf({ door }: Emulator, address: string): Promise<string> {
  return until(`a link for ${address}`, async () => {
    const mails = door.inbox.filter(({ to }) => to === address);
    return mails.map(({ body }) => /\/approvals\/([0-9a-f]{64})/.exec(body)?.[1]).findLast((found) => found);
  });
}

function visit(emulator: Emulator, method: string, link: string, body: string | null): Promise<APIGatewayProxyResult> {
  const form = body === null ? {} : { contentType: "application/x-www-form-urlencoded" };
  const event = apiEvent({ method, path: `/approvals/${link}`, pathParameters: { link }, body, ...form });
  return emulator.call(approvalPage, event);
}
