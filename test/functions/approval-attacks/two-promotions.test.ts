/** Two promotions of one service in one table, with the same people: what is said about the one is not said about the other. */
import { afterEach, describe, expect, test } from "vitest";
import { findApproval, loadDecisions } from "../../../functions/domain/approval/load.ts";
import { LEAD, sha256, TECH_LEAD } from "../../support/approval-scene.ts";
import { formFrom } from "../../support/approval-server.ts";
import { APPROVE, ARN, closeSites, type Site, site } from "../../support/approval-site.ts";
import { signed, withoutTrace } from "../../support/attacks.ts";

afterEach(closeSites);

async function both(): Promise<{ first: Site; second: Site }> {
  const first = await site();
  const second = await site({ beside: first.on, release: { version: "v1.4.1" }, header: { executionArn: "two" } });
  return { first, second };
}

const stateOf = async ({ on }: Site) => (await findApproval(on.ledger, on.name))?.state;
const answersTo = async ({ on }: Site) => (await loadDecisions(on.ledger, on.name)).map(({ address }) => address);
const formOf = async (here: Site, version = "v1.4.0") => formFrom((await here.get()).text, { ...APPROVE, version });
const pathOf = (id: string) => `/promotions/${id}/environments/prod/approvals/before`;
const YES = {
  action: "decide",
  role: TECH_LEAD.role,
  decision: "approved",
  version: "v1.4.0",
  checklist: TECH_LEAD.checklist,
};

describe("two versions", () => {
  test("have links and forms of their own: those of the one decide nothing of the other", async () => {
    const { first, second } = await both();
    const [one, two] = [await formOf(first), await formOf(second, "v1.4.1")];

    expect((await withoutTrace(first, () => first.send(first.url(), two))).status).toBe(403);
    expect((await withoutTrace(second, () => second.send(second.url(), one))).status).toBe(403);
    expect(await first.send(first.url(), one)).toMatchObject({ status: 303 });

    expect([await answersTo(first), await answersTo(second)]).toEqual([[LEAD], []]);
    expect(await stateOf(second)).toBe("waiting");
  });

  test("are approved one by one, by the same person in both, and by the same caller", async () => {
    const { first, second } = await both();
    for (const [here, version] of [
      [first, "v1.4.0"],
      [second, "v1.4.1"],
    ] as const) {
      const said = { ...YES, version, as: LEAD };
      expect((await signed(first, pathOf(here.on.name.promotionId), said, ARN)).status).toBe(200);
    }
    expect([await answersTo(first), await answersTo(second)]).toEqual([[LEAD], [LEAD]]);
  });

  test("end one by one: the newer is decided about after the older is superseded, whose form decides nothing", async () => {
    const { first, second } = await both();
    const [one, two] = [await formOf(first), await formOf(second, "v1.4.1")];
    await first.on.signal("supersede", "by v1.4.1", "superseded");

    expect((await withoutTrace(first, () => first.send(first.url(), one))).status).toBe(410);
    expect(await second.send(second.url(), two)).toMatchObject({ status: 303 });
  });

  test("whose promotions' names begin alike share no answers", async () => {
    const first = await site();
    const longer = await site({ beside: first.on, release: { version: "v1.4.0-1" } });
    expect(longer.on.name.promotionId.startsWith(first.on.name.promotionId)).toBe(true);

    expect(await longer.send(longer.url(), await formOf(longer, "v1.4.0-1"))).toMatchObject({ status: 303 });

    expect([await answersTo(first), await answersTo(longer)]).toEqual([[], [LEAD]]);
    expect(await first.send(first.url(), await formOf(first))).toMatchObject({ status: 303 });
  });
});

test.each([
  "since=-1",
  "since=1e3",
  "since=0&since=x",
  "since[]=1",
  "since=%00",
  "link=x",
  "__proto__=x",
  `since=${"9".repeat(400)}`,
])("a look with the query %s is told what is wrong: 400", async (query) => {
  const { first } = await both();
  const path = `/promotions/${first.on.name.promotionId}?${query}`;
  expect((await withoutTrace(first, () => signed(first, path, "", ARN, "GET"))).status).toBe(400);
});

test("a link in one table is nobody's in another, by its id or by its hash", async () => {
  const [here, elsewhere] = [await site(), await site()];
  const id = elsewhere.on.linkOf(LEAD);
  for (const one of [id, sha256(id)]) expect((await fetch(`${here.base}/approvals/${one}`)).status).toBe(404);
});
