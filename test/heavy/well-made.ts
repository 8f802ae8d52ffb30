/** What every page and mail of ours is held to in a browser. */
import { readFile } from "node:fs/promises";
import axe from "axe-core";
import type { Page } from "playwright-core";
import { expect } from "vitest";

const IN_PAGE = await readFile(new URL("in-page.js", import.meta.url), "utf8");

/** Nothing to scroll sideways, nothing cut off, every chart whole, and nothing that keeps people from using it. */
export async function expectWellMade(page: Page, width: number): Promise<void> {
  // Put there by the driver: the page's own policy lets no script run.
  await page.evaluate(IN_PAGE);
  await page.evaluate(axe.source);
  expect(await page.evaluate(`clippedElements(${width})`)).toEqual([]);
  expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(width);
  expect(await page.evaluate("wordsOutsideCharts()")).toEqual([]);
  expect(await page.evaluate("accessibilityProblems()")).toEqual([]);
}
