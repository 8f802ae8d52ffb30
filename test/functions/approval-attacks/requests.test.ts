/** Requests that mean to be more than a look: other methods, other headers, other encodings of a form that is complete. */
import { afterEach, describe, expect, test } from "vitest";
import { LEAD } from "../../support/approval-scene.ts";
import { FORM_HEADERS, formFrom } from "../../support/approval-server.ts";
import { APPROVE, closeSites, type Site, site } from "../../support/approval-site.ts";
import { raw, withoutTrace } from "../../support/attacks.ts";

afterEach(closeSites);

/** A form that would decide, if it were posted as it is. */
async function ready() {
  const here = await site();
  const form = formFrom((await here.get()).text, APPROVE);
  return { here, form, path: new URL(here.url()).pathname };
}

describe("a look stays a look", () => {
  test.each<[string, (form: string) => { method: string; query?: string; headers?: object; body?: string }]>([
    ["GET with the form in its query", (form) => ({ method: "GET", query: form })],
    ["HEAD with the form in its query", (form) => ({ method: "HEAD", query: form })],
    ["GET with the form as its body", (form) => ({ method: "GET", body: form, headers: FORM_HEADERS })],
    ["HEAD with the form as its body", (form) => ({ method: "HEAD", body: form, headers: FORM_HEADERS })],
    ...["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"].map(
      (name): [string, (form: string) => { method: string; headers: object; body: string }] => [
        `GET with ${name}: POST`,
        (form) => ({ method: "GET", body: form, headers: { ...FORM_HEADERS, [name]: "POST" } }),
      ],
    ),
    ["GET with _method=POST", (form) => ({ method: "GET", query: `_method=POST&${form}` })],
    ["a prefetch", () => ({ method: "GET", headers: { "sec-purpose": "prefetch;prerender", purpose: "prefetch" } })],
    [
      "a crawler that comes back",
      () => ({
        method: "GET",
        headers: { "if-none-match": "*", "if-modified-since": "Sat, 28 Nov 2026 00:00:00 GMT" },
      }),
    ],
    ["a part of the page", () => ({ method: "GET", headers: { range: "bytes=0-9" } })],
    [
      "a page through somebody's cache",
      () => ({ method: "GET", headers: { "x-forwarded-host": "evil.example", "x-original-url": "/people/revoke" } }),
    ],
  ])("%s", async (_, attack) => {
    const { here, form, path } = await ready();
    const { query, ...request } = attack(form);

    const answer = await withoutTrace(here, () =>
      raw(here, { ...request, headers: { ...request.headers }, path: query === undefined ? path : `${path}?${query}` }),
    );

    expect(answer.status).toBe(200);
    expect(answer.text).not.toContain("evil.example");
    expect(answer.text === "" || answer.text.endsWith("</html>") || answer.text.includes("</html>")).toBe(true);
  });

  test("HEAD and GET differ in the body alone, for what is there and for what is not", async () => {
    const { here, path } = await ready();
    for (const one of [path, `/approvals/${"0".repeat(64)}`]) {
      const [get, head] = [await raw(here, { path: one }), await raw(here, { method: "HEAD", path: one })];
      const heads = [get, head].map(({ status, headers }) => {
        const { date: _date, "content-length": _length, "transfer-encoding": _encoding, ...rest } = headers ?? {};
        return { status, rest };
      });
      expect(heads[1]).toEqual(heads[0]);
      expect(head.text).toBe("");
    }
  });
});

describe("another site", () => {
  test.each(["POST", "GET", "null"])("may ask nothing across origins: preflight for %s", async (wanted) => {
    const { here, path } = await ready();
    const headers = {
      origin: wanted === "null" ? "null" : "https://evil.example",
      "access-control-request-method": wanted,
    };

    const answer = await withoutTrace(here, () => raw(here, { method: "OPTIONS", path, headers }));

    expect(answer.status).toBe(405);
    expect(Object.keys(answer.headers ?? {}).filter((name) => name.startsWith("access-control"))).toEqual([]);
  });

  test("that is opened beside the page is given no cookie to ride on, and none is believed", async () => {
    const { here, path } = await ready();
    const headers = { ...FORM_HEADERS, cookie: "token=anything; session=jane", origin: "https://evil.example" };
    const body = new URLSearchParams({ token: "", ...APPROVE, checklist: "" }).toString();

    const answer = await withoutTrace(here, () => raw(here, { method: "POST", path, headers, body }));

    expect(answer.status).toBe(403);
    expect((await raw(here, { path })).headers).not.toHaveProperty("set-cookie");
  });

  test("gets nothing echoed by TRACE: 405", async () => {
    const { here, path } = await ready();
    const answer = await withoutTrace(here, () =>
      raw(here, { method: "TRACE", path, headers: { "x-secret": "authorization of a proxy" } }),
    );
    expect(answer.status).toBe(405);
    expect(answer.text).not.toContain("authorization of a proxy");
  });
});

describe("a complete form that does not arrive as one", () => {
  const post = (here: Site, path: string, headers: Record<string, string | string[]>, body: string | Buffer) =>
    withoutTrace(here, () => raw(here, { method: "POST", path, headers: { ...FORM_HEADERS, ...headers }, body }));

  test.each<[string, number, (form: string) => string | Buffer]>([
    ["in UTF-16", 400, (form) => Buffer.from(form, "utf16le")],
    ["with a byte-order mark before it", 400, (form) => `\uFEFF${form}`],
    ["with semicolons between its fields", 400, (form) => form.replaceAll("&", ";")],
    ["escaped twice", 400, (form) => encodeURIComponent(form)],
    ["with names in capitals", 400, (form) => form.replace("decision=", "DECISION=")],
    ["with overlong UTF-8 in a field's name", 400, (form) => form.replace("decision=", "%c1%a4ecision=")],
    ["with a null in a field's name", 400, (form) => form.replace("decision=", "decision%00=")],
    ["with its version in overlong UTF-8", 400, (form) => form.replace("version=v1", "version=%c1%b61")],
    ["with its version escaped twice", 400, (form) => form.replace("version=v1", "version=%2576%31")],
    ["with nothing but its names", 400, () => "token&decision&comment&version&checklist"],
    ["as one field of 16 KB", 400, () => "a".repeat(16_000)],
    ["with five thousand fields", 400, () => Array.from({ length: 5_000 }, (_, at) => `${at % 10}=`).join("&")],
    ["as JSON under a form's name", 400, (form) => JSON.stringify(Object.fromEntries(new URLSearchParams(form)))],
    ["zipped", 400, (form) => Buffer.from([0x1f, 0x8b, 8, 0, ...Buffer.from(form)])],
  ])("%s: nothing is decided", async (_, status, change) => {
    const { here, form, path } = await ready();
    expect((await post(here, path, {}, change(form))).status).toBe(status);
  });

  test.each([
    ["two types, the form's second", ["text/plain", "application/x-www-form-urlencoded"]],
    ["a type in another's parameter", "text/plain; x=application/x-www-form-urlencoded"],
    ["no type at all", ""],
    ["a type with a null", "application/x-www-form-urlencoded,application/json"],
  ])("with %s: 415", async (_, type) => {
    const { here, form, path } = await ready();
    expect((await post(here, path, { "content-type": type }, form)).status).toBe(415);
  });

  test("by PATCH with an override to POST is not posted: 405", async () => {
    const { here, form, path } = await ready();
    const headers = { ...FORM_HEADERS, "X-HTTP-Method-Override": "POST" };
    const answer = await withoutTrace(here, () => raw(here, { method: "PATCH", path, headers, body: form }));
    expect(answer.status).toBe(405);
  });
});

test("what a proxy or the sender says of where it comes from is not what is put on record", async () => {
  const { here, form, path } = await ready();
  const headers = {
    ...FORM_HEADERS,
    "x-forwarded-for": "203.0.113.99",
    "x-real-ip": "203.0.113.99",
    forwarded: "for=203.0.113.99",
    "user-agent": `<script>alert(1)</script>`,
  };

  expect(await raw(here, { method: "POST", path, headers, body: form })).toMatchObject({ status: 303 });

  expect(here.on.items("DECISION")[0]).toMatchObject({ sourceIp: "198.51.100.7", address: LEAD });
  expect((await here.get()).text).not.toContain("<script");
});
