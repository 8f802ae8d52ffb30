/** What happens between the look at a page and its form: the form of yesterday decides nothing today. */
import { afterEach, describe, expect, test } from "vitest";
import { item } from "../../../functions/domain/ledger/items.ts";
import { keys } from "../../../functions/domain/ledger/keys.ts";
import { must } from "../../../functions/domain/ledger/load.ts";
import type { ExecutionStatus } from "../../../functions/domain/ports.ts";
import { HOUR, INFRA, LEAD, OWNER, REQUESTER, role } from "../../support/approval-scene.ts";
import { formFrom } from "../../support/approval-server.ts";
import { APPROVE, ARN, closeSites, type Site, site } from "../../support/approval-site.ts";
import { signed, withoutTrace } from "../../support/attacks.ts";
import { userArn } from "../../support/callers.ts";

afterEach(closeSites);

const YES = { ...APPROVE, checklist: [] };
const OPS = userArn("ops");
const PEOPLE = { "tech-lead": [LEAD, OWNER], "infrastructure-lead": [INFRA] };

/** The lead and the infrastructure lead are asked; the owner is a lead by the policy, and has no seat. */
async function asked(): Promise<Site> {
  const here = await site({ approval: { roles: [role("tech-lead", [LEAD]), role("infrastructure-lead", [INFRA])] } });
  await here.on.putPolicy(PEOPLE);
  return here;
}

const approvalPath = ({ on: { name } }: Site) => `/promotions/${name.promotionId}/environments/prod/approvals/before`;

const replace = (here: Site, address: string, by: string) =>
  signed(here, approvalPath(here), { action: "replace", role: "tech-lead", address, by }, OPS);
const say = (here: Site, verb: string, address = LEAD) =>
  signed(here, `/people/${verb}`, { address, reason: "an attack" }, OPS);
const rotate = (here: Site) =>
  signed(here, "/links/rotate", { reason: "an attack", request: `command-${Math.random()}`.replace(".", "-") }, OPS);

async function changeHeader({ on: { ledger, name } }: Site, change: object): Promise<void> {
  const key = keys.header(name.promotionId);
  await ledger.write([{ put: item(key, { ...(await must(ledger, key)), ...change }) }]);
}

type Deed = (here: Site) => unknown;

const later =
  (hours: number): Deed =>
  ({ on }) =>
    Object.assign(on, { now: on.now + hours * HOUR });
const executionIs =
  (status: ExecutionStatus): Deed =>
  ({ on }) =>
    Object.assign(on, { status });

describe.each<[string, number, Deed]>([
  ["the seat was given to somebody else", 410, (here) => replace(here, LEAD, OWNER)],
  ["the person was revoked", 410, (here) => say(here, "revoke")],
  ["the person was revoked under another spelling", 410, (here) => say(here, "revoke", "Jane.Doe+x@EXAMPLE.com")],
  ["the policy names the person no more", 410, ({ on }) => on.putPolicy({ ...PEOPLE, "tech-lead": [OWNER] })],
  ["the policy has the role no more", 410, ({ on }) => on.putPolicy({ "infrastructure-lead": [INFRA] })],
  ["the policy has the environment no more", 410, ({ on }) => on.putPolicy(PEOPLE, ["sit"])],
  [
    "the policy moved the person to the other role",
    410,
    ({ on }) => on.putPolicy({ "tech-lead": [OWNER], "infrastructure-lead": [LEAD] }),
  ],
  ["all links were renewed", 410, rotate],
  ["all links were renewed, twice", 410, async (here) => [await rotate(here), await rotate(here)]],
  ["the approval expired, to the millisecond", 410, later(48)],
  ["a newer release took its place", 410, ({ on }) => on.signal("supersede", "by v1.4.1", "superseded")],
  ["an operator called it off", 410, ({ on }) => on.signal("abort", OPS, "called off")],
  ["an operator had traffic brought back", 410, ({ on }) => on.signal("roll-back", OPS, "brought back")],
  ["the execution was stopped", 410, executionIs("ABORTED")],
  ["the execution failed", 410, executionIs("FAILED")],
  ["the execution timed out", 410, executionIs("TIMED_OUT")],
  ["the execution came to its end", 410, executionIs("SUCCEEDED")],
  [
    "the promotion was closed",
    410,
    (here) => changeHeader(here, { state: "closed", outcome: "aborted", closedAt: here.on.now }),
  ],
  [
    "the other role said no",
    409,
    async (here) => here.submit(INFRA, { decision: "rejected", version: "v1.4.0", comment: "no" }),
  ],
  ["the form lay open for four hours", 409, later(4)],
  [
    "the person has answered on the signed route",
    409,
    (here) =>
      signed(
        here,
        approvalPath(here),
        { action: "decide", role: "tech-lead", decision: "approved", version: "v1.4.0", as: LEAD },
        ARN,
      ),
  ],
])("when %s", (_, status, happen) => {
  test(`a form of before decides nothing, for yes or for no: ${status}`, async () => {
    const here = await asked();
    const { text } = await here.get();
    const url = here.url();
    await happen(here);

    for (const said of [YES, { ...YES, decision: "rejected", comment: "no" }]) {
      const answer = await withoutTrace(here, () => here.send(url, formFrom(text, said)));
      expect(answer.status).toBe(status);
    }
  });
});

describe("a form that was right once", () => {
  test("decides again once the person is reinstated, and not before", async () => {
    const here = await asked();
    const form = formFrom((await here.get()).text, YES);
    const url = here.url();
    await say(here, "revoke");
    expect((await withoutTrace(here, () => here.send(url, form))).status).toBe(410);

    await say(here, "reinstate");

    expect(await here.send(url, form)).toMatchObject({ status: 303 });
  });

  test("is dead for the seat's new person, who has a link and a form of their own", async () => {
    const here = await asked();
    const form = formFrom((await here.get()).text, YES);
    await replace(here, LEAD, OWNER);

    expect((await withoutTrace(here, () => here.send(here.url(OWNER), form))).status).toBe(403);

    expect(await here.submit(OWNER, YES)).toMatchObject({ status: 303 });
    expect(here.on.items("DECISION").map(({ address }) => address)).toEqual([OWNER]);
  });

  test("stays dead when the seat comes back to its first person: every link but the newest shows one sentence", async () => {
    const here = await asked();
    const first = { url: here.url(LEAD), form: formFrom((await here.get()).text, YES) };
    await replace(here, LEAD, OWNER);
    const second = { url: here.url(OWNER), form: formFrom((await here.get(OWNER)).text, YES) };
    await replace(here, OWNER, LEAD);

    for (const { url, form } of [first, second]) {
      expect((await withoutTrace(here, () => here.send(url, form))).status).toBe(410);
      expect(await (await fetch(url)).text()).not.toContain("v1.4.0");
      expect((await withoutTrace(here, () => here.send(here.url(LEAD), form))).status).toBe(403);
    }
    expect(await here.submit(LEAD, YES)).toMatchObject({ status: 303 });
  });

  test("is replayed after the rejection that it sent, and changes nothing: 409", async () => {
    const here = await asked();
    const no = formFrom((await here.get()).text, { ...YES, decision: "rejected", comment: "not today" });
    const url = here.url();
    expect(await here.send(url, no)).toMatchObject({ status: 303 });

    for (const form of [no, no.replace("decision=rejected", "decision=approved")]) {
      expect((await withoutTrace(here, () => here.send(url, form))).status).toBe(409);
    }
  });
});

test("whoever requested the release is mailed no link, and a link of theirs would decide nothing", async () => {
  const here = await asked();
  expect(() => here.on.linkOf(REQUESTER)).toThrow("no mail with a link");
  await here.on.putPolicy({ ...PEOPLE, "tech-lead": [LEAD, REQUESTER] });
  expect((await withoutTrace(here, () => replace(here, LEAD, REQUESTER))).status).toBe(403);
});
