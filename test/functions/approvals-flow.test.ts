import { expect, test } from "vitest";
import { askNow } from "../../functions/domain/approval/ask.ts";
import { decide } from "../../functions/domain/approval/decide.ts";
import { withdrawApprovals } from "../../functions/domain/approval/settle.ts";
import { CallRefused, ServiceTrouble } from "../../functions/domain/errors.ts";
import { appendAudit, loadAudit } from "../../functions/domain/ledger/append-audit.ts";
import { sendPending } from "../../functions/domain/notices/pager.ts";
import {
  approvalPlan,
  HOUR,
  INFRA,
  INFRASTRUCTURE_LEAD,
  LEAD,
  MANAGER,
  OWNER,
  REQUESTER,
  role,
  type Scene,
  START,
  scene,
  sha256,
  TECH_LEAD,
} from "../support/approval-scene.ts";

const trail = async ({ ledger, name }: Scene) => loadAudit(ledger, name.promotionId);

function say(
  on: Scene,
  address: string,
  asked = TECH_LEAD,
  change: Partial<Parameters<typeof decide>[2]> = {},
): ReturnType<typeof decide> {
  return decide(on.deps, on.name, {
    role: asked.role,
    address,
    decision: "approved",
    comment: "",
    checklist: asked.checklist,
    version: "v1.4.0",
    via: "page",
    caller: null,
    sourceIp: "198.51.100.7",
    userAgent: "a browser",
    generation: null,
    epoch: null,
    ...change,
  });
}

test("everybody named gets one mail with a link of their own", async () => {
  const on = await scene();

  const asked = await on.ask();

  expect(on.inbox.map(({ to }) => to)).toEqual([LEAD, INFRA]);
  expect(on.linkOf(LEAD)).not.toBe(on.linkOf(INFRA));
  expect(asked).toMatchObject({ state: "waiting", outcome: null, pause: "approval-before" });
  expect(asked.wait).toEqual({ seconds: 12 * 3_600, until: START + 12 * HOUR });
  expect(on.inbox[0]?.subject).toBe("Approve bbws-store v1.4.0 for prod?");
  expect(on.inbox[0]?.body).toContain("Saturday 28 November 2026, 10:00 (Africa/Johannesburg), 2026-11-28 08:00 UTC");
});

test("the ledger keeps the hash of a link and never the link", async () => {
  const on = await scene();
  await on.ask();

  const id = on.linkOf(LEAD);

  expect(JSON.stringify(on.ledger.items())).not.toContain(id);
  expect(on.ledger.items(({ pk }) => pk === `LINK#${sha256(id)}`)).toHaveLength(1);
  expect(id).toMatch(/^[0-9a-f]{64}$/);
});

test("asking again sends nothing again, and the links stay", async () => {
  const on = await scene();
  await on.ask();
  const before = on.ledger.items();
  on.now += 1_000;

  await on.ask();

  expect(on.inbox).toHaveLength(2);
  expect(on.ledger.items()).toEqual(before);
});

test("a mail that failed is sent by the next try, and the others are not sent again", async () => {
  const on = await scene();
  on.mailTrouble.set(LEAD, new ServiceTrouble("SNS throttled"));
  await expect(on.ask()).rejects.toThrow("SNS throttled");
  expect(on.inbox.map(({ to }) => to)).toEqual([INFRA]);
  on.mailTrouble.clear();

  await on.ask();

  expect(on.inbox.map(({ to }) => to)).toEqual([INFRA, LEAD]);
});

test("an address that mail refuses for good does not stop the others", async () => {
  const on = await scene();
  on.mailTrouble.set(LEAD, new CallRefused("invalid parameter"));

  const asked = await on.ask();

  expect(asked.state).toBe("waiting");
  expect(on.inbox.map(({ to }) => to)).toEqual([INFRA]);
  expect(on.warnings[0]).toContain("a notice could not be sent");
});

test("a ledger that refuses is no refused mail: it ends the step", async () => {
  const on = await scene();
  const { write } = on.ledger;
  on.ledger.write = async (changes) => {
    if (changes.some((change) => "put" in change && change.put.pk.startsWith("LINK#"))) {
      throw new CallRefused("access denied to the table");
    }
    return write.call(on.ledger, changes);
  };

  await expect(on.ask()).rejects.toThrow("access denied to the table");
});

test("whoever is on call hears, once, whose mail was refused", async () => {
  const on = await scene({ environment: { pageTo: ["oncall@example.com"] } });
  on.mailTrouble.set(LEAD, new CallRefused("access denied"));

  await on.ask();
  await on.ask();

  const [page, ...others] = on.mailsTo("oncall@example.com");
  expect(others).toEqual([]);
  expect(page?.subject).toBe("PAGE: bbws-store v1.4.0 for prod: not everybody could be asked");
  expect(page?.body).toContain(`no mail went out to:\n  ${LEAD}\n`);
});

test("whoever is on call hears of it from the sweeper, where no mail went out at all", async () => {
  const on = await scene({ environment: { pageTo: ["oncall@example.com"] } });
  for (const to of [LEAD, "oncall@example.com"]) on.mailTrouble.set(to, new CallRefused("access denied"));
  await on.ask();
  on.mailTrouble.clear();

  await sendPending(on.deps, on.name.promotionId, "running");

  expect(on.mailsTo("oncall@example.com")).toHaveLength(1);
});

test("nobody on call hears of mails that went out", async () => {
  const on = await scene({ environment: { pageTo: ["oncall@example.com"] } });

  await on.ask();

  expect(on.mailsTo("oncall@example.com")).toEqual([]);
});

test("the requester hears before the wait whom no mail reaches, and which role can never answer", async () => {
  const on = await scene({
    reach: new Map([
      [LEAD, "unconfirmed"],
      [INFRA, "absent"],
    ]),
  });

  await on.ask();

  const [told] = on.mailsTo(REQUESTER);
  expect(on.inbox[0]).toBe(told);
  expect(told?.body).toMatch(/not confirmed[^:]*:\n {2}jane\.doe@example\.com/);
  expect(told?.body).toMatch(/not subscribed[^:]*:\n {2}john\.smith@example\.com/);
  expect(told?.body).toMatch(/Roles that cannot[^:]*:\n {2}tech-lead\n {2}infrastructure-lead/);
});

test("whom no mail reaches is told to the environment's team too, and stands in the graph and in the trail", async () => {
  const on = await scene({
    reach: new Map([[LEAD, "unconfirmed"]]),
    environment: { notices: ["team@example.com"] },
  });

  const { summary } = await on.ask();

  expect(summary).toBe(`waiting for tech-lead, infrastructure-lead; no mail reaches ${LEAD}`);
  expect(on.mailsTo("team@example.com")[0]?.subject).toContain("approvers cannot be reached");
  const entry = (await trail(on)).find(({ kind }) => kind === "asked");
  expect(entry?.summary).toContain(`no mail reaches ${LEAD}`);
  expect(entry?.data).toMatchObject({ unconfirmed: [LEAD], absent: [], unfillable: ["tech-lead"] });
});

test("people are mailed although whom mail reaches cannot be asked", async () => {
  const on = await scene();
  const refused = { ...on.deps.mailer, reach: () => Promise.reject(new CallRefused("not allowed")) };

  const asked = await askNow({ ...on.deps, mailer: refused }, on.name);

  expect(asked.summary).toBe("waiting for tech-lead, infrastructure-lead");
  expect(on.inbox.map(({ to }) => to)).toEqual([LEAD, INFRA]);
  expect(on.warnings.join()).toContain("whom mail reaches is not known");
});

test("of the escalation's people too it is said whom no mail will reach", async () => {
  const escalateTo = role("team-manager", [MANAGER]);
  const on = await scene({
    approval: { escalateSeconds: 3_600, escalateTo },
    reach: new Map([[MANAGER, "absent"]]),
  });

  expect((await on.ask()).summary).toContain(`no mail reaches ${MANAGER}`);
});

test("the requester hears nothing when everybody can be reached", async () => {
  const on = await scene();

  await on.ask();

  expect(on.mailsTo(REQUESTER)).toEqual([]);
});

test("the requester is not asked, whatever the spelling of the address", async () => {
  const lead = role("tech-lead", ["sam.dev@example.com", LEAD]);
  const on = await scene({ approval: { roles: [lead] }, release: { requestedBy: "Sam Dev <SAM.DEV+ci@Example.com>" } });

  await on.ask();

  expect(on.inbox.map(({ to }) => to)).toEqual([LEAD]);
});

test("both roles say yes: approved, and the requester is told once", async () => {
  const on = await scene();
  await on.ask();
  await say(on, LEAD);
  expect(await on.settle()).toMatchObject({ state: "waiting", summary: "waiting for infrastructure-lead" });

  on.now += HOUR;
  await say(on, INFRA, INFRASTRUCTURE_LEAD);

  const settled = await on.settle();
  expect(settled).toMatchObject({ state: "approved", outcome: "approved" });
  expect(settled.summary).toBe(`approved by ${LEAD} (tech-lead) and ${INFRA} (infrastructure-lead)`);
  expect(settled.wait.seconds).toBe(1);
  await on.settle();
  expect(on.mailsTo(REQUESTER).map(({ subject }) => subject)).toEqual(["bbws-store v1.4.0 for prod: approved"]);
});

test("one rejection ends it, and what was said stands in the trail with all that came with it", async () => {
  const on = await scene();
  await on.ask();

  await say(on, INFRA, INFRASTRUCTURE_LEAD, { decision: "rejected", comment: "No capacity on Friday", checklist: [] });

  expect(await on.settle()).toMatchObject({
    outcome: "rejected",
    summary: `rejected by ${INFRA} (infrastructure-lead): "No capacity on Friday"`,
  });
  const entry = (await trail(on)).find(({ kind }) => kind === "rejected");
  expect(entry?.summary).toBe(`${INFRA} rejected prod as infrastructure-lead: "No capacity on Friday"`);
  expect(entry?.data).toMatchObject({
    role: "infrastructure-lead",
    address: INFRA,
    comment: "No capacity on Friday",
    checklist: [],
    sourceIp: "198.51.100.7",
    userAgent: "a browser",
    binding: expect.stringMatching(/^[0-9a-f]{64}$/),
    at: START,
  });
});

test("reminders go to those who have not answered, the newest only, once each", async () => {
  const on = await scene();
  await on.ask();
  await say(on, LEAD);
  on.inbox.length = 0;

  on.now = START + 12 * HOUR;
  const settled = await on.settle();
  await on.settle();
  expect(on.inbox.map(({ to, subject }) => `${to} ${subject}`)).toEqual([
    `${INFRA} Reminder: Approve bbws-store v1.4.0 for prod?`,
  ]);
  expect(settled.wait.until).toBe(START + 24 * HOUR);

  on.now = START + 37 * HOUR;
  await on.settle();
  expect(on.inbox).toHaveLength(2);
});

test("silence is escalated to another role's people, who may stand in for one missing answer", async () => {
  const manager = role("team-manager", [MANAGER]);
  const on = await scene({ approval: { roles: [TECH_LEAD], escalateSeconds: 24 * 3_600, escalateTo: manager } });
  await on.ask();
  expect(on.mailsTo(MANAGER)).toEqual([]);
  expect(await say(on, MANAGER, manager)).toMatchObject({ kind: "forbidden" });

  on.now = START + 24 * HOUR;
  expect((await on.settle()).state).toBe("waiting");
  expect(on.mailsTo(MANAGER)[0]?.body).toContain("in their place");
  await on.settle();
  expect(on.mailsTo(MANAGER)).toHaveLength(1);

  const all = { ...manager, checklist: TECH_LEAD.checklist };
  expect(await say(on, MANAGER, manager)).toMatchObject({ kind: "incomplete" });
  expect(await say(on, MANAGER, all)).toMatchObject({ kind: "decided" });
  expect((await on.settle()).outcome).toBe("approved");
});

test("nobody is escalated to before their time", async () => {
  const manager = role("team-manager", [MANAGER]);
  const on = await scene({ approval: { escalateSeconds: 24 * 3_600, escalateTo: manager } });
  await on.ask();

  on.now = START + 24 * HOUR - 1;
  await on.settle();
  expect(on.mailsTo(MANAGER)).toEqual([]);
  on.now += 1;
  await on.settle();

  expect(on.mailsTo(MANAGER)).toHaveLength(1);
});

test("asked again once it has ended, nobody is mailed, and whom no mail reaches is nobody's concern", async () => {
  const on = await scene({ approval: { roles: [TECH_LEAD] }, reach: new Map([[LEAD, "unconfirmed"]]) });
  await on.ask();
  await say(on, LEAD);
  await on.settle();
  on.inbox.length = 0;

  expect(await on.ask()).toMatchObject({ state: "approved", summary: `approved by ${LEAD} (tech-lead)` });

  expect(on.inbox).toEqual([]);
});

test("trouble in asking whom mail reaches is tried again by the machine, before anybody is mailed", async () => {
  const on = await scene();
  const down = { ...on.deps.mailer, reach: () => Promise.reject(new ServiceTrouble("SNS throttled")) };

  await expect(askNow({ ...on.deps, mailer: down }, on.name)).rejects.toThrow("SNS throttled");

  expect(on.inbox).toEqual([]);
});

test("nobody answers: expired, and everybody concerned is told", async () => {
  const on = await scene();
  await on.ask();
  on.inbox.length = 0;
  on.now = START + 48 * HOUR - 1;
  expect((await on.settle()).wait.seconds).toBe(1);
  on.inbox.length = 0;

  on.now = START + 48 * HOUR;
  const settled = await on.settle();

  expect(settled).toMatchObject({
    outcome: "expired",
    summary: "expired without an answer from tech-lead, infrastructure-lead",
  });
  expect(on.inbox.map(({ to }) => to)).toEqual([REQUESTER, LEAD, INFRA]);
  expect(await say(on, LEAD)).toMatchObject({ kind: "ended", settlement: { state: "expired" } });
});

test.each([
  ["supersede", "superseded", "superseded by bbws-store-v1.5.0-1: a newer release"],
  ["abort", "cancelled", "cancelled by bbws-store-v1.5.0-1: a newer release"],
  ["roll-back", "cancelled", "cancelled by bbws-store-v1.5.0-1: a newer release"],
] as const)("a %s signal ends the wait as %s and says so to the approvers", async (kind, outcome, summary) => {
  const on = await scene();
  await on.ask();
  on.inbox.length = 0;
  await on.signal("hold", OWNER, "looking");
  await on.signal(kind, "bbws-store-v1.5.0-1", "a newer release");

  expect(await on.settle()).toMatchObject({ outcome, summary });
  expect(on.mailsTo(LEAD)[0]?.body).toContain(summary);
  expect((await trail(on)).at(-1)?.kind).toBe(`approval-${outcome}`);
});

test("an approval too old to count is asked for anew, with new links, and the old answer stays in the trail", async () => {
  const on = await scene({ approval: { roles: [TECH_LEAD] } });
  await on.ask();
  await say(on, LEAD);
  await on.settle();
  const old = on.linkOf(LEAD);
  on.now += 7 * 24 * HOUR;
  expect((await on.ask()).state).toBe("approved");

  on.now += 1;
  expect((await on.ask()).state).toBe("waiting");

  expect(on.linkOf(LEAD)).not.toBe(old);
  expect(await say(on, LEAD, TECH_LEAD, { generation: 1 })).toMatchObject({ kind: "forbidden" });
  expect(await say(on, LEAD, TECH_LEAD, { generation: 2 })).toMatchObject({ kind: "decided" });
  await on.settle();
  expect((await trail(on)).filter(({ kind }) => kind === "approved")).toHaveLength(2);
});

test("what is decided is bound to the release, the artifacts, the gates' results and the trail so far", async () => {
  const bindingOf = async (on: Scene) => {
    await on.ask();
    return on.items("APPROVAL")[0]?.binding;
  };
  const checked = await scene();
  await appendAudit(checked.deps, checked.name.promotionId, {
    id: "check",
    kind: "checked",
    summary: "alarms passed",
    environment: "prod",
    data: { name: "alarms", passed: true, found: "3 alarms, none red" },
  });

  const judged = await scene();
  const verdict = { id: "verdict", kind: "verdict", summary: "25 % passed", environment: "sit" };
  await appendAudit(judged.deps, judged.name.promotionId, verdict);

  const bindings = [
    await bindingOf(await scene()),
    await bindingOf(judged),
    await bindingOf(await scene({ release: { version: "v1.4.1" } })),
    await bindingOf(await scene({ release: { evidence: { coverage: 12 } } })),
    await bindingOf(await scene({ environment: { notBefore: 1 } })),
    await bindingOf(await scene({ environment: { targets: [] } })),
    await bindingOf(checked),
  ];

  expect(new Set(bindings).size).toBe(bindings.length);
  expect(await bindingOf(await scene())).toBe(bindings[0]);
});

test("an approval that is not in the plan is a broken record, not a silent pass", async () => {
  const on = await scene({ approval: approvalPlan({ id: "at-25", when: 25 }) });

  await expect(on.settle()).rejects.toThrow("the ledger has no APPROVAL#prod#at-25");
});

test("whoever stands in by escalation is not reminded of what was due before they were asked, then like the others", async () => {
  const on = await scene({
    approval: { roles: [TECH_LEAD], escalateSeconds: 24 * 3_600, escalateTo: role("team-manager", [MANAGER]) },
  });
  await on.ask();
  on.inbox.length = 0;
  const reminded = () => on.inbox.filter(({ subject }) => subject.startsWith("Reminder")).map(({ to }) => to);

  on.now = START + 24 * HOUR;
  await on.settle();
  expect(reminded()).toEqual([LEAD]);
  expect(on.mailsTo(MANAGER)).toHaveLength(1);

  on.now = START + 36 * HOUR;
  await on.settle();
  expect(reminded()).toEqual([LEAD, LEAD, MANAGER]);
});

test("of a role that needs two answers, the others are reminded after the first and nobody after the second", async () => {
  const leads = role("tech-lead", [LEAD, OWNER, MANAGER], [], 2);
  const on = await scene({ approval: { roles: [leads, INFRASTRUCTURE_LEAD] } });
  await on.ask();
  const remindedAt = async (hours: number) => {
    on.inbox.length = 0;
    on.now = START + hours * HOUR;
    await on.settle();
    return on.inbox.map(({ to }) => to);
  };

  await say(on, LEAD, leads);
  expect(await remindedAt(12)).toEqual([OWNER, MANAGER, INFRA]);

  await say(on, OWNER, leads);
  expect(await remindedAt(24)).toEqual([INFRA]);
});

test("an approval that somebody answers in the moment of its withdrawal is withdrawn all the same, and told once", async () => {
  const on = await scene();
  await on.ask();
  on.inbox.length = 0;
  on.ledger.before = async (operation) => {
    if (!operation.startsWith("write APPROVAL#")) return;
    on.ledger.before = async () => {};
    expect(await say(on, LEAD)).toMatchObject({ kind: "decided" });
  };

  await withdrawApprovals(on.deps, on.name.promotionId, "the alarm is red");

  expect(await on.settle()).toMatchObject({ outcome: "cancelled", summary: "cancelled: the alarm is red" });
  expect(on.inbox.map(({ to }) => to)).toEqual([REQUESTER, LEAD, INFRA]);
  expect((await trail(on)).map(({ kind }) => kind)).toEqual(expect.arrayContaining(["approved", "approval-cancelled"]));
});

test("an approval that has ended stays as it ended when its promotion is brought back", async () => {
  const on = await scene({ approval: { roles: [TECH_LEAD] } });
  await on.ask();
  await say(on, LEAD);
  await on.settle();

  await withdrawApprovals(on.deps, on.name.promotionId, "the alarm is red");

  expect(await on.settle()).toMatchObject({ outcome: "approved", summary: `approved by ${LEAD} (tech-lead)` });
});
