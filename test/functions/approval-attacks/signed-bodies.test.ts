/** The signed routes, by whoever may call them: bodies, names and paths that are none. */
import { afterEach, describe, expect, test } from "vitest";
import { INFRA, LEAD, OWNER, role, TECH_LEAD } from "../../support/approval-scene.ts";
import { CALLER_HEADER } from "../../support/approval-server.ts";
import { ARN, closeSites, type Site, site } from "../../support/approval-site.ts";
import { raw, signed, withoutTrace } from "../../support/attacks.ts";

afterEach(closeSites);

const DECISION = {
  action: "decide",
  role: TECH_LEAD.role,
  decision: "approved",
  version: "v1.4.0",
  checklist: TECH_LEAD.checklist,
  as: LEAD,
};

const path = ({ on: { name } }: Site, approval = name.approval) =>
  `/promotions/${name.promotionId}/environments/prod/approvals/${approval}`;

/** The text of an object whose last member is this one; `JSON.stringify` would tidy it up. */
const withMember = (member: string) => `${JSON.stringify(DECISION).slice(0, -1)},${member}}`;

test("the body that the rest of this file spoils is one that decides", async () => {
  const here = await site();
  expect((await signed(here, path(here), DECISION, ARN)).status).toBe(200);
});

describe("a body decides nothing", () => {
  test.each<[string, string]>([
    ["with __proto__ as a key", withMember('"__proto__":{"as":"x@example.com"}')],
    ["with constructor as a key", withMember('"constructor":{"prototype":{"isAdmin":true}}')],
    ["with toString as a key", withMember('"toString":"x"')],
    ["with a generation of its own", withMember('"generation":1')],
    ["with a caller of its own", withMember('"caller":{"arn":"x","principal":"x","person":"x"}')],
    ["with an address beside `as`", withMember(`"address":"${INFRA}"`)],
    ["with the page's token", withMember('"token":"0.0"')],
    ["in two objects", `${JSON.stringify(DECISION)}${JSON.stringify(DECISION)}`],
    ["in an array", JSON.stringify([DECISION])],
    ["in a string", JSON.stringify(JSON.stringify(DECISION))],
    ["as null", "null"],
    ["as a number", "1e999"],
    ["with a comment of JavaScript", `${JSON.stringify(DECISION)}//`],
    ["with NaN", withMember('"comment":NaN')],
    ["with a role that is an array", JSON.stringify({ ...DECISION, role: [TECH_LEAD.role] })],
    ["with a role that is an object", JSON.stringify({ ...DECISION, role: { $ne: null } })],
    ["with a version that is a number", JSON.stringify({ ...DECISION, version: 1.4 })],
    ["with a decision that is a list", JSON.stringify({ ...DECISION, decision: ["approved"] })],
    ["with a decision that is true", JSON.stringify({ ...DECISION, decision: true })],
    ["with a checklist that is an object", JSON.stringify({ ...DECISION, checklist: { 0: "x", length: 1 } })],
    ["with a checklist of objects", JSON.stringify({ ...DECISION, checklist: [{}] })],
    ["with `as` as a list", JSON.stringify({ ...DECISION, as: [LEAD, INFRA] })],
    ["with `as` as nobody", JSON.stringify({ ...DECISION, as: "" })],
    ["with `as` as two addresses", JSON.stringify({ ...DECISION, as: `${LEAD},${INFRA}` })],
    ["with `as` in another alphabet", JSON.stringify({ ...DECISION, as: LEAD.replace("a", "\u0430") })],
    ["with an action in capitals", JSON.stringify({ ...DECISION, action: "DECIDE" })],
    ["with an action that objects have", JSON.stringify({ ...DECISION, action: "constructor" })],
    ["with a version in full-width letters", JSON.stringify({ ...DECISION, version: "\uFF561.4.0" })],
    ["with a version that reads backwards", JSON.stringify({ ...DECISION, version: "\u202E0.4.1v" })],
    ["with 201 points", JSON.stringify({ ...DECISION, checklist: Array(201).fill("x") })],
    ["with three thousand points", JSON.stringify({ ...DECISION, checklist: Array(3_000).fill("x") })],
    ["with a comment too long", JSON.stringify({ ...DECISION, comment: "x".repeat(2_001) })],
    ["seven thousand arrays deep", withMember(`"comment":${"[".repeat(7_000)}${"]".repeat(7_000)}`)],
    ["two thousand objects deep", withMember(`"x":${'{"x":'.repeat(2_000)}1${"}".repeat(2_000)}`)],
    ["with a key of 10,000 letters", withMember(`"${"k".repeat(10_000)}":1`)],
    ["with a key of half a character", withMember('"\\ud800":1')],
    ["with a null in its role", JSON.stringify({ ...DECISION, role: "tech-lead\u0000" })],
  ])("%s: 400", async (_, body) => {
    const here = await site();
    const answer = await withoutTrace(here, () => signed(here, path(here), body, ARN));
    expect(answer.status).toBe(400);
    expect(({} as Record<string, unknown>).isAdmin).toBeUndefined();
  });

  test("with a member twice is read by its last, as JSON is: refused as what that says", async () => {
    const here = await site();
    const body = withMember('"decision":"rejected"');
    expect((await withoutTrace(here, () => signed(here, path(here), body, ARN))).status).toBe(400);
  });

  test.each(["tech-lead ", "TECH-LEAD", "tech-lead#prod", "infrastructure-lead", "__proto__", "manager"])(
    "for the role %j that the person is not asked in: 403",
    async (name) => {
      const here = await site();
      const answer = await withoutTrace(here, () => signed(here, path(here), { ...DECISION, role: name }, ARN));
      expect(answer.status).toBe(403);
    },
  );
});

/** Names in a path become parts of keys: none reaches an item that it does not name. */
describe("a path names no other item", () => {
  test.each([
    ["an approval with a part more", "/promotions/ID/environments/prod/approvals/before%23x"],
    ["an environment that holds the approval", "/promotions/ID/environments/prod%23before/approvals/x"],
    ["an approval in capitals", "/promotions/ID/environments/prod/approvals/BEFORE"],
    ["an environment in capitals", "/promotions/ID/environments/PROD/approvals/before"],
    ["a promotion in capitals", "/promotions/BBWS-STORE-V1.4.0-1/environments/prod/approvals/before"],
    ["a promotion with its family's name", "/promotions/PROMOTION%23ID/environments/prod/approvals/before"],
    ["a promotion with a part more", "/promotions/ID%23/environments/prod/approvals/before"],
    ["a promotion above", "/promotions/..%2FID/environments/prod/approvals/before"],
    ["nothing but dots", "/promotions/../environments/../approvals/.."],
    ["a null after the approval", "/promotions/ID/environments/prod/approvals/before%00"],
    ["a line break after it", "/promotions/ID/environments/prod/approvals/before%0A"],
    ["a space before it", "/promotions/ID/environments/prod/approvals/%20before"],
    ["an invisible letter in it", "/promotions/ID/environments/prod/approvals/bef%E2%80%8Bore"],
    ["a slash in it", "/promotions/ID/environments/prod/approvals/x%2Fbefore"],
    ["a pattern", "/promotions/ID/environments/%25/approvals/*"],
    ["a name of 5,000 letters as promotion", `/promotions/${"x".repeat(5_000)}/environments/prod/approvals/before`],
    ["a name of 5,000 letters as environment", `/promotions/ID/environments/${"x".repeat(5_000)}/approvals/before`],
    ["a name of 5,000 letters as approval", `/promotions/ID/environments/prod/approvals/${"x".repeat(5_000)}`],
  ])("%s: 404", async (_, pattern) => {
    const here = await site();
    const to = pattern.replace("ID", here.on.name.promotionId);
    for (const body of [DECISION, { action: "resend", role: TECH_LEAD.role, address: LEAD }]) {
      expect((await withoutTrace(here, () => signed(here, to, body, ARN))).status).toBe(404);
    }
  });

  test.each(["x".repeat(5_000), "PROMOTION%23x", "%00", "..", "ID%23HEADER", "__proto__"])(
    "to look or to operate: %s is no promotion",
    async (id) => {
      const here = await site();
      const to = `/promotions/${id.replace("ID", here.on.name.promotionId)}`;
      const verb = { verb: "abort", reason: "an attack" };
      expect((await withoutTrace(here, () => signed(here, to, "", ARN, "GET"))).status).toBe(404);
      expect((await withoutTrace(here, () => signed(here, `${to}/signals`, "", ARN, "GET"))).status).toBe(404);
      expect((await withoutTrace(here, () => signed(here, `${to}/signals`, verb, ARN))).status).toBe(404);
    },
  );
});

describe("every signed route", () => {
  const routes = (here: Site) => [path(here), "/promotions", "/people/revoke", "/people/reinstate", "/links/rotate"];
  const deep = (open: string, close: string) => `{"release":${open.repeat(20_000)}1${close.repeat(20_000)}}`;

  test("refuses a body that is 20,000 levels deep, and says so", async () => {
    const here = await site();
    for (const body of [deep("[", "]"), deep('{"a":', "}")]) {
      for (const route of routes(here)) {
        const answer = await withoutTrace(here, () => signed(here, route, body, ARN));
        expect([400, 413], route).toContain(answer.status);
      }
    }
  });

  test.each([
    ["five thousand unknown keys", Object.fromEntries(Array.from({ length: 5_000 }, (_, at) => [`k${at}`, 1]))],
    [
      "thousands of mistakes under a name of 100,000 letters",
      { tighten: { ["n".repeat(100_000)]: Array(3_000).fill("\u202E") } },
    ],
  ])("tells the first of %s, and how many more: what Lambda passes on has a limit", async (_, release) => {
    const here = await site();
    const answer = await withoutTrace(here, () => signed(here, "/promotions", { release }, ARN));
    expect(answer.status).toBe(400);
    expect(answer.text.length).toBeLessThan(40_000);
    expect(answer.text).toMatch(/and \d+ more; put these right first/);
  });

  test.each([
    ["no signature", {}, 403],
    [
      "somebody's word for a signature",
      { authorization: "AWS4-HMAC-SHA256 x", "x-amzn-iam-arn": ARN, "x-amz-user-arn": ARN },
      403,
    ],
  ] as const)("takes %s for none", async (_, headers, status) => {
    const here = await site();
    for (const route of routes(here)) {
      const answer = await withoutTrace(here, () =>
        raw(here, {
          method: "POST",
          path: route,
          headers: { "content-type": "application/json", ...headers },
          body: "{}",
        }),
      );
      expect(answer.status, route).toBe(status);
    }
  });

  test("takes nothing by a method with an override: 405", async () => {
    const here = await site();
    const headers = { "content-type": "application/json", [CALLER_HEADER]: ARN, "x-http-method-override": "POST" };
    for (const method of ["PUT", "PATCH", "DELETE", "HEAD"]) {
      const body = JSON.stringify(DECISION);
      const answer = await withoutTrace(here, () => raw(here, { method, path: path(here), headers, body }));
      expect(answer.status, method).toBe(405);
    }
  });
});

describe("who is not asked yet", () => {
  const escalating = () =>
    site({
      approval: {
        escalateSeconds: 3_600,
        escalateTo: role("manager", [OWNER]),
        roles: [{ ...TECH_LEAD, checklist: [] }],
      },
    });

  test("decides nothing, whoever speaks for them: 403, and no link is sent to them: 404", async () => {
    const here = await escalating();
    const said = { ...DECISION, role: "manager", as: OWNER };
    expect((await withoutTrace(here, () => signed(here, path(here), said, ARN))).status).toBe(403);
    const again = { action: "resend", role: "manager", address: OWNER };
    expect((await withoutTrace(here, () => signed(here, path(here), again, ARN))).status).toBe(404);
  });
});
