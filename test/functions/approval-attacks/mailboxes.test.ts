/** Mail, by which people are asked: who else hears it, and how many people one mailbox can be made to be. */
import { afterEach, describe, expect, test } from "vitest";
import type { Listener } from "../../../functions/domain/ports.ts";
import { INFRA, LEAD, OWNER, REQUESTER, role } from "../../support/approval-scene.ts";
import { APPROVE, ARN, closeSites, type Site, site } from "../../support/approval-site.ts";
import { signed, withoutTrace } from "../../support/attacks.ts";
import { userArn } from "../../support/callers.ts";

afterEach(closeSites);

const OPS = userArn("ops");
const YES = { action: "decide", role: "tech-lead", decision: "approved", version: "v1.4.0" };

async function asked(needed = 1, leads: readonly string[] = [LEAD]): Promise<Site> {
  const roles = [role("tech-lead", leads, [], needed), role("infrastructure-lead", [INFRA])];
  const here = await site({ approval: { roles }, environment: { pageTo: ["oncall@example.com"] } });
  await here.on.putPolicy({ "tech-lead": [...leads, OWNER], "infrastructure-lead": [INFRA] });
  return here;
}

const approvalPath = ({ on: { name } }: Site) => `/promotions/${name.promotionId}/environments/prod/approvals/before`;
const post = (here: Site, body: object, caller = OPS) => signed(here, approvalPath(here), body, caller);
const links = ({ on }: Site) => on.inbox.filter(({ body }) => /\/approvals\/[0-9a-f]{64}/.test(body)).length;

const EVE: Listener = {
  id: "arn:aws:sns:x:y:topic:eve",
  protocol: "email",
  endpoint: "eve@example.com",
  hears: "everything",
};

describe("somebody who listens to all mail", () => {
  const LISTENERS: readonly (readonly [string, Listener])[] = [
    ["everything", EVE],
    ["what is meant for an approver", { ...EVE, hears: [LEAD] }],
    ["by another protocol", { ...EVE, protocol: "https", endpoint: "https://eve.example.com/in" }],
    ["at an address that is an approver's but for a letter", { ...EVE, endpoint: LEAD.replace("jane", "jame") }],
    ["as an approver who hears more than their own mail", { ...EVE, endpoint: LEAD }],
  ];

  test.each(LISTENERS)("gets no link by having one sent again: %s", async (_, listener) => {
    const here = await asked();
    const before = links(here);
    here.on.listeners = [listener];

    const answer = await post(here, { action: "resend", role: "tech-lead", address: LEAD });

    expect(answer.status).toBe(409);
    expect(links(here)).toBe(before);
  });

  test.each(LISTENERS)("gets no link by having a seat given on: %s", async (_, listener) => {
    const here = await asked();
    const before = links(here);
    here.on.listeners = [listener];

    const answer = await post(here, { action: "replace", role: "tech-lead", address: LEAD, by: OWNER });

    expect(answer.status).toBeLessThan(500);
    expect(links(here)).toBe(before);
  });
});

describe("one mailbox is one person", () => {
  const SPELLINGS = [
    LEAD.toUpperCase(),
    LEAD.replace("@", "+infra@"),
    ` ${LEAD}`,
    `${LEAD} `,
    LEAD.replace("example", "EXAMPLE"),
  ];

  test.each(SPELLINGS)("as %j, whom a role speaks for, after their own answer: 409", async (as) => {
    const here = await asked(2, [LEAD, OWNER]);
    expect(await here.submit(LEAD, { ...APPROVE, checklist: [] })).toMatchObject({ status: 303 });
    expect((await withoutTrace(here, () => post(here, { ...YES, as }, ARN))).status).toBe(409);
  });

  test.each([
    ["quoted", `"jane.doe"@example.com`],
    ["with a comment", "jane.doe(work)@example.com"],
    ["with a comment in its domain", "jane.doe@(work)example.com"],
    ["with a dot after its domain", `${LEAD}.`],
    ["with an invisible letter", "jane\u200B.doe@example.com"],
    ["with a variation selector", "jane\uFE0F.doe@example.com"],
    ["with a filler", "jane\u3164.doe@example.com"],
    ["with a joiner", "jane\u034F.doe@example.com"],
    ["in full-width letters", "\uFF4Aane.doe@example.com"],
    ["with another script's letter", "j\u0430ne.doe@example.com"],
    ["with a domain in another script", "jane.doe@ex\u0430mple.com"],
    ["with a name before it", `Jane <${LEAD}>`],
    ["as a link", `mailto:${LEAD}`],
    ["with a line break", `${LEAD}\nBcc: x@example.com`],
    ["with two signs", "jane.doe@example.com@evil.example"],
    ["with a percent route", "jane.doe%example.com@evil.example"],
    ["with a source route", `@evil.example:${LEAD}`],
    ["at a number", "jane.doe@[127.0.0.1]"],
  ])("%s it is none, for any verb: refused", async (_, address) => {
    const here = await asked();
    const bodies = [
      { ...YES, as: address },
      { action: "resend", role: "tech-lead", address },
      { action: "replace", role: "tech-lead", address: LEAD, by: address },
      { action: "replace", role: "tech-lead", address, by: OWNER },
    ];
    for (const body of bodies) {
      expect([400, 403, 404]).toContain((await withoutTrace(here, () => post(here, body, ARN))).status);
    }
  });

  test.each([
    ["the person who has it already", LEAD],
    ["that person under another spelling", LEAD.replace("@", "+2@")],
    ["the requester", REQUESTER],
    ["the requester under another spelling", REQUESTER.toUpperCase().replace("@", "+x@")],
    ["somebody of the other role", INFRA],
    ["nobody of the policy", "ghost@example.com"],
  ])("a seat does not go to %s", async (_, by) => {
    const here = await asked();
    const answer = await withoutTrace(here, () =>
      post(here, { action: "replace", role: "tech-lead", address: LEAD, by }),
    );
    expect(answer.status).toBeGreaterThanOrEqual(400);
  });

  test("whose link goes where the policy says, in whatever spelling somebody asks for it", async () => {
    const here = await asked();
    const body = { action: "replace", role: "tech-lead" };
    const [from, to] = [LEAD.replace("@", "+x@"), OWNER.toUpperCase().replace("@", "+evil@")];

    expect((await post(here, { ...body, address: from, by: to })).status).toBe(200);
    // Said again, it is the same exchange, and mails nobody.
    expect((await withoutTrace(here, () => post(here, { ...body, address: from, by: to }))).status).toBe(200);

    const mailed = new Set(here.on.inbox.map((mail) => mail.to));
    expect(mailed).toEqual(new Set([LEAD, INFRA, OWNER]));
    expect((await here.get(OWNER)).status).toBe(200);
  });
});
