/** Links that somebody else would read are not mailed, are told of once, and go out by themselves when it is mended. */
import { beforeEach, describe, expect, test } from "vitest";
import { decisionsToDeliver, findApproval } from "../../functions/domain/approval/load.ts";
import { replacePerson, resendLink } from "../../functions/domain/approval/reseat.ts";
import { rotateLinks } from "../../functions/domain/approval/rotate-links.ts";
import { CallRefused, ServiceTrouble } from "../../functions/domain/errors.ts";
import { loadAudit } from "../../functions/domain/ledger/append-audit.ts";
import { storePolicy } from "../../functions/domain/ledger/policies.ts";
import type { Listener } from "../../functions/domain/ports.ts";
import {
  HOUR,
  INFRA,
  LEAD,
  MANAGER,
  OWNER,
  REQUESTER,
  role,
  type Scene,
  START,
  scene,
  TECH_LEAD,
} from "../support/approval-scene.ts";
import { callerBy } from "../support/callers.ts";

const ONCALL = "oncall@example.com";
const EVE: Listener = {
  id: "arn:aws:sns:x:y:topic:eve",
  protocol: "email",
  endpoint: "eve@example.com",
  hears: "everything",
};
const own = (address: string): Listener => ({ ...EVE, id: `arn:${address}`, endpoint: address, hears: [address] });

const environment = { pageTo: [ONCALL], notices: ["team@example.com"] };
const linksTo = (on: Scene, address: string) =>
  on.mailsTo(address).filter(({ body }) => /\/approvals\/[0-9a-f]{64}/.test(body)).length;
const links = (on: Scene) =>
  on.items("LINK").length + on.inbox.filter(({ body }) => /\/approvals\/[0-9a-f]{64}/.test(body)).length;

let on: Scene;
beforeEach(async () => {
  on = await scene({ environment });
  on.listeners = [own(LEAD), own(INFRA), EVE];
});

test("no link is made or mailed that somebody else would read, and the approval waits all the same", async () => {
  const { state, summary } = await on.ask();

  expect(links(on)).toBe(0);
  expect(state).toBe("waiting");
  expect(summary).toContain("links are held back, since others would read them");
  expect(await findApproval(on.ledger, on.name)).toMatchObject({ state: "waiting", heldBack: true });
});

test("those on call are told once which subscription it is and what to do, in the trail it stands once", async () => {
  await on.ask();
  await on.ask();
  for (let minute = 1; minute < 4; minute++) {
    on.now = START + minute * 60_000;
    await on.settle();
  }

  expect(on.mailsTo(ONCALL)).toHaveLength(1);
  expect(on.mailsTo(ONCALL)[0]?.body).toContain(
    "eve@example.com gets everybody's mail:\n    arn:aws:sns:x:y:topic:eve",
  );
  expect(on.mailsTo(ONCALL)[0]?.body).toContain("aws sns unsubscribe --subscription-arn ARN");
  const trail = await loadAudit(on.ledger, on.name.promotionId);
  expect(trail.filter(({ kind }) => kind === "links-held-back")).toHaveLength(1);
});

test("the requester and the team are told once how people decide without mail", async () => {
  await on.ask();
  await on.settle();

  for (const address of [REQUESTER, "team@example.com"]) {
    expect(
      on.mailsTo(address).map(({ subject }) => subject),
      address,
    ).toEqual(["bbws-store v1.4.0 for prod: approvers get no links yet"]);
    expect(on.mailsTo(address)[0]?.body).toContain(
      "npm run headgate -- approve bbws-store-v1.4.0-1 --environment prod",
    );
  }
});

test("once it is mended the sweeper finds it, everybody is asked, and it is found no more", async () => {
  await on.ask();
  expect(await decisionsToDeliver(on.ledger, on.name.promotionId)).toHaveLength(1);
  on.listeners = [own(LEAD), own(INFRA)];

  await on.settle();

  expect([linksTo(on, LEAD), linksTo(on, INFRA)]).toEqual([1, 1]);
  expect(await decisionsToDeliver(on.ledger, on.name.promotionId)).toEqual([]);
  await on.settle();
  expect(linksTo(on, LEAD)).toBe(1);
});

test("an approval that has ended is not found for its links", async () => {
  await on.ask();
  await on.signal("abort", "an operator", "enough");
  await on.settle();
  await on.settle();

  expect(await decisionsToDeliver(on.ledger, on.name.promotionId)).toEqual([]);
});

describe("reminders and escalations", () => {
  test("are held back, told of, and sent when it is mended", async () => {
    on = await scene({
      environment,
      approval: { remindSeconds: 3_600, escalateSeconds: 3_600, escalateTo: role("team-manager", [MANAGER]) },
    });
    await on.ask();
    on.listeners = [EVE];
    on.now = START + HOUR + 1;

    await on.settle();

    expect([linksTo(on, LEAD), linksTo(on, MANAGER)]).toEqual([1, 0]);
    expect(on.mailsTo(ONCALL)).toHaveLength(1);
    on.listeners = [];
    await on.settle();
    expect([linksTo(on, LEAD), linksTo(on, MANAGER)]).toEqual([2, 1]);
    expect(await decisionsToDeliver(on.ledger, on.name.promotionId)).toEqual([]);
  });
});

describe("an operator", () => {
  const caller = callerBy("arn:aws:iam::093646564004:user/olga");

  test("who has a link sent again is told that it is held back", async () => {
    on.listeners = [];
    await on.ask();
    on.listeners = [EVE];

    const said = await resendLink(on.deps, on.name, { role: TECH_LEAD.role, address: LEAD, caller });

    expect(said).toMatchObject({
      kind: "refused",
      status: 409,
      why: expect.stringContaining("eve@example.com gets everybody's mail"),
    });
    expect(linksTo(on, LEAD)).toBe(1);
  });

  test("who gives away a seat has the new person asked when it is mended", async () => {
    on = await scene({ environment, approval: { roles: [role("tech-lead", [LEAD, OWNER])] } });
    await on.ask();
    on.listeners = [EVE];
    const approvers = { people: { "tech-lead": [LEAD, OWNER, MANAGER] }, environments: { prod: environment } };
    await storePolicy(on.deps, approvers);

    await replacePerson(on.deps, on.name, { role: "tech-lead", address: LEAD, by: MANAGER, caller });

    expect(linksTo(on, MANAGER)).toBe(0);
    on.listeners = [];
    await on.settle();
    expect(linksTo(on, MANAGER)).toBe(1);
  });
});

describe("of who listens", () => {
  const people = { "tech-lead": [LEAD], "infrastructure-lead": [INFRA] };

  test("somebody with a filter of their own whom the policy does not name holds links back", async () => {
    await storePolicy(on.deps, { people, environments: { prod: {} } });
    on.listeners = [own(LEAD), own(INFRA), own("former@example.com")];

    await on.ask();

    expect(links(on)).toBe(0);
    expect(on.mailsTo(ONCALL)[0]?.body).toContain("former@example.com is nobody whom the policy names");
  });

  test("whoever the policy names for another environment holds back nothing", async () => {
    const sit = { people: { qa: ["Qa@example.com"] }, notices: ["news@example.com"] };
    await storePolicy(on.deps, { people, environments: { prod: {}, sit } });
    on.listeners = [own(LEAD), own("qa@example.com"), own("news@example.com"), own(ONCALL), own(REQUESTER)];

    await on.ask();

    expect(linksTo(on, LEAD)).toBe(1);
  });

  test("it is looked anew while SNS throttles: nobody is asked meanwhile", async () => {
    on.listenersTrouble = new ServiceTrouble("SNS throttled");

    await expect(on.ask()).rejects.toBeInstanceOf(ServiceTrouble);

    expect(links(on)).toBe(0);
    on.listenersTrouble = null;
    on.listeners = [];
    await on.ask();
    expect(linksTo(on, LEAD)).toBe(1);
  });

  test("people are asked where nobody may look, and those on call hear of it once", async () => {
    on.listenersTrouble = new CallRefused("sns:ListSubscriptionsByTopic failed: AuthorizationError");

    await on.ask();
    await on.ask();

    expect([linksTo(on, LEAD), linksTo(on, INFRA)]).toEqual([1, 1]);
    expect(on.mailsTo(ONCALL).map(({ subject }) => subject)).toEqual([
      "PAGE: bbws-store v1.4.0 for prod: who reads the approvers' links is not known",
    ]);
    expect(on.mailsTo(ONCALL)[0]?.body).toContain("AuthorizationError");
  });

  test("nobody looks where there is nothing to send", async () => {
    on.listeners = [];
    await on.ask();
    on.listenersTrouble = new ServiceTrouble("SNS throttled");

    await on.ask();

    expect(linksTo(on, LEAD)).toBe(1);
  });
});

test("new links of a rotation are held back, told of, and mailed when it is mended", async () => {
  on.listeners = [];
  await on.ask();
  on.listeners = [EVE];
  await rotateLinks(on.deps, { by: "an operator", reason: "a mailbox was read", request: "one" });

  for (let minute = 1; minute < 4; minute++) {
    on.now = START + minute * 60_000;
    await on.settle();
  }

  expect([linksTo(on, LEAD), on.mailsTo(ONCALL).length]).toEqual([1, 1]);
  on.listeners = [];
  for (let minute = 5; minute < 8; minute++) {
    on.now = START + minute * 60_000;
    await on.settle();
  }
  expect(linksTo(on, LEAD)).toBe(2);
  expect(await decisionsToDeliver(on.ledger, on.name.promotionId)).toEqual([]);
});
