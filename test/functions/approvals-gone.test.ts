/** People who leave the policy while their approval waits: what settles, who is told, and where it shows. */
import { afterEach, describe, expect, test } from "vitest";
import { decisionsToDeliver, loadApproval } from "../../functions/domain/approval/load.ts";
import { NotReady } from "../../functions/domain/errors.ts";
import { loadAudit } from "../../functions/domain/ledger/append-audit.ts";
import { keys } from "../../functions/domain/ledger/keys.ts";
import { pause } from "../../functions/pause.ts";
import {
  HOUR,
  INFRA,
  INFRASTRUCTURE_LEAD,
  LEAD,
  MANAGER,
  OWNER,
  REQUESTER,
  role,
  START,
  TECH_LEAD,
} from "../support/approval-scene.ts";
import { closeSites, type Site, site } from "../support/approval-site.ts";

afterEach(closeSites);

const YES = { decision: "approved", version: "v1.4.0", checklist: [], comment: "" } as const;
const leads = role("tech-lead", [LEAD, OWNER]);
const PEOPLE = { "tech-lead": [LEAD, OWNER], "infrastructure-lead": [INFRA] };
const ONCALL = "oncall@example.com";

/** The lead has said yes and the infrastructure lead has not. */
async function halfApproved(): Promise<Site> {
  const here = await site({
    approval: { roles: [leads, { ...INFRASTRUCTURE_LEAD, checklist: [] }] },
    environment: { pageTo: [ONCALL] },
  });
  await here.submit(LEAD, YES);
  here.on.now += HOUR;
  await here.on.settle();
  return here;
}

const trail = async ({ on }: Site) =>
  (await loadAudit(on.ledger, on.name.promotionId)).filter(({ kind }) => kind === "approvers-gone");

describe("somebody whom the policy names no longer", () => {
  test("has their yes count no more: the other role's yes does not approve", async () => {
    const here = await halfApproved();
    await here.on.putPolicy({ ...PEOPLE, "tech-lead": [OWNER] });

    expect((await here.submit(INFRA, YES)).status).toBe(303);

    expect(await here.on.settle()).toMatchObject({ state: "waiting", outcome: null });
    expect((await here.submit(OWNER, YES)).status).toBe(303);
    expect(await here.on.settle()).toMatchObject({
      outcome: "approved",
      summary: `approved by ${INFRA} (infrastructure-lead) and ${OWNER} (tech-lead)`,
    });
  });

  test("can answer no more, by form or signed, and the others can", async () => {
    const here = await site({ approval: { roles: [leads, INFRASTRUCTURE_LEAD] } });
    const form = (await here.get(LEAD)).text;
    await here.on.putPolicy({ ...PEOPLE, "tech-lead": [OWNER] });

    expect(form).toContain("Approve");
    expect((await here.get(LEAD)).status).toBe(410);
    expect((await here.submit(LEAD, YES)).status).toBe(410);
    expect((await here.get(OWNER)).status).toBe(200);
    expect(here.decisions()).toBe(0);
  });

  test("is told of to the requester, on record and in the graph, once", async () => {
    const here = await halfApproved();
    await here.on.putPolicy({ ...PEOPLE, "tech-lead": [OWNER] });

    const settled = await here.on.settle();
    await here.on.settle();

    const why = `${LEAD} (tech-lead) counts no more: the policy in force does not name them as tech-lead`;
    expect(settled.summary).toBe(`waiting for tech-lead, infrastructure-lead; ${why}`);
    expect((await trail(here)).map(({ summary }) => summary)).toEqual([`approval "before" for prod: ${why}`]);
    expect(here.on.inbox.slice(-1).map(({ to }) => to)).toEqual([REQUESTER]);
    expect(here.on.inbox.filter(({ subject }) => subject.includes("decide no more"))).toHaveLength(1);
    expect(here.on.inbox.at(-1)?.body).toContain(`  1 x tech-lead, of: ${OWNER}`);
  });

  test("who comes back counts again, and that is told too", async () => {
    const here = await halfApproved();
    await here.on.putPolicy({ ...PEOPLE, "tech-lead": [OWNER] });
    await here.on.settle();
    here.on.now += 1;
    await here.on.putPolicy(PEOPLE);
    await here.on.settle();

    expect((await trail(here)).at(-1)?.summary).toContain("everybody asked may decide again");
    expect(here.on.mailsTo(REQUESTER).at(-1)?.subject).toContain("approvers may decide again");
    await here.submit(INFRA, YES);
    expect((await here.on.settle()).outcome).toBe("approved");
  });

  test("is not asked where they were gone before anybody was, and it is told as soon as the workflow waits", async () => {
    const here = await site({ approval: { roles: [leads, INFRASTRUCTURE_LEAD] } });
    const { on } = here;
    on.now += 8 * 86_400_000;
    await on.putPolicy({ ...PEOPLE, "tech-lead": [OWNER] });
    await on.ledger.write(on.items("APPROVAL").map(({ pk, sk }) => ({ remove: { pk, sk } })));
    on.inbox.length = 0;

    const { wait, pause: name } = await on.ask();
    await pause(on.deps)({ ...on.name, pause: name, seconds: wait.seconds, token: "asked again" });

    expect(on.mailsTo(LEAD)).toEqual([]);
    expect(on.mailsTo(OWNER)).toHaveLength(1);
    expect(on.woken).toEqual(["asked again"]);
  });
});

describe("a role that nobody is left to fill", () => {
  test.each([
    ["as the role is gone from the policy", { "infrastructure-lead": [INFRA] }, undefined],
    ["as the environment is gone from the policy", PEOPLE, ["sit"]],
  ])("%s is paged, with what to do, and expires if nobody does it", async (_, people, environments) => {
    const here = await halfApproved();
    await here.on.putPolicy(people, environments);

    await here.on.settle();
    await here.on.settle();

    expect(here.on.mailsTo(ONCALL)).toHaveLength(1);
    expect(here.on.mailsTo(ONCALL)[0]?.body).toMatch(/cannot fill .*tech-lead.*Add people to the policy, deploy it/s);
    expect(here.on.mailsTo(REQUESTER)).toHaveLength(1);
    here.on.now = START + 48 * HOUR;
    expect((await here.on.settle()).outcome).toBe("expired");
  });
});

describe("a policy that cannot be read", () => {
  test.each([
    ["is no JSON", "{"],
    ["is not there", null],
  ])("because it %s settles nothing, decides nothing, and is asked for again", async (_, json) => {
    const here = await site({ approval: { roles: [{ ...TECH_LEAD, checklist: [] }] } });
    const form = here.url(LEAD);
    const { text } = await here.get(LEAD);
    await here.on.ledger.write([
      { put: { ...keys.policyCurrent(), hash: "h" } },
      ...(json === null ? [] : [{ put: { ...keys.policy("h"), json } }]),
    ]);

    await expect(here.on.settle()).rejects.toThrow(NotReady);
    expect((await fetch(form)).status).toBeGreaterThanOrEqual(500);
    expect(text).toContain("token");
    expect((await loadApproval(here.on.ledger, here.on.name)).state).toBe("waiting");
    expect(here.decisions()).toBe(0);
  });
});

test("the sweeper finds an approval whose people went while it slept, until that is told", async () => {
  const here = await halfApproved();
  const { ledger, name } = here.on;
  const due = () => decisionsToDeliver(ledger, name.promotionId);
  expect(await due()).toEqual([]);

  await here.on.putPolicy({ "tech-lead": [LEAD, MANAGER], "infrastructure-lead": [INFRA] });
  expect(await due()).toHaveLength(1);

  await here.on.settle();
  expect(await due()).toEqual([]);
});
