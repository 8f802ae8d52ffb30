import { mkdir } from "node:fs/promises";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { appendAudit } from "../../functions/domain/ledger/append-audit.ts";
import { HOUR, INFRA, LEAD, type Scene, START, scene, TECH_LEAD } from "../support/approval-scene.ts";
import { serve, type TestServer } from "../support/approval-server.ts";
import { judge } from "../support/judged-environment.ts";
import { expectWellMade } from "./well-made.ts";

const SCREENS = "reports/screens";
const WIDTHS = [390, 1280] as const;
const SCHEMES = ["light", "dark"] as const;

let browser: Browser;
beforeAll(async () => {
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox"],
  });
  await mkdir(SCREENS, { recursive: true });
});
afterAll(async () => browser.close());

/** A promotion to prod whose sit was judged and whose checks ran; asked for, and served over HTTP. */
async function asked(): Promise<{ on: Scene; server: TestServer; linkOf: (address: string) => string }> {
  const on = await scene({ release: { risk: "high" } });
  await judge(on.ledger, on.name.promotionId, "sit", START - 3 * HOUR);
  await check(on, "rollback alarms are armed", true, "4 alarms, none red");
  await check(on, "soaked in sit for 24h", true, "31h since v1.4.0 was finished there");
  await check(on, "coverage at least 80", true, "87");
  await on.ask();
  const server = await serve(on.deps);
  return { on, server, linkOf: (address) => linkIn(on, address, server.url) };
}

async function check(on: Scene, name: string, passed: boolean, found: string): Promise<void> {
  const entry = { id: name, kind: "checked", summary: name, environment: "prod", data: { name, passed, found } };
  await appendAudit(on.deps, on.name.promotionId, entry);
}

/** The link as it stands in the mail, led to the test's server. */
function linkIn(on: Scene, address: string, url: string): string {
  const [link] = /https:\/\/\S+\/approvals\/\S+/.exec(on.mailsTo(address)[0]?.body ?? "") ?? [];
  if (link === undefined) throw new Error(`no link in the mail to ${address}`);
  return link.replace(on.deps.settings.baseUrl, url);
}

async function visit(
  options: Parameters<Browser["newContext"]>[0],
  baseUrl: string,
): Promise<{ context: BrowserContext; page: Page; foreign: string[] }> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const foreign: string[] = [];
  page.on("request", (request) => {
    if (!request.url().startsWith(baseUrl)) foreign.push(request.url());
  });
  return { context, page, foreign };
}

test("opened from the mail on a phone without JavaScript: ticked, typed, approved", async () => {
  const { on, server, linkOf } = await asked();
  const { context, page, foreign } = await visit(
    { viewport: { width: 390, height: 844 }, javaScriptEnabled: false, hasTouch: true },
    server.url,
  );

  await page.goto(linkOf(LEAD));
  for (const item of TECH_LEAD.checklist) await page.getByLabel(item).tap();
  await page.getByLabel("Comment").fill("Performance baseline met, ready for PROD");
  await page.getByLabel("Version of the release").fill("v1.4.1");
  await page.getByRole("button", { name: "Approve" }).tap();
  await page.getByText("the version typed is not the one of this release").waitFor();
  expect(await page.getByLabel("Comment").inputValue()).toBe("Performance baseline met, ready for PROD");
  expect(on.items("DECISION")).toEqual([]);

  await page.getByLabel("Version of the release").fill("v1.4.0");
  await page.getByLabel("Version of the release").press("Enter");
  expect(on.items("DECISION")).toEqual([]);
  await page.getByRole("button", { name: "Approve" }).tap();
  await page.getByRole("heading", { level: 1, name: "your answer is recorded" }).waitFor();

  expect(on.items("DECISION")).toHaveLength(1);
  expect(foreign).toEqual([]);
  await context.close();
  await server.close();
});

test("on a low screen the form stays whole within reach, wherever the evidence is scrolled to", async () => {
  const { server, linkOf } = await asked();
  const { context, page } = await visit({ viewport: { width: 1280, height: 640 } }, server.url);
  await page.goto(linkOf(LEAD));
  await page.evaluate("window.scrollTo(0, 1200)");

  const box = await page.locator("#decision").boundingBox();
  expect(box?.y).toBeGreaterThanOrEqual(0);
  expect((box?.y ?? 0) + (box?.height ?? 0)).toBeLessThanOrEqual(640);
  for (const within of [page.getByLabel("Version of the release"), page.getByRole("button", { name: "Approve" })]) {
    const place = await within.boundingBox();
    expect((place?.y ?? 0) + (place?.height ?? 0)).toBeLessThanOrEqual(640);
  }
  await page.getByRole("button", { name: "Reject" }).click();
  await page.getByText("say in the comment why you reject").first().waitFor();
  await context.close();
  await server.close();
});

const STATES = {
  open: async () => {},
  incomplete: async (page: Page) => page.getByRole("button", { name: "Approve" }).click(),
  decided: async (page: Page, on: Scene) => {
    on.now += 2 * HOUR;
    await say(page, "Performance baseline met, ready for PROD");
  },
  rejected: async (page: Page) => {
    for (const item of TECH_LEAD.checklist.slice(0, 3)) await page.getByLabel(item).check();
    await page.getByLabel("Comment").fill("The security scan is still running, and nobody wrote down how to go back");
    await page.getByLabel("Version of the release").fill("v1.4.0");
    await page.getByRole("button", { name: "Reject" }).click();
    await page.getByText("not ticked: Rollback plan documented").waitFor();
  },
  expired: async (page: Page, on: Scene) => {
    on.now += 48 * HOUR;
    await page.reload();
  },
} as const;

async function say(page: Page, comment: string): Promise<void> {
  for (const box of await page.getByRole("checkbox").all()) await box.check();
  await page.getByLabel("Comment").fill(comment);
  await page.getByLabel("Version of the release").fill("v1.4.0");
  await page.getByRole("button", { name: "Approve" }).click();
  await page.getByRole("heading", { level: 1 }).waitFor();
}

describe.each(Object.entries(STATES))("%s", (state, reach) => {
  test.each(WIDTHS.flatMap((width) => SCHEMES.map((scheme) => [width, scheme] as const)))(
    "at %i px, %s: fits, can be read, and is kept as a picture",
    async (width, scheme) => {
      const { on, server, linkOf } = await asked();
      const { context, page, foreign } = await visit(
        { viewport: { width, height: 844 }, colorScheme: scheme },
        server.url,
      );
      if (state === "decided") {
        await page.goto(linkOf(INFRA));
        await say(page, "Infrastructure ready, capacity verified");
      }
      await page.goto(linkOf(LEAD));
      await reach(page, on);

      await page.screenshot({ path: `${SCREENS}/approval-${state}-${width}-${scheme}.png`, fullPage: true });
      await expectWellMade(page, width);
      expect(foreign).toEqual([]);
      await context.close();
      await server.close();
    },
  );
});
