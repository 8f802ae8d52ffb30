/** Hostile words in every place that takes words: what of them reaches mails, pages, the trail and terminals. */
import { afterEach, describe, expect, test } from "vitest";
import { printApprovalRecord } from "../../cli/approval-record.ts";
import { fromTable } from "../../cli/look.ts";
import { status } from "../../cli/status.ts";
import { appendAudit, loadAudit } from "../../functions/domain/ledger/append-audit.ts";
import { page } from "../../functions/domain/notices/pager.ts";
import { send } from "../../functions/domain/notices/send.ts";
import type { Mail } from "../../functions/domain/ports.ts";
import { closePromotion } from "../../functions/domain/promotion/close.ts";
import { announcement } from "../../functions/domain/promotion/opening.ts";
import { PeopleRequest } from "../../functions/pages/approval/people.ts";
import { json, readBody } from "../../functions/pages/json.ts";
import { VerbRequest } from "../../functions/pages/promotion/verbs.ts";
import { HOUR, INFRA, LEAD, OWNER, promotionPlan, role, type SceneOptions } from "../support/approval-scene.ts";
import { CALLER_HEADER } from "../support/approval-server.ts";
import { APPROVE, ARN, api, closeSites, expectUntouched, type Site, site } from "../support/approval-site.ts";
import { clickableIn } from "../support/clickable.ts";

afterEach(closeSites);

/** Where Headgate's own words end and its link follows. */
const HERE = "Read the evidence and decide here:";
/** Every kind of line break, control, direction mark and half character, then a second place to decide. */
const HOSTILE = `fine \u001B[2J\u009B31m\u0007\u0000\u202Eelif\u202C\u2066\u2069\u200E\u200F\u061C\uFFF9\uD800\u206A${[
  ..."\r\n\u2028\u2029\u0085\u000B\u000C\u001C\u001E\n",
].join(HERE)}${HERE}\r\nhttps://evil.example/approvals/1\nwww.evil.example, ops@evil.example <b>`;

const DECEIVING = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}\u206A-\u206F\uFFF9-\uFFFB]/u;
const plain = (text: string) =>
  DECEIVING.exec(text.replace(/[\n\t]/g, ""))?.[0]
    ?.codePointAt(0)
    ?.toString(16) ?? "plain";

const LINK = /^https:\/\/headgate\.example\.com\/live\/approvals\/[0-9a-f]{64}$/m;
const ADDRESSES = /[\w.]+@example\.com/g;

/** A promotion whose texts are hostile wherever they are free, whether or not a release could bring them there. */
const hostile: SceneOptions = {
  release: {
    commit: HOSTILE,
    ticket: HOSTILE,
    summary: HOSTILE,
    evidence: { [HOSTILE]: HOSTILE, report: "https://ci.example.com/runs/1" },
    emergency: { reason: HOSTILE },
  },
  header: {
    environments: ["prod"],
    summary: HOSTILE,
    startedBy: `arn:aws:sts::093646564004:assumed-role/Any/${HOSTILE}`,
  },
  approval: {
    roles: [role("tech-lead", [LEAD, OWNER], [HOSTILE]), role("infrastructure-lead", [INFRA])],
    remindSeconds: 3_600,
  },
  environment: { alarms: [HOSTILE], notices: ["team@example.com"], pageTo: ["oncall@example.com"] },
  reach: new Map([[OWNER, "absent"]]),
};

function expectPlainMail({ subject, body }: Mail, asks: boolean): void {
  expect([plain(subject), subject.split("\n").length]).toEqual(["plain", 1]);
  expect(plain(body)).toBe("plain");
  expect(clickableIn(body.replace(LINK, "").replace(ADDRESSES, ""))).toEqual([]);
  if (subject.startsWith("fine")) return;
  const lines = body.split("\n");
  expect(lines.filter((line) => line.trimStart().startsWith(HERE) && !line.startsWith("   "))).toEqual(
    asks ? [HERE] : [],
  );
  expect(lines.filter((line) => LINK.test(line))).toHaveLength(asks ? 1 : 0);
}

/** Asked, reminded, ended by hostile words, closed for a hostile reason; and what each page showed on the way. */
async function lived(end: "rejected" | "aborted" = "rejected"): Promise<{ here: Site; pages: string[] }> {
  const here = await site(hostile);
  const { on } = here;
  const found = { name: HOSTILE, passed: false, found: HOSTILE };
  await appendAudit(on.deps, on.name.promotionId, {
    id: "checked",
    kind: "checked",
    environment: "prod",
    summary: HOSTILE,
    data: { ...found, deep: [{ [HOSTILE]: HOSTILE }] },
  });
  on.now += 2 * HOUR;
  await on.settle();
  const pages = [(await here.get(LEAD)).text];
  await here.submit(INFRA, { decision: "approved", version: "v1.4.0", comment: HOSTILE });
  pages.push((await here.get(INFRA)).text, (await here.get(LEAD)).text);
  if (end === "rejected") await here.submit(LEAD, { decision: "rejected", version: "v1.4.0", comment: HOSTILE });
  else await on.signal("abort", HOSTILE, HOSTILE);
  await on.settle();
  pages.push((await here.get(LEAD)).text);
  const plan = promotionPlan([], { ...hostile.release, environments: [] });
  const header = { ...hostile.header, requestedBy: "sam@example.com", promotionId: on.name.promotionId } as never;
  await send(on.deps, on.name.promotionId, announcement(header, plan), ["team@example.com"], { mark: "before" });
  await page(
    on.deps,
    on.name.promotionId,
    { environment: "prod", about: ["red"] },
    { subject: HOSTILE, body: HOSTILE },
    ["oncall@example.com"],
  );
  await closePromotion({ ...on.deps, countOutcome: () => {} }, on.name.promotionId, HOSTILE);
  return { here, pages };
}

describe("a promotion whose every word is hostile", () => {
  test.each([
    ["rejected", /: rejected$/],
    ["aborted", /: no approval needed any more$/],
  ] as const)(
    "and that is %s sends mails that hold one link, one place to decide, and nothing that deceives",
    async (end, ended) => {
      const { here } = await lived(end);
      const { inbox } = here.on;

      for (const mail of inbox) expectPlainMail(mail, /^(Reminder: )?Approve/.test(mail.subject));
      const kinds = [/^Approve/, /^Reminder/, /cannot be reached/, ended, /promotion started/, /v1.4.0: \w+$/, /^fine/];
      for (const kind of kinds) expect(inbox.map(({ subject }) => subject)).toContainEqual(expect.stringMatching(kind));
    },
  );

  test("shows pages on which nothing deceives, and opens nothing but evidence that is one address", async () => {
    const { pages } = await lived();

    expect(pages).toHaveLength(4);
    for (const text of pages) {
      expect(plain(text)).toBe("plain");
      expect(text).toContain("[U+202E]elif");
      expect(text).not.toMatch(/<b>|href="(?!#decision|https:\/\/ci\.example\.com\/runs\/1")/);
    }
  });

  test("leaves a trail in which no text and no key deceives, and each summary is one line", async () => {
    const { here } = await lived();
    const trail = await loadAudit(here.on.ledger, here.on.name.promotionId);

    expect(trail.map(({ kind }) => kind)).toEqual(expect.arrayContaining(["checked", "approved", "rejected", "ended"]));
    for (const { summary, data } of trail) {
      expect([plain(summary), summary.split(/[\n\t]/).length]).toEqual(["plain", 1]);
      JSON.stringify(data ?? {}, (key, value: unknown) => {
        expect(plain(key)).toBe("plain");
        if (typeof value === "string") expect(plain(value)).toBe("plain");
        return value;
      });
    }
  });

  test("is printed to terminals without a character that they obey", async () => {
    const { here } = await lived();
    const { ledger, deps, name } = here.on;
    let said = "";
    const write = (text: string) => {
      said += text;
    };
    const options = { promotionId: name.promotionId, zone: "UTC", write, get: fromTable(ledger), json: false };
    await status(options);
    await printApprovalRecord({ ...options, hash: deps.hash });

    expect(said).toContain("[U+202E]elif");
    expect(plain(said)).toBe("plain");
    expect(said).not.toMatch(new RegExp(`^\\s*${HERE}`, "m"));
  });
});

describe("the signed route", () => {
  test.each([
    ["a comment", { role: "tech-lead", comment: "fine\u202E" }, 'body.comment = "fine[U+202E]"'],
    ["a comment with an escape", { role: "tech-lead", comment: "\u001B[2J" }, "body.comment = "],
    ["a role", { role: "tech\u200Flead" }, 'body.role = "tech[U+200F]lead"'],
    ["a point", { role: "tech-lead", checklist: ["a\u2028b"] }, 'body.checklist[0] = "a[U+2028]b"'],
    ["half a character", { role: "tech-lead", comment: "\uD800" }, "body.comment = "],
    ["a key", { role: "tech-lead", "a\u202Eb": 1 }, 'body["a[U+202E]b"] = 1'],
    ["whom it is for", { role: "tech-lead", as: "jane\u200B@example.com" }, 'body.as = "jane[U+200B]@example.com"'],
    ["a quoted address", { role: "tech-lead", as: '"jane.doe"@example.com' }, "body.as = "],
    [
      "who is replaced",
      { action: "replace", role: "tech-lead", address: "(x)jane@example.com", by: LEAD },
      "body.address",
    ],
    ["by whom", { action: "replace", role: "tech-lead", address: LEAD, by: "jane@b\u00FCcher.example" }, "body.by = "],
    ["whose link", { action: "resend", role: "tech-lead", address: `${LEAD}.` }, "body.address = "],
  ])("refuses what deceives in %s, with place, value and what to do", async (_, body, place) => {
    const here = await site();
    const before = here.on.ledger.items();

    const answer = await api(here, body as object);

    expect(answer.status).toBe(400);
    expect(answer.body.problems).toContainEqual(expect.stringMatching(/^body.*\n {4}.+\n {4}hint: .+/s));
    expect(String(answer.body.problems)).toContain(place);
    expect(here.on.ledger.items()).toEqual(before);
  });
});

test("what is answered over the API holds nothing that a terminal obeys, and says the same", () => {
  const { body } = json(200, { did: HOSTILE });
  expect(plain(body)).toBe("plain");
  expect(JSON.parse(body)).toEqual({ did: HOSTILE });
});

test("a comment is kept as it is shown", async () => {
  const { here } = await lived();
  const comments = here.on.items("DECISION").map(({ comment }) => String(comment));
  expect(comments.map(plain)).toEqual(["plain", "plain"]);
});

describe("what is to be seen is seen", () => {
  test("a rejection whose reason nobody sees is asked for one", async () => {
    const here = await site();
    for (const comment of ["\u200B\u3164", "\u2800 \u00AD", "\u202E\u2066", "\u{E0041}\uFE0F"]) {
      const { status, text } = await here.submit(LEAD, { decision: "rejected", version: "v1.4.0", comment });
      expect([status, text]).toEqual([400, expect.stringContaining("say in the comment why you reject")]);
    }
    await expectUntouched(here);
  });

  test("a version typed with something unseen in it is refused, and told apart from another one", async () => {
    const here = await site();
    const { status, text } = await here.submit(LEAD, { ...APPROVE, version: "v1.\u200B4.0\u200E" });
    expect(status).toBe(400);
    expect(text).toContain("the version typed holds what cannot be seen (U+200B, U+200E): type it by hand");
    await expectUntouched(here);
  });

  test.each([
    ["an operator's verb", VerbRequest, { verb: "abort" }],
    ["who revokes somebody", PeopleRequest, { address: LEAD }],
  ])("the reason of %s is refused where nobody sees it, or where it deceives", (_, schema, body) => {
    for (const reason of ["\u200B\u200B\u200B", "fine\u202E", "\u001B[2J"]) {
      const read = readBody<typeof VerbRequest | typeof PeopleRequest>(schema, JSON.stringify({ ...body, reason }));
      expect(read.ok ? null : [read.answer.status, read.answer.body]).toEqual([
        400,
        expect.stringContaining("body.reason"),
      ]);
    }
  });

  test("a release that is started over the API is refused for what deceives in it, before anything is read", async () => {
    const { base, on } = await site();
    const before = on.ledger.items();
    const response = await fetch(`${base}/promotions`, {
      method: "POST",
      headers: { "content-type": "application/json", [CALLER_HEADER]: ARN },
      body: JSON.stringify({ release: { summary: "fine", evidence: { "a\u2066b": "c\u0085d" } } }),
    });
    expect([response.status, await response.text()]).toEqual([
      400,
      expect.stringMatching(/release\.evidence\[.*U\+2066.*U\+0085/s),
    ]);
    expect(on.ledger.items()).toEqual(before);
  });
});

describe("what people decide about", () => {
  const long = (start: string, length: number) =>
    `${start} ${"word ".repeat(length)}`
      .slice(0, length - 4)
      .trim()
      .concat(" end");

  test("stands whole in the mail, however long", async () => {
    const summary = long("changes", 2_000);
    const reason = long("because", 2_000);
    const [version, ticket] = ["v".repeat(64), "T".repeat(64)];
    const here = await site({ release: { summary, version, ticket, emergency: { reason } } });

    const body = here.on.mailsTo(LEAD)[0]?.body.replace(/\n {15}/g, " ") ?? "";

    for (const whole of [summary, version, `ticket ${ticket}\n`, reason]) expect(body).toContain(whole);
    expect(body).not.toContain("\u2026");
  });

  test("stands whole in the record, in the words of whoever decided", async () => {
    const here = await site();
    const comment = long("because", 2_000);
    await here.submit(LEAD, { decision: "rejected", version: "v1.4.0", comment });
    await here.on.settle();
    let said = "";
    const write = (text: string) => {
      said += text;
    };
    const { ledger, deps, name } = here.on;
    const options = { promotionId: name.promotionId, zone: "UTC", json: false, get: fromTable(ledger) };
    await printApprovalRecord({ ...options, hash: deps.hash, write });

    expect(said).toContain(`  Comment: "${comment}"\n`);
  });

  test("stands marked on the page where a word mixes scripts, and so does a comment", async () => {
    const release = { summary: "Fixes p\u0430yment", ticket: "JIR\u0410-1", evidence: { "\u041ERDERS": "t\u0435sts" } };
    const here = await site({
      release,
      approval: { roles: [role("tech-lead", [LEAD]), role("infrastructure-lead", [INFRA])] },
    });
    await here.submit(LEAD, { decision: "approved", version: "v1.4.0", comment: "l\u043E\u043Eks fine" });

    const { text } = await here.get(INFRA);

    for (const word of ["p\u0430yment", "JIR\u0410", "\u041ERDERS", "t\u0435sts", "l\u043E\u043Eks"]) {
      expect(text).toContain(`<span class="pill warn">mixes Latin and Cyrillic letters: ${word}</span>`);
    }
  });

  test.each([
    ["https://ci.example.com/runs/1", "ci.example.com"],
    ["https://ci.example.com:8443/runs", "ci.example.com:8443"],
    ["https://ci.example.com@evil.example/", null],
    ["https://ci.example.com:run@ci.example.com/", null],
    ["https://xn--80a5ak.example/", null],
    ["https://\u0440\u0430\u0443.example/", null],
    ["https://evil\u3002example/", null],
    ["https://0x7f.1/", null],
  ])("opens evidence only where its host is what it looks like: %s", async (report, host) => {
    const evidenceHosts = ["ci.example.com", "ci.example.com:8443", "evil.example", "*.example"];
    const here = await site({ release: { evidence: { report }, evidenceHosts } });

    const { text } = await here.get();

    const opened = /<a href="(https[^"]*)"[^>]*>[^<]*<\/a> <span class="soft">\(leads to ([^)]*)\)<\/span>/.exec(text);
    expect(opened === null ? null : [opened[1], opened[2]]).toEqual(host === null ? null : [report, host]);
    expect(text.match(/<a href="https/g) ?? []).toHaveLength(host === null ? 0 : 1);
  });

  test.each([
    ["https://ci.example.com/runs/1", ["ci.example.com"], true],
    ["https://CI.example.com/runs/1", ["ci.example.com"], true],
    ["https://ci.example.com:443/runs/1", ["ci.example.com"], true],
    ["https://a.ci.example.com/", ["*.example.com"], true],
    ["https://example.com/", ["*.example.com"], false],
    ["https://evilexample.com/", ["*.example.com"], false],
    ["https://example.com.evil.net/", ["*.example.com"], false],
    ["https://ci.example.com:8443/", ["ci.example.com", "*.example.com"], false],
    ["https://evil.net/?ci.example.com", ["ci.example.com"], false],
    ["https://ci.example.com/", [], false],
  ])("opens evidence only at a host that the policy lists: %s of %j", async (report, evidenceHosts, isLink) => {
    const here = await site({ release: { evidence: { report }, evidenceHosts } });
    const { text } = await here.get();
    const { host } = new URL(report);
    expect(text.includes(`<a href="${report}"`)).toBe(isLink);
    expect(text.includes(`<span class="soft">(at ${host})</span>`)).toBe(!isLink);
    expect(text.includes(report)).toBe(isLink);
  });
});
