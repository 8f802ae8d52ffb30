/** Ending all links at once: what dies, who is mailed anew and how often, what is on record. */
import { afterEach, describe, expect, test } from "vitest";
import { decisionsToDeliver, loadApproval } from "../../functions/domain/approval/load.ts";
import { settleNow } from "../../functions/domain/approval/settle.ts";
import { ServiceTrouble } from "../../functions/domain/errors.ts";
import { loadAudit } from "../../functions/domain/ledger/append-audit.ts";
import { keys } from "../../functions/domain/ledger/keys.ts";
import type { Ledger } from "../../functions/domain/ports.ts";
import { rotate } from "../../functions/rotate-links.ts";
import { INFRA, LEAD, OWNER, role, type Scene, START, scene } from "../support/approval-scene.ts";
import { formFrom } from "../support/approval-server.ts";
import { APPROVE, APPROVE_INFRA, ARN, closeSites, site } from "../support/approval-site.ts";
import { ACCESS_KEY, API_ACCOUNT } from "../support/callers.ts";
import { interleave, twoSwitches } from "../support/interleave.ts";

afterEach(closeSites);

let commands = 0;

/** What the signed route answers to this body, whoever sends it. */
async function ask(on: Scene, body: unknown, caller: string | null = ARN) {
  const { status, body: answer } = await rotate(on.deps)({
    method: "POST",
    path: "/links/rotate",
    pathParameters: {},
    query: {},
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
    sourceIp: "198.51.100.7",
    userAgent: "a test",
    caller: caller === null ? null : { arn: caller, accessKey: ACCESS_KEY, account: API_ACCOUNT },
  });
  return { status, body: JSON.parse(answer) as Record<string, unknown> };
}

const command = (request = `command-${commands++}`) => ({ reason: "a mailbox was read", request });

const settle = (on: Scene, ledger: Ledger = on.ledger) =>
  settleNow({ ...on.deps, ledger }, on.name.promotionId, on.name.environment, on.name.approval);

const renewed = (on: Scene) =>
  on.inbox.filter(({ body }) => body.startsWith("All earlier links have ended")).map(({ to }) => to);

describe("once links are rotated", () => {
  test("every link that was out shows one sentence, for open and for decided approvals: 410", async () => {
    const here = await site();
    await here.submit(LEAD, APPROVE);
    const decided = await site();
    await decided.submit(LEAD, { ...APPROVE, decision: "rejected", comment: "no" });
    await ask(here.on, command());
    await ask(decided.on, command());

    for (const url of [here.url(LEAD), here.url(INFRA), decided.url(LEAD), decided.url(INFRA)]) {
      const response = await fetch(url);
      expect(response.status).toBe(410);
      const text = await response.text();
      expect(text).toContain("All links were renewed");
      expect(text).not.toContain("v1.4.0");
    }
  });

  test("a form that was open decides nothing, by its own link or by the new one", async () => {
    const here = await site();
    const old = { url: here.url(), form: formFrom((await here.get()).text, APPROVE) };
    await ask(here.on, command());
    await settle(here.on);

    expect(await here.send(old.url, old.form)).toMatchObject({ status: 410 });
    expect(await here.send(here.url(), old.form)).toMatchObject({ status: 403 });
    expect(here.decisions()).toBe(0);
    expect(await here.submit(LEAD, APPROVE)).toMatchObject({ status: 303 });
  });

  test("in the very moment of deciding, nothing is decided: 403", async () => {
    const here = await site();
    const form = formFrom((await here.get()).text, APPROVE);
    here.on.ledger.before = async (operation) => {
      if (!operation.startsWith("write APPROVAL#")) return;
      here.on.ledger.before = async () => {};
      await ask(here.on, command());
    };

    const late = await here.send(here.url(), form);

    expect(late).toMatchObject({ status: 403, text: expect.stringContaining("All links were renewed") });
    expect(here.decisions()).toBe(0);
    expect(here.on.items("DECIDER")).toEqual([]);
  });

  test("decisions by the signed route and those given before still count", async () => {
    const here = await site();
    await here.submit(LEAD, APPROVE);
    await ask(here.on, command());
    await settle(here.on);
    await here.submit(INFRA, APPROVE_INFRA);

    expect(here.state()).toBe("approved");
  });
});

describe("new links go to those who still owe an answer", () => {
  const leads = role("tech-lead", [LEAD, OWNER], [], 1);
  const infra = role("infrastructure-lead", [INFRA], []);

  test("and to nobody else: not who has answered, nor those of a role that is full", async () => {
    const here = await site({ approval: { roles: [leads, infra] } });
    await here.submit(OWNER, { ...APPROVE, checklist: [] });
    await ask(here.on, command());

    await settle(here.on);

    expect(renewed(here.on)).toEqual([INFRA]);
    expect((await here.get(INFRA)).status).toBe(200);
  });

  test("once for each rotation, however often it is settled", async () => {
    const on = await scene();
    await on.ask();
    for (let rotation = 1; rotation <= 3; rotation++) {
      await ask(on, command());
      for (let times = 0; times < 3; times++) await settle(on);
      on.now += 120_000;
      await settle(on);
      expect(renewed(on)).toHaveLength(2 * rotation);
    }
    expect(await loadApproval(on.ledger, on.name)).toMatchObject({ linkEpoch: 3, news: false, renewingSince: null });
  });

  test("once, when two settle at the same instant, in any order", async () => {
    for (let first = 0; first < 24; first++) {
      for (const second of [2, 9, 20]) {
        const on = await scene();
        await on.ask();
        await ask(on, command());
        const settling = async (ledger: Ledger) => settle(on, ledger);

        await interleave(on.ledger, twoSwitches(first, second), [settling, settling]);

        expect(renewed(on)).toHaveLength(2);
        expect(new Set(renewed(on))).toEqual(new Set([LEAD, INFRA]));
      }
    }
  });

  test("by a later call where the first one broke off, to those alone who have none", async () => {
    const on = await scene();
    await on.ask();
    await ask(on, command());
    on.mailTrouble.set(INFRA, new ServiceTrouble("SNS throttled"));
    await expect(settle(on)).rejects.toThrow("SNS throttled");
    on.mailTrouble.clear();

    await settle(on);
    expect(renewed(on)).toEqual([LEAD]);
    expect(await decisionsToDeliver(on.ledger, on.name.promotionId)).toHaveLength(1);
    on.now += 60_000;
    await settle(on);

    expect(renewed(on)).toEqual([LEAD, INFRA]);
    expect(await decisionsToDeliver(on.ledger, on.name.promotionId)).toEqual([]);
  });

  test("since the sweeper finds their approval, and no other: not one that has ended or asks with new links", async () => {
    const on = await scene();
    await on.ask();
    const owed = () => decisionsToDeliver(on.ledger, on.name.promotionId);
    expect(await owed()).toEqual([]);
    await ask(on, command());

    expect(await owed()).toMatchObject([{ environment: "prod", approval: "before" }]);
    await settle(on);
    expect(await owed()).toEqual([]);
    await on.signal("abort", "ops", "enough");
    await settle(on);
    await ask(on, command());
    expect(await owed()).toEqual([]);
  });

  test("of approvals that 0.1.0 asked for, whose links a key in the table could make", async () => {
    const on = await scene();
    await on.ask();
    const { linkEpoch: _, renewingSince: __, ...old } = await loadApproval(on.ledger, on.name);
    await on.ledger.write([{ put: old }]);

    await settle(on);

    expect(renewed(on)).toEqual([LEAD, INFRA]);
  });
});

describe("a rotation", () => {
  test("says what it did, and is on record with who and why, here and in the trail of each approval", async () => {
    const on = await scene();
    await on.ask();

    expect(await ask(on, command())).toEqual({
      status: 200,
      body: { epoch: 1, did: expect.stringContaining(`(epoch 1, by ${ARN})`) },
    });

    await settle(on);
    const stored = await on.ledger.read(keys.raisedLinkEpoch(1));
    expect(stored).toMatchObject({ epoch: 1, by: ARN, reason: "a mailbox was read", at: START });
    const trail = (await loadAudit(on.ledger, on.name.promotionId)).filter(({ kind }) => kind === "links-renewed");
    expect(trail.map(({ summary }) => summary)).toEqual([
      `new links for approval "before" of prod: ${ARN} ended all links: a mailbox was read`,
    ]);
  });

  test("that is sent twice, or meets another at the same instant, counts once", async () => {
    const on = await scene();
    const again = command();
    expect((await ask(on, again)).body.epoch).toBe(1);
    expect((await ask(on, again)).body.epoch).toBe(1);

    for (let first = 0; first < 4; first++) {
      const before = Number((await on.ledger.read(keys.linkEpoch()))?.epoch);
      const asking = async (ledger: Ledger) => ask({ ...on, deps: { ...on.deps, ledger } } as Scene, command());
      const answers = await interleave(on.ledger, twoSwitches(first, 2), [asking, asking]);
      const after = Number((await on.ledger.read(keys.linkEpoch()))?.epoch);
      for (const { body } of answers) expect(Number(body.epoch)).toBeGreaterThan(before);
      expect(after - before).toBeLessThanOrEqual(2);
      expect(Math.max(...answers.map(({ body }) => Number(body.epoch)))).toBe(after);
    }
  });

  test.each([
    [{}, "reason"],
    [{ reason: " x ", request: "12345678" }, "3 to 500 characters"],
    [{ reason: "because", request: "#" }, "8 to 64 letters"],
    [{ reason: "because", request: "12345678", epoch: 9 }, "epoch"],
  ])("asked for by %j is refused, and nothing has ended", async (body, problem) => {
    const on = await scene();

    const answer = await ask(on, body);

    expect(answer.status).toBe(400);
    expect(JSON.stringify(answer.body)).toContain(problem);
    expect(await on.ledger.read(keys.linkEpoch())).toBeUndefined();
  });

  test("without a signature is refused: 403", async () => {
    const on = await scene();

    expect(await ask(on, command(), null)).toMatchObject({ status: 403 });
    expect(await on.ledger.read(keys.linkEpoch())).toBeUndefined();
  });
});
