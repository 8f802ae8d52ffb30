/** What stands around the approval page, in a browser: the mail that leads to it, and what is said when there is no answer. */
import { mkdir } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { NotReady } from "../../functions/domain/errors.ts";
import { failurePage, handlerFailure } from "../../functions/pages/failure.ts";
import { mailHtml } from "../../functions/pages/mail.ts";
import { LEAD, scene, sha256 } from "../support/approval-scene.ts";
import { expectWellMade } from "./well-made.ts";

const SCREENS = "reports/screens";
const SIZES = [
  [390, "light"],
  [390, "dark"],
  [1280, "light"],
  [1280, "dark"],
] as const;

let browser: Browser;
beforeAll(async () => {
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox"],
  });
  await mkdir(SCREENS, { recursive: true });
});
afterAll(async () => browser.close());

async function look(at: readonly [number, "light" | "dark"], name: string, open: (page: Page) => Promise<unknown>) {
  const [width, colorScheme] = at;
  const context = await browser.newContext({ viewport: { width, height: 844 }, colorScheme });
  const page = await context.newPage();
  const refused: string[] = [];
  page.on("console", (message) => refused.push(message.text()));
  await open(page);
  await page.screenshot({ path: `${SCREENS}/${name}-${width}-${colorScheme}.png`, fullPage: true });
  const shown = refused.splice(0);
  await expectWellMade(page, width);
  await context.close();
  return shown;
}

describe.each(SIZES.map((size) => [size.join(" px, "), size] as const))("at %s", (_name, size) => {
  test("a failure fits, can be read, and has its style, which its own policy lets through", async () => {
    const { headers, body } = failurePage(
      sha256,
      "GET",
      handlerFailure(new NotReady("asked too early"), "1f6e2b5c-0a4d-4c2e-9b1a-6c1d2e3f4a5b"),
    );
    const server = createServer((_request, response) => response.writeHead(503, headers).end(body));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const refused = await look(size, "failure", async (page) => {
      await page.goto(`http://127.0.0.1:${port}/approvals/x`);
      const background = "getComputedStyle(document.querySelector('.card')).borderRadius";
      expect(await page.evaluate(background)).toBe("12px");
    });
    expect(refused.filter((text) => text.includes("Content Security Policy"))).toEqual([]);
    server.close();
  });

  test("the mail that asks fits, can be read, and leads to the page", async () => {
    const on = await scene({ release: { risk: "high" } });
    await on.ask();
    const [mail] = on.mailsTo(LEAD);
    if (mail === undefined) throw new Error("nobody was asked");
    const { baseUrl } = on.deps.settings;
    await look(size, "mail", async (page) => {
      await page.setContent(mailHtml(mail, `${baseUrl}/approvals`));
      const href = await page.getByRole("link", { name: "Read the evidence and decide" }).getAttribute("href");
      expect(mail.body).toContain(href ?? "nowhere");
    });
  });
});
