/** How a promotion stands and what comes of it, through the signed API and from the table: the same words either way. */
import { describe, expect, it, test } from "vitest";
import { fromTable } from "../../cli/look.ts";
import type { Get } from "../../cli/signed-api.ts";
import { listOpen, status, watch } from "../../cli/status.ts";
import { CallRefused, NotReady, ServiceTrouble } from "../../functions/domain/errors.ts";
import { appendAudit } from "../../functions/domain/ledger/append-audit.ts";
import { keys } from "../../functions/domain/ledger/keys.ts";
import { loadHeader, loadSignals } from "../../functions/domain/ledger/load.ts";
import { sendSignal } from "../../functions/domain/ledger/send-signal.ts";
import type { Clock, Dependencies } from "../../functions/domain/ports.ts";
import { carryOut } from "../../functions/domain/promotion/carry-out.ts";
import { closePromotion } from "../../functions/domain/promotion/close.ts";
import { PromotionStatus } from "../../functions/pages/promotion/status-json.ts";
import { restoreCode } from "../../functions/restore-code.ts";
import { restoreTraffic } from "../../functions/restore-traffic.ts";
import { fromGateway } from "../../functions/runtime/http.ts";
import { showPromotion } from "../../functions/show-promotion.ts";
import { apiEvent } from "../../sandbox/host/gateway.ts";
import { INFRA, LEAD, REQUESTER, scene } from "../support/approval-scene.ts";
import { P1, rollingOut, type World } from "../support/deps.ts";
import { MemoryLedger } from "../support/memory-ledger.ts";

type Tools = Pick<Dependencies, "ledger">;

/** Asks the handler as the gateway would on behalf of somebody who may. */
const fromApi =
  (deps: Tools): Get =>
  async (path) => {
    const { pathname, searchParams } = new URL(path, "https://headgate.example");
    const promotionId = pathname.split("/")[2];
    const pathParameters = promotionId === undefined ? {} : { promotionId: decodeURIComponent(promotionId) };
    const query = Object.fromEntries(searchParams);
    const caller = "arn:aws:sts::111122223333:assumed-role/reader/rita";
    const event = apiEvent({ method: "GET", path, pathParameters, query, body: null, caller });
    const answer = await showPromotion(deps)(fromGateway(event));
    return { status: answer.status, body: JSON.parse(answer.body) as Record<string, unknown> };
  };

const printed = (get: Get, promotionId = P1) => {
  const lines: string[] = [];
  return { lines, get, promotionId, zone: "UTC", json: false, write: (text: string) => void lines.push(text) };
};

const held = (world: World, reason = "I saw errors") =>
  sendSignal(world.deps, P1, { signal: "s1", kind: "hold", by: "arn:olga", reason, at: world.clock.now() });

describe.each([
  ["through the API", fromApi],
  ["from the table", ({ ledger }: Tools) => fromTable(ledger)],
])("how a promotion stands, %s,", (_way, source) => {
  it("is told per environment and target, as last read back", async () => {
    const asked = printed(source(await rollingOut(50)));
    expect(await status(asked)).toBe(0);
    expect(asked.lines.join("")).toMatch(
      /^prod: open\n(?: {2}.*\n)* {2}order: version 7, 50 % on 8 when last read back\n/m,
    );
  });

  it("names what operators have said", async () => {
    const world = await rollingOut(50);
    await held(world);
    const asked = printed(source(world));
    await status(asked);
    expect(asked.lines).toContain("hold by arn:olga: I saw errors\n");
  });

  it("names who has not answered yet, and until when they may", async () => {
    const on = await scene();
    await on.ask();
    const asked = { ...printed(source(on), on.name.promotionId), zone: "Africa/Johannesburg" };
    await status(asked);
    expect(
      asked.lines.join(""),
    ).toContain(`waits for the approval "before" of prod until Sat 2026-11-28 10:00 Africa/Johannesburg
    ${LEAD} as tech-lead
    ${INFRA} as infrastructure-lead
`);
  });

  it("is 2 where there is no such promotion", async () => {
    const world = await rollingOut(50);
    const asked = printed(source(world), "nobody");
    expect(await status(asked)).toBe(2);
    expect(await watch({ ...asked, clock: world.clock })).toBe(2);
    expect(new Set(asked.lines)).toEqual(new Set(["There is no promotion nobody.\n"]));
  });

  it("is listed with the others that are open, without a name", async () => {
    const asked = printed(source(await rollingOut(50)));
    expect(await listOpen(asked)).toBe(0);
    expect(asked.lines.join("")).toMatch(new RegExp(`^${P1}  .*, opened .* UTC\n {2}prod: open\n$`));
  });

  it("is watched until it ends, each entry once, with the outcome as exit code", async () => {
    const world = await rollingOut(50);
    const clock = clockWith(world, 7_000, () => takenBack(world));
    const watched = printed(source(world));
    expect(await watch({ ...watched, clock })).toBe(3);
    expect(new Set(watched.lines).size).toBe(watched.lines.length);
    expect(watched.lines.at(-1)).toContain("rolled-back");
  });

  it("is watched over more entries than one answer holds, each once and in order", async () => {
    const world = await rollingOut(50);
    const before = Number((await world.ledger.read(keys.auditHead(P1)))?.sequence);
    for (let entry = 0; entry < 250; entry++) {
      await appendAudit(world.deps, P1, { id: `e${entry}`, kind: "noted", summary: `entry ${entry}` });
    }
    await takenBack(world);
    const watched = printed(source(world));
    const at = world.clock.now();
    await watch({ ...watched, clock: world.clock });
    expect(world.clock.now()).toBe(at);
    expect(watched.lines.slice(before, before + 250).map((line) => /entry \d+/.exec(line)?.[0])).toEqual(
      Array.from({ length: 250 }, (_, entry) => `entry ${entry}`),
    );
  });

  it("is JSON for programs, which has what the words have", async () => {
    const on = await scene();
    await on.ask();
    const asked = { ...printed(source(on), on.name.promotionId), json: true };
    expect(await status(asked)).toBe(0);
    const { ok, data } = PromotionStatus.safeParse(JSON.parse(asked.lines.join(""))) as {
      ok?: true;
      data: PromotionStatus;
    };
    expect({ ok, origin: data.origin, path: data.path }).toEqual({
      origin: { requestedBy: REQUESTER, verified: false, startedBy: null, starter: null },
      path: ["sit", "prod"],
    });
    expect(data.approvals).toMatchObject([
      { state: "waiting", waitingFor: [{ people: [LEAD] }, { people: [INFRA] }], decided: [] },
    ]);
  });
});

async function takenBack(world: World): Promise<void> {
  const header = await loadHeader(world.ledger, P1);
  await carryOut(world.deps, header, { verb: "roll-back", reason: "I saw errors", by: "arn:olga", signer: "arn:olga" });
  await restoreTraffic(world.deps)({ promotionId: P1, error: { Error: "none" } });
  await codeIsBack(world);
  await closePromotion(world.deps, P1, null);
}

/** What the rollback machine does after the traffic, with its Retry: a promotion is not closed before. */
async function codeIsBack(world: World): Promise<void> {
  for (let tries = 0; tries < 8; tries++) {
    try {
      await restoreCode(world.deps)({ promotionId: P1 });
      return;
    } catch (error) {
      if (!(error instanceof NotReady)) throw error;
      world.clock.advance(5_000);
    }
  }
  throw new Error("the code never came back");
}

/** The world's clock, on which somebody else does this before anybody who sleeps past the instant wakes up. */
function clockWith(world: World, ms: number, work: () => Promise<void>): Clock {
  const at = world.clock.now() + ms;
  let done = false;
  return {
    now: () => world.clock.now(),
    sleep: async (span) => {
      await world.clock.sleep(span);
      if (done || world.clock.now() < at) return;
      done = true;
      await work();
    },
  };
}

describe("looking", () => {
  it("is refused to those who may not, with the API's words: exit code 4", async () => {
    const get: Get = async () => ({ status: 403, body: { message: "User: x is not authorized" } });
    const asked = printed(get);
    expect([await status(asked), await watch({ ...asked, clock: { now: () => 0, sleep: async () => {} } })]).toEqual([
      4, 4,
    ]);
    expect(new Set(asked.lines)).toEqual(new Set(["User: x is not authorized\n"]));
  });

  const busy: Get = async () => ({ status: 503, body: { error: "busy" } });

  /** Answers by `get`, but for its looks from `first` to `last`. */
  const out = (get: Get, first: number, last: number): Get => {
    let looks = 0;
    return (path) => {
      looks += 1;
      return looks >= first && looks <= last ? busy(path) : get(path);
    };
  };

  it("goes on past an API that does not answer for a while", async () => {
    const world = await rollingOut(50);
    const clock = clockWith(world, 300_000, () => takenBack(world));
    expect(await watch({ ...printed(out(fromApi(world), 3, 30)), clock })).toBe(3);
  });

  it("gives up an API that has not answered for a quarter of an hour", async () => {
    const world = await rollingOut(50);
    const watched = printed(out(fromApi(world), 2, Number.POSITIVE_INFINITY));
    const at = world.clock.now();
    expect(await watch({ ...watched, clock: world.clock })).toBe(4);
    expect([watched.lines.at(-1), (world.clock.now() - at) / 60_000]).toEqual(["busy\n", 15]);
  });

  it("does not wait for an API that never answered", async () => {
    const world = await rollingOut(50);
    const at = world.clock.now();
    expect([await watch({ ...printed(busy), clock: world.clock }), await status(printed(busy))]).toEqual([4, 4]);
    expect(world.clock.now()).toBe(at);
  });

  it.each([
    [new CallRefused("dynamodb:GetItem failed: AccessDeniedException"), /AccessDenied[\s\S]*headgate-reader/],
    [new ServiceTrouble("dynamodb:GetItem failed: ECONNREFUSED"), /ECONNREFUSED/],
  ])("says why the table cannot be read: %s", async (trouble, said) => {
    const asked = printed(fromTable(new MemoryLedger(() => Promise.reject(trouble))));
    expect(await status(asked)).toBe(4);
    expect(asked.lines.join("")).toMatch(said);
  });

  it("says where an answer is of another age than the command", async () => {
    const asked = printed(async () => ({ status: 200, body: { promotionId: P1, state: "half-open" } }));
    expect(await status(asked)).toBe(4);
    expect(asked.lines.join("")).toMatch(
      /^the answer is not understood: answer\..*; is the command as old as the stack\?\n$/,
    );
  });
});

test("a reason that would steer a terminal is told without it, and JSON spells it out", async () => {
  const world = await rollingOut(50);
  await held(world, "\u001b[2Jall is \u202egood\u009b31m\u2066");
  expect(await loadSignals(world.ledger, P1)).toHaveLength(1);
  const words = printed(fromApi(world));
  const json = { ...printed(fromApi(world)), json: true };
  await status(json);
  expect(json.lines.join("")).toContain("\\u001b[2Jall is \\u202egood\\u009b31m\\u2066");
  expect(json.lines.join("")).not.toMatch(/[^\P{C}\n]/u);
  await status(words);
  expect(words.lines.join("")).not.toMatch(/[^\P{Cc}\n]/u);
});
