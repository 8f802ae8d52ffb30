import { afterEach, describe, expect, test } from "vitest";
import {
  HOUR,
  INFRA,
  INFRASTRUCTURE_LEAD,
  LEAD,
  MANAGER,
  OWNER,
  REQUESTER,
  role,
  START,
  TECH_LEAD,
} from "../support/approval-scene.ts";
import { CALLER_HEADER, formFrom } from "../support/approval-server.ts";
import { APPROVE, ARN, api, closeSites, expectUntouched, site } from "../support/approval-site.ts";

afterEach(closeSites);

describe("the second way in", () => {
  const yes = { role: "tech-lead", as: LEAD, checklist: TECH_LEAD.checklist };

  test("takes a signed decision and records who signed it", async () => {
    const here = await site();

    expect(await api(here, { ...yes, comment: "by CLI" })).toEqual({
      status: 200,
      body: { state: "waiting", decision: "approved" },
    });

    expect(here.on.items("DECISION")[0]).toMatchObject({ via: "api", caller: ARN, address: LEAD, comment: "by CLI" });
    expect(here.on.woken).toEqual(["the task token"]);
    expect((await here.get(INFRA)).text).toContain(ARN);
  });

  test("is closed to requests that nobody signed: 403", async () => {
    const here = await site();

    expect(await api(here, yes, {})).toMatchObject({ status: 403 });
    await expectUntouched(here);
  });

  test("asks for the same as the page: 400 with everything that is missing", async () => {
    const here = await site();

    const { status, body } = await api(here, { role: "tech-lead", as: LEAD, version: "v1" });

    expect(status).toBe(400);
    expect(body.missing).toHaveLength(6);
    await expectUntouched(here);
  });

  test("answers a body that is none with each place, its value and a hint: 400", async () => {
    const here = await site();

    expect(await api(here, { ...yes, decision: "maybe", comment: 1 })).toEqual({
      status: 400,
      body: {
        error: "the body is not understood",
        problems: [
          "body.comment = 1\n    should be a string\n    hint: a text; a rejection says why in it",
          'body.decision = "maybe"\n    should be one of approved, rejected\n    hint: "approved" or "rejected"',
        ],
      },
    });
    await expectUntouched(here);
  });

  test("takes a rejection with its reason and no box, and answers what is missing to one without", async () => {
    const here = await site();
    const no = { ...yes, decision: "rejected", checklist: [] };
    expect(await api(here, no)).toEqual({
      status: 400,
      body: { error: "nothing is decided yet", missing: ["say in the comment why you reject"] },
    });
    await expectUntouched(here);

    expect(await api(here, { ...no, comment: "No rollback plan" })).toEqual({
      status: 200,
      body: { state: "rejected", decision: "rejected" },
    });

    expect(here.on.items("DECISION")[0]).toMatchObject({ checklist: [], unticked: TECH_LEAD.checklist });
  });

  test("one caller decides once, whomever it speaks for: 409", async () => {
    const here = await site();
    await api(here, yes);

    const second = await api(here, {
      role: "infrastructure-lead",
      as: INFRA,
      checklist: INFRASTRUCTURE_LEAD.checklist,
    });

    expect(second.status).toBe(409);
    expect(here.decisions()).toBe(1);
  });

  test("the caller who started the promotion decides nothing: 403", async () => {
    const here = await site({ header: { startedBy: ARN } });

    expect(await api(here, yes)).toMatchObject({ status: 403 });
    await expectUntouched(here);
  });

  test("a caller whose session bears an address speaks for that person alone", async () => {
    const here = await site();
    const signed = { [CALLER_HEADER]: `arn:aws:sts::093646564004:assumed-role/SSO/${LEAD}` };

    expect(await api(here, { ...yes, as: INFRA }, signed)).toMatchObject({ status: 403 });
    expect(await api(here, { role: "infrastructure-lead", checklist: [] }, signed)).toMatchObject({ status: 403 });
    expect(await api(here, { ...yes, as: undefined }, signed)).toMatchObject({ status: 200 });
    expect(here.on.items("DECISION")[0]?.address).toBe(LEAD);
  });

  test("whoever names nobody is asked for whom: 400", async () => {
    const here = await site();

    expect(await api(here, { ...yes, as: undefined })).toMatchObject({ status: 400 });
  });

  test("an approval that is not waited for is not found: 404", async () => {
    const here = await site();

    expect(await api(here, yes, { [CALLER_HEADER]: ARN }, "at-50")).toMatchObject({ status: 404 });
  });

  test.each([
    ["no JSON", "{", 400],
    [
      "an unknown key",
      JSON.stringify({ action: "decide", role: "tech-lead", decision: "approved", version: "v1.4.0", sudo: 1 }),
      400,
    ],
    ["an unknown action", JSON.stringify({ action: "approve-all" }), 400],
    [
      "half a character",
      '{"action":"decide","role":"tech-lead","decision":"rejected","version":"v1.4.0","comment":"\\ud800"}',
      400,
    ],
    ["a megabyte", JSON.stringify({ action: "x".repeat(1024 * 1024) }), 413],
  ])("%s is refused", async (_, body, status) => {
    const here = await site();
    const url = `${here.base}/promotions/${here.on.name.promotionId}/environments/prod/approvals/before`;

    expect(await here.send(url, body, { "content-type": "application/json", [CALLER_HEADER]: ARN })).toMatchObject({
      status,
    });
    expect(await here.send(url, body, { "content-type": "text/plain", [CALLER_HEADER]: ARN })).toMatchObject({
      status: status === 413 ? 413 : 415,
    });
    expect((await fetch(url, { headers: { [CALLER_HEADER]: ARN } })).status).toBe(405);
    await expectUntouched(here);
  });

  test("sends a link again: a new one beside the old one, at most once a minute, and not after the end", async () => {
    const here = await site();
    const before = here.url();
    const again = { action: "resend", role: "tech-lead", address: LEAD, decision: undefined, version: undefined };

    expect(await api(here, again)).toEqual({ status: 200, body: { address: LEAD, reach: "confirmed" } });
    await api(here, again);
    expect(here.on.mailsTo(LEAD)).toHaveLength(2);
    expect(here.url()).not.toBe(before);
    for (const url of [before, here.url()]) expect((await fetch(url)).status).toBe(200);
    expect(await api(here, { ...again, address: OWNER })).toMatchObject({ status: 404 });
    here.on.now = START + 48 * HOUR;
    expect(await api(here, again)).toMatchObject({ status: 410 });
  });

  test("gives a seat to another person of the role, and the old link dies: 410", async () => {
    const here = await site({ approval: { roles: [role("tech-lead", [LEAD, OWNER])] } });
    const replace = {
      action: "replace",
      role: "tech-lead",
      address: LEAD,
      by: MANAGER,
      decision: undefined,
      version: undefined,
    };
    const old = here.url(LEAD);
    const form = formFrom((await here.get(LEAD)).text, { ...APPROVE, checklist: [] });

    expect(await api(here, replace)).toMatchObject({ status: 403 });
    await here.on.putPolicy({ "tech-lead": [LEAD, MANAGER] });
    expect(await api(here, { ...replace, by: REQUESTER })).toMatchObject({ status: 403 });
    expect(await api(here, { ...replace, address: INFRA })).toMatchObject({ status: 404 });
    expect(await api(here, replace)).toMatchObject({ status: 200, body: { address: MANAGER } });
    expect(await api(here, replace)).toMatchObject({ status: 200 });

    expect(await here.send(old, form)).toMatchObject({ status: 410 });
    expect((await fetch(old)).status).toBe(410);
    expect(here.on.mailsTo(MANAGER)).toHaveLength(1);
    expect(await here.submit(MANAGER, { ...APPROVE, checklist: [] })).toMatchObject({ status: 303 });
    expect(await api(here, { ...replace, address: MANAGER, by: LEAD })).toMatchObject({ status: 409 });
  });

  test("who has decided is not replaced: 409", async () => {
    const here = await site();
    await here.submit(LEAD, APPROVE);
    await here.on.putPolicy({ "tech-lead": [LEAD, MANAGER] });

    const replace = {
      action: "replace",
      role: "tech-lead",
      address: LEAD,
      by: MANAGER,
      decision: undefined,
      version: undefined,
    };
    expect(await api(here, replace)).toMatchObject({ status: 409 });
  });
});
