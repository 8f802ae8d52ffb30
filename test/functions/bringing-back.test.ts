/** What brings traffic back: restore and what follows it, the alarm listener, the status listener and the sweeper. */
import { describe, expect, it } from "vitest";
import { alarmListener } from "../../functions/alarm-listener.ts";
import { closePromotion } from "../../functions/close-promotion.ts";
import { CallRefused, NotReady, ServiceTrouble } from "../../functions/domain/errors.ts";
import { loadAudit } from "../../functions/domain/ledger/append-audit.ts";
import { item } from "../../functions/domain/ledger/items.ts";
import { keys } from "../../functions/domain/ledger/keys.ts";
import { loadHead, loadHeader, loadPlan } from "../../functions/domain/ledger/load.ts";
import { loadEnding, noteEnding } from "../../functions/domain/ledger/note-ending.ts";
import { expectLife, storePause } from "../../functions/domain/ledger/wake-pauses.ts";
import { page } from "../../functions/domain/notices/pager.ts";
import { bringBack } from "../../functions/domain/promotion/bring-back.ts";
import { bind } from "../../functions/domain/traffic/bind.ts";
import { restore as restoreTargets } from "../../functions/domain/traffic/restore.ts";
import { trip } from "../../functions/domain/traffic/trip.ts";
import { pagePeople } from "../../functions/page-people.ts";
import { preserveEvidence } from "../../functions/preserve-evidence.ts";
import { restoreTraffic } from "../../functions/restore-traffic.ts";
import { shiftTraffic } from "../../functions/shift-traffic.ts";
import { statusListener } from "../../functions/status-listener.ts";
import { sweeper } from "../../functions/sweeper.ts";
import { verifyRecovery } from "../../functions/verify-recovery.ts";
import { record } from "../support/approval-record.ts";
import {
  arnOf,
  BASELINE,
  deployed,
  ENV,
  environmentPlan,
  finished,
  IN_PROD,
  opened,
  P1,
  promoted,
  promotionPlan,
  rollingOut,
  targetPlan,
  World,
} from "../support/deps.ts";

const NONE = { Error: "none", Cause: "" };
const CRASH = { Error: "States.TaskFailed", Cause: '{"errorMessage":"out of memory"}' };
const restore = (world: World, error = NONE) => restoreTraffic(world.deps)({ promotionId: P1, error });

async function twice<T>(world: World, call: () => Promise<T>): Promise<T> {
  const first = await call();
  const before = world.dump();
  expect(await call()).toEqual(first);
  expect(world.dump()).toEqual(before);
  return first;
}

describe("restore-traffic", () => {
  it("brings back what was moved, and says what was read back", async () => {
    const world = await rollingOut(50);
    expect(await twice(world, () => restore(world))).toEqual({
      state: "verified",
      summary: "cart: back on version 7, read back; order: back on version 7, read back",
    });
    expect((await loadHead(world.ledger, P1, ENV)).trip).toMatchObject({
      by: "error",
      reason: "the rollout did not complete",
    });
    expect((await loadAudit(world.ledger, P1)).at(-1)).toMatchObject({ kind: "restored", data: { state: "verified" } });
  });

  it("trips for the error that it is told, and notes it as the ending", async () => {
    const world = await rollingOut(50);
    await restore(world, CRASH);
    const reason = "States.TaskFailed: out of memory";
    expect((await loadHead(world.ledger, P1, ENV)).trip?.reason).toBe(reason);
    expect(await loadEnding(world.ledger, P1)).toMatchObject({ outcome: "errored", summary: reason });
  });

  it("trips for the reason that the ledger knows, before the error that followed from it", async () => {
    const world = await rollingOut(50);
    await noteEnding(world.deps, P1, "rejected", "jane said no");
    await restore(world, CRASH);
    expect((await loadHead(world.ledger, P1, ENV)).trip).toMatchObject({ by: "gate", reason: "jane said no" });
    expect((await loadEnding(world.ledger, P1))?.outcome).toBe("rejected");
  });

  it("has nothing to bring back before the first shift, and after the last environment", async () => {
    const untouched = await rollingOut(0, { uploaded: true });
    expect(await twice(untouched, () => restore(untouched))).toEqual({
      state: "nothing",
      summary: "no traffic was moved",
    });
    const done = await promoted();
    expect(await twice(done, () => restore(done))).toMatchObject({ state: "nothing" });
    expect(done.target("order").route.primary).toBe("8");
  });

  it("asks to be called again while another call can help", async () => {
    const world = await rollingOut(50);
    world.target("order").readTrouble = new ServiceTrouble("lambda does not answer");
    await expect(restore(world, CRASH)).rejects.toThrow(
      new NotReady(
        "traffic is not back yet: cart: back on version 7, read back; order: not back: ServiceTrouble: lambda does not answer",
      ),
    );
    expect((await loadEnding(world.ledger, P1))?.outcome).toBe("errored");
    world.target("order").readTrouble = null;
    expect(await restore(world)).toMatchObject({ state: "verified" });
  });

  it("says failed where no other call can help", async () => {
    const world = await rollingOut(50);
    world.target("order").readTrouble = new CallRefused("access denied");
    expect(await restore(world)).toMatchObject({ state: "failed" });
  });

  it("leaves somebody else's move alone, and pages once", async () => {
    const world = await rollingOut(50);
    world.target("order").moveByHand({ primary: "6", secondary: null }, "hotfix by jo");
    const { state } = await twice(world, () => restore(world));
    expect(state).toBe("refused");
    const [mail, ...others] = world.mailsTo("oncall@shop.example");
    expect(others).toEqual([]);
    expect(mail?.subject).toBe("Headgate did not restore prod: somebody else moved traffic");
    expect(mail?.body).toContain('order: left alone; found version 6 ("hotfix by jo"), expected version 7, 50 % on 8');
  });

  it("does not fail because nobody could be told, or because the trail cannot be written", async () => {
    const world = await rollingOut(50);
    world.target("order").moveByHand({ primary: "6", secondary: null });
    world.mailTrouble = new ServiceTrouble("sns is away");
    world.ledger.before = async (operation) => {
      if (operation.startsWith("write AUDIT")) throw new ServiceTrouble("throttled");
    };
    expect(await restore(world)).toMatchObject({ state: "refused" });
    expect(world.warnings).toHaveLength(2);
    expect(world.target("cart").route).toEqual(BASELINE);
  });

  it("leaves earlier environments of the promotion alone: they are closed", async () => {
    const world = new World();
    const sit = environmentPlan({ environment: "sit", targets: [targetPlan("sit-order")], alarms: [] });
    await opened(world, promotionPlan([sit, environmentPlan()]));
    await deployed(world, P1, "sit");
    await shiftTraffic(world.deps)({ promotionId: P1, environment: "sit", weight: 50 });
    const head = await loadHead(world.ledger, P1, "sit");
    await world.ledger.write([{ put: item(keys.head(P1, "sit"), { ...head, state: "closed", outcome: "promoted" }) }]);
    await deployed(world, P1, ENV, 1);
    await shiftTraffic(world.deps)({ ...IN_PROD, weight: 10 });
    expect(await restore(world)).toMatchObject({ state: "verified" });
    expect(world.target("sit-order").route.secondary?.percent).toBe(50);
    expect(world.target("order").route).toEqual(BASELINE);
  });
});

describe("verify-recovery", () => {
  const call = (world: World) => verifyRecovery(world.deps)({ promotionId: P1 });
  const MINUTE = 60_000;

  async function restored(): Promise<World> {
    const world = await rollingOut(50);
    await restore(world);
    return world;
  }

  it("waits for closed minutes, then says what the alias served since", async () => {
    const world = await restored();
    world.points = ({ metricName, dimensions }, from, to) => {
      expect(dimensions.Resource).toBe(`${dimensions.FunctionName}:live`);
      const value = dimensions.FunctionName === "shop-cart" ? 0 : metricName === "Invocations" ? 100 : 2;
      return new Map(Array.from({ length: (to - from) / MINUTE }, (_, index) => [from + index * MINUTE, value]));
    };
    expect(await twice(world, () => call(world))).toEqual({
      decision: "again",
      seconds: 60,
      summary: "metrics are not in yet",
    });
    world.clock.advance(6 * MINUTE);
    expect(await twice(world, () => call(world))).toMatchObject({ decision: "done" });
    expect((await loadAudit(world.ledger, P1)).at(-1)).toMatchObject({
      kind: "recovered",
      summary: "since the rollback: order: 300 requests, 6 errors",
    });
  });

  it("gives up after ten minutes without a request, and says so", async () => {
    const world = await restored();
    world.clock.advance(6 * MINUTE);
    expect((await call(world)).decision).toBe("again");
    world.clock.advance(5 * MINUTE);
    expect((await call(world)).decision).toBe("done");
    expect((await loadAudit(world.ledger, P1)).at(-1)?.summary).toContain("no requests were seen");
  });

  it("has nothing to look at where nothing was brought back", async () => {
    const world = await rollingOut();
    expect(await twice(world, () => call(world))).toMatchObject({ decision: "done" });
  });
});

describe("preserve-evidence", () => {
  const call = (world: World) => preserveEvidence(world.deps)({ promotionId: P1 });

  it("writes down where versions and logs of the failed candidate are", async () => {
    const world = await rollingOut(50);
    await restore(world);
    expect(await twice(world, () => call(world))).toEqual({ summary: "evidence of 2 targets is written down" });
    expect((await loadAudit(world.ledger, P1)).at(-1)).toMatchObject({
      kind: "evidence",
      data: {
        account: "111122223333",
        to: world.clock.now(),
        targets: [
          { target: "cart", candidate: "8", baseline: "7", logGroup: "/aws/lambda/shop-cart" },
          { target: "order" },
        ],
      },
    });
  });

  it("has none to keep where nothing was moved, nothing was entered, or all went well", async () => {
    const none = { summary: "evidence of 0 targets is written down" };
    expect(await call(await rollingOut())).toEqual(none);
    expect(await call(await promoted())).toEqual(none);
    const world = new World();
    await opened(world);
    expect(await call(world)).toEqual(none);
  });
});

describe("page-people", () => {
  const call = (world: World, error = CRASH) => pagePeople(world.deps)({ promotionId: P1, error });

  it("pages everybody once, with the reason and what to do", async () => {
    const world = await rollingOut(50);
    expect(await twice(world, () => call(world))).toEqual({ summary: "people are paged about prod" });
    const [mail, ...others] = world.mailsTo("oncall@shop.example");
    expect(others).toEqual([]);
    expect(mail?.subject).toBe("PAGE: shop v2: traffic in prod is not known to be safe");
    expect(mail?.body).toContain("States[.]TaskFailed: out of memory");
    expect(mail?.body).toContain(
      `Headgate keeps trying: cart, order. With your own credentials: headgate restore ${P1}`,
    );
    expect((await loadAudit(world.ledger, P1)).at(-1)).toMatchObject({ kind: "paged", environment: ENV });
  });

  it("tells a reason on one line, with nothing in it to click", async () => {
    const world = await rollingOut(50);
    const Cause = JSON.stringify({ errorMessage: "no\n\nTraffic is safe: https://evil.example/\u001B[2J" });
    await call(world, { ...CRASH, Cause });
    const [first] = (world.mailsTo("oncall@shop.example")[0]?.body ?? "").split("\n");
    expect(first).toContain("no Traffic is safe: https[:]//evil[.]example/ [2J");
  });

  it("promises nothing about a target that was left alone", async () => {
    const world = await rollingOut(50);
    world.target("order").moveByHand({ primary: "6", secondary: null });
    const plan = await loadPlan(world.deps, P1, ENV);
    // A restore whose caller died before it could page.
    await restoreTargets(world.deps, IN_PROD, { by: "error", reason: "it broke" }, (one) =>
      bind(world.deps, plan, one),
    );
    await call(world, NONE);
    expect(world.inbox.at(-1)?.body).toContain("Somebody else moved order: Headgate leaves that as it is.");
    expect(world.inbox.at(-1)?.body).not.toContain("keeps trying");
  });

  it("pages nobody of what somebody was paged of already, or of traffic that is back by now", async () => {
    const world = await rollingOut(50);
    world.target("order").moveByHand({ primary: "6", secondary: null });
    await restore(world);
    expect(world.inbox.filter(({ to }) => to === "oncall@shop.example")).toHaveLength(1);
    expect(await call(world)).toEqual({ summary: "people are paged about prod" });
    expect(world.inbox.filter(({ to }) => to === "oncall@shop.example")).toHaveLength(1);
    const safe = await rollingOut(50);
    await restore(safe);
    expect(await call(safe)).toEqual({ summary: "traffic is safe by now: nobody has to be paged" });
    expect(safe.mailsTo("oncall@shop.example")).toEqual([]);
  });

  it("says without an error that the restore did not verify", async () => {
    const world = await rollingOut(50);
    await call(world, NONE);
    expect(world.inbox.at(-1)?.body).toContain("the restore did not verify");
  });

  it("fails where nobody could be reached, so that it is tried again", async () => {
    const world = await rollingOut(50);
    world.mailTrouble = new ServiceTrouble("sns is away");
    await expect(call(world)).rejects.toThrow(NotReady);
    world.mailTrouble = null;
    expect(await call(world)).toEqual({ summary: "people are paged about prod" });
    expect(world.mailsTo("oncall@shop.example")).toHaveLength(1);
  });
});

describe("close-promotion", () => {
  it("gives the machine outcome and summary, short enough for it", async () => {
    const world = await rollingOut();
    const error = { Error: "Big", Cause: "x".repeat(30_000) };
    const closed = await twice(world, () => closePromotion(world.deps)({ promotionId: P1, error }));
    expect(closed.outcome).toBe("errored");
    expect(closed.summary).toHaveLength(2_000);
  });
});

const red = (world: World, change: object = {}) => ({
  account: "111122223333",
  region: "af-south-1",
  detail: {
    alarmName: "errors",
    state: { value: "ALARM", timestamp: new Date(world.clock.now()).toISOString(), reason: "5 errors", ...change },
  },
});
const listen = (world: World, change: object = {}) => alarmListener(world.deps)(red(world, change));

describe("alarm-listener", () => {
  it("brings traffic back within its own invocation, ahead of the workflow, and wakes it", async () => {
    const world = await rollingOut(50);
    await storePause(world.ledger, P1, ENV, { pause: "hold", token: "the token", until: 0 });
    expect(await listen(world)).toEqual({ acted: [P1], summary: `brought back: ${P1}` });
    expect(world.target("order").route).toEqual(BASELINE);
    expect((await loadHead(world.ledger, P1, ENV)).trip).toMatchObject({
      by: "alarm",
      reason: "alarm errors turned red: 5 errors",
    });
    expect((await loadEnding(world.ledger, P1))?.outcome).toBe("rolled-back");
    expect((await loadAudit(world.ledger, P1)).at(-1)).toMatchObject({ kind: "alarm" });
    expect(world.woken).toEqual(["the token"]);
  });

  it("called twice moves nothing the second time", async () => {
    const world = await rollingOut(50);
    const event = red(world);
    await twice(world, () => alarmListener(world.deps)(event));
  });

  it("acts on an event without a reason", async () => {
    const world = await rollingOut(50);
    await listen(world, { reason: undefined });
    expect((await loadHead(world.ledger, P1, ENV)).trip?.reason).toContain("no reason given");
  });

  it("ignores what is not red, not named, or not ours", async () => {
    const world = await rollingOut(50);
    const before = world.dump();
    expect(await listen(world, { value: "OK" })).toEqual({ acted: [], summary: "not red" });
    const event = red(world);
    const none = { acted: [], summary: "no running promotion named it" };
    expect(await alarmListener(world.deps)({ ...event, region: "eu-west-1" })).toEqual(none);
    expect(await alarmListener(world.deps)({ ...event, account: "444455556666" })).toEqual(none);
    expect(world.dump()).toEqual(before);
  });

  it("ignores an event that is older than the first shift", async () => {
    const world = await rollingOut();
    const early = red(world);
    expect(await listen(world)).toMatchObject({ acted: [] });
    world.clock.advance(1_000);
    await shiftTraffic(world.deps)({ ...IN_PROD, weight: 10 });
    expect(await alarmListener(world.deps)(early)).toMatchObject({ acted: [] });
    expect(world.target("order").route.secondary?.percent).toBe(10);
  });

  it("acts on an event of the very instant of the first shift, hours after it", async () => {
    const world = await rollingOut(10);
    const first = (await loadHead(world.ledger, P1, ENV)).firstShiftAt ?? 0;
    const event = red(world, { timestamp: new Date(first).toISOString() });
    world.clock.advanceTo(first + 5 * 3_600_000);
    expect(await alarmListener(world.deps)(event)).toMatchObject({ acted: [P1] });
    expect(world.target("order").route).toEqual(BASELINE);
  });

  it("acts on the event when it is repeated, after a ledger that was throttled", async () => {
    const world = await rollingOut(10);
    const event = red(world);
    world.ledger.before = async () => Promise.reject(new ServiceTrouble("dynamodb is throttled"));
    await expect(alarmListener(world.deps)(event)).rejects.toThrow("throttled");
    world.ledger.before = async () => {};
    world.clock.advance(61_000);
    expect(await alarmListener(world.deps)(event)).toMatchObject({ acted: [P1] });
    expect(world.target("order").route).toEqual(BASELINE);
  });

  it("ignores a promotion that has left the environment", async () => {
    const world = await promoted();
    await world.ledger.write([
      {
        put: item(
          keys.alarm({ account: "111122223333", region: "af-south-1", roleArn: null }, "errors", P1, ENV),
          IN_PROD,
        ),
      },
    ]);
    expect(await listen(world)).toMatchObject({ acted: [] });
    await world.ledger.write([{ remove: keys.head(P1, ENV) }]);
    expect(await listen(world)).toMatchObject({ acted: [] });
    expect(world.target("order").route.primary).toBe("8");
  });

  it("asks to be called again while traffic is not back, and then helps it along, however late", async () => {
    const world = await rollingOut(50);
    world.target("order").readTrouble = new ServiceTrouble("lambda does not answer");
    const event = red(world);
    await expect(alarmListener(world.deps)(event)).rejects.toThrow(NotReady);
    world.target("order").readTrouble = null;
    world.clock.advance(180_000);
    expect(await alarmListener(world.deps)(event)).toMatchObject({ acted: [P1] });
    expect(world.target("order").route).toEqual(BASELINE);
  });

  it("leaves the next promotion alone when it comes in the very moment of the record", async () => {
    const world = await finished();
    world.ledger.before = async (operation) => {
      if (!operation.startsWith("write HEAD")) return;
      world.ledger.before = async () => {};
      const head = await loadHead(world.ledger, P1, ENV);
      await world.ledger.write([{ put: item(keys.head(P1, ENV), { ...head, state: "closed", outcome: "promoted" }) }]);
    };
    await listen(world);
    expect(await loadEnding(world.ledger, P1)).toBeNull();
    expect(world.target("order").route.primary).toBe("8");
  });

  it("serves every promotion that named it, though one of them is in trouble", async () => {
    const world = await rollingOut(50);
    const place = { account: "111122223333", region: "af-south-1", roleArn: null };
    const broken = { promotionId: "a-broken-one", environment: ENV };
    const head = await loadHead(world.ledger, P1, ENV);
    await world.ledger.write([
      { put: item(keys.alarm(place, "errors", broken.promotionId, ENV), broken) },
      { put: item(keys.head(broken.promotionId, ENV), { ...head, ...broken }) },
    ]);
    await expect(listen(world)).rejects.toThrow(/a-broken-one/);
    expect(world.target("order").route).toEqual(BASELINE);
  });

  it("asks to be called again for one that cannot be tripped, and restores the others", async () => {
    const world = await rollingOut(50);
    const other = { promotionId: "z-another-one", environment: ENV };
    const place = { account: "111122223333", region: "af-south-1", roleArn: null };
    await world.ledger.write([{ put: item(keys.alarm(place, "errors", other.promotionId, ENV), other) }]);
    let heads = 0;
    world.ledger.before = async (operation) => {
      if (operation !== `read HEAD#${ENV}`) return;
      heads += 1;
      // One read to see whether the red concerns the first promotion, one to trip it: the next is the other's.
      if (heads === 3) throw new ServiceTrouble("dynamodb is throttled");
    };
    await expect(listen(world)).rejects.toThrow("traffic of z-another-one is not back yet");
    expect(world.target("order").route).toEqual(BASELINE);
  });

  it("trips all of them before it restores any", async () => {
    const world = await rollingOut(50);
    const other = { promotionId: "z-another-one", environment: ENV };
    const head = await loadHead(world.ledger, P1, ENV);
    const place = { account: "111122223333", region: "af-south-1", roleArn: null };
    await world.ledger.write([
      { put: item(keys.alarm(place, "errors", other.promotionId, ENV), other) },
      { put: item(keys.head(other.promotionId, ENV), { ...head, ...other }) },
    ]);
    const writes: string[] = [];
    world.ledger.before = async (operation) => {
      if (/^write (HEAD|INTENT)/.test(operation)) writes.push(operation.split("#")[0] ?? "");
    };
    await expect(listen(world)).rejects.toThrow(/z-another-one/);
    expect(writes.slice(0, 3)).toEqual(["write HEAD", "write HEAD", "write INTENT"]);
  });
});

describe("status-listener", () => {
  const heard = (world: World, status: string, executionArn = arnOf(P1)) =>
    statusListener(world.deps)({ detail: { executionArn, status } });

  it("looks after the promotion of an execution that was stopped: nobody else does", async () => {
    const world = await rollingOut(50);
    world.statuses.set(arnOf(P1), "ABORTED");
    const { summary } = await heard(world, "ABORTED");
    expect(summary).toContain(`${P1}: aborted`);
    expect(world.target("order").route).toEqual(BASELINE);
    expect((await loadHeader(world.ledger, P1)).state).toBe("closed");
    const before = world.dump();
    expect(await heard(world, "ABORTED")).toEqual({ summary: "" });
    expect(world.dump()).toEqual(before);
  });

  it("wakes a child that still waits, after the journal is tripped: nobody told it that its parent is gone", async () => {
    const world = await rollingOut();
    await storePause(world.ledger, P1, ENV, { pause: "hold", token: "the child's", until: 0 });
    world.statuses.set(arnOf(P1), "ABORTED");
    world.deps.executions.wake = async (token) => {
      world.woken.push(`${token}, the journal is ${(await loadHead(world.ledger, P1, ENV)).state}`);
      return true;
    };
    await heard(world, "ABORTED");
    expect(world.woken).toEqual(["the child's, the journal is tripped"]);
  });

  it("closes the promotion all the same when no child can be woken", async () => {
    const world = await rollingOut(50);
    await storePause(world.ledger, P1, ENV, { pause: "hold", token: "the child's", until: 0 });
    world.statuses.set(arnOf(P1), "ABORTED");
    world.wakeTrouble = new ServiceTrouble("throttled");
    await heard(world, "ABORTED");
    expect((await loadHeader(world.ledger, P1)).state).toBe("closed");
  });

  it("has nothing to do for one that runs, is not ours, or closed its promotion itself", async () => {
    const world = await rollingOut(50);
    const before = world.dump();
    expect(await heard(world, "RUNNING")).toEqual({ summary: "" });
    expect(await heard(world, "FAILED", arnOf("another"))).toEqual({ summary: "" });
    expect(world.dump()).toEqual(before);
  });
});

describe("sweeper", () => {
  const sweep = (world: World) => sweeper(world.deps)({});

  it.each([
    ["FAILED", "rolled-back"],
    ["TIMED_OUT", "rolled-back"],
    ["SUCCEEDED", "rolled-back"],
    ["ABORTED", "aborted"],
    [undefined, "rolled-back"],
  ] as const)("brings back and closes what an execution left that is %s", async (status, outcome) => {
    const world = await rollingOut(50);
    if (status === undefined) world.statuses.delete(arnOf(P1));
    else world.statuses.set(arnOf(P1), status);
    world.clock.advance(3_600_000);
    const { done } = await sweep(world);
    expect(done).toEqual([expect.stringMatching(`^${P1}: ${outcome}; cart: back on version 7`)]);
    expect(world.target("order").route).toEqual(BASELINE);
    expect(await twice(world, () => sweep(world))).toEqual({ done: [], summary: "" });
  });

  it("takes an execution that Step Functions does not know yet for alive, for five minutes and no longer", async () => {
    const world = await rollingOut(50);
    world.statuses.delete(arnOf(P1));
    world.clock.advanceTo((await loadHeader(world.ledger, P1)).openedAt + 5 * 60_000 - 1);
    expect(await twice(world, () => sweep(world))).toEqual({ done: [], summary: "" });
    expect(world.target("order").route.secondary?.percent).toBe(50);
    world.clock.advance(1);
    expect((await sweep(world)).done).toEqual([expect.stringMatching(`^${P1}: rolled-back`)]);
    expect((await loadEnding(world.ledger, P1))?.summary).toContain("is no longer known");
  });

  it.each(["RUNNING", "PENDING_REDRIVE"] as const)("leaves one alone that is %s and on time", async (status) => {
    const world = await rollingOut(50);
    world.statuses.set(arnOf(P1), status);
    await expectLife(world.ledger, P1, world.clock.now(), "a tick");
    world.clock.advance(300_000);
    await storePause(world.ledger, P1, ENV, { pause: "hold", token: "the token", until: 0 });
    expect(await twice(world, () => sweep(world))).toEqual({ done: [], summary: "" });
    expect(world.woken).toEqual([]);
  });

  it("sends a page that whoever claimed it never sent, to a promotion that runs on", async () => {
    const world = await rollingOut(50);
    world.mailTrouble = new ServiceTrouble("sns is away");
    await page(world.deps, P1, { environment: ENV, about: ["decide-step-10"] }, { subject: "decide", body: "" }, [
      "oncall@shop.example",
    ]);
    world.mailTrouble = null;
    await sweep(world);
    await sweep(world);
    expect(world.mailsTo("oncall@shop.example").map(({ subject }) => subject)).toEqual(["decide"]);
  });

  it("keeps a closed promotion listed until a page of it went out", async () => {
    const world = await rollingOut(50);
    world.mailTrouble = new ServiceTrouble("sns is away");
    await page(world.deps, P1, { environment: ENV, about: ["moved-order"] }, { subject: "moved", body: "" }, [
      "oncall@shop.example",
    ]);
    world.statuses.set(arnOf(P1), "FAILED");
    await sweep(world);
    expect((await loadHeader(world.ledger, P1)).state).toBe("closed");
    expect(await world.ledger.read(keys.open(P1))).toBeDefined();
    world.mailTrouble = null;
    await sweep(world);
    expect(world.mailsTo("oncall@shop.example").map(({ subject }) => subject)).toEqual(["moved"]);
    expect(await world.ledger.read(keys.open(P1))).toBeUndefined();
  });

  it("brings traffic back where whoever was on it hangs, two minutes after the journal was tripped", async () => {
    const world = await rollingOut(50);
    await trip(world.deps, P1, ENV, { by: "judge", reason: "too many errors" });
    world.clock.advance(119_999);
    expect((await sweep(world)).done).toEqual([]);
    expect(world.target("order").route.secondary?.percent).toBe(50);
    world.clock.advance(1);
    expect((await sweep(world)).summary).toContain("order: back on version 7, read back");
    expect(world.target("order").route).toEqual(BASELINE);
    expect((await sweep(world)).done).toEqual([]);
  });

  it("leaves the way back to the machine where traffic was never moved, or is somebody else's", async () => {
    for (const weight of [0, 50]) {
      const world = await rollingOut(weight);
      if (weight > 0)
        for (const name of ["cart", "order"]) world.target(name).moveByHand({ primary: "6", secondary: null });
      await bringBack(world.deps, P1, { by: "judge", reason: "too many errors" });
      world.clock.advance(600_000);
      const before = world.target("order").effects.length;
      expect((await sweep(world)).done).toEqual([]);
      expect(world.target("order").effects).toHaveLength(before);
    }
  });

  it("wakes one that is five minutes late", async () => {
    const world = await rollingOut(50);
    await expectLife(world.ledger, P1, world.clock.now(), "a pause");
    await storePause(world.ledger, P1, ENV, { pause: "hold", token: "the token", until: 0 });
    world.clock.advance(300_001);
    expect(await sweep(world)).toEqual({ done: [`${P1}: woke 1`], summary: `${P1}: woke 1` });
    expect(world.woken).toEqual(["the token"]);
    expect(world.target("order").route.secondary?.percent).toBe(50);
  });

  it("delivers a decision whose callback was lost, and wakes nothing else", async () => {
    const world = await rollingOut();
    await storePause(world.ledger, P1, ENV, { pause: "approval-before", token: "lost", until: 0 });
    await storePause(world.ledger, P1, ENV, { pause: "approval-at-50", token: "other", until: 0 });
    await world.ledger.write([
      { put: item(keys.approval(P1, ENV, "before"), record([], { state: "approved", news: true })) },
      { put: item(keys.approval(P1, ENV, "at-50"), record([], { state: "approved", approval: "at-50" })) },
    ]);
    expect((await sweep(world)).done).toEqual([`${P1}: woke 1`]);
    expect(world.woken).toEqual(["lost"]);
  });

  it("keeps trying while traffic is not back: the promotion stays open", async () => {
    const world = await rollingOut(50);
    world.statuses.set(arnOf(P1), "FAILED");
    world.target("order").readTrouble = new CallRefused("access denied");
    for (let round = 0; round < 3; round++) {
      world.clock.advance(60_000);
      expect((await sweep(world)).done).toEqual([expect.stringMatching(/rollback-failed/)]);
    }
    world.target("order").readTrouble = null;
    expect((await sweep(world)).done).toEqual([expect.stringMatching(/rolled-back/)]);
    expect((await loadHeader(world.ledger, P1)).state).toBe("closed");
  });

  it("closes as promoted what was promoted before its execution broke", async () => {
    const world = await promoted();
    world.statuses.set(arnOf(P1), "FAILED");
    await sweep(world);
    expect((await loadHeader(world.ledger, P1)).outcome).toBe("promoted");
    expect(world.target("order").route.primary).toBe("8");
  });

  it("does not keep one promotion waiting for the trouble of another", async () => {
    const world = await rollingOut(50);
    world.statuses.set(arnOf(P1), "FAILED");
    await opened(world, promotionPlan([]), { promotionId: "a-broken-one", environments: ["gone"] });
    world.statuses.set(arnOf("a-broken-one"), "FAILED");
    await expect(sweep(world)).rejects.toThrow("could not look after a-broken-one");
    expect(world.target("order").route).toEqual(BASELINE);
  });

  it("passes over an entry without a header", async () => {
    const world = new World();
    await world.ledger.write([{ put: item(keys.open("gone"), { promotionId: "gone", executionArn: "x" }) }]);
    expect(await sweep(world)).toEqual({ done: [], summary: "" });
  });

  it("keeps the reason that tripped first", async () => {
    const world = await rollingOut(50);
    await trip(world.deps, P1, ENV, { by: "judge", reason: "5 % errors" });
    world.statuses.set(arnOf(P1), "FAILED");
    await sweep(world);
    expect((await loadHeader(world.ledger, P1)).summary).toContain("5 % errors");
  });
});

describe("an operator's restore", () => {
  const because = { by: "operator", reason: "back with it" } as const;

  it("brings back the environment that was entered, and passes over the one that is not reached yet", async () => {
    const world = new World();
    const sit = environmentPlan({ environment: "sit", targets: [targetPlan("sit-order")], alarms: [] });
    await opened(world, promotionPlan([sit, environmentPlan()]));
    await deployed(world, P1, "sit");
    await shiftTraffic(world.deps)({ promotionId: P1, environment: "sit", weight: 50 });
    expect(await bringBack(world.deps, P1, because)).toEqual({
      state: "verified",
      again: false,
      summary: "sit-order: back on version 7, read back",
    });
    expect(await world.ledger.read(keys.head(P1, ENV))).toBeUndefined();
  });

  it("is not held up by approvals that cannot be withdrawn", async () => {
    const world = await rollingOut(50);
    world.ledger.before = async (operation) => {
      if (operation.startsWith("list APPROVAL")) throw new ServiceTrouble("throttled");
    };
    expect(await bringBack(world.deps, P1, because)).toMatchObject({ state: "verified" });
    expect(world.warnings).toHaveLength(1);
    expect(world.target("order").route).toEqual(BASELINE);
  });

  it("says how far it came", async () => {
    const world = await rollingOut(50);
    world.target("cart").readTrouble = new CallRefused("access denied");
    world.target("order").readTrouble = new ServiceTrouble("away");
    expect(await bringBack(world.deps, P1, because)).toEqual({
      state: "failed",
      again: true,
      summary: "cart: not back: CallRefused: access denied; order: not back: ServiceTrouble: away",
    });
  });
});
