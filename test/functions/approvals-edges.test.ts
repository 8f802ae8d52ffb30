import { describe, expect, test } from "vitest";
import { approvalPage } from "../../functions/approval-page.ts";
import { askNow } from "../../functions/domain/approval/ask.ts";
import { type Attempt, decide } from "../../functions/domain/approval/decide.ts";
import { replacePerson } from "../../functions/domain/approval/reseat.ts";
import { CallRefused, LedgerBusy, ServiceTrouble } from "../../functions/domain/errors.ts";
import { keys } from "../../functions/domain/ledger/keys.ts";
import type { Ledger } from "../../functions/domain/ports.ts";
import type { HttpRequest } from "../../functions/pages/http.ts";
import {
  approvalPlan,
  HOUR,
  INFRA,
  LEAD,
  MANAGER,
  OWNER,
  REQUESTER,
  role,
  type Scene,
  START,
  scene,
  TECH_LEAD,
} from "../support/approval-scene.ts";
import { callerBy } from "../support/callers.ts";
import { interleave, twoSwitches } from "../support/interleave.ts";

const approve: Attempt = {
  role: TECH_LEAD.role,
  address: LEAD,
  decision: "approved",
  comment: "",
  checklist: TECH_LEAD.checklist,
  version: "v1.4.0",
  via: "page",
  caller: null,
  sourceIp: "198.51.100.7",
  userAgent: "a browser",
  generation: null,
  epoch: null,
};

/** Somebody else changes the approval right before each write to it. */
function contended(on: Scene): void {
  const key = keys.approval(on.name.promotionId, on.name.environment, on.name.approval);
  on.ledger.before = async (operation) => {
    if (!operation.startsWith(`write ${key.sk}`)) return;
    const { before } = on.ledger;
    on.ledger.before = async () => {};
    const found = await on.ledger.read(key);
    await on.ledger.write([{ put: { ...found, ...key, revision: Number(found?.revision) + 1 } }]);
    on.ledger.before = before;
  };
}

function request(on: Scene, change: Partial<HttpRequest>): HttpRequest {
  const link = on.linkOf(LEAD);
  return {
    method: "GET",
    path: `/approvals/${link}`,
    pathParameters: { link },
    query: {},
    headers: {},
    body: "",
    sourceIp: "",
    userAgent: "",
    caller: null,
    ...change,
  };
}

async function post(on: Scene): Promise<{ status: number; body: string }> {
  const shown = await approvalPage(on.deps)(request(on, {}));
  const token = /name="token" value="([^"]+)"/.exec(shown.body)?.[1] ?? "";
  const form = new URLSearchParams({ token, decision: "approved", comment: "kept", version: "v1.4.0" });
  for (const item of TECH_LEAD.checklist) form.append("checklist", item);
  contended(on);
  return approvalPage(on.deps)(
    request(on, {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded; charset=UTF-8" },
      body: form.toString(),
    }),
  );
}

describe("when others change the approval again and again", () => {
  test("a decision gives up without deciding, and the page asks to send it again: 409", async () => {
    const on = await scene();
    await on.ask();

    const answer = await post(on);

    expect(answer.status).toBe(409);
    expect(answer.body).toContain("others decided at the same moment: send it again");
    expect(answer.body).toContain(">kept</textarea>");
    expect(on.items("DECISION")).toEqual([]);
  });

  test("settling asks to be called again", async () => {
    const on = await scene();
    await on.ask();
    on.now += 48 * HOUR;
    contended(on);

    await expect(on.settle()).rejects.toThrow(LedgerBusy);
  });

  test("replacing asks to be called again", async () => {
    const on = await scene({ approval: { roles: [role("tech-lead", [LEAD, OWNER])] } });
    await on.ask();
    contended(on);

    const wanted = { role: "tech-lead", address: LEAD, by: OWNER, caller: callerBy("arn") };
    await expect(replacePerson(on.deps, on.name, wanted)).rejects.toThrow(LedgerBusy);
  });
});

describe("when the ledger fails", () => {
  test.each(["decide", "settle", "ask", "replace"])("%s says so and changes nothing", async (what) => {
    const on = await scene({ approval: { roles: [role("tech-lead", [LEAD, OWNER], TECH_LEAD.checklist)] } });
    if (what !== "ask") await on.ask();
    on.now += what === "settle" ? 48 * HOUR : 1;
    const before = on.ledger.items();
    on.ledger.before = async (operation) => {
      if (operation.startsWith("write")) throw new ServiceTrouble("DynamoDB throttled");
    };
    const calls: Record<string, () => Promise<unknown>> = {
      decide: () => decide(on.deps, on.name, approve),
      settle: () => on.settle(),
      ask: () => on.ask(),
      replace: () =>
        replacePerson(on.deps, on.name, { role: "tech-lead", address: LEAD, by: OWNER, caller: callerBy("arn") }),
    };

    await expect(calls[what]?.()).rejects.toThrow("DynamoDB throttled");

    expect(on.ledger.items()).toEqual(before);
  });
});

test("asked twice at the same instant, there is one record, and a link for each mail", async () => {
  for (let first = 0; first < 14; first++) {
    const on = await scene();
    const asking = async (ledger: Ledger) => askNow({ ...on.deps, ledger }, on.name);

    const [one, other] = await interleave(on.ledger, twoSwitches(first, 9), [asking, asking]);

    expect(one).toEqual(other);
    expect(on.items("APPROVAL")).toHaveLength(1);
    expect(on.ledger.items(({ pk }) => pk.startsWith("LINK#"))).toHaveLength(on.inbox.length);
    expect(new Set(on.inbox.map(({ to }) => to))).toEqual(new Set([LEAD, INFRA]));
  }
});

test("a decision about an approval that was never asked for finds nobody asking", async () => {
  const on = await scene();

  expect(await decide(on.deps, on.name, approve)).toMatchObject({
    kind: "ended",
    settlement: { summary: "nobody is asked" },
  });
});

test("an approval that the plan does not know cannot be asked for", async () => {
  const on = await scene();

  await expect(askNow(on.deps, { ...on.name, approval: "at-99" })).rejects.toThrow('has no approval "at-99"');
});

test("nobody is asked for a promotion that is closed: an execution that is redriven troubles nobody", async () => {
  const on = await scene({ header: { state: "closed" } });

  expect(await on.ask()).toMatchObject({ state: "cancelled", outcome: "cancelled" });

  expect(on.inbox).toEqual([]);
  expect(on.items("APPROVAL")).toEqual([]);
});

test("nobody is asked for a promotion that is closed in the very moment of asking", async () => {
  const on = await scene();
  const { write } = on.ledger;
  on.ledger.write = async (changes) => {
    on.ledger.write = write;
    const header = await on.ledger.read(keys.header(on.name.promotionId));
    if (header !== undefined) await on.ledger.write([{ put: { ...header, state: "closed" } }]);
    return on.ledger.write(changes);
  };

  expect(await on.ask()).toMatchObject({ state: "cancelled" });

  expect(on.inbox).toEqual([]);
});

test("a redrive that is pending may still be decided about", async () => {
  const on = await scene();
  await on.ask();
  on.status = "PENDING_REDRIVE";

  expect(await decide(on.deps, on.name, approve)).toMatchObject({ kind: "decided" });
});

test.each([
  ["before", "before", "No traffic has moved, and none will."],
  ["at-25", 25, "Traffic goes back to the version that served before."],
] as const)("the notice of an end says what follows for traffic: asked %s", async (id, when, words) => {
  const on = await scene({ approval: { id, when } });
  await on.ask();
  on.now += 48 * HOUR;

  await on.settle();

  expect(on.mailsTo(REQUESTER).at(-1)?.body).toContain(words);
  expect(on.mailsTo(LEAD).at(-1)?.body).toContain(words);
});

test("the trouble mail, word for word", async () => {
  const on = await scene({
    approval: { roles: [role("tech-lead", [LEAD, OWNER, MANAGER])] },
    reach: new Map([
      [LEAD, "unconfirmed"],
      [OWNER, "absent"],
      [MANAGER, "suppressed"],
    ]),
  });

  await on.ask();

  expect(
    on.mailsTo(REQUESTER)[0]?.body,
  ).toBe(`The approval "before" of bbws-store v1.4.0 for prod was asked for, but not everybody can be reached by mail.

Have not confirmed that mail may reach them (the subscription; in SES's sandbox, the address):
  ${LEAD}

Are not subscribed at all (deploy the policy that names them):
  ${OWNER}

Are on the mail service's suppression list, after mail that bounced or was called spam:
  ${MANAGER}

Roles that cannot give all the approvals they owe as things stand:
  tech-lead

It stays open until Saturday 28 November 2026, 10:00 (Africa/Johannesburg), 2026-11-28 08:00 UTC. Confirm the subscriptions
and have the link sent again (npm run headgate -- resend), let somebody else of the role take the seat
(npm run headgate -- replace), or let them decide without mail (npm run headgate -- approve).`);
});

test("the mail that asks, word for word", async () => {
  const startedBy = "arn:aws:sts::093646564004:assumed-role/SSO/kim@example.com";
  const on = await scene({ header: { startedBy, starter: callerBy(startedBy) } });

  await on.ask();

  expect(on.mailsTo(LEAD)[0]).toEqual({
    to: LEAD,
    subject: "Approve bbws-store v1.4.0 for prod?",
    body: `You are asked, as tech-lead, to decide about a release.

  Release      bbws-store v1.4.0, commit 9f8d1114c0ffee
  Environment  prod
  Changes      Orders are priced in the customer's currency; the old endpoint stays until March.
  Requested by sam.dev@example.com (claimed, not verified)
  Started by   kim@example.com, verified, as ${startedBy}
  Risk         medium, ticket BBWS-431
  Asked        before anything changes
  Answer by    Saturday 28 November 2026, 10:00 (Africa/Johannesburg), 2026-11-28 08:00 UTC
               (in 2 days)

Until everybody who is needed has answered, no traffic moves.

Read the evidence and decide here:
https://headgate.example.com/live/approvals/${on.linkOf(LEAD)}

The link is yours alone: do not forward it. Opening it decides nothing. To approve, tick your
checklist and type the version of the release; to reject, say why and type the version.

If the page cannot be reached, with AWS credentials (or reject, with --comment):
npm run headgate -- approve bbws-store-v1.4.0-1 --environment prod --approval before --role tech-lead --version VERSION`,
  });
});

test("what the mail says is what the release is: emergency, ticket, no window", async () => {
  const on = await scene({
    release: { emergency: { reason: "payments fail" }, ticket: null, risk: "high" },
    environment: { window: null },
  });

  await on.ask();

  const [{ body } = { body: "" }] = on.mailsTo(LEAD);
  expect(body).toContain("EMERGENCY    payments fail");
  expect(body).toContain("Risk         high\n");
  expect(body).toContain("Answer by    Saturday 28 November 2026, 08:00 UTC\n");
  expect(body).not.toContain("null");
  const quiet = await scene();
  await quiet.ask();
  expect(quiet.inbox[0]?.body).not.toContain("EMERGENCY");
});

test("the trouble mail names only what is wrong, and an address that nobody answered for counts as absent", async () => {
  const on = await scene({
    approval: { roles: [role("tech-lead", [LEAD, OWNER])] },
    reach: new Map([[OWNER, "unconfirmed"]]),
    environment: { window: null },
  });

  await on.ask();

  const [{ subject, body } = { subject: "", body: "" }] = on.mailsTo(REQUESTER);
  expect(subject).toBe("bbws-store v1.4.0 for prod: approvers cannot be reached");
  expect(body).toContain(OWNER);
  expect(body).not.toContain("not subscribed at all");
  expect(body).not.toContain("Roles that cannot");
});

test("a requester without an address is told nothing, and the people are asked all the same", async () => {
  const on = await scene({ release: { requestedBy: "pipeline-17" }, reach: new Map([[LEAD, "absent"]]) });

  await on.ask();
  on.now += 48 * HOUR;
  await on.settle();

  expect(on.inbox.map(({ to }) => to)).not.toContain("pipeline-17");
  expect(on.mailsTo(LEAD)).toHaveLength(2);
});

test("the escalation's people are replaced like any others", async () => {
  const manager = role("team-manager", [MANAGER, OWNER]);
  const on = await scene({
    approval: approvalPlan({ roles: [TECH_LEAD], escalateSeconds: 3_600, escalateTo: manager }),
  });
  await on.ask();
  on.now = START + HOUR;
  await on.settle();

  const wanted = { role: "team-manager", address: MANAGER, by: OWNER, caller: callerBy("arn") };
  expect(await replacePerson(on.deps, on.name, wanted)).toEqual({ kind: "done", address: OWNER, reach: "confirmed" });
  expect(await decide(on.deps, on.name, { ...approve, role: "team-manager", address: MANAGER })).toMatchObject({
    kind: "forbidden",
  });
  expect(await decide(on.deps, on.name, { ...approve, role: "team-manager", address: OWNER })).toMatchObject({
    kind: "decided",
  });
});

test("a seat whose mail is refused for good is replaced all the same", async () => {
  const on = await scene({ approval: { roles: [role("tech-lead", [LEAD, OWNER])] } });
  await on.ask();
  on.mailTrouble.set(OWNER, new CallRefused("no such address"));

  const wanted = { role: "tech-lead", address: LEAD, by: OWNER, caller: callerBy("arn") };
  expect(await replacePerson(on.deps, on.name, wanted)).toMatchObject({ kind: "done" });
  on.now += 48 * HOUR;
  expect(await replacePerson(on.deps, on.name, wanted)).toMatchObject({ kind: "ended" });
});
