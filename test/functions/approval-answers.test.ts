import { afterEach, describe, expect, test } from "vitest";
import { keys } from "../../functions/domain/ledger/keys.ts";
import {
  HOUR,
  INFRA,
  LEAD,
  MANAGER,
  REQUESTER,
  role,
  type Scene,
  START,
  TECH_LEAD,
} from "../support/approval-scene.ts";
import { CALLER_HEADER, formFrom } from "../support/approval-server.ts";
import { APPROVE, APPROVE_INFRA, api, closeSites, expectUntouched, type Site, site } from "../support/approval-site.ts";
import { callerBy, sessionArn } from "../support/callers.ts";
import { judge } from "../support/judged-environment.ts";

afterEach(closeSites);

test("a person who ticks, types and presses Approve decides", async () => {
  const here = await site();

  expect(await here.submit(LEAD, APPROVE)).toMatchObject({ status: 303 });

  expect(here.decisions()).toBe(1);
  expect(here.on.woken).toEqual(["the task token"]);
  expect((await here.get()).text).toContain("your answer is recorded");
});

describe("a form sent from several devices at the same instant", () => {
  test("decides once: one is taken, the others are told so, and the workflow is woken once", async () => {
    const here = await site();
    const forms = await Promise.all(
      Array.from({ length: 8 }, async (_, device) => {
        const comment = `from device ${device}`;
        return formFrom((await here.get()).text, { ...APPROVE, comment });
      }),
    );

    const answers = await Promise.all(forms.map(async (form) => here.send(here.url(), form)));

    expect(answers.map(({ status }) => status).sort()).toEqual([303, ...Array.from({ length: 7 }, () => 409)]);
    expect(here.decisions()).toBe(1);
    expect(here.on.woken).toHaveLength(1);
  });

  test("by two people of different roles decides for both", async () => {
    const here = await site();
    const forms = [
      [LEAD, formFrom((await here.get(LEAD)).text, APPROVE)],
      [INFRA, formFrom((await here.get(INFRA)).text, APPROVE_INFRA)],
    ] as const;

    const answers = await Promise.all(forms.map(async ([who, form]) => here.send(here.url(who), form)));

    expect(answers.map(({ status }) => status)).toEqual([303, 303]);
    expect(here.state()).toBe("approved");
  });
});

describe("once decided", () => {
  test("a replay is told so, and changes nothing: 409", async () => {
    const here = await site();
    const form = formFrom((await here.get()).text, APPROVE);
    await here.send(here.url(), form);
    const after = here.on.ledger.items();

    for (let times = 0; times < 5; times++) {
      expect(await here.send(here.url(), form)).toMatchObject({ status: 409 });
    }

    expect(here.on.ledger.items()).toEqual(after);
    expect(here.on.woken).toHaveLength(1);
  });

  test("an approval cannot be turned into a rejection", async () => {
    const here = await site();
    const { text } = await here.get();
    await here.send(here.url(), formFrom(text, APPROVE));

    const turned = await here.send(
      here.url(),
      formFrom(text, { ...APPROVE, decision: "rejected", comment: "changed my mind" }),
    );

    expect(turned.status).toBe(409);
    expect(here.on.items("DECISION")[0]?.decision).toBe("approved");
  });

  test("every link shows who decided what, when, with the comment, and has no form any more", async () => {
    const here = await site();
    await here.submit(LEAD, { ...APPROVE, comment: "Code quality excellent" });
    here.on.now += HOUR;
    await here.submit(INFRA, { ...APPROVE_INFRA, comment: "Capacity verified" });

    for (const address of [LEAD, INFRA]) {
      const { status, text } = await here.get(address);
      expect(status).toBe(200);
      for (const shown of [
        LEAD,
        INFRA,
        "Code quality excellent",
        "Capacity verified",
        "2026-11-26 08:00 UTC",
        "2026-11-26 09:00 UTC",
      ]) {
        expect(text).toContain(shown);
      }
      expect(text).not.toContain("<form");
    }
  });

  test("the other's link answers 409 after a rejection", async () => {
    const here = await site();
    const form = formFrom((await here.get(INFRA)).text, APPROVE_INFRA);
    await here.submit(LEAD, { decision: "rejected", version: "v1.4.0", comment: "not today" });

    const late = await here.send(here.url(INFRA), form);

    expect(late.status).toBe(409);
    expect(late.text).toContain("not today");
    expect(here.decisions()).toBe(1);
  });
});

describe("the world moves between GET and POST", () => {
  test.each([
    ["superseded by a newer promotion", async ({ on }: Site) => on.signal("supersede", "bbws-store-v1.5.0-1", "newer")],
    ["aborted by an operator", async ({ on }: Site) => on.signal("abort", "ops", "enough")],
    ["expired, to the millisecond", async ({ on }: Site) => Object.assign(on, { now: START + 48 * HOUR })],
    ["closed", async ({ on }: Site) => close(on)],
    ["stopped from outside", async ({ on }: Site) => Object.assign(on, { status: "ABORTED" })],
    ["gone", async ({ on }: Site) => Object.assign(on, { status: undefined })],
    [
      "settled as expired",
      async ({ on }: Site) => {
        on.now = START + 48 * HOUR;
        await on.settle();
      },
    ],
  ])("%s: 410, and nothing is decided", async (_, happen) => {
    const here = await site();
    here.on.now = START + 47 * HOUR;
    const form = formFrom((await here.get()).text, APPROVE);
    await happen(here);

    const late = await here.send(here.url(), form);

    expect(late.status).toBe(410);
    expect(late.text).not.toContain("<form");
    expect(here.decisions()).toBe(0);
    expect(here.on.woken).toEqual([]);
  });

  test("a millisecond before the expiry still counts", async () => {
    const here = await site();
    here.on.now = START + 48 * HOUR - 1;

    expect(await here.submit(LEAD, APPROVE)).toMatchObject({ status: 303 });
  });

  test("after the end the page says so: 410", async () => {
    const here = await site();
    await here.on.signal("supersede", "bbws-store-v1.5.0-1", "a newer release");

    const { status, text } = await here.get();

    expect(status).toBe(410);
    expect(text).toContain("A newer release has taken the place of the one behind this link");
  });
});

async function close(on: Scene): Promise<void> {
  const key = keys.header(on.name.promotionId);
  const header = await on.ledger.read(key);
  await on.ledger.write([{ put: { ...header, ...key, state: "closed" } }]);
}

describe("people", () => {
  test("one person in two roles decides in one of them", async () => {
    const both = [role("tech-lead", [LEAD]), role("infrastructure-lead", ["Jane.Doe+infra@EXAMPLE.com", INFRA])];
    const here = await site({ approval: { roles: both } });
    expect(await here.submit(LEAD, { ...APPROVE, checklist: [] })).toMatchObject({ status: 303 });

    const second = await here.submit("Jane.Doe+infra@EXAMPLE.com", { ...APPROVE, checklist: [] });

    expect(second.status).toBe(409);
    expect(here.decisions()).toBe(1);
    expect(here.state()).toBe("waiting");
  });

  test("whoever started the promotion gets no link, and through the API is refused, in a role of theirs or another's", async () => {
    const lead = role("tech-lead", [LEAD, MANAGER]);
    const arn = `arn:aws:sts::093646564004:assumed-role/SSO/${LEAD}`;
    const here = await site({ approval: { roles: [lead] }, header: { startedBy: arn } });

    expect(here.on.mailsTo(LEAD)).toEqual([]);
    const other = { [CALLER_HEADER]: `arn:aws:sts::093646564004:assumed-role/Admin/${LEAD.toUpperCase()}` };
    for (const signed of [{ [CALLER_HEADER]: arn }, other]) {
      expect(await api(here, { role: "tech-lead" }, signed)).toMatchObject({ status: 403 });
      expect(await api(here, { role: "tech-lead", as: MANAGER }, signed)).toMatchObject({ status: 403 });
    }
    const replace = { action: "replace", role: "tech-lead", address: MANAGER, by: LEAD };
    expect(await api(here, { ...replace, decision: undefined, version: undefined })).toMatchObject({ status: 403 });
    await expectUntouched(here);
  });

  test("the requester gets no link, and through the API is refused: 403", async () => {
    const lead = role("tech-lead", [REQUESTER, LEAD]);
    const here = await site({ approval: { roles: [lead] } });

    expect(here.on.mailsTo(REQUESTER)).toEqual([]);
    for (const as of [REQUESTER, "SAM.DEV@example.com", "sam.dev+x@example.com"]) {
      expect(await api(here, { role: "tech-lead", as })).toMatchObject({ status: 403 });
    }
    await expectUntouched(here);
  });
});

describe("what the page shows", () => {
  test("asked in the middle of a rollout, it says at which share of traffic", async () => {
    const here = await site({ approval: { id: "at-25", when: 25 } });

    const { text } = await here.get();
    expect(text).toContain("while the candidate holds 25 % of traffic");
    expect(text).toContain("a bad verdict brings it back without waiting for you");
  });

  test("what cannot be undone, what is claimed, who started it and what is bound", async () => {
    const here = await site({ header: { startedBy: "arn:aws:iam::093646564004:user/sam" } });

    const { text } = await here.get();

    expect(text).toMatch(/Cannot be undone[\s\S]*order-migration/);
    expect(text).toContain("(claimed, not verified)");
    expect(text).toContain("claimed by the requester");
    expect(text).toContain("arn:aws:iam::093646564004:user/sam");
    expect(text).toContain(String(here.on.items("APPROVAL")[0]?.binding).slice(0, 16));
  });

  test("the deadline in the zone of the change window and in UTC, or in UTC alone where there is none", async () => {
    const window = (await (await site()).get()).text;
    const none = (await (await site({ environment: { window: null } })).get()).text;

    expect(window).toContain(
      '<strong>Saturday 28 November 2026, 10:00</strong> (Africa/Johannesburg), <span class="whole">2026-11-28 08:00 UTC</span>: 2 days left.',
    );
    expect(none).toContain("<strong>Saturday 28 November 2026, 08:00 UTC</strong>: 2 days left.");
  });

  test("addresses among the claims can be opened, and nothing else there is a link", async () => {
    const evidence = {
      report: "https://ci.example.com/runs/8123?a=1&b=2",
      plain: "http://ci.example.com/",
      script: "javascript:alert(1)",
      quoted: 'https://ci.example.com/"onmouseover="alert(1)',
      words: "see https://ci.example.com/",
    };
    const here = await site({ release: { evidence } });

    const links = (await here.get()).text.match(/<a [^>]*>/g);

    expect(links).toEqual([
      '<a class="jump" href="#decision">',
      '<a href="https://ci.example.com/runs/8123?a=1&amp;b=2" rel="noopener noreferrer nofollow">',
    ]);
  });

  test("that nobody is on record as the starter of a promotion from the console", async () => {
    const here = await site();

    const { text } = await here.get();

    expect(text).toMatch(/Requested by<\/dt><dd>sam\.dev@example\.com <span[^>]*>\(claimed, not verified\)/);
    expect(text).toMatch(/Started by<\/dt><dd>nobody on record/);
  });

  test("that the requester is verified where the very person started it", async () => {
    const startedBy = sessionArn("SSO", REQUESTER);
    const here = await site({ header: { startedBy, starter: callerBy(startedBy) } });

    expect((await here.get()).text).toMatch(/Requested by<\/dt><dd>sam\.dev@example\.com <span[^>]*>\(verified\)/);
  });

  test("what was judged in the environment before, in words, figures and charts", async () => {
    const here = await site();
    await judge(here.on.ledger, here.on.name.promotionId, "sit", START - 3 * HOUR);

    const { text } = await here.get();

    expect(text).toContain("Judged in sit");
    expect(text).toContain("100 % for 15m: error rate 0.41 % against 0.44 %");
    expect(text).toMatch(/<th scope="row">order: p95 duration<\/th><td>212 ms<\/td><td>208 ms<\/td>/);
    expect(text.match(/<svg/g)).toHaveLength(4);
    expect(new Set(text.match(/ id="[^"]+"/g)).size).toBe(text.match(/ id="[^"]+"/g)?.length);
  });

  test("the people of the escalation once they are asked, as those who stand in", async () => {
    const escalateTo = role("team-manager", [MANAGER]);
    const here = await site({ approval: { roles: [TECH_LEAD], escalateSeconds: 3_600, escalateTo } });
    expect((await here.get()).text).not.toContain(MANAGER);
    here.on.now += HOUR;
    await here.on.settle();

    expect((await here.get()).text).toContain("stands in where others stay silent");
    expect((await here.get(MANAGER)).text).toContain("Your decision as team-manager");
  });
});
