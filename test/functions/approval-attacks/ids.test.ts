/** Ids of links that nobody was mailed, or not this one. */
import { afterEach, describe, expect, test } from "vitest";
import { INFRA, LEAD } from "../../support/approval-scene.ts";
import { formFrom } from "../../support/approval-server.ts";
import { APPROVE, APPROVE_INFRA, closeSites, expectUntouched, site } from "../../support/approval-site.ts";

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
