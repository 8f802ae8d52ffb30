/** What people were asked about is swapped in the ledger's table while they look at it: nothing is decided, and it is said. */
import { afterEach, describe, expect, test } from "vitest";
import { loadAudit } from "../../functions/domain/ledger/append-audit.ts";
import type { Ledger } from "../../functions/domain/ports.ts";
import { LEAD, OWNER, TECH_LEAD } from "../support/approval-scene.ts";
import { formFrom } from "../support/approval-server.ts";
import { APPROVE, api, closeSites, type Site, site } from "../support/approval-site.ts";
import { type Place, rewritePlan, rewritePlanAndHeader } from "../support/tampering.ts";

afterEach(closeSites);

const otherArtifact = (json: string) => json.replace("3HL4kqtJvjVBH40Nrjfkd", "somebody-elses");
const otherEvidence = (json: string) => json.replace("412 passed", "never run");
const otherFunction = (json: string) => json.replace("bbws-prod-order-migration", "bbws-prod-billing");

type Hand = (ledger: Ledger, place: Place, change: (json: string) => string) => Promise<void>;

const SWAPS: readonly (readonly [what: string, hand: Hand, environment: string, change: (json: string) => string])[] = [
  ["an artifact in the plan", rewritePlan, "prod", otherArtifact],
  ["an artifact, and the header's hashes with it", rewritePlanAndHeader, "prod", otherArtifact],
  ["a function in the plan, and the hashes with it", rewritePlanAndHeader, "prod", otherFunction],
  ["the evidence", rewritePlan, "", otherEvidence],
  ["the evidence, and the header's hashes with it", rewritePlanAndHeader, "", otherEvidence],
];

/** What is no decision bears none of a decision's fields. */
const OTHER = { role: TECH_LEAD.role, address: LEAD, decision: undefined, version: undefined };

const paging = { environment: { pageTo: [OWNER] } };

async function entries({ on }: Site) {
  return loadAudit(on.ledger, on.name.promotionId);
}

describe.each(SWAPS)("%s is swapped between GET and POST", (_what, hand, environment, change) => {
  const swap = ({ on }: Site) => hand(on.ledger, { promotionId: on.name.promotionId, environment }, change);

  test("409 says so, nothing is decided, it stands in the trail, and those on call are paged", async () => {
    const here = await site(paging);
    const form = formFrom((await here.get()).text, APPROVE);
    await swap(here);

    const answer = await here.send(here.url(), form);

    expect(answer.status).toBe(409);
    expect(answer.text).toContain("What you were asked about has been changed since, so nothing is decided");
    expect(here.decisions()).toBe(0);
    expect(here.state()).toBe("cancelled");
    expect((await entries(here)).at(-1)).toMatchObject({
      kind: "approval-cancelled",
      summary: expect.stringContaining("what was asked about has been changed"),
    });
    expect(here.on.mailsTo(OWNER).map(({ subject }) => subject)).toEqual([
      "PAGE: bbws-store v1.4.0 for prod: the plan was changed after people were asked",
    ]);
    expect(here.on.woken).toEqual(["the task token"]);
  });

  test("409 on the signed route, too", async () => {
    const here = await site(paging);
    await swap(here);
    const said = { action: "decide", role: TECH_LEAD.role, decision: "approved", version: "v1.4.0", as: LEAD };
    const answer = await api(here, { ...said, checklist: TECH_LEAD.checklist });
    expect(answer).toMatchObject({ status: 409, body: { error: expect.stringContaining("nothing is decided") } });
    expect(here.decisions()).toBe(0);
    expect(here.on.mailsTo(OWNER)).toHaveLength(1);
  });

  test.each([
    ["replace", { ...OTHER, action: "replace", by: OWNER }],
    ["resend", { ...OTHER, action: "resend" }],
  ])(
    "409 to %s, no seat and no mail changes, it stands in the trail, and those on call are paged",
    async (_verb, said) => {
      const here = await site(paging);
      const [record] = here.on.items("APPROVAL");
      const mails = here.on.mailsTo(LEAD).length;
      await swap(here);

      const answer = await api(here, said);

      expect(answer).toMatchObject({
        status: 409,
        body: { error: expect.stringContaining("has been changed since people were asked"), why: expect.any(String) },
      });
      expect(here.on.items("APPROVAL")).toMatchObject([{ state: "cancelled", roles: record?.roles }]);
      expect(here.on.items("RESENT")).toEqual([]);
      expect(here.on.mailsTo(LEAD).filter(({ body }) => body.includes("/approvals/"))).toHaveLength(mails);
      expect(here.on.mailsTo(OWNER).map(({ subject }) => subject)).toEqual([
        "PAGE: bbws-store v1.4.0 for prod: the plan was changed after people were asked",
      ]);
      expect((await api(here, said)).status).toBe(410);
    },
  );

  test("after the yes, its link shows nothing of it and says why", async () => {
    const here = await site({ approval: { roles: [TECH_LEAD] } });
    await here.submit(LEAD, APPROVE);
    expect(here.state()).toBe("approved");
    await swap(here);
    const page = await here.get();
    expect(page.status).toBe(409);
    expect(page.text).toContain("nothing of it is shown here");
    expect(page.text).not.toContain("bbws");
  });

  test("to look at it changes nothing and shows nothing of it", async () => {
    const here = await site(paging);
    await swap(here);
    const before = here.on.ledger.items();
    const page = await here.get();
    expect(page.status).toBe(409);
    expect(page.text).not.toContain("bbws");
    expect(here.on.ledger.items()).toEqual(before);
  });

  test("the workflow that looks by itself ends the approval and pages once, however often it looks", async () => {
    const here = await site(paging);
    await swap(here);
    expect(await here.on.settle()).toMatchObject({ outcome: "cancelled" });
    expect(await here.on.settle()).toMatchObject({ outcome: "cancelled" });
    expect(here.on.mailsTo(OWNER)).toHaveLength(1);
  });
});

test("a record that says another binding than the one that people were asked with decides nothing", async () => {
  const here = await site(paging);
  const form = formFrom((await here.get()).text, APPROVE);
  const [record] = here.on.items("APPROVAL");
  if (record === undefined) throw new Error("nobody was asked");
  await here.on.ledger.write([{ put: { ...record, gates: [{ name: "alarms", passed: true, found: "all green" }] } }]);
  expect((await here.send(here.url(), form)).status).toBe(409);
  expect(here.decisions()).toBe(0);
});
