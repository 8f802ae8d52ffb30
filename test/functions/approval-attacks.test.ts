import { afterEach, describe, expect, test } from "vitest";
import { decisionsToDeliver } from "../../functions/domain/approvals-store.ts";
import { keys } from "../../functions/domain/ledger.ts";
import {
  HOUR,
  INFRA,
  INFRASTRUCTURE_LEAD,
  LEAD,
  MANAGER,
  OWNER,
  REQUESTER,
  role,
  type Scene,
  type SceneOptions,
  START,
  scene,
  TECH_LEAD,
} from "../support/approval-scene.ts";
import { CALLER_HEADER, FORM_HEADERS, formFrom, serve, type TestServer } from "../support/approval-server.ts";

const servers: TestServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

interface Site {
  readonly on: Scene;
  readonly base: string;
  url(address?: string): string;
  get(address?: string): Promise<{ status: number; text: string; headers: Headers }>;
  /** Sends a body as it is. */
  send(url: string, body: string, headers?: Record<string, string>): Promise<{ status: number; text: string }>;
  /** Opens the page and sends its form, filled in. */
  submit(
    address: string,
    filled: Record<string, string | readonly string[]>,
  ): Promise<{ status: number; text: string }>;
  decisions(): number;
  state(): unknown;
}

async function site(options: SceneOptions = {}): Promise<Site> {
  const on = await scene(options);
  await on.ask();
  await on.pause();
  const server = await serve(on.deps);
  servers.push(server);
  const url = (address = LEAD) => `${server.url}/approvals/${on.linkOf(address)}`;
  const get = async (address = LEAD) => {
    const response = await fetch(url(address));
    return { status: response.status, text: await response.text(), headers: response.headers };
  };
  const send = async (to: string, body: string, headers: Record<string, string> = FORM_HEADERS) => {
    const response = await fetch(to, { method: "POST", body, headers, redirect: "manual" });
    return { status: response.status, text: await response.text() };
  };
  return {
    on,
    base: server.url,
    url,
    get,
    send,
    submit: async (address, filled) => send(url(address), formFrom((await get(address)).text, filled)),
    decisions: () => on.items("DECISION").length,
    state: () => on.items("APPROVAL")[0]?.state,
  };
}

const APPROVE = { decision: "approved", version: "v1.4.0", comment: "", checklist: TECH_LEAD.checklist };
const APPROVE_INFRA = { ...APPROVE, checklist: INFRASTRUCTURE_LEAD.checklist };

/** Nothing was decided, and the workflow sleeps on. */
async function expectUntouched({ on, decisions, state }: Site): Promise<void> {
  expect(decisions()).toBe(0);
  expect(on.items("DECIDER")).toEqual([]);
  expect(state()).toBe("waiting");
  expect(on.woken).toEqual([]);
  expect(await decisionsToDeliver(on.ledger, on.name.promotionId)).toEqual([]);
}

test("a person who ticks, types and presses Approve decides", async () => {
  const here = await site();

  expect(await here.submit(LEAD, APPROVE)).toMatchObject({ status: 303 });

  expect(here.decisions()).toBe(1);
  expect(here.on.woken).toEqual(["the task token"]);
  expect((await here.get()).text).toContain("your answer is recorded");
});

describe("scanners", () => {
  test("that open the link a thousand times by GET and HEAD change nothing at all", async () => {
    const here = await site();
    const before = here.on.ledger.items();
    const url = here.url();

    const statuses = new Set<number>();
    for (let round = 0; round < 500; round++) {
      const answers = await Promise.all([fetch(url), fetch(url, { method: "HEAD" })]);
      for (const answer of answers) {
        statuses.add(answer.status);
        await answer.arrayBuffer();
      }
    }

    expect([...statuses]).toEqual([200]);
    expect(here.on.ledger.items()).toEqual(before);
    await expectUntouched(here);
  });

  test("that ask with HEAD get the same head and no body", async () => {
    const here = await site();

    const head = await fetch(here.url(), { method: "HEAD" });

    expect(await head.text()).toBe("");
    expect(head.headers.get("content-security-policy")).toContain("default-src 'none'");
  });

  test.each(["approved", "rejected"])(
    "that press every button of every form as found are refused: %s",
    async (decision) => {
      const here = await site();

      expect(await here.submit(LEAD, { decision, comment: "", version: "" })).toMatchObject({ status: 400 });
      await expectUntouched(here);
    },
  );

  test("that press both buttons, or none, are refused", async () => {
    const here = await site();
    const { text } = await here.get();

    expect(
      await here.send(here.url(), formFrom(text, { ...APPROVE, decision: ["approved", "rejected"] })),
    ).toMatchObject({ status: 400 });
    expect(await here.send(here.url(), formFrom(text, { comment: "", version: "v1.4.0" }))).toMatchObject({
      status: 400,
    });
    await expectUntouched(here);
  });

  test("that tick all boxes and fill every text field with something are refused", async () => {
    const here = await site();

    for (const version of ["test", "1", "v1.4.1", "bbws-store", "V1.4.0", "v1.4.0 "]) {
      const expected = version.trim() === "v1.4.0" ? 303 : 400;
      const { status } = await here.submit(LEAD, { ...APPROVE, comment: version, version });
      expect([version, status]).toEqual([version, expected]);
    }
  });

  test("find the version nowhere in the form that they are to fill in", async () => {
    const here = await site();

    const [form] = /<form[\s\S]*<\/form>/.exec((await here.get()).text) ?? [];

    expect(form).toContain('name="version"');
    expect(form).not.toContain("v1.4.0");
  });
});

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

describe("forms", () => {
  test.each([
    ["", 403],
    ["nonsense", 403],
    [`zzzzzzzz.${"0".repeat(64)}`, 403],
    [`zzzzzzzzzzzzzzzzzzzz.${"0".repeat(64)}`, 403],
  ])("with the token %j are refused", async (token, status) => {
    const here = await site();
    const form = new URLSearchParams([
      ["token", token],
      ...TECH_LEAD.checklist.map((item): [string, string] => ["checklist", item]),
      ["decision", "approved"],
      ["version", "v1.4.0"],
      ["comment", ""],
    ]);

    expect(await here.send(here.url(), form.toString())).toMatchObject({ status });
    await expectUntouched(here);
  });

  test("whose token was given a longer life are refused", async () => {
    const here = await site();
    const form = formFrom((await here.get()).text, APPROVE).replace(
      /token=[0-9a-z]+/,
      `token=${(START + 999 * HOUR).toString(36)}`,
    );

    expect(await here.send(here.url(), form)).toMatchObject({ status: 403 });
    await expectUntouched(here);
  });

  test("left open for too long come back as they were filled in, with a token that works", async () => {
    const here = await site();
    const form = formFrom((await here.get()).text, { ...APPROVE, comment: "I read <all> of it" });
    here.on.now += 4 * HOUR;

    const late = await here.send(here.url(), form);

    expect(late.status).toBe(409);
    expect(late.text).toContain("I read &lt;all&gt; of it");
    await expectUntouched(here);
    expect(await here.send(here.url(), formFrom(late.text, APPROVE))).toMatchObject({ status: 303 });
  });

  test("with a box not ticked say which one, and keep what was typed", async () => {
    const here = await site();

    const answer = await here.submit(LEAD, { ...APPROVE, comment: "nearly", checklist: TECH_LEAD.checklist.slice(1) });

    expect(answer.status).toBe(400);
    expect(answer.text).toContain("not ticked: SIT smoke tests all passing");
    expect(answer.text).toContain(">nearly</textarea>");
    expect(answer.text).toContain('name="version" value="v1.4.0"');
    expect(answer.text.match(/ checked>/g)).toHaveLength(4);
    await expectUntouched(here);
  });

  test("that reject without a reason are asked for one; with one they need no box", async () => {
    const here = await site();
    expect(await here.submit(LEAD, { decision: "rejected", version: "v1.4.0", comment: " " })).toMatchObject({
      status: 400,
    });
    await expectUntouched(here);

    expect(await here.submit(LEAD, { decision: "rejected", version: "v1.4.0", comment: "No" })).toMatchObject({
      status: 303,
    });

    expect(here.state()).toBe("rejected");
  });

  test.each([
    ["nothing", ""],
    ["fields of somebody else's form", "token=a&decision=approved&comment=&version=v1.4.0&admin=true"],
    ["a field twice", "token=a&token=b&decision=approved&comment=&version=v1.4.0"],
    ["an unknown decision", "token=a&decision=maybe&comment=&version=v1.4.0"],
    ["bytes that are no text", "%ff%fe%00=%c0%80"],
  ])("that hold %s: 400", async (_, body) => {
    const here = await site();

    expect(await here.send(here.url(), body)).toMatchObject({ status: 400 });
    await expectUntouched(here);
  });

  test.each([
    ["text/plain"],
    ["application/json"],
    ["multipart/form-data; boundary=x"],
    ["application/x-www-form-urlencodedx"],
    ["text/html, application/x-www-form-urlencoded"],
  ])("sent as %s: 415", async (type) => {
    const here = await site();
    const form = formFrom((await here.get()).text, APPROVE);

    expect(await here.send(here.url(), form, { "content-type": type })).toMatchObject({ status: 415 });
    await expectUntouched(here);
  });

  test.each([16 * 1024 + 1, 1024 * 1024])("of %i bytes: 413", async (size) => {
    const here = await site();
    const form = formFrom((await here.get()).text, APPROVE);

    expect(await here.send(here.url(), `${form}&comment=${"x".repeat(size - form.length - 9)}`)).toMatchObject({
      status: 413,
    });
    await expectUntouched(here);
  });

  test.each(["PUT", "DELETE", "PATCH", "OPTIONS", "PROPFIND"])(
    "sent by %s: 405, with what is allowed",
    async (method) => {
      const here = await site();

      const answer = await fetch(here.url(), { method });

      expect(answer.status).toBe(405);
      expect(answer.headers.get("allow")).toBe("GET, HEAD, POST");
      await expectUntouched(here);
    },
  );
});

describe("once decided", () => {
  test("a replay is told so, and changes nothing: 409", async () => {
    const here = await site();
    const form = formFrom((await here.get()).text, APPROVE);
    await here.send(here.url(), form);
    const after = here.on.ledger.items();

    for (let times = 0; times < 5; times++) {
      expect(await here.send(here.url(), form)).toMatchObject({ status: 409 });
    }

    expect(here.on.ledger.items()).toEqual(after);
    expect(here.on.woken).toHaveLength(1);
  });

  test("an approval cannot be turned into a rejection", async () => {
    const here = await site();
    const { text } = await here.get();
    await here.send(here.url(), formFrom(text, APPROVE));

    const turned = await here.send(
      here.url(),
      formFrom(text, { ...APPROVE, decision: "rejected", comment: "changed my mind" }),
    );

    expect(turned.status).toBe(409);
    expect(here.on.items("DECISION")[0]?.decision).toBe("approved");
  });

  test("every link shows who decided what, when, with the comment, and has no form any more", async () => {
    const here = await site();
    await here.submit(LEAD, { ...APPROVE, comment: "Code quality excellent" });
    here.on.now += HOUR;
    await here.submit(INFRA, { ...APPROVE_INFRA, comment: "Capacity verified" });

    for (const address of [LEAD, INFRA]) {
      const { status, text } = await here.get(address);
      expect(status).toBe(200);
      for (const shown of [
        LEAD,
        INFRA,
        "Code quality excellent",
        "Capacity verified",
        "2026-11-26 08:00 UTC",
        "2026-11-26 09:00 UTC",
      ]) {
        expect(text).toContain(shown);
      }
      expect(text).not.toContain("<form");
    }
  });

  test("the other's link answers 409 after a rejection", async () => {
    const here = await site();
    const form = formFrom((await here.get(INFRA)).text, APPROVE_INFRA);
    await here.submit(LEAD, { decision: "rejected", version: "v1.4.0", comment: "not today" });

    const late = await here.send(here.url(INFRA), form);

    expect(late.status).toBe(409);
    expect(late.text).toContain("not today");
    expect(here.decisions()).toBe(1);
  });
});

describe("the world moves between GET and POST", () => {
  test.each([
    ["superseded by a newer promotion", async ({ on }: Site) => on.signal("supersede", "bbws-store-v1.5.0-1", "newer")],
    ["aborted by an operator", async ({ on }: Site) => on.signal("abort", "ops", "enough")],
    ["expired, to the millisecond", async ({ on }: Site) => Object.assign(on, { now: START + 48 * HOUR })],
    ["closed", async ({ on }: Site) => close(on)],
    ["stopped from outside", async ({ on }: Site) => Object.assign(on, { status: "ABORTED" })],
    ["gone", async ({ on }: Site) => Object.assign(on, { status: undefined })],
    [
      "settled as expired",
      async ({ on }: Site) => {
        on.now = START + 48 * HOUR;
        await on.settle();
      },
    ],
  ])("%s: 410, and nothing is decided", async (_, happen) => {
    const here = await site();
    here.on.now = START + 47 * HOUR;
    const form = formFrom((await here.get()).text, APPROVE);
    await happen(here);

    const late = await here.send(here.url(), form);

    expect(late.status).toBe(410);
    expect(late.text).not.toContain("<form");
    expect(here.decisions()).toBe(0);
    expect(here.on.woken).toEqual([]);
  });

  test("a millisecond before the expiry still counts", async () => {
    const here = await site();
    here.on.now = START + 48 * HOUR - 1;

    expect(await here.submit(LEAD, APPROVE)).toMatchObject({ status: 303 });
  });

  test("after the end the page says so: 410", async () => {
    const here = await site();
    await here.on.signal("supersede", "bbws-store-v1.5.0-1", "a newer release");

    const { status, text } = await here.get();

    expect(status).toBe(410);
    expect(text).toContain("Superseded by bbws-store-v1.5.0-1: a newer release");
  });
});

async function close(on: Scene): Promise<void> {
  const key = keys.header(on.name.promotionId);
  const header = await on.ledger.read(key);
  await on.ledger.write([{ put: { ...header, ...key, state: "closed" } }]);
}

describe("people", () => {
  test("one person in two roles decides in one of them", async () => {
    const both = [role("tech-lead", [LEAD]), role("infrastructure-lead", ["Jane.Doe+infra@EXAMPLE.com", INFRA])];
    const here = await site({ approval: { roles: both } });
    expect(await here.submit(LEAD, { ...APPROVE, checklist: [] })).toMatchObject({ status: 303 });

    const second = await here.submit("Jane.Doe+infra@EXAMPLE.com", { ...APPROVE, checklist: [] });

    expect(second.status).toBe(409);
    expect(here.decisions()).toBe(1);
    expect(here.state()).toBe("waiting");
  });

  test("the requester gets no link, and through the API is refused: 403", async () => {
    const lead = role("tech-lead", [REQUESTER, LEAD]);
    const here = await site({ approval: { roles: [lead] } });

    expect(here.on.mailsTo(REQUESTER)).toEqual([]);
    for (const as of [REQUESTER, "SAM.DEV@example.com", "sam.dev+x@example.com"]) {
      expect(await api(here, { role: "tech-lead", as })).toMatchObject({ status: 403 });
    }
    await expectUntouched(here);
  });
});

const ARN = "arn:aws:sts::093646564004:assumed-role/Approvers/session-1";

async function api(
  { on, base }: Site,
  body: object,
  headers: Record<string, string> = { [CALLER_HEADER]: ARN },
  path = "before",
): Promise<{ status: number; body: Record<string, unknown> }> {
  const response = await fetch(`${base}/promotions/${on.name.promotionId}/environments/prod/approvals/${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify({ action: "decide", decision: "approved", version: "v1.4.0", ...body }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

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

  test("sends a link again: the same one, at most once a minute, and not after the end", async () => {
    const here = await site();
    const before = here.on.linkOf(LEAD);
    const again = { action: "resend", role: "tech-lead", address: LEAD, decision: undefined, version: undefined };

    expect(await api(here, again)).toEqual({ status: 200, body: { address: LEAD, reach: "confirmed" } });
    await api(here, again);
    expect(here.on.mailsTo(LEAD)).toHaveLength(2);
    expect(here.on.linkOf(LEAD)).toBe(before);
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
    await putPolicy(here.on, { environments: { prod: { people: { "tech-lead": [LEAD, MANAGER] } } } });
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
    await putPolicy(here.on, { people: { "tech-lead": [LEAD, MANAGER] }, environments: {} });

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

async function putPolicy(on: Scene, policy: object): Promise<void> {
  await on.ledger.write([
    { put: { ...keys.policyCurrent(), hash: "h" } },
    { put: { ...keys.policy("h"), json: JSON.stringify(policy) } },
  ]);
}

describe("injection", () => {
  const EVIL = `"><script>alert(1)</script><img src=x onerror=alert(2)>'&\u202Egpj.exe`;

  test("markup in release, evidence and comment stays text, on the open page and on the decided one", async () => {
    const here = await site({
      release: {
        summary: EVIL,
        version: `v1${EVIL}`,
        ticket: EVIL,
        commit: EVIL,
        service: `shop${EVIL}`,
        evidence: { [EVIL]: EVIL },
        emergency: { reason: EVIL },
      },
      approval: { roles: [role("tech-lead", [LEAD], [EVIL])] },
    });
    const open = await here.get();
    const sent = await here.submit(LEAD, {
      decision: "approved",
      version: `v1${EVIL}`,
      checklist: [EVIL],
      comment: EVIL,
    });
    const decided = await here.get();

    expect(sent.status).toBe(303);
    for (const { text } of [open, decided]) {
      expect(text).not.toMatch(/<script|<img|\u202E/);
      expect(text).toContain("&lt;script&gt;");
    }
  });

  test("line breaks in what people typed make no header and no second line of a mail", async () => {
    const here = await site({ release: { summary: "fine\r\nBcc: everybody@example.com\n\nApproved by your CEO" } });

    const [mail] = here.on.mailsTo(LEAD);

    expect(mail?.body).toContain("fine Bcc: everybody@example.com Approved by your CEO");
    expect(mail?.subject).not.toMatch(/[\r\n]/);
  });

  test("every page refuses scripts, frames, caches and referrers, whatever its status", async () => {
    const here = await site();
    const answers = [
      await fetch(here.url()),
      await fetch(`${here.base}/approvals/none`),
      await fetch(here.url(), { method: "PUT" }),
    ];

    for (const { headers } of answers) {
      const policy = headers.get("content-security-policy") ?? "";
      expect(policy).toMatch(
        /default-src 'none'; style-src 'sha256-[\w+/]{43}='; form-action 'self'; base-uri 'none'; frame-ancestors 'none'/,
      );
      expect(policy).not.toContain("unsafe");
      expect(headers.get("cache-control")).toContain("no-store");
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("referrer-policy")).toBe("no-referrer");
    }
  });

  test("pages ask nothing of other sites", async () => {
    const here = await site();

    const { text } = await here.get();

    expect(text.replaceAll("https://ci.example.com/runs/8123", "")).not.toMatch(
      /https?:|(?<!s3:)\/\/\w|url\(|@import|src=/,
    );
  });

  test("no page, log or mail holds the task token", async () => {
    const here = await site();
    await here.submit(LEAD, APPROVE);

    const seen = [
      (await here.get()).text,
      (await here.get(INFRA)).text,
      JSON.stringify(here.on.inbox),
      here.on.warnings.join(),
    ];

    expect(seen.join()).not.toContain("the task token");
  });
});
