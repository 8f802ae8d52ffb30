import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { rolesAsked } from "../../functions/domain/approval/approval.ts";
import { type Attempt, decide } from "../../functions/domain/approval/decide.ts";
import { loadApproval } from "../../functions/domain/approval/load.ts";
import type { Header } from "../../functions/domain/ledger/header.ts";
import { item } from "../../functions/domain/ledger/items.ts";
import { keys } from "../../functions/domain/ledger/keys.ts";
import { planChanges, planHashesOf } from "../../functions/domain/ledger/plan-parts.ts";
import { resolvePlan } from "../../functions/domain/plan/resolve.ts";
import type { ApprovalPlan, PromotionPlan } from "../../functions/domain/plan.ts";
import { HOUR, peopleIn, REQUESTER, Scene, START, sha256 } from "../support/approval-scene.ts";

const json = (path: string): unknown => JSON.parse(readFileSync(new URL(`../../${path}`, import.meta.url), "utf8"));

function planOf(policy: string, release: string, change: Record<string, unknown> = {}): PromotionPlan {
  const document = { ...(json(`events/${release}.json`) as Record<string, unknown>), ...change };
  const resolved = resolvePlan(json(`infra/policies/${policy}.json`), document, { now: START });
  if (!resolved.ok) throw new Error(JSON.stringify(resolved.problems));
  return resolved.plan;
}

function approvalOf(plan: PromotionPlan, environment: string): ApprovalPlan {
  const [approval] = plan.environments.find((one) => one.environment === environment)?.approvals ?? [];
  if (approval === undefined) throw new Error(`${environment} asks nobody`);
  return approval;
}

const seats = ({ roles }: ApprovalPlan) => Object.fromEntries(roles.map(({ role, needed }) => [role, needed]));

/** The runbook's own promotion, waiting for the people of one environment. */
async function asked(plan: PromotionPlan, environment: string): Promise<{ on: Scene; approval: ApprovalPlan }> {
  const approval = approvalOf(plan, environment);
  const on = new Scene({ approval: { id: approval.id } });
  Object.assign(on.name, { environment });
  const header: Header = {
    promotionId: on.name.promotionId,
    service: plan.service,
    version: plan.version,
    state: "open",
    executionArn: "arn:aws:states:af-south-1:093646564004:execution:promotion:one",
    openedAt: START,
    requestedBy: plan.requestedBy,
    startedBy: null,
    policyHash: "",
    ...planHashesOf(sha256, plan),
    environments: plan.environments.map((one) => one.environment),
    outcome: null,
    summary: "",
    closedAt: null,
  };
  await on.ledger.write([{ put: item(keys.header(on.name.promotionId), header) }]);
  await on.ledger.write(planChanges(on.name.promotionId, plan));
  const asking = plan.environments.filter((one) => one.environment === environment);
  await on.putPolicy(peopleIn({ ...plan, environments: asking }), [environment]);
  await on.ask();
  return { on, approval };
}

/** Everybody who is asked says yes, one after the other, as long as somebody is still asked. */
async function everybodyAgrees(on: Scene, version: string): Promise<string[]> {
  const said: string[] = [];
  const record = await loadApproval(on.ledger, on.name);
  for (const { role, checklist, people } of rolesAsked(record)) {
    const [person] = people;
    const from = {
      via: "page",
      caller: null,
      sourceIp: "",
      userAgent: "",
      generation: person?.generation ?? 0,
      epoch: 0,
    } as const;
    const answer: Attempt = {
      ...from,
      role,
      address: person?.address ?? "",
      decision: "approved",
      comment: "",
      checklist,
      version,
    };
    const { kind } = await decide(on.deps, on.name, answer);
    said.push(`${role}: ${kind}`);
  }
  return said;
}

const BBWS = "bbws-v2025.12.25.1";
const HIGH = "bbws-v2026.01.08.1-high-risk";

describe("BBWS", () => {
  test("sit asks the tech lead, for 24 hours", () => {
    const approval = approvalOf(planOf("bbws", BBWS), "sit");

    expect(seats(approval)).toEqual({ "tech-lead": 1 });
    expect(approval.expiresSeconds).toBeGreaterThanOrEqual(24 * 3_600);
  });

  test("prod asks the tech lead and the infrastructure lead for 48 hours, each with the runbook's checklist", () => {
    const approval = approvalOf(planOf("bbws", BBWS), "prod");

    expect(seats(approval)).toEqual({ "tech-lead": 1, "infrastructure-lead": 1 });
    expect(approval.expiresSeconds).toBe(48 * 3_600);
    const lists = Object.fromEntries(approval.roles.map(({ role, checklist }) => [role, checklist]));
    expect(lists["tech-lead"]).toContain("SIT smoke tests all passing");
    expect(lists["infrastructure-lead"]).toContain("Terraform plan reviewed");
  });

  test("prod asks the business owner too when the risk is high", () => {
    expect(seats(approvalOf(planOf("bbws", HIGH), "prod"))).toMatchObject({
      "tech-lead": 1,
      "infrastructure-lead": 1,
      "business-owner": 1,
    });
  });

  test("silence of a day in sit reaches the team manager, who may decide instead", async () => {
    const plan = planOf("bbws", BBWS);
    const { on, approval } = await asked(plan, "sit");
    expect(approval.escalateTo?.role).toBe("team-manager");
    on.now = START + (approval.escalateSeconds ?? 0) * 1_000;
    expect((await on.settle()).state).toBe("waiting");

    const [, manager] = rolesAsked(await loadApproval(on.ledger, on.name));

    expect(on.mailsTo(manager?.people[0]?.address ?? "").at(-1)?.body).toContain("in their place");
  });
});

test.each([
  ["BBWS sit", "bbws", BBWS, "sit"],
  ["BBWS prod", "bbws", BBWS, "prod"],
  ["BBWS prod at high risk", "bbws", HIGH, "prod"],
  ["the Terraform checklist", "terraform-jira", "terraform-jira-v2.0.0", "prod"],
  ["crypto-watch", "crypto-watch", "crypto-watch-v1.2.3-prod", "prod"],
])(
  "%s: approved by the last of its roles and not before, each person in one role",
  async (_, policy, release, environment) => {
    const plan = planOf(policy, release);
    const { on, approval } = await asked(plan, nameOf(plan, environment));

    const said = await everybodyAgrees(on, plan.version);

    expect(said).toEqual(approval.roles.map(({ role }) => `${role}: decided`));
    expect((await on.settle()).outcome).toBe("approved");
  },
);

/** Runbooks call their last environment prod or production. */
function nameOf(plan: PromotionPlan, environment: string): string {
  return plan.environments.find((one) => one.environment.startsWith(environment))?.environment ?? environment;
}

test("the Terraform checklist asks its sign-offs of technical lead, security, operations and product owner, and compliance if needed", () => {
  const always = ["technical-lead", "security-team", "operations-team", "product-owner"];
  const roles = new Set(
    ["low", "high"].flatMap((risk) => {
      const plan = planOf("terraform-jira", "terraform-jira-v2.0.0", { risk });
      return Object.keys(seats(approvalOf(plan, nameOf(plan, "prod"))));
    }),
  );

  expect(roles).toEqual(new Set([...always, "compliance-officer"]));
});

test("crypto-watch asks technical and operations lead, and the product owner for major changes", () => {
  const at = (risk: string) => {
    const plan = planOf("crypto-watch", "crypto-watch-v1.2.3-prod", { risk });
    return Object.keys(seats(approvalOf(plan, nameOf(plan, "prod"))));
  };

  expect(new Set(at("low"))).toEqual(new Set(["team-lead", "ops-lead"]));
  expect(new Set(at("high"))).toEqual(new Set(["team-lead", "ops-lead", "product-owner"]));
});

test("a day's silence everywhere ends as expired, with a word to the requester", async () => {
  const plan = planOf("bbws", BBWS, { requestedBy: REQUESTER });
  const { on, approval } = await asked(plan, "prod");
  on.now = START + approval.expiresSeconds * 1_000;

  expect((await on.settle()).outcome).toBe("expired");
  expect(on.mailsTo(REQUESTER)).toHaveLength(1);
  expect(on.now - START).toBe(48 * HOUR);
});
