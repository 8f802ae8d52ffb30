/** Text that wants to be something else: markup, headers, keys. */
import { afterEach, describe, expect, test } from "vitest";
import { ServiceTrouble } from "../../../functions/domain/errors.ts";
import { HOUR, INFRA, LEAD, role } from "../../support/approval-scene.ts";
import { FORM_HEADERS, formFrom } from "../../support/approval-server.ts";
import { APPROVE, ARN, closeSites, site } from "../../support/approval-site.ts";
import { signed } from "../../support/attacks.ts";

afterEach(closeSites);

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

  test.each([
    ["markup", "<script>alert(1)</script>", "<script"],
    ["a template's braces", "{{constructor.constructor('alert(1)')()}} #{7*7} <%= 7*7 %>", "49"],
    ["an event's handler", `" autofocus onfocus=alert(1) x="`, '" autofocus'],
    ["the end of the field that it stands in", "</textarea><img src=x>", "<img"],
    ["a comment of HTML that never ends", "<!-- ", "<!-- "],
    ["a character written as HTML", "&#60;script&#62;", "<script"],
    ["text turned round", "\u202Egpj.exe\u2066", "\u202E"],
    ["what clears a terminal", "\u001B[2J\u009B2J", "\u001B"],
    ["a separator of lines that JSON and JavaScript disagree on", "a\u2028b", "\u2028"],
  ])(
    "%s in a comment or a browser's name is text, on pages, in mails, in the record and in JSON",
    async (_, evil, live) => {
      const here = await site({ approval: { roles: [role("tech-lead", [LEAD])] } });
      const said = { decision: "rejected", version: "v1.4.0", comment: `No: ${evil}` };
      const wrong = await here.submit(LEAD, { ...said, version: "?" });

      expect(wrong.status).toBe(400);
      expect(await here.submit(LEAD, said)).toMatchObject({ status: 303 });

      const { text } = await here.get();
      const status = await signed(here, `/promotions/${here.on.name.promotionId}`, "", ARN, "GET");
      for (const page of [wrong.text, text]) expect(page).not.toContain(live);
      // JSON and plain text have no markup; what steers a terminal or turns text round is spelled out in them.
      if (/[^ -~]/.test(live)) {
        for (const plain of [status.text, JSON.stringify(here.on.inbox), JSON.stringify(here.on.items("AUDIT"))]) {
          expect(plain).not.toContain(live);
        }
      }
      expect(JSON.parse(status.text)).toMatchObject({ promotionId: here.on.name.promotionId });
    },
  );

  test("line breaks in what people typed make no header and no second line of a mail", async () => {
    const here = await site({ release: { summary: "fine\r\nBcc: everybody@example.com\n\nApproved by your CEO" } });

    const [mail] = here.on.mailsTo(LEAD);

    expect(mail?.body).toContain("fine Bcc: everybody@example[.]com Approved by your CEO");
    expect(mail?.subject).not.toMatch(/[\r\n]/);
  });

  test("every page refuses scripts, frames, caches and referrers, whatever its status", async () => {
    const here = await site();
    const form = formFrom((await here.get()).text, APPROVE);
    const post = (body: string, headers: Record<string, string> = FORM_HEADERS) =>
      fetch(here.url(), { method: "POST", body, headers, redirect: "manual" });
    const answers = [
      await fetch(here.url()),
      await fetch(`${here.base}/approvals/none`),
      await fetch(here.url(), { method: "PUT" }),
      await post(form, { "content-type": "text/plain" }),
      await post("x".repeat(17_000)),
      await post("token=a"),
      await post(form.replace(/token=\w/, "token=0")),
      await post(form),
      await post(form),
    ];
    here.on.ledger.before = async () => Promise.reject(new ServiceTrouble("the table is away"));
    answers.push(await fetch(here.url(), { headers: { accept: "text/html" } }));
    here.on.ledger.before = async () => Promise.reject(new TypeError("a fault of ours"));
    answers.push(await fetch(here.url(), { headers: { accept: "text/html" } }));
    here.on.ledger.before = async () => {};
    here.on.now += 48 * HOUR;
    answers.push(await fetch(here.url()));

    expect(answers.map(({ status }) => status)).toEqual([200, 404, 405, 415, 413, 400, 403, 303, 409, 503, 500, 410]);
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
