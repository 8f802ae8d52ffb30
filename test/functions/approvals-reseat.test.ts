/** Giving seats to others and sending links again: who may sit there, which links live, what is on record. */
import { describe, expect, test } from "vitest";
import { approvalPage } from "../../functions/approval-page.ts";
import { decide } from "../../functions/domain/approval/decide.ts";
import { loadApproval } from "../../functions/domain/approval/load.ts";
import { replacePerson, resendLink } from "../../functions/domain/approval/reseat.ts";
import { loadAudit } from "../../functions/domain/ledger/append-audit.ts";
import {
  INFRA,
  INFRASTRUCTURE_LEAD,
  LEAD,
  MANAGER,
  OWNER,
  role,
  type Scene,
  START,
  scene,
} from "../support/approval-scene.ts";
import { callerBy } from "../support/callers.ts";

const CALLER = "arn:aws:iam::093646564004:user/ops";
/** As the trail keeps it. */
const signed = { caller: CALLER, signer: callerBy(CALLER) };
const leads = role("tech-lead", [LEAD, OWNER, MANAGER], [], 2);

async function asked(): Promise<Scene> {
  const on = await scene({ approval: { roles: [leads, INFRASTRUCTURE_LEAD] } });
  await on.ask();
  return on;
}

const replace = (on: Scene, address: string, by: string, asked = "tech-lead") =>
  replacePerson(on.deps, on.name, { role: asked, address, by, caller: callerBy(CALLER) });

const seats = async (on: Scene) => {
  const { roles } = await loadApproval(on.ledger, on.name);
  return Object.fromEntries(roles.map(({ role, people }) => [role, people.map(({ address }) => address)]));
};

/** Status of a link as it was mailed. */
async function open(on: Scene, link: string): Promise<number> {
  const request = {
    method: "GET",
    path: "",
    query: {},
    headers: {},
    body: "",
    sourceIp: "",
    userAgent: "",
    caller: null,
  };
  return (await approvalPage(on.deps)({ ...request, pathParameters: { link } })).status;
}

describe("a seat", () => {
  test("goes to one person of the role, and the others keep theirs, with their links", async () => {
    const on = await scene({ approval: { roles: [role("tech-lead", [LEAD, MANAGER], [], 1), INFRASTRUCTURE_LEAD] } });
    await on.ask();
    const [lead, manager, infra] = [LEAD, MANAGER, INFRA].map((address) => on.linkOf(address));

    expect(await replace(on, LEAD, MANAGER)).toMatchObject({ kind: "done", address: MANAGER });

    expect(await seats(on)).toEqual({ "tech-lead": [MANAGER], "infrastructure-lead": [INFRA] });
    expect(await open(on, lead ?? "")).toBe(410);
    expect(await open(on, manager ?? "")).toBe(410);
    expect(await open(on, on.linkOf(MANAGER))).toBe(200);
    expect(await open(on, infra ?? "")).toBe(200);
  });

  test("leaves those who are not part of the exchange alone", async () => {
    const on = await asked();

    await replace(on, LEAD, OWNER);

    expect(await seats(on)).toEqual({ "tech-lead": [MANAGER, OWNER], "infrastructure-lead": [INFRA] });
  });

  test("never goes to somebody of another role of the same approval: 403", async () => {
    const on = await asked();
    const before = await seats(on);

    expect(await replace(on, LEAD, INFRA)).toMatchObject({ kind: "refused", status: 403 });
    expect(await replace(on, INFRA, LEAD, "infrastructure-lead")).toMatchObject({ kind: "refused", status: 403 });

    expect(await seats(on)).toEqual(before);
  });

  test("that came back to its first holder has a third link, and both older ones stay dead", async () => {
    const on = await asked();
    const first = on.linkOf(LEAD);
    await replace(on, LEAD, OWNER);
    const second = on.linkOf(OWNER);
    await replace(on, OWNER, LEAD);

    const third = on.linkOf(LEAD);

    expect(new Set([first, second, third]).size).toBe(3);
    expect([await open(on, first), await open(on, second), await open(on, third)]).toEqual([410, 410, 200]);
  });

  test("that was given on is on record, with who had it done", async () => {
    const on = await asked();
    await replace(on, LEAD, OWNER);
    await replace(on, OWNER, LEAD);

    const trail = (await loadAudit(on.ledger, on.name.promotionId)).filter(({ kind }) => kind === "approver-replaced");

    expect(trail.map(({ summary }) => summary)).toEqual([
      `${OWNER} was asked in place of ${LEAD} as tech-lead, by ${CALLER}`,
      `${LEAD} was asked in place of ${OWNER} as tech-lead, by ${CALLER}`,
    ]);
    expect(trail[0]?.data).toEqual({
      approval: "before",
      role: "tech-lead",
      address: LEAD,
      by: OWNER,
      ...signed,
    });
  });
});

describe("a link", () => {
  const resend = (on: Scene) =>
    resendLink(on.deps, on.name, { role: "tech-lead", address: LEAD, caller: callerBy(CALLER) });

  test("is sent again once in each minute, and each time is on record", async () => {
    const on = await asked();
    on.inbox.length = 0;
    for (const seconds of [0, 20, 59, 60, 125]) {
      on.now = START + seconds * 1_000;
      await resend(on);
    }

    expect(on.mailsTo(LEAD)).toHaveLength(3);
    const trail = (await loadAudit(on.ledger, on.name.promotionId)).filter(({ kind }) => kind === "link-resent");
    expect(trail.map(({ summary }) => summary)).toEqual(
      Array.from({ length: 3 }, () => `the link of ${LEAD} (tech-lead) was sent again for ${CALLER}`),
    );
    expect(trail[0]?.data).toEqual({ approval: "before", role: "tech-lead", address: LEAD, ...signed });
  });
});

describe("a decision", () => {
  const answer = {
    role: "tech-lead",
    address: LEAD,
    decision: "approved",
    comment: "  fine \n",
    checklist: [],
    version: " v1.4.0 ",
    via: "api",
    caller: callerBy(CALLER),
    sourceIp: "198.51.100.7",
    userAgent: "a test",
    generation: null,
    epoch: null,
  } as const;

  test("that is not the last one needed ends nothing, and is kept without the blanks around it", async () => {
    const on = await asked();

    expect(await decide(on.deps, on.name, answer)).toMatchObject({ kind: "decided", record: { news: true } });

    expect(await loadApproval(on.ledger, on.name)).toMatchObject({ state: "waiting", summary: "", endedAt: null });
    expect(on.items("DECISION")[0]).toMatchObject({ comment: "fine", version: "v1.4.0" });
  });

  test("is too late once the promotion is closed, though its execution has not ended yet", async () => {
    const on = await scene({ approval: { roles: [leads] }, header: { state: "closed" } });
    // Asked before it closed.
    const open = await scene({ approval: { roles: [leads] } });
    await open.ask();
    await on.ledger.write(open.ledger.items(({ sk }) => sk.startsWith("APPROVAL#")).map((put) => ({ put })));

    expect(await decide(on.deps, on.name, answer)).toMatchObject({
      kind: "ended",
      settlement: { state: "cancelled", summary: "the promotion has ended" },
    });
  });
});
