/** Forms that no page of ours made, or that came back as no person sends them. */
import { afterEach, describe, expect, test } from "vitest";
import { HOUR, INFRA, LEAD, START, TECH_LEAD } from "../../support/approval-scene.ts";
import { formFrom } from "../../support/approval-server.ts";
import { APPROVE, closeSites, expectUntouched, site } from "../../support/approval-site.ts";
import { withoutTrace } from "../../support/attacks.ts";

afterEach(closeSites);

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

  test.each([
    ["\uFF56\uFF11.\uFF14.\uFF10", "full-width letters and digits"],
    ["v\u0661.\u0664.\u0660", "digits of another script"],
    ["\u03BD1.4.0", "a Greek nu for the v"],
    ["v1\u20244\u20240", "dot leaders for the dots"],
    ["v1.4.0\u200B", "a space that nobody sees"],
    ["v1.\u00AD4.0", "a soft hyphen"],
    ["\u202E0.4.1v", "letters turned round"],
    ["v1.4.0\u0000", "a null"],
    ["v1.4.0\nv1.4.1", "a second line"],
    ["v1.4.\u0030\u0301", "an accent"],
    ["&#118;1.4.0", "a letter as HTML writes it"],
    ["v1.4", "its beginning"],
    ["v1.4.0.0", "more than it"],
    ["*", "a pattern"],
  ])("with the version %j, %s: 400", async (version) => {
    const here = await site();
    const answer = await withoutTrace(here, () => here.submit(LEAD, { ...APPROVE, version }));
    expect(answer.status).toBe(400);
  });

  test.each([
    "Approved",
    "approved ",
    "approved\u0000",
    "approved,rejected",
    "true",
    "\u0430pproved",
    "__proto__",
    "toString",
  ])("that say %j for a decision: 400", async (decision) => {
    const here = await site();
    expect((await withoutTrace(here, () => here.submit(LEAD, { ...APPROVE, decision }))).status).toBe(400);
  });

  test.each([
    "role",
    "address",
    "as",
    "generation",
    "epoch",
    "round",
    "binding",
    "checklist[]",
    "decision[]",
    "version[0]",
    "__proto__",
    "constructor[prototype]",
  ])("that bring a field of their own, %s: 400", async (name) => {
    const here = await site();
    const form = formFrom((await here.get()).text, APPROVE);
    const sent = `${form}&${encodeURIComponent(name)}=${encodeURIComponent(INFRA)}`;
    expect((await withoutTrace(here, () => here.send(here.url(), sent))).status).toBe(400);
  });

  test.each(["token", "decision", "comment", "version"])(
    "that bring %s twice, though both are alike: 400",
    async (name) => {
      const here = await site();
      const form = formFrom((await here.get()).text, APPROVE);
      const again = new URLSearchParams([[name, new URLSearchParams(form).get(name) ?? ""]]);
      expect((await withoutTrace(here, () => here.send(here.url(), `${form}&${again}`))).status).toBe(400);
    },
  );

  test.each(["\u200B\u2060", "\uFEFF", "\u3164\u115F", "\u2800 ", "\u00AD", "\r\n\t"])(
    "that reject with a reason that nobody sees, %j: 400",
    async (comment) => {
      const here = await site();
      const said = { decision: "rejected", version: "v1.4.0", comment };
      expect((await withoutTrace(here, () => here.submit(LEAD, said))).status).toBe(400);
    },
  );

  test("with a comment one character too long are refused, and with one that just fits are taken", async () => {
    const here = await site();
    const long = await withoutTrace(here, () => here.submit(LEAD, { ...APPROVE, comment: "x".repeat(2_001) }));
    expect(long.status).toBe(400);
    expect(await here.submit(LEAD, { ...APPROVE, comment: "x".repeat(2_000) })).toMatchObject({ status: 303 });
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
