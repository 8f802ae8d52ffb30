import { readFile } from "node:fs/promises";
import { beforeAll, expect, test } from "vitest";
import { type Rehearsed, rehearse } from "../../../sandbox/rehearsal.ts";
import { axisOf, shareChanges } from "../../../sandbox/report/axis.ts";
import { loadReportData, type ReportData } from "../../../sandbox/report/data.ts";
import { renderReport, reportPage } from "../../../sandbox/report/report.ts";
import { pooledValue } from "../../../sandbox/report/series.ts";
import { readScenario, type ScenarioFile } from "../../../sandbox/world/scenario.ts";

const PATIENCE_MS = 90_000;

const fileOf = async (path: string): Promise<object> =>
  JSON.parse(await readFile(new URL(`../../../${path}`, import.meta.url), "utf8"));

const HOSTILE = `<script>alert("x")</script><img src=x onerror='alert(1)'>`;

let result: Rehearsed;
let data: ReportData;
let page: string;

beforeAll(async () => {
  const world = (await fileOf("test/scenarios/errors-at-25.json")) as ScenarioFile;
  const people = (world.people ?? []).map((person) => ({ ...person, comment: HOSTILE }));
  const release = { ...(await fileOf("events/bbws-v2025.12.25.1.json")), summary: `Faster ${HOSTILE}` };
  const rehearsed = await rehearse({
    policy: await fileOf("infra/policies/bbws.json"),
    release,
    scenario: readScenario({ ...world, people }),
  });
  if (!rehearsed.ok) throw new Error("the documents have problems");
  result = rehearsed;
  data = await loadReportData(result, `world of ${HOSTILE}`);
  page = reportPage(data).text;
}, PATIENCE_MS);

/** The text of a page, tags left out. */
const textOf = (html: string) => html.replace(/<style>.*?<\/style>/s, "").replace(/<[^>]*>/g, " ");

const prodOf = ({ environments }: ReportData) => {
  const prod = environments.find(({ plan }) => plan.environment === "prod");
  if (prod === undefined) throw new Error("no prod");
  return prod;
};

test("says first how it ended, why, and where traffic is now", () => {
  expect(page.includes("<h1>bbws-store v2025.12.25.1: rolled back</h1>")).toBe(true);
  const text = textOf(page);
  expect(text).toContain("back on the baseline, read back: error rate of");
  expect(text).toContain("prod is on version 7 (auth, product, order)");
});

test("asks nothing of the network and runs nothing", () => {
  for (const forbidden of [/<(?:script|img|link|iframe|object|base|form)\b/i, /<[^>]*\son\w+=/, /url\(|@import/])
    expect(forbidden.exec(page)?.[0]).toBeUndefined();
  const references = [...page.matchAll(/\s(?:href|src)="([^"]*)"/g)].map(([, target]) => target);
  expect(references.length).toBeGreaterThan(5);
  expect(references.every((target) => target?.startsWith("#"))).toBe(true);
});

test("shows what people wrote as text, wherever it comes from", () => {
  const escaped = "&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;&lt;img src=x onerror=&#39;alert(1)&#39;&gt;";
  expect(page).toContain(`Faster ${escaped}`);
  expect(page).toContain(`world of ${escaped}`);
  expect(page).toContain(`<td class="roomy">${escaped}</td>`);
});

test("has each of its parts, each link's target, and every id once", () => {
  const ids = [...page.matchAll(/\sid="([^"]*)"/g)].map(([, id]) => id);
  expect(new Set(ids).size).toBe(ids.length);
  for (const [, id] of page.matchAll(/href="#([^"]*)"/g)) expect(ids).toContain(id);
  for (const [, labels] of page.matchAll(/aria-labelledby="([^"]*)"/g))
    for (const id of labels?.split(" ") ?? []) expect(ids).toContain(id);
});

test("tells of each bake: its verdict, both arms, the evidence in words and which lane acted", () => {
  const text = textOf(page).replace(/\s+/g, " ");
  expect(text).toMatch(/25 % \dm\d+s failed error rate \d\.\d\d % vs 0\.\d\d %, p95 \d+ ms vs \d+ ms/);
  expect(text).toMatch(/evidence this strong would appear in at most 1 of [\d,]+ rollouts/);
  expect(text).toMatch(/\((?:the hard lane|the statistical judge|a threshold)\)/);
  expect(text).toMatch(/All targets were on the baseline again \d+s after that/);
});

test("tells what the bakes could see before they began, as a warning where that is too little", () => {
  const text = textOf(page).replace(/\s+/g, " ");
  expect(text).toMatch(/sit, before the rollout what the bakes can see warning .*the bake at 50 % cannot see the rise/);
  expect(text).toMatch(/prod, before the rollout what the bakes can see passed .*sees an error rise of/);
});

test("draws the weights that AWS served on the rollout's own axis, without the day of waiting before it", () => {
  const prod = prodOf(data);
  const axis = axisOf(prod, data.zone);
  if (axis === null) throw new Error("traffic was moved");
  expect(shareChanges(prod, axis.from).map(({ weight }) => weight)).toEqual([10, 25, 0]);
  expect(axis.firstShiftAt - axis.from).toBe(5 * 60_000);
  expect(axis.to - axis.from).toBeLessThan(60 * 60_000);
  expect(new Date(axis.at(axis.firstShiftAt)).toISOString()).toMatch(/T20:00/);
  expect(page).toContain(">rolled back</text>");
});

test("names the parts of time, and a wait of a day as such", () => {
  expect(textOf(page)).toMatch(/Waiting for the change window\s+1d\dh/);
  expect(page).toContain('class="bar-window"');
});

test("verifies the audit trail's chain, and says where it breaks", () => {
  expect(page).toContain("chain verified");
  expect(page).toContain(data.trail.at(-1)?.hash);
  const broken = reportPage({ ...data, trailBrokenAt: 4 }).text;
  expect(textOf(broken)).toContain("does not hold from entry 4 on");
  expect(broken).not.toContain("chain verified");
});

test("is the same to the byte when it is rendered again, hours of virtual time later", async () => {
  const world = `world of ${HOSTILE}`;
  expect((await renderReport(result, world)) === page).toBe(true);
});

test("tells of a promotion that was never opened without inventing anything", () => {
  const nothing = { head: null, targets: [], bakes: [], looks: [], recording: null, approvals: [] };
  const environments = data.environments.map((one) => ({ ...one, ...nothing }));
  const ended = { ...data.ended, outcome: "blocked", summary: "the release was refused" };
  const text = textOf(
    reportPage({ ...data, promotionId: null, environments, ended, trail: [], lines: [], waits: [] }).text,
  );
  for (const part of ["blocked", "Nobody was asked.", "No check was made.", "Nothing was written.", "never opened"])
    expect(text).toContain(part);
});

test("targets are pooled by their requests, and a minute without any is no zero", () => {
  expect(pooledValue([])).toBeNull();
  expect(
    pooledValue([
      [100, 1, 1],
      [300, 15, 5],
    ]),
  ).toBe(4);
});
