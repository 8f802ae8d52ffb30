/** Ids of links that nobody was mailed, or not this one. */
import { afterEach, describe, expect, test } from "vitest";
import { INFRA, LEAD, sha256 } from "../../support/approval-scene.ts";
import { formFrom } from "../../support/approval-server.ts";
import { APPROVE, APPROVE_INFRA, closeSites, expectUntouched, site } from "../../support/approval-site.ts";
import { raw, withoutTrace } from "../../support/attacks.ts";

afterEach(closeSites);

describe("ids", () => {
  test.each([
    ["forged", (id: string) => id.replace(/^./, (first) => (first === "0" ? "1" : "0"))],
    ["truncated", (id: string) => id.slice(0, 63)],
    ["lengthened", (id: string) => `${id}0`],
    ["in capitals", (id: string) => `${id.slice(0, 63)}A`],
    ["empty", () => ""],
    ["with a path in it", (id: string) => `..%2F${id.slice(5)}`],
    ["with a null byte", (id: string) => `%00${id.slice(1)}`],
    ["all in capitals", (id: string) => (/[a-f]/.test(id) ? id.toUpperCase() : `${id}F`)],
    ["in digits of another script", (id: string) => encodeURIComponent(`\uFF10${id.slice(1)}`)],
    ["with a line break after it", (id: string) => `${id}%0A`],
    ["with a header after it", (id: string) => `${id}%0D%0ASet-Cookie:%20a=b`],
    ["with a space after it", (id: string) => `${id}%20`],
    ["with a parameter after it", (id: string) => `${id};jsessionid=1`],
    ["escaped twice", (id: string) => `%25${id.charCodeAt(0).toString(16)}${id.slice(1)}`],
    ["with an invisible character", (id: string) => `${id.slice(0, 63)}%E2%80%8B`],
    ["as the key that its hash is kept under", (id: string) => `LINK%23${sha256(id)}`],
    ["as that hash", (id: string) => sha256(id)],
    ["as the hash of that hash", (id: string) => sha256(sha256(id))],
    ["twice", (id: string) => `${id}${id}`],
    ["of 9,000 digits", () => "0".repeat(9_000)],
    ["a name that every object has", () => "__proto__"],
    ["another partition", () => "LINK-EPOCH"],
    ["its own hash", () => `LINK%23${"0".repeat(57)}`],
  ])("%s: 404, for reading and for deciding", async (_, change) => {
    const here = await site();
    const url = `${here.base}/approvals/${change(here.on.linkOf(LEAD))}`;
    const form = formFrom((await here.get()).text, APPROVE);

    const look = await withoutTrace(here, () => raw(here, { path: new URL(url).pathname }));
    expect(look.status).toBe(404);
    expect(look.headers).not.toHaveProperty("set-cookie");
    expect(await withoutTrace(here, () => here.send(url, form))).toMatchObject({ status: 404 });
    await expectUntouched(here);
  });

  test.each([
    ["overlong UTF-8", (id: string) => `%c0%b${id.charAt(0) === "0" ? 1 : 0}${id.slice(1)}`],
    ["half an escape", (id: string) => `${id.slice(0, 63)}%`],
    ["a surrogate in UTF-8", (id: string) => `%ED%A0%80${id}`],
  ])("%s: no path at all, 400", async (_, change) => {
    const here = await site();
    const path = `/approvals/${change(here.on.linkOf(LEAD))}`;
    expect((await withoutTrace(here, () => raw(here, { path }))).status).toBe(400);
  });

  test.each([
    ["the directory above", (path: string) => path.replace("/approvals/", "/approvals/../approvals/")],
    ["a slash after it", (path: string) => `${path}/`],
    ["two slashes", (path: string) => path.replace("/approvals/", "//approvals/")],
    ["another spelling of the route", (path: string) => path.replace("/approvals/", "/Approvals/")],
  ])("%s: no route", async (_, change) => {
    const here = await site();
    const path = change(new URL(here.url()).pathname);
    expect((await withoutTrace(here, () => raw(here, { path }))).status).toBe(403);
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
