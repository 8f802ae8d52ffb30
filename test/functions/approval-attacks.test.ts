import { afterEach, describe, expect, test } from "vitest";
import { HOUR, INFRA, LEAD, role, START, TECH_LEAD } from "../support/approval-scene.ts";
import { formFrom } from "../support/approval-server.ts";
import { APPROVE, APPROVE_INFRA, closeSites, expectUntouched, site } from "../support/approval-site.ts";

afterEach(closeSites);

describe("scanners", () => {
  test("that open the link a thousand times by GET and HEAD change nothing at all", async () => {
    const here = await site();
    const before = here.on.ledger.items();
    const url = here.url();

    const statuses = new Set<number>();
    for (let round = 0; round < 500; round++) {
      const answers = await Promise.all([fetch(url), fetch(url, { method: "HEAD" })]);
      for (const answer of answers) {
        statuses.add(answer.status);
        await answer.arrayBuffer();
      }
    }

    expect([...statuses]).toEqual([200]);
    expect(here.on.ledger.items()).toEqual(before);
    await expectUntouched(here);
  });

  test("that ask with HEAD get the same head and no body", async () => {
    const here = await site();

    const head = await fetch(here.url(), { method: "HEAD" });

    expect(await head.text()).toBe("");
    expect(head.headers.get("content-security-policy")).toContain("default-src 'none'");
  });

  test.each(["approved", "rejected"])(
    "that press every button of every form as found are refused: %s",
    async (decision) => {
      const here = await site();

      expect(await here.submit(LEAD, { decision, comment: "", version: "" })).toMatchObject({ status: 400 });
      await expectUntouched(here);
    },
  );

  test("that press both buttons, or none, are refused", async () => {
    const here = await site();
    const { text } = await here.get();

    expect(
      await here.send(here.url(), formFrom(text, { ...APPROVE, decision: ["approved", "rejected"] })),
    ).toMatchObject({ status: 400 });
    expect(await here.send(here.url(), formFrom(text, { comment: "", version: "v1.4.0" }))).toMatchObject({
      status: 400,
    });
    await expectUntouched(here);
  });

  test("that tick all boxes and fill every text field with something are refused", async () => {
    const here = await site();

    for (const version of ["test", "1", "v1.4.1", "bbws-store", "V1.4.0", "v1.4.0 "]) {
      const expected = version.trim() === "v1.4.0" ? 303 : 400;
      const { status } = await here.submit(LEAD, { ...APPROVE, comment: version, version });
      expect([version, status]).toEqual([version, expected]);
    }
  });

  test("find the version nowhere in the form that they are to fill in", async () => {
    const here = await site();

    const [form] = /<form[\s\S]*<\/form>/.exec((await here.get()).text) ?? [];

    expect(form).toContain('name="version"');
    expect(form).not.toContain("v1.4.0");
  });
});

describe("ids", () => {
  test.each([
    ["forged", (id: string) => id.replace(/^./, (first) => (first === "0" ? "1" : "0"))],
    ["truncated", (id: string) => id.slice(0, 63)],
    ["lengthened", (id: string) => `${id}0`],
    ["in capitals", (id: string) => `${id.slice(0, 63)}A`],
    ["empty", () => ""],
    ["with a path in it", (id: string) => `..%2F${id.slice(5)}`],
    ["with a null byte", (id: string) => `%00${id.slice(1)}`],
    ["its own hash", () => `LINK%23${"0".repeat(57)}`],
  ])("%s: 404, for reading and for deciding", async (_, change) => {
    const here = await site();
    const url = `${here.base}/approvals/${change(here.on.linkOf(LEAD))}`;
    const form = formFrom((await here.get()).text, APPROVE);

    expect((await fetch(url)).status).toBe(404);
    expect(await here.send(url, form)).toMatchObject({ status: 404 });
    await expectUntouched(here);
  });

  test("an id that nobody ever got is none of ours: 404", async () => {
    const here = await site();

    expect((await fetch(`${here.base}/approvals/${"f".repeat(64)}`)).status).toBe(404);
  });

  test("a form made for one person does not decide as another: 403", async () => {
    const here = await site();
    const form = formFrom((await here.get(LEAD)).text, APPROVE_INFRA);

    expect(await here.send(here.url(INFRA), form)).toMatchObject({ status: 403 });
    await expectUntouched(here);
  });

  test("a form made for another promotion does not decide: 403", async () => {
    const here = await site();
    const other = await site({ release: { version: "v1.4.1" } });
    const form = formFrom((await other.get(LEAD)).text, APPROVE);

    expect(await here.send(here.url(LEAD), form)).toMatchObject({ status: 403 });
    await expectUntouched(here);
  });
});

describe("forms", () => {
  test.each([
    ["", 403],
    ["nonsense", 403],
    [`zzzzzzzz.${"0".repeat(64)}`, 403],
    [`zzzzzzzzzzzzzzzzzzzz.${"0".repeat(64)}`, 403],
  ])("with the token %j are refused", async (token, status) => {
    const here = await site();
    const form = new URLSearchParams([
      ["token", token],
      ...TECH_LEAD.checklist.map((item): [string, string] => ["checklist", item]),
      ["decision", "approved"],
      ["version", "v1.4.0"],
      ["comment", ""],
    ]);

    expect(await here.send(here.url(), form.toString())).toMatchObject({ status });
    await expectUntouched(here);
  });

  test("whose token was given a longer life are refused", async () => {
    const here = await site();
    const form = formFrom((await here.get()).text, APPROVE).replace(
      /token=[0-9a-z]+/,
      `token=${(START + 999 * HOUR).toString(36)}`,
    );

    expect(await here.send(here.url(), form)).toMatchObject({ status: 403 });
    await expectUntouched(here);
  });

  test("left open for too long come back as they were filled in, with a token that works", async () => {
    const here = await site();
    const form = formFrom((await here.get()).text, { ...APPROVE, comment: "I read <all> of it" });
    here.on.now += 4 * HOUR;

    const late = await here.send(here.url(), form);

    expect(late.status).toBe(409);
    expect(late.text).toContain("I read &lt;all&gt; of it");
    await expectUntouched(here);
    expect(await here.send(here.url(), formFrom(late.text, APPROVE))).toMatchObject({ status: 303 });
  });

  test("with a box not ticked say which one, and keep what was typed", async () => {
    const here = await site();

    const answer = await here.submit(LEAD, { ...APPROVE, comment: "nearly", checklist: TECH_LEAD.checklist.slice(1) });

    expect(answer.status).toBe(400);
    expect(answer.text).toContain("not ticked: SIT smoke tests all passing");
    expect(answer.text).toContain(">nearly</textarea>");
    expect(answer.text).toContain('name="version" value="v1.4.0"');
    expect(answer.text.match(/ checked>/g)).toHaveLength(4);
    await expectUntouched(here);
  });

  test("with many boxes not ticked count them, and mark each", async () => {
    const here = await site();

    const { text } = await here.submit(LEAD, { ...APPROVE, checklist: TECH_LEAD.checklist.slice(0, 1) });

    expect(text).toContain("4 points are not ticked, marked below");
    expect(text.match(/type="checkbox"[^>]*aria-invalid="true"/g)).toHaveLength(4);
  });

  test("that reject without a reason, or without the version, are asked for it", async () => {
    const here = await site();

    expect(await here.submit(LEAD, { decision: "rejected", version: "v1.4.0", comment: " " })).toMatchObject({
      status: 400,
      text: expect.stringContaining("say in the comment why you reject"),
    });
    expect(await here.submit(LEAD, { decision: "rejected", version: "", comment: "No" })).toMatchObject({
      status: 400,
      text: expect.stringContaining("type the release&#39;s version"),
    });
    await expectUntouched(here);
  });

  test("that reject with a reason need no box, and what was left open is put on record", async () => {
    const here = await site();
    const [smoke = "", baselines = "", ...open] = TECH_LEAD.checklist;
    expect((await here.get()).text).toContain("To reject, tick only what is true, or nothing");

    const reject = { decision: "rejected", version: "v1.4.0", comment: "No", checklist: [baselines, smoke] };
    expect(await here.submit(LEAD, reject)).toMatchObject({ status: 303 });

    expect(here.state()).toBe("rejected");
    expect(here.on.items("DECISION")[0]).toMatchObject({ checklist: [smoke, baselines], unticked: open });
    const { text } = await here.get(INFRA);
    expect(text).toContain("Checklist: 2 of 5 ticked");
    for (const point of open) expect(text).toContain(`<li>not ticked: ${point}</li>`);
  });

  test("that tick points which nobody asked put nothing of them on record", async () => {
    const here = await site();
    const checklist = [...TECH_LEAD.checklist, "Approved by the CEO", TECH_LEAD.checklist[0] ?? ""];

    expect(await here.submit(LEAD, { ...APPROVE, checklist })).toMatchObject({ status: 303 });

    expect(here.on.items("DECISION")[0]).toMatchObject({ checklist: TECH_LEAD.checklist, unticked: [] });
  });

  test.each([
    ["nothing", ""],
    ["fields of somebody else's form", "token=a&decision=approved&comment=&version=v1.4.0&admin=true"],
    ["a field twice", "token=a&token=b&decision=approved&comment=&version=v1.4.0"],
    ["an unknown decision", "token=a&decision=maybe&comment=&version=v1.4.0"],
    ["bytes that are no text", "%ff%fe%00=%c0%80"],
  ])("that hold %s: 400", async (_, body) => {
    const here = await site();

    expect(await here.send(here.url(), body)).toMatchObject({ status: 400 });
    await expectUntouched(here);
  });

  test.each([
    ["text/plain"],
    ["application/json"],
    ["multipart/form-data; boundary=x"],
    ["application/x-www-form-urlencodedx"],
    ["text/html, application/x-www-form-urlencoded"],
  ])("sent as %s: 415", async (type) => {
    const here = await site();
    const form = formFrom((await here.get()).text, APPROVE);

    expect(await here.send(here.url(), form, { "content-type": type })).toMatchObject({ status: 415 });
    await expectUntouched(here);
  });

  test.each([16 * 1024 + 1, 1024 * 1024])("of %i bytes: 413", async (size) => {
    const here = await site();
    const form = formFrom((await here.get()).text, APPROVE);

    expect(await here.send(here.url(), `${form}&comment=${"x".repeat(size - form.length - 9)}`)).toMatchObject({
      status: 413,
    });
    await expectUntouched(here);
  });

  test.each(["PUT", "DELETE", "PATCH", "OPTIONS", "PROPFIND"])(
    "sent by %s: 405, with what is allowed",
    async (method) => {
      const here = await site();

      const answer = await fetch(here.url(), { method });

      expect(answer.status).toBe(405);
      expect(answer.headers.get("allow")).toBe("GET, HEAD, POST");
      await expectUntouched(here);
    },
  );
});

describe("injection", () => {
  const EVIL = `"><script>alert(1)</script><img src=x onerror=alert(2)>'&\u202Egpj.exe`;

  test("markup in release, evidence and comment stays text, on the open page and on the decided one", async () => {
    const here = await site({
      release: {
        summary: EVIL,
        version: `v1${EVIL}`,
        ticket: EVIL,
        commit: EVIL,
        service: `shop${EVIL}`,
        evidence: { [EVIL]: EVIL },
        emergency: { reason: EVIL },
      },
      approval: { roles: [role("tech-lead", [LEAD], [EVIL])] },
    });
    const open = await here.get();
    const sent = await here.submit(LEAD, {
      decision: "approved",
      version: `v1${EVIL}`,
      checklist: [EVIL],
      comment: EVIL,
    });
    const decided = await here.get();

    expect(sent.status).toBe(303);
    for (const { text } of [open, decided]) {
      expect(text).not.toMatch(/<script|<img|\u202E/);
      expect(text).toContain("&lt;script&gt;");
    }
  });

  test("line breaks in what people typed make no header and no second line of a mail", async () => {
    const here = await site({ release: { summary: "fine\r\nBcc: everybody@example.com\n\nApproved by your CEO" } });

    const [mail] = here.on.mailsTo(LEAD);

    expect(mail?.body).toContain("fine Bcc: everybody@example[.]com Approved by your CEO");
    expect(mail?.subject).not.toMatch(/[\r\n]/);
  });

  test("every page refuses scripts, frames, caches and referrers, whatever its status", async () => {
    const here = await site();
    const answers = [
      await fetch(here.url()),
      await fetch(`${here.base}/approvals/none`),
      await fetch(here.url(), { method: "PUT" }),
    ];

    for (const { headers } of answers) {
      const policy = headers.get("content-security-policy") ?? "";
      expect(policy).toMatch(
        /default-src 'none'; style-src 'sha256-[\w+/]{43}='; form-action 'self'; base-uri 'none'; frame-ancestors 'none'/,
      );
      expect(policy).not.toContain("unsafe");
      expect(headers.get("cache-control")).toContain("no-store");
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("referrer-policy")).toBe("no-referrer");
    }
  });

  test("pages ask nothing of other sites", async () => {
    const here = await site();

    const { text } = await here.get();

    expect(text.replaceAll("https://ci.example.com/runs/8123", "")).not.toMatch(
      /https?:|(?<!s3:)\/\/\w|url\(|@import|src=/,
    );
  });

  test("no page, log or mail holds the task token", async () => {
    const here = await site();
    await here.submit(LEAD, APPROVE);

    const seen = [
      (await here.get()).text,
      (await here.get(INFRA)).text,
      JSON.stringify(here.on.inbox),
      here.on.warnings.join(),
    ];

    expect(seen.join()).not.toContain("the task token");
  });
});
