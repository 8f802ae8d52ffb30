/** The same thing over and over, in turn and at once: mailboxes stay empty, the ledger does not grow, one answer counts. */
import { afterEach, describe, expect, test } from "vitest";
import { loadApproval } from "../../../functions/domain/approval/load.ts";
import { HOUR, INFRA, LEAD, MANAGER, OWNER, role } from "../../support/approval-scene.ts";
import { formFrom } from "../../support/approval-server.ts";
import { APPROVE, ARN, closeSites, type Site, site } from "../../support/approval-site.ts";
import { type Answer, raw, signed, withoutTrace } from "../../support/attacks.ts";
import { userArn } from "../../support/callers.ts";

afterEach(closeSites);

const YES = { ...APPROVE, checklist: [] };
const OPS = userArn("ops");
const DAY = 24 * HOUR;

async function asked(): Promise<Site> {
  const here = await site({
    approval: { roles: [role("tech-lead", [LEAD]), role("infrastructure-lead", [INFRA])], expiresSeconds: 7 * 86_400 },
  });
  await here.on.putPolicy({ "tech-lead": [LEAD, OWNER, MANAGER], "infrastructure-lead": [INFRA] });
  return here;
}

const approvalPath = ({ on: { name } }: Site) => `/promotions/${name.promotionId}/environments/prod/approvals/before`;
const resend = (here: Site, caller = OPS, address = LEAD) =>
  signed(here, approvalPath(here), { action: "resend", role: "tech-lead", address }, caller);
const replace = (here: Site, address: string, by: string) =>
  signed(here, approvalPath(here), { action: "replace", role: "tech-lead", address, by }, OPS);

/** Whose seat goes to whom in this round. */
const passed = (round: number): [string, string] => (round % 2 === 0 ? [LEAD, OWNER] : [OWNER, LEAD]);

async function atOnce(count: number, send: (at: number) => Promise<Answer>): Promise<number[]> {
  const answers = await Promise.all(Array.from({ length: count }, (_, at) => send(at)));
  return answers.map(({ status }) => status).sort((a, b) => a - b);
}

const times = (statuses: readonly number[], status: number) => statuses.filter((one) => one === status).length;

describe("links asked for again and again", () => {
  test("at once, twenty times: one mail", async () => {
    const here = await asked();
    const before = here.on.mailsTo(LEAD).length;

    const statuses = await atOnce(20, () => resend(here));

    expect(statuses.every((status) => status === 200 || status === 409)).toBe(true);
    expect(here.on.mailsTo(LEAD).length - before).toBe(1);
  });

  test("under another caller, another spelling, another role's name each time: still one", async () => {
    const here = await asked();
    const before = here.on.mailsTo(LEAD).length;

    await resend(here, OPS);
    for (const caller of [ARN, userArn("mallory"), userArn("eve")]) {
      for (const address of [LEAD, LEAD.toUpperCase(), LEAD.replace("@", "+again@")]) {
        await withoutTrace(here, () => resend(here, caller, address));
      }
    }

    expect(here.on.mailsTo(LEAD).length - before).toBe(1);
  });

  test("every twenty minutes for two days: ten a day, and every one has a link that works", async () => {
    const here = await asked();
    const before = here.on.mailsTo(LEAD).length;
    const sent: number[] = [];
    for (let minute = 0; minute < 2 * 1_440; minute += 20) {
      sent.push((await resend(here)).status);
      here.on.now += 20 * 60_000;
    }
    // From 08:00 to 08:00 two days on: three days of UTC, of which the last is eight hours long.
    expect(times(sent, 200)).toBe(30);
    expect(here.on.mailsTo(LEAD).length - before).toBe(30);
    expect((await here.get()).status).toBe(200);
  });
});

describe("seats passed round", () => {
  test("between two people for as long as one likes end with who has it, and dead links behind", async () => {
    const here = await asked();
    const links = new Set<string>([here.url(LEAD)]);
    for (let round = 0; round < 5; round++) {
      expect((await replace(here, LEAD, OWNER)).status).toBe(200);
      links.add(here.url(OWNER));
      expect((await replace(here, OWNER, LEAD)).status).toBe(200);
      links.add(here.url(LEAD));
    }

    const alive = [];
    for (const link of links) if ((await fetch(link)).status === 200) alive.push(link);

    expect(links.size).toBe(11);
    expect(alive).toEqual([here.url(LEAD)]);
    expect(await here.submit(LEAD, YES)).toMatchObject({ status: 303 });
  });

  test("round and round mail nobody more than twenty times: it is refused from then on, and what to do is said", async () => {
    const here = await asked();
    const before = here.on.inbox.length;
    for (let round = 0; round < 40; round++) await replace(here, ...passed(round));

    const refused = await withoutTrace(here, () => replace(here, ...passed(19)));

    expect([refused.status, refused.text]).toEqual([409, expect.stringContaining("asked anew 19 times")]);
    // To the new person a link, and a word to the one before.
    expect(here.on.inbox.length - before).toBe(2 * 19);
    expect(await here.submit(OWNER, YES)).toMatchObject({ status: 303 });
  });

  test("to three people at once go to one of them, and nobody else has a seat", async () => {
    const here = await asked();
    const people = [OWNER, MANAGER, OWNER, MANAGER];
    const statuses = await atOnce(people.length, (at) => replace(here, LEAD, people[at] ?? OWNER));

    expect(statuses.every((status) => status < 500)).toBe(true);
    const { roles } = await loadApproval(here.on.ledger, here.on.name);
    const [holder = "", ...others] = roles.flatMap((one) => one.people.map(({ address }) => address));
    expect(others).toEqual([INFRA]);
    expect([OWNER, MANAGER]).toContain(holder);
    expect(await here.submit(holder, YES)).toMatchObject({ status: 303 });
  });
});

describe("answers", () => {
  test("sent fifty times at once by one form are one", async () => {
    const here = await asked();
    const form = formFrom((await here.get()).text, YES);

    const statuses = await atOnce(50, () => here.send(here.url(), form));

    expect(times(statuses, 303)).toBe(1);
    expect(times(statuses, 409)).toBe(49);
    expect(here.decisions()).toBe(1);
  });

  test("for yes and no at once, twenty of each, by one person: the first stands, whichever it is", async () => {
    const here = await asked();
    const { text } = await here.get();
    const forms = [formFrom(text, YES), formFrom(text, { ...YES, decision: "rejected", comment: "no" })];

    const statuses = await atOnce(40, (at) => here.send(here.url(), forms[at % 2] ?? ""));

    expect(times(statuses, 303)).toBe(1);
    expect(here.decisions()).toBe(1);
    expect(here.state()).toBe(here.on.items("DECISION")[0]?.decision === "rejected" ? "rejected" : "waiting");
  });

  test("by the page and by the signed route at once are one", async () => {
    const here = await asked();
    const form = formFrom((await here.get()).text, YES);
    const body = { action: "decide", role: "tech-lead", decision: "approved", version: "v1.4.0", as: LEAD };

    const statuses = await atOnce(20, (at) =>
      at % 2 === 0 ? here.send(here.url(), form) : signed(here, approvalPath(here), body, ARN),
    );

    expect(times(statuses, 303) + times(statuses, 200)).toBe(1);
    expect(here.decisions()).toBe(1);
  });

  test("that lack something, three hundred of them, leave nothing and do not use up the form", async () => {
    const here = await asked();
    const form = formFrom((await here.get()).text, YES);

    await withoutTrace(here, async () => {
      const statuses = await atOnce(300, (at) => here.send(here.url(), form.replace("v1.4.0", `v1.4.${at + 1}`)));
      expect(times(statuses, 400)).toBe(300);
      return { status: 400, text: "" };
    });

    expect(await here.send(here.url(), form)).toMatchObject({ status: 303 });
  });
});

test("five hundred ids, guessed at once, leave nothing and wake nobody", async () => {
  const here = await asked();
  await withoutTrace(here, async () => {
    const guess = (at: number) => `/approvals/${at.toString(16).padStart(64, "0")}`;
    const statuses = await atOnce(500, (at) => raw(here, { path: guess(at) }));
    expect(times(statuses, 404)).toBe(500);
    return { status: 404, text: "" };
  });
});

test("a person who is revoked and reinstated all the time is who they were said to be last", async () => {
  const here = await asked();
  const say = (verb: string) => signed(here, `/people/${verb}`, { address: LEAD, reason: "an attack" }, OPS);
  const form = formFrom((await here.get()).text, YES);

  const statuses = await atOnce(10, (at) => say(at % 2 === 0 ? "revoke" : "reinstate"));
  expect(statuses.every((status) => status < 500)).toBe(true);
  await say("revoke");

  expect((await withoutTrace(here, () => here.send(here.url(), form))).status).toBe(410);
  here.on.now += DAY;
  await say("reinstate");
  expect(await here.submit(LEAD, YES)).toMatchObject({ status: 303 });
});
