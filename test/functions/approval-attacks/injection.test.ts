/** Text that wants to be something else: markup, headers, keys. */
import { afterEach, describe, expect, test } from "vitest";
import { INFRA, LEAD, role } from "../../support/approval-scene.ts";
import { APPROVE, closeSites, site } from "../../support/approval-site.ts";

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
