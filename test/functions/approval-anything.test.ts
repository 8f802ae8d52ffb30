/** Whatever arrives at the handlers over HTTP is answered, never with a 5xx, and decides only when it is complete. */
import fc from "fast-check";
import { afterEach, expect, test } from "vitest";
import { LEAD, TECH_LEAD } from "../support/approval-scene.ts";
import { CALLER_HEADER, formFrom } from "../support/approval-server.ts";
import { ARN, closeSites, type Site, site } from "../support/approval-site.ts";

afterEach(closeSites);

const RUNS = { numRuns: 250, seed: 11 };

/** What people, scanners and attackers put into fields; a complete answer is never among it, since the version is wrong. */
const word = fc.oneof(
  fc.constantFrom(
    "",
    " ",
    "approved",
    "rejected",
    "v1.4.1",
    "\u0000",
    "\ud800",
    "\u202e",
    "%",
    "<script>",
    "__proto__",
  ),
  fc.string({ unit: "binary", maxLength: 30 }),
  fc.constantFrom(...TECH_LEAD.checklist),
);
const name = fc.constantFrom("token", "decision", "comment", "version", "checklist", "constructor", "");
const type = fc.constantFrom(
  "application/x-www-form-urlencoded",
  "APPLICATION/X-WWW-FORM-URLENCODED; charset=utf-16",
  "application/json",
  "multipart/form-data; boundary=a",
  "",
);

async function expectNothingHappened(here: Site, before: unknown, status: number, sent: unknown): Promise<void> {
  expect([400, 403, 404, 405, 409, 410, 413, 415], JSON.stringify(sent)).toContain(status);
  expect(here.on.ledger.items(), JSON.stringify(sent)).toEqual(before);
  expect(here.on.woken).toEqual([]);
}

test("any fields, in any order and number, with a token of the page or without", async () => {
  const here = await site();
  const before = here.on.ledger.items();
  const own = new URLSearchParams(formFrom((await here.get()).text, {})).get("token") ?? "";
  const fields = fc.array(fc.tuple(name, word), { maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(fields, fc.boolean(), type, async (pairs, withToken, contentType) => {
      const form = new URLSearchParams(withToken ? [["token", own], ...pairs] : pairs);
      const { status } = await here.send(here.url(), form.toString(), { "content-type": contentType });
      await expectNothingHappened(here, before, status, { pairs, withToken, contentType });
    }),
    RUNS,
  );
});

test("the page's own form with any of its fields changed, left out or sent twice", async () => {
  const here = await site();
  const before = here.on.ledger.items();
  const whole = formFrom((await here.get()).text, {
    decision: "approved",
    comment: "fine",
    version: "v1.4.0",
    checklist: TECH_LEAD.checklist,
  });
  const pairs = [...new URLSearchParams(whole)];
  const index = fc.nat(pairs.length - 1);
  const spoil = fc.oneof(fc.constant("leave out"), fc.constant("twice"), word);
  await fc.assert(
    fc.asyncProperty(index, spoil, async (at, how) => {
      const [field = "", value = ""] = pairs[at] ?? [];
      // A comment may be anything; whoever ticks a point twice has ticked it.
      fc.pre(field !== "comment" || how === "leave out" || how === "twice");
      fc.pre(!(field === "checklist" && how === "twice") && how !== value);
      const others = pairs.filter((_, index) => index !== at);
      const changed =
        how === "leave out" ? others : how === "twice" ? [...pairs, [field, value]] : [...others, [field, how]];
      fc.pre(!(field === "decision" && how === "rejected"));
      const { status } = await here.send(here.url(), new URLSearchParams(changed as [string, string][]).toString());
      await expectNothingHappened(here, before, status, { field, how });
    }),
    RUNS,
  );

  expect(await here.send(here.url(), whole)).toMatchObject({ status: 303 });
});

test("any bytes as a body, and any path as an id", async () => {
  const here = await site();
  const before = here.on.ledger.items();
  const bytes = fc.uint8Array({ maxLength: 400 });
  const path = fc.string({ unit: "binary", maxLength: 70 });
  await fc.assert(
    fc.asyncProperty(bytes, path, type, fc.boolean(), async (body, id, contentType, known) => {
      const url = known ? here.url() : `${here.base}/approvals/${encodeURIComponent(id.toWellFormed()).slice(0, 400)}`;
      const response = await fetch(url, {
        method: "POST",
        body: Buffer.from(body),
        headers: { "content-type": contentType },
      });
      await response.arrayBuffer();
      await expectNothingHappened(here, before, response.status, { id, known });
    }),
    RUNS,
  );
});

test("any JSON on the signed route", async () => {
  const here = await site();
  const before = here.on.ledger.items();
  const url = `${here.base}/promotions/${here.on.name.promotionId}/environments/prod/approvals/before`;
  const field = fc.constantFrom(
    "action",
    "role",
    "decision",
    "version",
    "comment",
    "checklist",
    "as",
    "address",
    "by",
    "__proto__",
  );
  const value = fc.oneof(word, fc.constantFrom("decide", "resend", "replace", "tech-lead", LEAD), fc.jsonValue());
  await fc.assert(
    fc.asyncProperty(fc.dictionary(field, value), async (body) => {
      const headers = { "content-type": "application/json", [CALLER_HEADER]: ARN };
      const { status } = await here.send(url, JSON.stringify({ version: "v1.4.1", ...body }), headers);
      // A link may be sent again; everything else is incomplete.
      fc.pre(!(body.action === "resend" && status === 200));
      await expectNothingHappened(here, before, status, body);
    }),
    RUNS,
  );
});
