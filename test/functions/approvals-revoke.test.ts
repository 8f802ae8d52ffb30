/** Taking somebody out at once: over HTTP, while their approval waits. */
import { afterEach, describe, expect, test } from "vitest";
import { loadApproval } from "../../functions/domain/approval/load.ts";
import { loadAudit } from "../../functions/domain/ledger/append-audit.ts";
import { item } from "../../functions/domain/ledger/items.ts";
import { keys } from "../../functions/domain/ledger/keys.ts";
import { must } from "../../functions/domain/ledger/load.ts";
import { Conflict } from "../../functions/domain/ports.ts";
import {
  HOUR,
  INFRA,
  INFRASTRUCTURE_LEAD,
  LEAD,
  OWNER,
  REQUESTER,
  role,
  type SceneOptions,
} from "../support/approval-scene.ts";
import { CALLER_HEADER } from "../support/approval-server.ts";
import { api, closeSites, type Site, site } from "../support/approval-site.ts";
import { sessionArn } from "../support/callers.ts";

afterEach(closeSites);

const YES = { decision: "approved", version: "v1.4.0", checklist: [], comment: "" } as const;
const leads = role("tech-lead", [LEAD, OWNER]);
const OPS = "arn:aws:iam::093646564004:user/ops";
const REASON = "laptop was stolen";

/** The lead has said yes and the infrastructure lead has not; the promotion is listed as open. */
async function halfApproved(options: SceneOptions = {}, by: "the lead" | "nobody" = "the lead"): Promise<Site> {
  const approval = { roles: [leads, { ...INFRASTRUCTURE_LEAD, checklist: [] }] };
  const here = await site({ approval, environment: { pageTo: ["oncall@example.com"] }, ...options });
  const { ledger, name } = here.on;
  await ledger.write([{ put: item(keys.open(name.promotionId), { promotionId: name.promotionId }) }]);
  if (by === "the lead") await here.submit(LEAD, YES);
  here.on.now += HOUR;
  return here;
}

async function say(here: Site, verb: string, body: unknown, caller: string | null = OPS) {
  const response = await fetch(`${here.base}/people/${verb}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...(caller === null ? {} : { [CALLER_HEADER]: caller }) },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

const revoke = (here: Site, address = LEAD) => say(here, "revoke", { address, reason: REASON });

const trail = async ({ on }: Site) =>
  (await loadAudit(on.ledger, on.name.promotionId)).filter(({ kind }) => kind === "approvers-gone");

describe("somebody who is revoked", () => {
  test("has their yes count no more, at once, and the requester hears who is missing", async () => {
    const here = await halfApproved();
    const link = here.url(LEAD);

    expect(await revoke(here)).toMatchObject({
      status: 200,
      body: { changed: true, did: `${LEAD} is revoked; 1 open approvals are settled anew` },
    });

    expect((await trail(here)).map(({ summary }) => summary)).toEqual([
      `approval "before" for prod: ${LEAD} (tech-lead) counts no more: revoked by ${OPS}: ${REASON}`,
    ]);
    expect(here.on.mailsTo(REQUESTER).at(-1)?.body).toContain(`1 x tech-lead, of: ${OWNER}`);
    expect((await fetch(link)).status).toBe(410);
    await here.submit(INFRA, YES);
    expect((await here.on.settle()).state).toBe("waiting");
    await here.submit(OWNER, YES);
    expect((await here.on.settle()).outcome).toBe("approved");
  });

  test("keeps their answer on record, though it counts no more", async () => {
    const here = await halfApproved();
    await revoke(here);

    expect(here.on.items("DECISION")).toHaveLength(1);
    expect((await loadAudit(here.on.ledger, here.on.name.promotionId)).map(({ kind }) => kind)).toContain("approved");
  });

  test("cannot answer by a page that they had open", async () => {
    const here = await halfApproved();
    const form = (await here.get(INFRA)).text;
    const url = here.url(INFRA);
    await revoke(here, INFRA);

    const token = /name="token" value="([^"]+)"/.exec(form)?.[1] ?? "";
    const body = new URLSearchParams({ token, ...YES, checklist: "" }).toString();
    expect((await here.send(url, body)).status).toBe(410);
    expect(here.decisions()).toBe(1);
  });

  test("under one spelling is revoked under every other", async () => {
    const here = await halfApproved();
    await revoke(here, LEAD.toUpperCase().replace("@", "+phone@"));

    expect((await here.get(LEAD)).status).toBe(410);
  });

  test("sees nothing of what was approved before either", async () => {
    const here = await halfApproved();
    await here.submit(INFRA, YES);
    expect((await here.get(LEAD)).status).toBe(200);
    await revoke(here);

    expect(await here.get(LEAD)).toMatchObject({ status: 410, text: expect.not.stringContaining("v1.4.0") });
    expect((await loadApproval(here.on.ledger, here.on.name)).state).toBe("approved");
  });

  test("twice is revoked once: the first reason stands, and nobody is told again", async () => {
    const here = await halfApproved();
    await revoke(here);
    const mails = here.on.inbox.length;
    here.on.now += HOUR;

    expect(await say(here, "revoke", { address: LEAD, reason: "another reason" })).toMatchObject({
      status: 200,
      body: { changed: false },
    });
    expect(here.on.inbox).toHaveLength(mails);
    expect(await trail(here)).toHaveLength(1);
    expect(here.on.items("PERSON")[0]).toMatchObject({ reason: REASON, by: OPS, state: "revoked" });
  });

  test("can be reinstated: their answer counts again, and that is told", async () => {
    const here = await halfApproved();
    await revoke(here);
    here.on.now += HOUR;

    expect(await say(here, "reinstate", { address: LEAD, reason: "it was found" })).toMatchObject({
      status: 200,
      body: { changed: true, state: "reinstated" },
    });

    expect(here.on.mailsTo(REQUESTER).at(-1)?.subject).toContain("may decide again");
    await here.submit(INFRA, YES);
    expect((await here.on.settle()).outcome).toBe("approved");
  });

  test("and requested the release has it go on, and the answer says so", async () => {
    const here = await halfApproved();

    expect(await revoke(here, REQUESTER)).toMatchObject({
      body: { parties: [here.on.name.promotionId], did: expect.stringContaining("goes on, decided by others") },
    });

    await here.submit(INFRA, YES);
    expect((await here.on.settle()).outcome).toBe("approved");
  });
});

describe("whoever has answered for somebody", () => {
  const answerAs = (here: Site, session: string) =>
    api(here, { role: "tech-lead", as: LEAD, ...YES }, { [CALLER_HEADER]: sessionArn("Approvers", session) });

  test.each(["revoke", "reinstate"])("does not %s them, under whatever session name", async (verb) => {
    const here = await halfApproved({ approval: { roles: [role("tech-lead", [LEAD, OWNER], [], 2)] } }, "nobody");
    expect((await answerAs(here, "one")).status).toBe(200);
    const before = here.on.ledger.items();

    const answer = await say(here, verb, { address: LEAD, reason: REASON }, sessionArn("Approvers", "two"));

    expect(answer).toMatchObject({ status: 403, body: { error: expect.stringContaining("ask somebody else") } });
    expect(here.on.ledger.items()).toEqual(before);
    expect((await say(here, verb, { address: OWNER, reason: REASON }, sessionArn("Approvers", "two"))).status).toBe(
      200,
    );
    expect((await say(here, verb, { address: LEAD, reason: REASON })).status).toBe(200);
  });

  test("is told so also where the policy cannot be read, and others revoke all the same", async () => {
    const here = await halfApproved();
    const { hash } = await must(here.on.ledger, keys.policyCurrent());
    await here.on.ledger.write([{ remove: keys.policy(String(hash)) }]);
    const self = `arn:aws:sts::093646564004:assumed-role/SSO/${LEAD}`;
    expect((await say(here, "revoke", { address: LEAD, reason: REASON }, self)).status).toBe(403);
    expect((await revoke(here)).status).toBe(200);
  });
});

describe("a revocation", () => {
  test("whose settling could not be begun is found by the sweeper, and counts all the same", async () => {
    const here = await halfApproved();
    here.on.workerTrouble = new Error("Lambda is down");

    expect((await revoke(here)).status).toBe(200);

    await here.submit(INFRA, YES);
    expect((await loadApproval(here.on.ledger, here.on.name)).state).toBe("waiting");
  });

  test.each([
    ["a revocation", async (here: Site) => void (await revoke(here))],
    [
      "a policy without them",
      (here: Site) => here.on.putPolicy({ "tech-lead": [OWNER], "infrastructure-lead": [INFRA] }),
    ],
  ])("or a policy wins that comes while the last answer is written: %s", async (_, takeOut) => {
    const here = await halfApproved();
    const { ledger } = here.on;
    // Nobody settles in between: what refuses the answer is its own condition.
    here.on.workerTrouble = new Error("Lambda is down");
    let revoked = false;
    ledger.before = async (operation) => {
      if (revoked || !operation.startsWith("write APPROVAL#")) return;
      revoked = true;
      await takeOut(here);
    };

    expect((await here.submit(INFRA, YES)).status).toBe(303);

    expect(revoked).toBe(true);
    expect((await loadApproval(ledger, here.on.name)).state).toBe("waiting");
  });

  test("and another one at the same instant are both kept", async () => {
    const here = await halfApproved();
    const words = await Promise.all([revoke(here, LEAD), revoke(here, OWNER), revoke(here, INFRA)]);

    expect(words.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(here.on.items("PERSON")).toHaveLength(3);
  });

  test("gives up when others keep saying things, and says so", async () => {
    const here = await halfApproved();
    here.on.ledger.before = async (operation) => {
      if (operation.startsWith("write REVISION")) throw new Conflict([0]);
    };

    expect((await revoke(here)).status).toBeGreaterThanOrEqual(500);
    here.on.ledger.before = async () => {};
    expect(here.on.items("PERSON")).toEqual([]);
  });

  test.each([
    ["unsigned", { address: LEAD, reason: REASON }, null, 403],
    [
      "of oneself, as one's session is called",
      { address: LEAD, reason: REASON },
      `arn:aws:sts::093646564004:assumed-role/SSO/${LEAD}`,
      403,
    ],
    ["without a reason", { address: LEAD }, OPS, 400],
    ["of no address", { address: "jane", reason: REASON }, OPS, 400],
    ["with a word too many", { address: LEAD, reason: REASON, state: "revoked" }, OPS, 400],
  ])("%s is refused and changes nothing", async (_, body, caller, status) => {
    const here = await halfApproved();
    const before = here.on.ledger.items();

    expect((await say(here, "revoke", body, caller)).status).toBe(status);
    expect((await say(here, "reinstate", body, caller)).status).toBe(status);

    expect(here.on.ledger.items()).toEqual(before);
  });
});
