/** Who may give a seat to whom, and how often a link is sent again: over HTTP. */
import { afterEach, describe, expect, test } from "vitest";
import { loadApproval } from "../../functions/domain/approval/load.ts";
import { loadAudit } from "../../functions/domain/ledger/append-audit.ts";
import { item } from "../../functions/domain/ledger/items.ts";
import { keys } from "../../functions/domain/ledger/keys.ts";
import { INFRA, INFRASTRUCTURE_LEAD, LEAD, MANAGER, OWNER, REQUESTER, role, START } from "../support/approval-scene.ts";
import { CALLER_HEADER } from "../support/approval-server.ts";
import { api, closeSites, type Site, site } from "../support/approval-site.ts";

afterEach(closeSites);

const OPS = "arn:aws:iam::093646564004:user/ops";
const STARTER = "arn:aws:sts::093646564004:assumed-role/Deployers/pipeline-7";
const YES = { decision: "approved", version: "v1.4.0", checklist: [], comment: "" } as const;
const PEOPLE = { "tech-lead": [LEAD, OWNER, MANAGER], "infrastructure-lead": [INFRA] };

/** Two of the leads are needed; the manager is one of them by the policy, and has no seat. */
async function asked(needed = 2): Promise<Site> {
  const leads = role("tech-lead", [LEAD, OWNER], [], needed);
  const here = await site({
    approval: { roles: [leads, { ...INFRASTRUCTURE_LEAD, checklist: [] }] },
    header: { startedBy: STARTER },
  });
  await here.on.putPolicy(PEOPLE);
  return here;
}

const as = (caller: string) => ({ [CALLER_HEADER]: caller });
const replace = (here: Site, address: string, by: string, caller = OPS, asked = "tech-lead") =>
  api(here, { action: "replace", role: asked, address, by, decision: undefined, version: undefined }, as(caller));

async function people({ on }: Site): Promise<string[]> {
  const { roles } = await loadApproval(on.ledger, on.name);
  return roles.flatMap((one) => one.people.map(({ address }) => address));
}

describe("a seat is given on", () => {
  test.each([
    ["its requester", `arn:aws:iam::093646564004:user/${REQUESTER}`],
    ["its requester, as a session is called", `arn:aws:sts::093646564004:assumed-role/SSO/${REQUESTER.toUpperCase()}`],
    ["its starter", STARTER],
    ["its starter, under another session's name", "arn:aws:sts::093646564004:assumed-role/Deployers/somebody-else"],
  ])("by nobody who has a stake in the answer: %s", async (_, caller) => {
    const here = await asked();

    const { status, body } = await replace(here, LEAD, MANAGER, caller);

    expect([status, body.error]).toEqual([403, expect.stringContaining("does not choose who decides")]);
    expect(await people(here)).toEqual([LEAD, OWNER, INFRA]);
  });

  test("to nobody whom the policy in force does not name, though the plan does", async () => {
    const here = await asked();
    await here.on.putPolicy({ ...PEOPLE, "tech-lead": [LEAD, MANAGER] });

    const { status, body } = await replace(here, LEAD, OWNER);

    expect([status, body.error]).toEqual([403, expect.stringContaining("add the address to the policy and deploy it")]);
  });

  test("to nobody who is revoked", async () => {
    const here = await asked();
    const word = { state: "revoked", address: MANAGER, by: OPS, reason: "left", at: START };
    await here.on.ledger.write([{ put: item(keys.revoked(MANAGER), word) }]);

    expect(await replace(here, LEAD, MANAGER)).toMatchObject({
      status: 403,
      body: { error: expect.stringContaining(`revoked by ${OPS}: left`) },
    });
  });

  test("to nobody who has decided, though what they said counts no more", async () => {
    const here = await asked();
    await here.submit(OWNER, YES);
    await here.on.putPolicy({ ...PEOPLE, "tech-lead": [LEAD, MANAGER] });
    await replace(here, OWNER, MANAGER);
    await here.on.putPolicy(PEOPLE);

    expect(await replace(here, LEAD, OWNER)).toMatchObject({ status: 409 });
    expect(await people(here)).toEqual([LEAD, MANAGER, INFRA]);
  });

  test("to nobody who has a seat already where then too few were left", async () => {
    const here = await asked();

    const { status, body } = await replace(here, LEAD, OWNER);

    expect([status, body.error]).toEqual([409, expect.stringContaining("could not fill tech-lead: name somebody")]);
    expect(await people(here)).toEqual([LEAD, OWNER, INFRA]);
  });

  test("from one who was removed, whatever they had said, and one after the other though both are gone", async () => {
    const here = await asked();
    await here.submit(LEAD, YES);
    await here.on.putPolicy({ "tech-lead": [MANAGER, "nia@example.com"], "infrastructure-lead": [INFRA] });

    expect((await replace(here, LEAD, MANAGER)).status).toBe(200);
    expect((await replace(here, OWNER, "nia@example.com")).status).toBe(200);

    expect(await people(here)).toEqual([MANAGER, "nia@example.com", INFRA]);
  });

  test("and the rest of the role and the one who had it are told, once", async () => {
    const here = await asked();

    expect((await replace(here, LEAD, MANAGER)).status).toBe(200);
    expect((await replace(here, LEAD, MANAGER)).status).toBe(200);

    expect((await replace(here, LEAD, MANAGER, STARTER)).status).toBe(403);
    const told = here.on.inbox.filter(({ subject }) => subject.includes("asked of somebody else"));
    expect(told.map(({ to }) => to)).toEqual([OWNER, LEAD]);
    expect(told[0]?.body).toContain(`is asked of ${MANAGER} in place of ${LEAD}, as tech-lead`);
    expect(told[0]?.body).not.toContain("/approvals/");
  });

  test("only from who had it: a stranger's name puts nothing on record and mails nobody", async () => {
    const here = await asked();
    const before = here.on.inbox.length;

    expect(await replace(here, "stranger@example.com", OWNER)).toMatchObject({ status: 404 });

    expect(here.on.inbox).toHaveLength(before);
    const trail = await loadAudit(here.on.ledger, here.on.name.promotionId);
    expect(trail.filter(({ kind }) => kind === "approver-replaced")).toEqual([]);
  });
});

describe("a link is sent again", () => {
  const resend = (here: Site) =>
    api(here, { action: "resend", role: "tech-lead", address: LEAD, decision: undefined, version: undefined }, as(OPS));

  test("once a minute, and whoever asks for more is told when", async () => {
    const here = await asked();
    const before = here.on.mailsTo(LEAD).length;

    expect((await resend(here)).status).toBe(200);
    here.on.now += 30_000;
    expect(await resend(here)).toMatchObject({
      status: 409,
      body: { error: expect.stringMatching(/less than a minute ago; next at 2026-11-26 08:01 UTC/) },
    });
    here.on.now += 30_000;
    expect((await resend(here)).status).toBe(200);

    expect(here.on.mailsTo(LEAD)).toHaveLength(before + 2);
  });

  test("ten times a day, and again on the next", async () => {
    const here = await asked();
    const before = here.on.mailsTo(LEAD).length;
    const statuses: number[] = [];
    for (let time = 0; time < 11; time++) {
      statuses.push((await resend(here)).status);
      here.on.now += 60_000;
    }

    expect(statuses).toEqual([...Array.from({ length: 10 }, () => 200), 409]);
    expect(here.on.mailsTo(LEAD)).toHaveLength(before + 10);
    expect((await resend(here)).body.error).toContain("sent again 10 times today; next at 2026-11-27 00:00 UTC");
    here.on.now = Date.UTC(2026, 10, 27);
    expect((await resend(here)).status).toBe(200);
  });

  test("at once where the mail before it did not go out, uncounted", async () => {
    const here = await asked();
    here.on.mailTrouble.set(LEAD, new Error("SNS is down"));
    await resend(here);
    here.on.mailTrouble.clear();

    expect((await resend(here)).status).toBe(200);
    expect(here.on.items("RESENT")[0]).toMatchObject({ count: 1, sent: true });
  });

  test("to nobody who decides no more", async () => {
    const here = await asked();
    await here.on.putPolicy({ ...PEOPLE, "tech-lead": [OWNER, MANAGER] });

    expect(await resend(here)).toMatchObject({
      status: 409,
      body: { error: expect.stringContaining("decides nothing any more") },
    });
  });
});
