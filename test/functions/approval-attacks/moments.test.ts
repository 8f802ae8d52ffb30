/** In the very moment of deciding: everything was read, the answer is about to be written, and something else comes first. */
import { afterEach, describe, expect, test } from "vitest";
import { item } from "../../../functions/domain/ledger/items.ts";
import { keys } from "../../../functions/domain/ledger/keys.ts";
import { INFRA, LEAD, OWNER, role } from "../../support/approval-scene.ts";
import { formFrom } from "../../support/approval-server.ts";
import { APPROVE, ARN, closeSites, type Site, site } from "../../support/approval-site.ts";
import { type Answer, signed } from "../../support/attacks.ts";
import { userArn } from "../../support/callers.ts";

afterEach(closeSites);

const YES = { ...APPROVE, checklist: [] };
const OPS = userArn("ops");
const PEOPLE = { "tech-lead": [LEAD, OWNER], "infrastructure-lead": [INFRA] };

async function asked(): Promise<Site> {
  const here = await site({ approval: { roles: [role("tech-lead", [LEAD]), role("infrastructure-lead", [INFRA])] } });
  await here.on.putPolicy(PEOPLE);
  return here;
}

const approvalPath = ({ on: { name } }: Site) => `/promotions/${name.promotionId}/environments/prod/approvals/before`;

/** Has something happen once, ahead of the write that would decide. */
function beforeItIsWritten({ on: { ledger } }: Site, happen: () => Promise<unknown>): void {
  ledger.before = async (operation) => {
    if (!operation.startsWith("write APPROVAL#") || !operation.includes("DECISION#")) return;
    ledger.before = async () => {};
    await happen();
  };
}

const signedYes = (here: Site, as = LEAD) =>
  signed(
    here,
    approvalPath(here),
    { action: "decide", role: "tech-lead", decision: "approved", version: "v1.4.0", as },
    ARN,
  );

const WAYS: readonly (readonly [way: string, send: (here: Site, form: string) => Promise<Answer>])[] = [
  ["by the page", (here, form) => here.send(here.url(LEAD), form)],
  ["signed", (here) => signedYes(here)],
];

type Deed = (here: Site) => Promise<unknown>;

const DEEDS: readonly (readonly [what: string, happen: Deed])[] = [
  ["the person is revoked", (here) => signed(here, "/people/revoke", { address: LEAD, reason: "an attack" }, OPS)],
  ["a policy without the person comes", ({ on }) => on.putPolicy({ ...PEOPLE, "tech-lead": [OWNER] })],
  ["a policy without the role comes", ({ on }) => on.putPolicy({ "infrastructure-lead": [INFRA] })],
  ["a policy without the environment comes", ({ on }) => on.putPolicy(PEOPLE, ["sit"])],
  [
    "the seat goes to somebody else",
    (here) => signed(here, approvalPath(here), { action: "replace", role: "tech-lead", address: LEAD, by: OWNER }, OPS),
  ],
  ["the other role says no", (here) => here.submit(INFRA, { decision: "rejected", version: "v1.4.0", comment: "no" })],
];

describe.each(WAYS)("a yes %s", (_way, send) => {
  test.each(DEEDS)("does not count when in that moment %s", async (_, happen) => {
    const here = await asked();
    const form = formFrom((await here.get()).text, YES);
    beforeItIsWritten(here, () => happen(here));

    const { status } = await send(here, form);

    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(500);
    expect(here.on.items("DECISION").filter(({ address }) => address === LEAD)).toEqual([]);
    expect(here.on.items("DECIDER").filter(({ address }) => address === LEAD)).toEqual([]);
  });

  test("counts when in that moment somebody else of the policy is changed: it is looked at again, and written", async () => {
    const here = await asked();
    const form = formFrom((await here.get()).text, YES);
    beforeItIsWritten(here, () => here.on.putPolicy({ ...PEOPLE, "infrastructure-lead": [INFRA, OWNER] }));

    expect((await send(here, form)).status).toBeLessThan(400);

    expect(here.decisions()).toBe(1);
  });

  test("counts when in that moment the other role says yes, and both together approve", async () => {
    const here = await asked();
    const form = formFrom((await here.get()).text, YES);
    beforeItIsWritten(here, () => here.submit(INFRA, YES));

    expect((await send(here, form)).status).toBeLessThan(400);

    expect(here.decisions()).toBe(2);
    expect(here.state()).toBe("approved");
    expect(here.on.woken.length).toBeGreaterThan(0);
  });
});

test("a link that is renewed in that moment decides nothing: 403, and nothing of it is left", async () => {
  const here = await asked();
  const form = formFrom((await here.get()).text, YES);
  beforeItIsWritten(here, () => signed(here, "/links/rotate", { reason: "an attack", request: "command-1" }, OPS));

  expect((await here.send(here.url(LEAD), form)).status).toBe(403);

  expect(here.decisions()).toBe(0);
});

test("settling that could not be begun loses no answer: the sweeper finds it, and nobody was woken by the page", async () => {
  const here = await asked();
  await here.submit(INFRA, YES);
  const woken = here.on.woken.length;
  here.on.workerTrouble = new Error("no more invocations");

  expect(await here.submit(LEAD, YES)).toMatchObject({ status: 303 });

  expect(here.on.woken).toHaveLength(woken);
  expect(here.on.items("APPROVAL")[0]).toMatchObject({ state: "approved", news: true });
});

test("an answer whose seat's mark is there already, without the answer, is not given twice", async () => {
  const here = await asked();
  const { promotionId, environment, approval } = here.on.name;
  const mark = item(keys.decider(promotionId, environment, approval, LEAD), {
    role: "tech-lead",
    address: LEAD,
    at: 0,
  });
  await here.on.ledger.write([{ put: mark }]);

  expect((await here.submit(LEAD, YES)).status).toBe(409);
  expect((await signedYes(here)).status).toBe(409);

  expect(here.decisions()).toBe(0);
});
