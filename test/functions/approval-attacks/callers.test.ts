/** Whoever may sign, and would like to be somebody else: identities that only look like one, and verbs that others have. */
import { afterEach, describe, expect, test } from "vitest";
import { INFRA, LEAD, OWNER, REQUESTER, role, TECH_LEAD } from "../../support/approval-scene.ts";
import { formFrom } from "../../support/approval-server.ts";
import { APPROVE, ARN, closeSites, type Site, site } from "../../support/approval-site.ts";
import { signed, withoutTrace } from "../../support/attacks.ts";
import { API_ACCOUNT, SSO_ROLE, sessionArn, userArn } from "../../support/callers.ts";

afterEach(closeSites);

const STARTER = sessionArn("Deployers", "pipeline-7");
const YES = { action: "decide", role: "tech-lead", decision: "approved", version: "v1.4.0" };

const asked = () =>
  site({
    approval: { roles: [role("tech-lead", [LEAD, OWNER]), role("infrastructure-lead", [INFRA])] },
    header: { startedBy: STARTER },
  });

const approvalPath = ({ on: { name } }: Site) => `/promotions/${name.promotionId}/environments/prod/approvals/before`;
const decide = (here: Site, body: object, caller: string) =>
  signed(here, approvalPath(here), { ...YES, ...body }, caller);

describe("an identity that only looks like one decides nothing, for itself or for another: 403", () => {
  test.each([
    ["nothing", "-"],
    ["a role instead of its session", `arn:aws:iam::${API_ACCOUNT}:role/${LEAD}`],
    ["a group", `arn:aws:iam::${API_ACCOUNT}:group/${LEAD}`],
    ["a user of an account with a digit too many", userArn(LEAD, `${API_ACCOUNT}0`)],
    ["a user of another partition's spelling", userArn(LEAD).replace("arn:aws:", "arn:AWS:")],
    ["a user of another service", userArn(LEAD).replace(":iam:", ":sts:")],
    ["a user with something after it", `${userArn(LEAD)}/x`],
    ["a user with a colon after it", `${userArn(LEAD)}:x`],
    ["a user with a query after it", `${userArn(LEAD)}?`],
    ["a session of a verified role with a part too many", `${sessionArn("SSO", LEAD)}/${LEAD}`],
    ["a session of a verified role without a name", sessionArn("SSO", "")],
    ["a session of a role whose name begins as a verified one's", sessionArn("SSO2", LEAD)],
    ["a session of a role whose name ends as a verified one's", sessionArn("xSSO", LEAD)],
    ["a session of a verified role's path", sessionArn("team/SSO", LEAD)],
    ["a session of a verified role in another account", sessionArn("SSO", LEAD, "999999999999")],
    ["a session of a role named like Identity Center's", sessionArn(`${SSO_ROLE}x`, LEAD)],
    ["a session of one that is like it but for a letter", sessionArn("SS0", LEAD)],
    ["a session of a pattern", sessionArn("*", LEAD)],
    ["a session of a role that may speak, in another account", sessionArn("Approvers", "x", "999999999999")],
    ["a service", "lambda.amazonaws.com"],
    ["an anonymous caller", "anonymous"],
    ["a name that objects have", "__proto__"],
  ])("%s", async (_, arn) => {
    const here = await asked();
    for (const body of [{}, { as: LEAD }, { as: OWNER }, { role: "infrastructure-lead", as: INFRA }]) {
      expect((await withoutTrace(here, () => decide(here, body, arn))).status).toBe(403);
    }
  });
});

describe("a verified person", () => {
  const LEAD_SIGNS = userArn(LEAD);

  test.each([
    ["a colleague of the role", { as: OWNER }, 403],
    ["somebody of another role", { role: "infrastructure-lead", as: INFRA }, 403],
    ["themself in another role", { role: "infrastructure-lead" }, 403],
    ["the requester", { as: REQUESTER }, 403],
    ["nobody who exists", { as: "ghost@example.com" }, 403],
  ])("decides not as %s", async (_, body, status) => {
    const here = await asked();
    expect((await withoutTrace(here, () => decide(here, body, LEAD_SIGNS))).status).toBe(status);
  });

  test("has one answer, whether it came signed, by their link, or by either of two roles of AWS", async () => {
    const here = await asked();
    const form = formFrom((await here.get()).text, { ...APPROVE, checklist: [] });
    expect((await decide(here, {}, LEAD_SIGNS)).status).toBe(200);

    for (const caller of [LEAD_SIGNS, sessionArn("SSO", LEAD), sessionArn(SSO_ROLE, LEAD.toUpperCase())]) {
      expect((await withoutTrace(here, () => decide(here, {}, caller))).status).toBe(409);
    }
    expect((await withoutTrace(here, () => here.send(here.url(), form))).status).toBe(409);
  });

  test("cannot be spoken for once they have answered, in any spelling of theirs", async () => {
    const here = await asked();
    await decide(here, {}, LEAD_SIGNS);
    for (const as of [LEAD, LEAD.toUpperCase(), LEAD.replace("@", "+x@")]) {
      expect((await withoutTrace(here, () => decide(here, { as }, ARN))).status).toBe(409);
    }
  });
});

describe("a role that may speak for others", () => {
  test.each([
    ["the requester", REQUESTER],
    ["the requester under another spelling", REQUESTER.replace("@", "+work@").toUpperCase()],
    ["somebody who is not asked", "ghost@example.com"],
    ["somebody asked, in a role that they are not asked in", INFRA],
  ])("speaks not for %s: 403", async (_, as) => {
    const here = await asked();
    expect((await withoutTrace(here, () => decide(here, { as }, ARN))).status).toBe(403);
  });

  test("fills one seat of two, whatever its sessions are called, in whichever role", async () => {
    const here = await asked();
    expect((await decide(here, { as: LEAD }, ARN)).status).toBe(200);
    for (const session of ["a", "b", OWNER, INFRA, "Approvers"]) {
      const caller = sessionArn("Approvers", session);
      expect((await withoutTrace(here, () => decide(here, { as: OWNER }, caller))).status).toBe(409);
      const other = { role: "infrastructure-lead", as: INFRA };
      expect((await withoutTrace(here, () => decide(here, other, caller))).status).toBe(409);
    }
  });
});

describe("the one who started it", () => {
  test.each([
    ["as they started it", STARTER],
    ["under another session's name", sessionArn("Deployers", "x")],
    ["as a session that bears an approver's address", sessionArn("Deployers", LEAD)],
    ["in capitals", sessionArn("DEPLOYERS", "pipeline-7")],
  ])("decides nothing, and gives no seat away, %s", async (_, caller) => {
    const here = await asked();
    for (const body of [{}, { as: LEAD }]) {
      expect((await withoutTrace(here, () => decide(here, body, caller))).status).toBe(403);
    }
    const body = { action: "replace", role: "tech-lead", address: LEAD, by: OWNER };
    expect((await withoutTrace(here, () => signed(here, approvalPath(here), body, caller))).status).toBe(403);
  });
});

describe("a body claims nothing that the signature does not say", () => {
  test.each([
    ["/people/revoke", { address: LEAD, reason: "an attack", by: userArn("boss") }],
    ["/people/revoke", { address: LEAD, reason: "an attack", state: "reinstated" }],
    ["/people/revoke", { address: [LEAD, OWNER], reason: "an attack" }],
    ["/people/revoke", { address: "*", reason: "an attack" }],
    ["/people/revoke", { address: `${LEAD}\u0000`, reason: "an attack" }],
    ["/people/revoke", { address: LEAD, reason: "\u200B\u200B\u200B" }],
    ["/people/revoke", { address: LEAD, reason: "\u001B[2Jan attack" }],
    ["/people/reinstate", { address: LEAD.replace("a", "\u0430"), reason: "an attack" }],
    ["/links/rotate", { reason: "an attack", request: "command-1", epoch: 0 }],
    ["/links/rotate", { reason: "an attack", request: "../../etc" }],
    ["/links/rotate", { reason: "an attack" }],
  ])("%s %j: 400", async (path, body) => {
    const here = await asked();
    expect((await withoutTrace(here, () => signed(here, path, body, ARN))).status).toBe(400);
  });

  test.each([
    { verb: "approve", reason: "an attack" },
    { verb: "promote-now", reason: "an attack", by: LEAD },
    { verb: "release-hold", reason: "an attack", environment: ["prod"] },
    { verb: "release-hold", reason: "an attack", environment: "" },
    { verb: "abort" },
    { verb: "__proto__", reason: "an attack" },
    { verb: "resume", reason: "fine\r\napproved: by everybody" },
    { verb: "resume", reason: "an attack", request: "x".repeat(65) },
  ])("operate %j: 400", async (body) => {
    const here = await asked();
    const path = `/promotions/${here.on.name.promotionId}/signals`;
    expect((await withoutTrace(here, () => signed(here, path, body, ARN))).status).toBe(400);
  });

  test("a hold of an environment whose name is 5,000 letters, or another's key, is none: nothing is released", async () => {
    const here = await asked();
    const path = `/promotions/${here.on.name.promotionId}/signals`;
    for (const environment of ["x".repeat(5_000), "prod#bbws-store", "PROD", "__proto__"]) {
      const body = { verb: "release-hold", reason: "an attack", environment };
      const { status } = await withoutTrace(here, () => signed(here, path, body, ARN));
      expect([400, 404, 409]).toContain(status);
    }
  });
});

test("operators' verbs approve nothing: whoever may say them has the approval wait on, or end it", async () => {
  const here = await asked();
  const path = `/promotions/${here.on.name.promotionId}/signals`;
  for (const verb of ["promote-now", "skip-bake", "resume", "hold"]) {
    const body = { verb, reason: "an attack", request: `request-${verb}` };
    expect((await signed(here, path, body, ARN)).status).toBeLessThan(500);
  }
  expect(here.state()).toBe("waiting");
  expect(here.decisions()).toBe(0);
  expect((await here.on.settle()).state).toBe("waiting");
});

test("an answer says nothing of links, tokens or other people's answers, whatever was asked", async () => {
  const here = await asked();
  const link = here.on.linkOf(LEAD);
  const answers = [
    await signed(here, approvalPath(here), { action: "resend", role: "tech-lead", address: LEAD }, userArn("ops")),
    await decide(here, { as: INFRA }, ARN),
    await decide(here, { version: "?", checklist: TECH_LEAD.checklist }, userArn(LEAD)),
    await signed(here, `/promotions/${here.on.name.promotionId}`, "", ARN, "GET"),
    await signed(here, "/promotions", "", ARN, "GET"),
    await signed(here, "/links/rotate", { reason: "an attack", request: "command-1" }, userArn("ops")),
  ];
  for (const { text } of answers) {
    expect(text).not.toContain(link);
    expect(text).not.toContain(here.on.linkOf(LEAD));
    expect(text).not.toContain("the task token");
  }
});
