/** Forms by somebody who has a link and makes the token himself, for another moment than the page would. */
import { afterEach, describe, expect, test } from "vitest";
import type { ApprovalRecord } from "../../../functions/domain/approval/approval.ts";
import { formToken, type TokenTools } from "../../../functions/domain/approval/form-token.ts";
import { findApproval } from "../../../functions/domain/approval/load.ts";
import { HOUR, INFRA, LEAD, sha256, TECH_LEAD } from "../../support/approval-scene.ts";
import { APPROVE, closeSites, type Site, site } from "../../support/approval-site.ts";
import { withoutTrace } from "../../support/attacks.ts";

afterEach(closeSites);

const bodyWith = (token: string) =>
  new URLSearchParams([
    ["token", token],
    ...TECH_LEAD.checklist.map((point): [string, string] => ["checklist", point]),
    ...Object.entries(APPROVE).filter((pair): pair is [string, string] => typeof pair[1] === "string"),
  ]).toString();

async function recordOf({ on }: Site): Promise<ApprovalRecord> {
  const record = await findApproval(on.ledger, on.name);
  if (record === undefined) throw new Error("nobody was asked");
  return record;
}

interface Made {
  readonly tools: TokenTools;
  readonly id: string;
  readonly record: ApprovalRecord;
  readonly now: number;
}

/** The token as the page makes it, but for what `change` says. */
async function tokenBut(here: Site, change: (right: Made) => Partial<Made>): Promise<string> {
  const right = { tools: here.on.deps, id: here.on.linkOf(LEAD), record: await recordOf(here), now: here.on.now };
  const { tools, id, record, now } = { ...right, ...change(right) };
  return formToken(tools, id, record, now);
}

test("the token that the rest of this file spoils is one that decides", async () => {
  const here = await site();
  expect(await here.send(here.url(), bodyWith(await tokenBut(here, () => ({}))))).toMatchObject({ status: 303 });
});

describe("a token", () => {
  test.each<[string, (right: Made) => Partial<Made>]>([
    ["of another state of the approval", ({ record }) => ({ record: { ...record, state: "approved" } })],
    ["of another asking", ({ record }) => ({ record: { ...record, askedAt: record.askedAt - 1 } })],
    [
      "of another binding: another plan, release, artifact",
      ({ record }) => ({ record: { ...record, binding: sha256("another") } }),
    ],
    ["of no binding", ({ record }) => ({ record: { ...record, binding: "" } })],
    ["of another link", ({ id }) => ({ id: sha256(id) })],
    [
      "keyed by the link's hash, which the table has",
      ({ id, tools: { hash, mac } }) => ({ tools: { hash, mac: (_key, text) => mac(hash(id), text) } }),
    ],
    ["keyed by nothing", ({ tools: { hash, mac } }) => ({ tools: { hash, mac: (_key, text) => mac("", text) } })],
    [
      "that is no HMAC but a hash of key and text",
      ({ tools: { hash } }) => ({ tools: { hash, mac: (key, text) => hash(key + text) } }),
    ],
  ])("%s: 403", async (_, change) => {
    const here = await site();
    const body = bodyWith(await tokenBut(here, change));
    expect((await withoutTrace(here, () => here.send(here.url(), body))).status).toBe(403);
  });

  test("of an earlier moment that has run out: 409, and the form comes back", async () => {
    const here = await site();
    const body = bodyWith(await tokenBut(here, ({ now }) => ({ now: now - 5 * HOUR })));
    expect((await withoutTrace(here, () => here.send(here.url(), body))).status).toBe(409);
  });

  test.each<[string, (token: string) => string]>([
    ["in capitals", (token) => token.toUpperCase()],
    ["with a longer life", (token) => `z${token}`],
    ["without its life", (token) => token.slice(token.indexOf("."))],
    ["without its signature", (token) => token.slice(0, token.indexOf(".") + 1)],
    ["with half of its signature", (token) => token.slice(0, -32)],
    ["with a line break after it", (token) => `${token}\n`],
    ["with a space before it", (token) => ` ${token}`],
    ["with full-width digits", (token) => token.replace(/^./, "\uFF11")],
    ["with a negative life", (token) => `-${token}`],
    ["with its signature twice", (token) => `${token}${token.slice(token.indexOf(".") + 1)}`],
    ["and a second one after a comma", (token) => `${token},${token}`],
    ["of zeros", () => `0.${"0".repeat(64)}`],
    ["that is an object", () => "[object Object]"],
  ])("%s: 403", async (_, change) => {
    const here = await site();
    const body = bodyWith(change(await tokenBut(here, () => ({}))));
    expect((await withoutTrace(here, () => here.send(here.url(), body))).status).toBe(403);
  });

  test("of a colleague's link decides neither by theirs for me nor by mine for them", async () => {
    const here = await site();
    const mine = bodyWith(await tokenBut(here, () => ({})));
    const theirs = bodyWith(await tokenBut(here, () => ({ id: here.on.linkOf(INFRA) })));
    expect((await withoutTrace(here, () => here.send(here.url(INFRA), mine))).status).toBe(403);
    expect((await withoutTrace(here, () => here.send(here.url(LEAD), theirs))).status).toBe(403);
  });

  test("of the same seat in another promotion of the same service and version: 403", async () => {
    const [here, other] = [await site(), await site()];
    const foreign = bodyWith(await tokenBut(other, () => ({})));
    expect((await withoutTrace(here, () => here.send(here.url(), foreign))).status).toBe(403);
    // And a link of one deployment is nobody's in another.
    const link = `${here.base}/approvals/${other.on.linkOf(LEAD)}`;
    expect((await withoutTrace(here, () => here.send(link, foreign))).status).toBe(404);
  });
});
