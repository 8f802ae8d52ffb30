/** An approval that was given is looked at again before the rollout begins, and asked for anew where its people have gone. */
import { afterEach, describe, expect, test } from "vitest";
import { checkWindow } from "../../functions/check-window.ts";
import { loadApproval } from "../../functions/domain/approval/load.ts";
import { loadAudit } from "../../functions/domain/ledger/append-audit.ts";
import { item } from "../../functions/domain/ledger/items.ts";
import { keys } from "../../functions/domain/ledger/keys.ts";
import { loadEnding } from "../../functions/domain/ledger/note-ending.ts";
import { HOUR, INFRA, INFRASTRUCTURE_LEAD, LEAD, OWNER, REQUESTER, role } from "../support/approval-scene.ts";
import { closeSites, type Site, site } from "../support/approval-site.ts";

afterEach(closeSites);

const YES = { decision: "approved", version: "v1.4.0", checklist: [], comment: "" } as const;
const PEOPLE = { "tech-lead": [LEAD, OWNER], "infrastructure-lead": [INFRA] };
const WITHOUT_LEAD = { ...PEOPLE, "tech-lead": [OWNER] };

/** Both roles have said yes, the environment is entered, its window is open. */
async function approved(): Promise<Site> {
  const leads = role("tech-lead", [LEAD, OWNER]);
  const here = await site({
    approval: { roles: [leads, { ...INFRASTRUCTURE_LEAD, checklist: [] }] },
    environment: { window: null },
  });
  const { ledger, name } = here.on;
  const head = { state: "open", environment: "prod", enteredAt: here.on.now };
  await ledger.write([{ put: item(keys.head(name.promotionId, "prod"), head) }]);
  for (const address of [LEAD, INFRA]) await here.submit(address, YES);
  here.on.now += HOUR;
  expect((await here.on.settle()).outcome).toBe("approved");
  return here;
}

const mayStart = ({ on }: Site) => checkWindow(on.deps)({ promotionId: on.name.promotionId, environment: "prod" });

describe("before the rollout begins", () => {
  test("an approval whose people hold their roles yet lets it begin", async () => {
    expect(await mayStart(await approved())).toMatchObject({ decision: "go" });
  });

  test("somebody else's going changes nothing", async () => {
    const here = await approved();
    await here.on.putPolicy({ ...PEOPLE, "tech-lead": [LEAD] });

    expect(await mayStart(here)).toMatchObject({ decision: "go" });
  });

  test("people are asked anew where one who said yes has gone; the promotion goes on", async () => {
    const here = await approved();
    await here.on.putPolicy(WITHOUT_LEAD);

    const start = await mayStart(here);

    expect(start).toMatchObject({
      decision: "ask",
      summary: expect.stringContaining(`people are asked anew: ${LEAD} (tech-lead) counts no more`),
    });
    expect(await mayStart(here)).toEqual(start);
    expect(await loadEnding(here.on.ledger, here.on.name.promotionId)).toBeNull();
    expect((await loadApproval(here.on.ledger, here.on.name)).state).toBe("approved");
  });

  test("each round has an execution of its own, whose parts have numbers that no other's have", async () => {
    const here = await approved();
    await here.on.putPolicy(WITHOUT_LEAD);
    const { approval: second } = await mayStart(here);
    await here.on.ask();
    for (const address of [OWNER, INFRA]) await here.submit(address, YES);
    await here.on.putPolicy({ "tech-lead": [LEAD], "infrastructure-lead": [INFRA] });
    const { approval: third } = await mayStart(here);

    expect([second.asked, third.asked]).toEqual([true, true]);
    expect(third.name).not.toBe(second.name);
    expect(third.chunk - second.chunk).toBeGreaterThan(2_103);
  });
});

describe("asked anew", () => {
  test("those who may decide yet get new links, and one yes of each role begins the rollout", async () => {
    const here = await approved();
    const old = here.url(INFRA);
    await here.on.putPolicy(WITHOUT_LEAD);
    here.on.inbox.length = 0;

    expect((await here.on.ask()).state).toBe("waiting");
    await here.on.ask();

    expect((await fetch(old)).status).toBe(410);
    expect(here.on.inbox.filter(({ body }) => body.includes("/approvals/")).map(({ to }) => to)).toEqual([
      OWNER,
      INFRA,
    ]);
    for (const address of [OWNER, INFRA]) expect((await here.submit(address, YES)).status).toBe(303);
    expect((await here.on.settle()).outcome).toBe("approved");
    expect(await mayStart(here)).toMatchObject({ decision: "go" });
  });

  test("the requester and the record are told why, once", async () => {
    const here = await approved();
    await here.on.putPolicy(WITHOUT_LEAD);

    await here.on.ask();
    await here.on.ask();

    const told = here.on.mailsTo(REQUESTER).filter(({ subject }) => subject.includes("asked anew"));
    expect(told.map(({ body }) => body.includes(`${LEAD} (tech-lead) counts no more`))).toEqual([true]);
    const trail = await loadAudit(here.on.ledger, here.on.name.promotionId);
    const asked = trail.filter(({ kind }) => kind === "asked").map(({ summary }) => summary);
    expect(asked).toHaveLength(2);
    expect(asked[1]).toContain(`anew, since ${LEAD} (tech-lead) counts no more`);
  });

  test("nobody is asked anew by a call that comes twice while all hold their roles", async () => {
    const here = await approved();
    const before = here.on.ledger.items();

    expect(await here.on.ask()).toMatchObject({ outcome: "approved" });

    expect(here.on.ledger.items()).toEqual(before);
  });
});
