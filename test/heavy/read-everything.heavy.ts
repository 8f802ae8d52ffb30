/**
 * Whoever reads all that a promotion leaves anywhere, but its mails, can decide nothing: table, logs, histories, what
 * functions take and answer, timeline, report, the signed routes' answers. The mails are left out because they are the
 * secret; no file has them, and the simulated mailbox is in memory alone. So is the request of whoever opens their link: it
 * is the link, on its way from their browser. Nothing writes it down: the API's log has routes without their ids, and the logs of the page's function
 * are read here like all others.
 */
import { createHash, createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { ApprovalRecord } from "../../functions/domain/approval/approval.ts";
import { formToken } from "../../functions/domain/approval/form-token.ts";
import { resolvePlan } from "../../functions/domain/plan/resolve.ts";
import type { PromotionPlan } from "../../functions/domain/plan.ts";
import { itemsOf } from "../../sandbox/faults/table-dump.ts";
import type { Rehearsed } from "../../sandbox/rehearsal.ts";
import { renderReport } from "../../sandbox/report/report.ts";
import { Sandbox } from "../../sandbox/sandbox.ts";
import { readScenario } from "../../sandbox/world/scenario.ts";

/** Operations approve before the rollout by a link; the leads are asked at 50 %, and let it wait. */
const WORLD = JSON.parse(readFileSync(new URL("../faults/plans/mid-approval.json", import.meta.url), "utf8"));
const [{ release: RELEASE }] = WORLD.starts;
const OPS = "ops@shop.example";
const LEAD = "lead@shop.example";
const READER = "arn:aws:iam::111122223333:user/reader";
const MINUTE = 60_000;

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
const mac = (key: string, text: string) => createHmac("sha256", key).update(text).digest("hex");

const linksIn = ({ sns }: Sandbox) =>
  sns.mailbox.flatMap(({ to, body }) =>
    [...body.matchAll(/\/approvals\/([0-9a-f]{64})/g)].map(([, id = ""]) => ({ to, id })),
  );

/** The approval that is waited for. */
function waitingIn(sandbox: Sandbox): ApprovalRecord {
  const records = itemsOf(sandbox, "APPROVALS#", "APPROVAL#") as unknown as ApprovalRecord[];
  const [waiting, ...others] = records.filter(({ state }) => state === "waiting");
  if (waiting === undefined || others.length > 0) throw new Error("not one approval waits");
  return waiting;
}

const decisionsIn = (sandbox: Sandbox) => itemsOf(sandbox, "APPROVALS#", "DECISION#").length;

/** A world, and all that it writes where somebody could read it. */
function world() {
  const policy = structuredClone(WORLD.policy);
  for (const approval of policy.environments.prod.approvals) approval.expiresAfter = "12h";
  const people = [
    { who: OPS, answers: "approve", after: "2h", comment: "Read on the train" },
    { who: LEAD, answers: "never" },
  ];
  const scenario = readScenario({ ...WORLD.scenario, people });
  const resolution = resolvePlan(policy, RELEASE, { now: scenario.startsAt });
  if (!resolution.ok) throw new Error(JSON.stringify(resolution.problems));
  const { plan } = resolution;
  const written: string[] = [];
  const sandbox = new Sandbox({
    scenario,
    policy,
    plan,
    sweepEveryMs: 5 * MINUTE,
    onLog: (line) => written.push(line),
    onEvent: (event, arn) => written.push(JSON.stringify([arn, event])),
    onInvocation: ({ step, ...record }) => step === "approval-page" || written.push(JSON.stringify(record)),
    onLine: (line) => written.push(JSON.stringify(line)),
  });
  return { sandbox, plan, written };
}

/** What the signed GET routes say to somebody who may look. */
async function shown(sandbox: Sandbox): Promise<string[]> {
  const [{ promotionId = "" } = {}] = itemsOf(sandbox, "OPEN") as { promotionId?: string }[];
  const paths = ["/promotions", `/promotions/${promotionId}`, `/promotions/${promotionId}?since=0`];
  const answers = [];
  for (const path of paths) answers.push((await sandbox.api.look(path, READER)).body);
  return answers;
}

/** Every text in there that looks like an id, a hash or a token, whole and in its parts. */
function findings(corpus: string): string[] {
  const words = corpus.match(/[\w+/=.:@#-]{16,}/g) ?? [];
  const parts = words.flatMap((word) => [word, ...word.split(/[^0-9A-Za-z]+/).filter((part) => part.length >= 16)]);
  return [...new Set(parts)];
}

/** Every stretch of 64 hex digits: a hash, a link's id, a form's signature. */
const hexIn = (found: readonly string[]) =>
  found.flatMap((text) => [...text.matchAll(/(?=([0-9a-f]{64}))/g)].map(([, stretch = ""]) => stretch));

/** Findings as ids of links: as they are, by their hash, and in their parts. */
const idsOf = (found: readonly string[]) => [...new Set([...found, ...found.map(sha256), ...hexIn(found)])];

const form = (token: string) =>
  new URLSearchParams({ token, decision: "approved", version: RELEASE.version, comment: "" }).toString();

/** Statuses by method of everything tried as a link. */
async function tryAsLinks({ api }: Sandbox, ids: readonly string[]): Promise<Set<string>> {
  const statuses = new Set<string>();
  for (const id of ids) {
    statuses.add(`GET ${(await api.visit("GET", encodeURIComponent(id), null)).status}`);
    statuses.add(`POST ${(await api.visit("POST", encodeURIComponent(id), form("0.0"))).status}`);
  }
  return statuses;
}

/** Statuses of forms sent by the very link that is waited for, their tokens made of what was found. */
async function tryAsTokens({ api, clock }: Sandbox, link: string, found: readonly string[], record: ApprovalRecord) {
  const life = (clock.now() + MINUTE).toString(36);
  const hex = [...new Set(hexIn(found))];
  const keyed = (key: string) =>
    formToken({ hash: sha256, mac: (_id, text) => mac(key, text) }, link, record, clock.now());
  const statuses = new Set<number>();
  for (const token of [...hex.flatMap((text) => [`${life}.${text}`, keyed(text)]), ...found.slice(0, 20)]) {
    statuses.add((await api.visit("POST", link, form(token))).status);
  }
  return statuses;
}

/** Every finding as a task token, with any answer; how many of them woke something. */
function tryAsTaskTokens({ executions }: Sandbox, found: readonly string[]): number {
  const output = JSON.stringify({ state: "approved", outcome: "approved", decision: "approved", go: true });
  let woken = 0;
  for (const taskToken of found) {
    try {
      executions.sendTaskSuccess({ taskToken, output });
      woken++;
    } catch {
      // No token of a task that waits.
    }
  }
  return woken;
}

/** What came of everything, tried by somebody who has read all that was written until now. */
async function tryEverything(sandbox: Sandbox, written: readonly string[], address: string) {
  const record = waitingIn(sandbox);
  const decided = decisionsIn(sandbox);
  const link = linksIn(sandbox).findLast(({ to }) => to === address)?.id ?? "";
  const corpus = [...written, ...(await shown(sandbox)), JSON.stringify(itemsOf(sandbox, ""))].join("\n");
  const found = findings(corpus);
  const ids = idsOf(found);
  const woken = tryAsTaskTokens(sandbox, found);
  const links = await tryAsLinks(sandbox, ids);
  const tokens = await tryAsTokens(sandbox, link, found, record);
  await sandbox.clock.sleep(MINUTE);
  const { approval, state } = waitingIn(sandbox);
  return { tried: ids.length, woken, links, tokens, approval, state, decisions: decisionsIn(sandbox) - decided };
}

/** The person whose link it is decides by it, after all that. */
async function decide(sandbox: Sandbox, address: string): Promise<number> {
  const { api } = sandbox;
  const link = linksIn(sandbox).findLast(({ to }) => to === address)?.id ?? "";
  const { body } = await api.visit("GET", link, null);
  const token = /name="token" value="([^"]+)"/.exec(body)?.[1] ?? "";
  return (await api.visit("POST", link, form(token))).status;
}

const FIGURES = {
  virtualMs: 0,
  executions: 0,
  transitions: 0,
  historyEvents: 0,
  invocations: 0,
  awsCalls: 0,
  dollars: 0,
};

async function reportOf(sandbox: Sandbox, plan: PromotionPlan, ended: Rehearsed["ended"]): Promise<string> {
  const figures = { ...FIGURES, split: sandbox.timeline.split(0) };
  return renderReport({ ok: true, plan, ended, figures, sandbox }, "read by everybody");
}

const NOTHING = { links: new Set(["GET 404", "POST 404"]), tokens: new Set([403]), state: "waiting", decisions: 0 };

test("whoever reads everything but the mails decides nothing: not by a link, a form, or a callback", async () => {
  const { sandbox, plan, written } = world();
  const seen: Awaited<ReturnType<typeof tryEverything>>[] = [];
  const tries = (minute: number, address: string) =>
    sandbox.clock.after(minute * MINUTE, "somebody tries what they have read", async () => {
      seen.push(await tryEverything(sandbox, written, address));
    });
  tries(20, OPS);
  tries(180, LEAD);
  sandbox.clock.after(300 * MINUTE, "the lead decides", async () => {
    expect(await decide(sandbox, LEAD)).toBe(303);
  });

  const ended = await sandbox.promote(RELEASE, "one");

  expect(seen).toMatchObject([
    // The token under which the machine waits wakes it, and it waits on.
    { ...NOTHING, approval: "before", woken: 1 },
    { ...NOTHING, approval: "at-50" },
  ]);
  for (const { tried } of seen) expect(tried).toBeGreaterThan(150);
  expect(ended.outcome).toBe("promoted");
  const everything = [...written, JSON.stringify(itemsOf(sandbox, "")), await reportOf(sandbox, plan, ended)].join(
    "\n",
  );
  for (const { id } of linksIn(sandbox)) expect(everything).not.toContain(id);
}, 120_000);
