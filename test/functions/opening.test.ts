/** From the start to the rollout: open, enter, window, pause, and what the rollout does next. */
import { beforeEach, describe, expect, it } from "vitest";
import { askApproval } from "../../functions/ask-approval.ts";
import { checkWindow } from "../../functions/check-window.ts";
import type { ApprovalState } from "../../functions/domain/approval/approval.ts";
import { BadInput, ServiceTrouble } from "../../functions/domain/errors.ts";
import { executionName } from "../../functions/domain/inputs.ts";
import { loadAudit } from "../../functions/domain/ledger/append-audit.ts";
import { item } from "../../functions/domain/ledger/items.ts";
import { keys } from "../../functions/domain/ledger/keys.ts";
import { loadHead, loadHeader, loadPlan, loadSignals } from "../../functions/domain/ledger/load.ts";
import { loadEnding, noteEnding } from "../../functions/domain/ledger/note-ending.ts";
import { storePolicy } from "../../functions/domain/ledger/policies.ts";
import { storePause } from "../../functions/domain/ledger/wake-pauses.ts";
import type { ApprovalPlan, EnvironmentPlan, OnConflict, WindowPlan } from "../../functions/domain/plan.ts";
import { closePromotion } from "../../functions/domain/promotion/close.ts";
import { trip } from "../../functions/domain/traffic/trip.ts";
import { enterEnvironment, handler as enterHandler } from "../../functions/enter-environment.ts";
import { openPromotion } from "../../functions/open-promotion.ts";
import { pause } from "../../functions/pause.ts";
import { planMove } from "../../functions/plan-move.ts";
import { shiftTraffic } from "../../functions/shift-traffic.ts";
import { documents } from "../domain/plan/documents.ts";
import { CONTEXT, testHost } from "../runtime/test-host.ts";
import { record } from "../support/approval-record.ts";
import {
  arnOf,
  ENV,
  environmentPlan,
  finished,
  IN_PROD,
  NEW_CODE,
  OLD_CODE,
  opened,
  P1,
  promotionPlan,
  rollingOut,
  START,
  sha256,
  World,
} from "../support/deps.ts";

async function twice<T>(world: World, call: () => Promise<T>): Promise<T> {
  const first = await call();
  const before = world.dump();
  expect(await call()).toEqual(first);
  expect(world.dump()).toEqual(before);
  return first;
}

const endingOf = (world: World, promotionId = P1) => loadEnding(world.ledger, promotionId);

describe("open-promotion", () => {
  const OBJECT = "shop-artifacts/order/v1.2.3.zip/abc";
  let world: World;

  async function start(changes: Parameters<typeof documents>[0] = {}, executionArn = "arn:execution:one") {
    const { policy, release } = documents(changes);
    await storePolicy(world.deps, policy);
    return openPromotion(world.deps)({
      release,
      executionArn,
      executionName: "one",
      startedAt: "2026-11-26T08:00:00Z",
    });
  }

  beforeEach(() => {
    world = new World();
    world.objects.set(OBJECT, { versionId: "abc", sha256: NEW_CODE });
  });

  it("writes plan and header, pins policy and artifact, and tells people", async () => {
    const opened = await start({ "policy.environments.prod.notices": ["team@shop.example"] });
    expect(opened).toEqual({
      promotionId: expect.stringMatching(/^shop-v1\.2\.3-[0-9a-f]{8}$/),
      decision: "go",
      position: 0,
      rollbackName: executionName(sha256, opened.promotionId, "rollback"),
      summary: "shop v1.2.3 through prod",
    });
    const { promotionId } = opened;
    const header = await loadHeader(world.ledger, promotionId);
    expect(header).toMatchObject({
      service: "shop",
      version: "v1.2.3",
      state: "open",
      executionArn: "arn:execution:one",
      openedAt: START,
      requestedBy: "dev@shop.example",
      startedBy: null,
      environments: ["prod"],
      policyHash: (await world.ledger.read(keys.policyCurrent()))?.hash,
    });
    expect((await loadPlan(world.deps, promotionId, "prod")).targets[0]?.artifact).toMatchObject({
      sha256: NEW_CODE,
    });
    expect(await world.ledger.read(keys.open(promotionId))).toMatchObject({ executionArn: "arn:execution:one" });
    expect((await loadAudit(world.ledger, promotionId)).at(0)).toMatchObject({
      kind: "opened",
      summary: "shop v1.2.3, asked for by dev@shop.example (claimed, not verified)",
      data: { policyHash: header.policyHash, planHash: header.planHash, execution: "arn:execution:one" },
    });
    expect(world.mailsTo("team@shop.example")).toHaveLength(1);
    expect(world.inbox[0]?.body).toContain("  Environments prod\n  Ticket       none\n");
  });

  it("started again by the same execution finds what it wrote, whatever the policy says by then", async () => {
    await twice(world, () => start());
    await storePolicy(world.deps, { changed: true });
    const { release } = documents();
    const input = { release, executionName: "one", startedAt: "2026-11-26T08:00:00Z" };
    expect(await openPromotion(world.deps)({ ...input, executionArn: "arn:execution:one" })).toMatchObject({
      decision: "go",
    });
    expect(await openPromotion(world.deps)({ ...input, executionArn: "arn:execution:two" })).toMatchObject({
      decision: "stop",
    });
  });

  it("says an emergency first, to people and in the record", async () => {
    const { promotionId } = await start({
      "policy.environments.prod.notices": ["team@shop.example"],
      "release.emergency": { reason: "checkout is down" },
    });
    expect(world.inbox[0]?.body).toMatch(/^ {2}EMERGENCY {4}checkout is down\n/);
    const [first] = await loadAudit(world.ledger, promotionId);
    expect(first?.summary).toMatch(/^EMERGENCY \(checkout is down\): shop /);
  });

  it("refuses a bad release with all of its problems, which closes as blocked", async () => {
    const opened = await twice(world, () => start({ "release.version": undefined, "release.risk": "none" }));
    expect(opened).toMatchObject({ decision: "stop", summary: "refused, or closed already" });
    const ending = await endingOf(world, opened.promotionId);
    expect(ending).toMatchObject({ outcome: "blocked", summary: expect.stringMatching(/^the release was refused: /) });
    expect(ending?.summary).toContain("version");
    expect(ending?.summary).toContain("risk");
    expect((await loadAudit(world.ledger, opened.promotionId)).at(0)?.kind).toBe("refused");
    expect((await closePromotion(world.deps, opened.promotionId, null)).outcome).toBe("blocked");
  });

  it.each(["write HEADER", "write AUDITID#opened"])(
    "cut off at its %s never ends promoted, and is recorded by the next call",
    async (step) => {
      world.ledger.before = async (operation) => {
        if (operation.startsWith(step)) throw new ServiceTrouble("cut off");
      };
      await expect(start({ "release.version": undefined })).rejects.toThrow("cut off");
      world.ledger.before = async () => {};
      const { promotionId, decision } = await start({ "release.version": undefined });
      expect(decision).toBe("stop");
      expect((await loadAudit(world.ledger, promotionId)).map(({ kind }) => kind)).toEqual(["refused"]);
      expect((await closePromotion(world.deps, promotionId, null)).outcome).toBe("blocked");
    },
  );

  it("keeps no refusal of a call that was cut off, where the next one finds the release good", async () => {
    world.objects.clear();
    world.ledger.before = async (operation) => {
      if (operation.includes("HEADER") && operation.startsWith("write")) throw new ServiceTrouble("cut off");
    };
    await expect(start()).rejects.toThrow("cut off");
    world.ledger.before = async () => {};
    world.objects.set(OBJECT, { versionId: "abc", sha256: NEW_CODE });
    const { promotionId, decision } = await start();
    expect(decision).toBe("go");
    expect(await endingOf(world, promotionId)).toBeNull();
  });

  it("refuses any release while no policy is deployed, and names even a release that is nothing", async () => {
    const call = (release: unknown) =>
      openPromotion(world.deps)({ release, executionArn: "arn:x", executionName: "x", startedAt: "now" });
    const { promotionId } = await call(documents().release);
    expect((await endingOf(world, promotionId))?.summary).toContain("no policy is deployed");
    for (const release of [null, "text", { service: 7 }]) {
      expect((await call(release)).promotionId).toMatch(/^promotion-[0-9a-f]{8}$/);
    }
  });

  const base64 = (hex: string) => Buffer.from(hex, "hex").toString("base64");
  const saying = (sha256: string) => ({
    "release.artifacts.order": { bucket: "shop-artifacts", key: "order/v1.2.3.zip", versionId: "abc", sha256 },
  });

  it("refuses an artifact that is not there, or whose content nothing vouches for", async () => {
    world.objects.clear();
    const missing = await start();
    expect((await endingOf(world, missing.promotionId))?.summary).toContain("does not exist for prod");
    world.objects.set(OBJECT, { versionId: "abc", sha256: null });
    const unknown = await start({}, "arn:execution:two");
    expect((await endingOf(world, unknown.promotionId))?.summary).toContain("has no SHA-256 checksum");
  });

  it("compares the hash that people copy from Lambda, in base64, with the object's", async () => {
    const { promotionId } = await start(saying(base64(NEW_CODE)));
    expect((await loadPlan(world.deps, promotionId, "prod")).targets[0]?.artifact).toMatchObject({
      sha256: NEW_CODE,
    });
    const other = await start(saying(base64(OLD_CODE)), "arn:execution:two");
    const summary = (await endingOf(world, other.promotionId))?.summary;
    expect(summary).toContain("is not the checksum of s3://shop-artifacts/order/v1.2.3.zip (version abc)");
    expect(summary).toContain(`the object's is ${base64(NEW_CODE)}`);
  });

  it("pins the hash of a published version in the form that Lambda's is compared in", async () => {
    const { promotionId } = await start({ "release.artifacts.cart": { version: "42", sha256: base64(OLD_CODE) } });
    const { targets } = await loadPlan(world.deps, promotionId, "prod");
    expect(targets.find(({ name }) => name === "cart")?.artifact).toEqual({
      from: "version",
      version: "42",
      sha256: OLD_CODE,
    });
  });

  it("takes the release's word for a checksum that the object does not have", async () => {
    world.objects.set(OBJECT, { versionId: "abc", sha256: null });
    expect(await start(saying(base64(NEW_CODE)))).toMatchObject({ decision: "go" });
  });

  it("takes what a call of the same start wrote that was faster", async () => {
    world.ledger.before = async (operation) => {
      if (!operation.startsWith("write HEADER")) return;
      world.ledger.before = async () => {};
      await start();
    };
    expect(await start()).toMatchObject({ decision: "go" });
    expect(world.ledger.items(({ sk }) => sk === "HEADER")).toHaveLength(1);
  });
});

describe("enter-environment", () => {
  const enter = (world: World, promotionId = P1, position = 0) =>
    enterEnvironment(world.deps)({ promotionId, position });
  const plan = (change: Partial<EnvironmentPlan> = {}) => promotionPlan([environmentPlan(change)]);

  async function withTwo(onConflict: OnConflict): Promise<World> {
    const world = new World();
    await opened(world);
    world.clock.advance(1);
    await opened(world, plan({ onConflict }), { promotionId: "shop-v3" });
    await enter(world);
    return world;
  }

  it("takes the locks, opens the journal and names the children, always the same", async () => {
    const world = new World();
    await opened(world);
    expect(await twice(world, () => enter(world))).toEqual({
      decision: "enter",
      name: "prod",
      approval: { asked: false, name: executionName(sha256, P1, "prod", "approval"), chunk: 1 },
      rolloutName: executionName(sha256, P1, "prod", "rollout"),
      monitor: { asked: false, name: executionName(sha256, P1, "prod", "monitor"), chunk: 1 },
      queue: { name: executionName(sha256, P1, "prod", "queue", 1), turn: 1, looks: 1 },
      wait: { seconds: 300 },
      summary: "entered prod",
    });
    expect((await loadHead(world.ledger, P1, ENV)).state).toBe("open");
  });

  it("says which children are asked for", async () => {
    const world = new World();
    const approvals = [{ id: "before", when: "before" } as ApprovalPlan];
    await opened(world, plan({ approvals, monitor: { forSeconds: 60, onFail: "warn" } }));
    expect(await enter(world)).toMatchObject({ approval: { asked: true }, monitor: { asked: true } });
  });

  it("leaves the monitoring to the rollout where the baseline keeps a share until it is over", async () => {
    const world = new World();
    await opened(world, plan({ holdback: 1, monitor: { forSeconds: 60, onFail: "warn" } }));
    expect(await enter(world)).toMatchObject({ monitor: { asked: false } });
  });

  it("says finished after the last one, and stop once the promotion is closed", async () => {
    const world = new World();
    await opened(world);
    expect(await enter(world, P1, 1)).toMatchObject({ decision: "finished", summary: "every environment is done" });
    await closePromotion(world.deps, P1, "gone");
    expect(await twice(world, () => enter(world))).toMatchObject({
      decision: "stop",
      summary: "the promotion is closed",
    });
  });

  it("takes no locks when the promotion is closed in the middle of it", async () => {
    const world = new World();
    await opened(world);
    world.ledger.before = async (operation) => {
      if (!operation.startsWith("write HEAD")) return;
      world.ledger.before = async () => {};
      await closePromotion(world.deps, P1, "gone");
    };
    expect(await enter(world)).toMatchObject({ decision: "stop", summary: "the promotion is closed" });
    expect(world.ledger.items(({ pk }) => pk.startsWith("LOCK#"))).toEqual([]);
  });

  it.each([
    ["abort", "cancelled"],
    ["roll-back", "cancelled"],
    ["supersede", "superseded"],
  ] as const)("stops at the word %s: %s", async (kind, outcome) => {
    const world = new World();
    await opened(world);
    await world.signal(kind);
    expect(await twice(world, () => enter(world))).toMatchObject({ decision: "stop", summary: "ann: because" });
    expect((await endingOf(world))?.outcome).toBe(outcome);
  });

  it("refuses a version that is held here", async () => {
    const world = new World();
    await opened(world);
    await world.ledger.write([{ put: item(keys.held(ENV, "shop", "v2"), { reason: "5 % errors" }) }]);
    expect(await enter(world)).toMatchObject({ decision: "stop", summary: expect.stringContaining("5 % errors") });
    expect((await endingOf(world))?.outcome).toBe("blocked");
  });

  it("is blocked by another promotion, where the plan refuses conflicts", async () => {
    const world = await withTwo("refuse");
    expect(await enter(world, "shop-v3")).toMatchObject({
      decision: "stop",
      summary: expect.stringMatching(/shop-cart is held by promotion shop-v2-1$/),
    });
    expect((await endingOf(world, "shop-v3"))?.outcome).toBe("blocked");
  });

  it("queues behind it, where the plan queues, and enters when it has gone", async () => {
    const world = await withTwo("queue");
    expect(await twice(world, () => enter(world, "shop-v3"))).toMatchObject({
      decision: "queue",
      wait: { seconds: 300 },
    });
    await pause(world.deps)({
      promotionId: "shop-v3",
      environment: ENV,
      pause: "queue",
      seconds: 300,
      token: "the queue's token",
    });
    expect(world.woken).toEqual([]);
    await closePromotion(world.deps, P1, "gone");
    expect(world.woken).toEqual(["the queue's token"]);
    expect(await enter(world, "shop-v3")).toMatchObject({ decision: "enter" });
  });

  it("leaves although a queued one cannot be woken", async () => {
    const world = await withTwo("queue");
    await storePause(world.ledger, "shop-v3", ENV, { pause: "queue", token: "t", until: 0 });
    world.wakeTrouble = new ServiceTrouble("states is away");
    expect((await closePromotion(world.deps, P1, "gone")).outcome).toBe("errored");
    expect(world.warnings).toHaveLength(1);
    expect(await enter(world, "shop-v3")).toMatchObject({ decision: "enter" });
  });

  it("supersedes an older one of the same service that has moved nothing, and wakes it", async () => {
    const world = await withTwo("supersede");
    await storePause(world.ledger, P1, ENV, { pause: "approval-before", token: "its token", until: 0 });
    expect(await twice(world, () => enter(world, "shop-v3"))).toMatchObject({ decision: "queue" });
    expect(await loadSignals(world.ledger, P1)).toMatchObject([
      { kind: "supersede", by: "dev@shop.example", reason: "superseded by shop v2 (shop-v3)" },
    ]);
    expect(world.woken).toContain("its token");
    expect(await enter(world)).toMatchObject({ decision: "stop" });
  });

  it.each([
    [
      "has moved traffic",
      async (world: World) => {
        const head = await loadHead(world.ledger, P1, ENV);
        await world.ledger.write([{ put: item(keys.head(P1, ENV), { ...head, firstShiftAt: 1 }) }]);
      },
    ],
    [
      "is of another service",
      async (world: World) => {
        const header = await loadHeader(world.ledger, P1);
        await world.ledger.write([{ put: item(keys.header(P1), { ...header, service: "basket" }) }]);
      },
    ],
    [
      "is as young",
      async (world: World) => {
        const header = await loadHeader(world.ledger, P1);
        await world.ledger.write([{ put: item(keys.header(P1), { ...header, openedAt: START + 1 }) }]);
      },
    ],
  ])("never supersedes one that %s", async (_what, prepare) => {
    const world = await withTwo("supersede");
    await prepare(world);
    expect(await enter(world, "shop-v3")).toMatchObject({ decision: "queue" });
    expect(await loadSignals(world.ledger, P1)).toEqual([]);
  });

  it("supersedes one that has moved traffic when it is a hotfix, which waits until that is back", async () => {
    const world = new World();
    await opened(world);
    world.clock.advance(1);
    const hotfix = { ...plan({ onConflict: "supersede" }), emergency: { reason: "checkout is down" } };
    await opened(world, hotfix, { promotionId: "shop-v3" });
    await enter(world);
    const head = await loadHead(world.ledger, P1, ENV);
    await world.ledger.write([{ put: item(keys.head(P1, ENV), { ...head, firstShiftAt: 1 }) }]);
    expect(await enter(world, "shop-v3")).toMatchObject({ decision: "queue" });
    expect(await loadSignals(world.ledger, P1)).toMatchObject([{ kind: "supersede" }]);
  });

  it("refuses input that no machine sends", async () => {
    const { host } = testHost();
    await expect(enterHandler.on(host)({ promotionId: "", position: -1 }, CONTEXT)).rejects.toThrow(BadInput);
  });
});

const WINDOW: WindowPlan = {
  zone: "UTC",
  open: [{ days: [4], from: 10 * 60, to: 12 * 60 }],
  freezes: [],
  scope: "rollout",
  whenItCloses: "hold",
};

describe("check-window", () => {
  const call = (world: World) => checkWindow(world.deps)(IN_PROD);

  async function entered(plan: Partial<EnvironmentPlan> = {}): Promise<World> {
    const world = new World();
    await opened(world, promotionPlan([environmentPlan(plan)]));
    await enterEnvironment(world.deps)({ promotionId: P1, position: 0 });
    return world;
  }

  it("goes on when the window is open and the rollout fits", async () => {
    const world = await entered({ window: WINDOW });
    world.clock.advanceTo(START + 2 * 3_600_000);
    expect(await twice(world, () => call(world))).toMatchObject({ decision: "go" });
  });

  it("waits for a closed one, to the second, and says when it is due", async () => {
    const world = await entered({ window: WINDOW });
    expect(await twice(world, () => call(world))).toMatchObject({ decision: "wait", wait: { seconds: 7_200 } });
    expect(await world.ledger.read(keys.due(P1))).toMatchObject({ at: START + 7_200_000 });
    world.clock.advance(7_199_001);
    expect(await call(world)).toMatchObject({ decision: "wait", wait: { seconds: 1 } });
  });

  it("is blocked by a window that never opens for long enough", async () => {
    const world = await entered({ window: { ...WINDOW, open: [{ days: [4], from: 600, to: 610 }] } });
    expect(await twice(world, () => call(world))).toMatchObject({ decision: "stop" });
    expect((await endingOf(world))?.outcome).toBe("blocked");
  });

  it.each([
    ["abort", "cancelled"],
    ["supersede", "superseded"],
  ] as const)("stops at the word %s: %s", async (kind, outcome) => {
    const world = await entered();
    await world.signal(kind);
    expect(await call(world)).toMatchObject({ decision: "stop", summary: "ann: because" });
    expect((await endingOf(world))?.outcome).toBe(outcome);
  });

  const APPROVAL = { id: "before", when: "before", validSeconds: 3_600 } as ApprovalPlan;
  const settle = (world: World, state: ApprovalState) =>
    world.ledger.write([{ put: item(keys.approval(P1, ENV, "before"), record([], { state, endedAt: START })) }]);

  it("stops where the approval would be stale when the window opens", async () => {
    const soon = await entered({
      window: { ...WINDOW, open: [{ days: [4], from: 8.5 * 60, to: 720 }] },
      approvals: [APPROVAL],
    });
    await settle(soon, "approved");
    expect(await call(soon)).toMatchObject({ decision: "wait" });
    const world = await entered({ window: WINDOW, approvals: [APPROVAL] });
    await settle(world, "approved");
    expect(await twice(world, () => call(world))).toMatchObject({ decision: "stop" });
    expect((await endingOf(world))?.outcome).toBe("expired");
  });

  it.each([
    ["rejected", "rejected"],
    ["expired", "expired"],
    ["superseded", "superseded"],
    ["cancelled", "cancelled"],
    ["waiting", "errored"],
    [undefined, "errored"],
  ] as const)("never opens without the approval that is asked for: %s", async (state, outcome) => {
    const world = await entered({ approvals: [APPROVAL] });
    if (state !== undefined) await settle(world, state);
    expect(await twice(world, () => call(world))).toMatchObject({
      decision: "stop",
      summary: "prod: nobody has approved it",
    });
    expect((await endingOf(world))?.outcome).toBe(outcome);
  });

  it("leaves the reason that the approval noted as it stands", async () => {
    const world = await entered({ approvals: [APPROVAL] });
    await settle(world, "rejected");
    await noteEnding(world.deps, P1, "rejected", "jane said no");
    await call(world);
    expect((await endingOf(world))?.summary).toBe("jane said no");
  });

  it("does nothing once the journal is tripped", async () => {
    const world = await entered();
    await trip(world.deps, P1, ENV, { by: "operator", reason: "no" });
    expect(await twice(world, () => call(world))).toMatchObject({
      decision: "stop",
      summary: "stopped: traffic has to go back",
    });
  });
});

describe("pause", () => {
  const wait = (world: World, name: string, token = "the token") =>
    pause(world.deps)({ ...IN_PROD, pause: name, seconds: 60, token });

  it("keeps its token, says when it is due, and waits", async () => {
    const world = await rollingOut();
    expect(await twice(world, () => wait(world, "window"))).toEqual({ summary: "paused for at most 60 s" });
    expect(await world.ledger.read(keys.pause(P1, ENV, "window"))).toMatchObject({
      token: "the token",
      until: world.clock.now() + 60_000,
    });
    expect(await world.ledger.read(keys.due(P1))).toMatchObject({ at: world.clock.now() + 60_000 });
    expect(world.woken).toEqual([]);
  });

  it("stores the token before it looks: a word that came in between is not slept through", async () => {
    const world = await rollingOut();
    world.ledger.before = async (operation) => {
      if (operation !== "list SIGNAL#") return;
      world.ledger.before = async () => {};
      expect(await world.ledger.read(keys.pause(P1, ENV, "window"))).toBeDefined();
      await world.signal("abort");
    };
    await wait(world, "window");
    expect(world.woken).toEqual(["the token"]);
  });

  it("of a hold is over once nobody holds", async () => {
    const world = await rollingOut();
    await world.signal("hold");
    await wait(world, "hold");
    expect(world.woken).toEqual([]);
    world.clock.advance(1);
    await world.signal("resume");
    await wait(world, "hold");
    expect(world.woken).toEqual(["the token"]);
  });

  it("of a hold is over once the journal is tripped, which an alarm does without a word", async () => {
    const world = await rollingOut();
    await world.signal("hold");
    await trip(world.deps, P1, ENV, { by: "alarm", reason: "errors are red" });
    await wait(world, "hold");
    expect(world.woken).toEqual(["the token"]);
  });

  it("of a window or a queue goes on, though somebody resumed", async () => {
    const world = await rollingOut();
    await world.signal("resume");
    await wait(world, "window");
    await wait(world, "queue");
    expect(world.woken).toEqual([]);
  });

  it("of an approval is over once it is settled, by time too", async () => {
    const people = { role: "tech-lead", needed: 1, people: ["jane@shop.example"], checklist: [] };
    const asked: ApprovalPlan = {
      id: "before",
      when: "before",
      roles: [people],
      expiresSeconds: 3_600,
      remindSeconds: null,
      escalateSeconds: null,
      escalateTo: null,
      validSeconds: 86_400,
    };
    const world = await rollingOut(0, { plan: { approvals: [asked] } });
    await storePolicy(world.deps, { environments: { prod: {} }, people: { [people.role]: people.people } });
    await askApproval(world.deps)({ ...IN_PROD, approval: "before" });
    await wait(world, "approval-before");
    expect(world.woken).toEqual([]);
    world.clock.advance(3_600_000);
    await wait(world, "approval-before");
    expect(world.woken).toEqual(["the token"]);
  });

  it("of an approval that nobody was asked for yet goes on", async () => {
    const world = await rollingOut();
    await wait(world, "approval-before");
    expect(world.woken).toEqual([]);
  });
});

describe("plan-move", () => {
  const call = (world: World) => planMove(world.deps)(IN_PROD);
  const bake = (world: World, phase: string, change: object) =>
    world.ledger.write([
      { put: item(keys.bake(P1, ENV, phase), { result: null, endedAt: null, chunk: 1, ...change }) },
    ]);
  const passed = { result: "passed", endedAt: START };

  it("shifts to the first step, and names its bake always the same", async () => {
    const world = await rollingOut();
    expect(await twice(world, () => call(world))).toEqual({
      kind: "shift",
      weight: 10,
      phase: "step-10",
      chunk: 1,
      name: executionName(sha256, P1, ENV, "step-10", 1),
      approval: "",
      seconds: 86_400,
      summary: "10 % to the candidate",
    });
    expect(await world.ledger.read(keys.due(P1))).toMatchObject({ at: world.clock.now() + 1_200_000 });
  });

  it("goes on with a bake that was cut, under the next number", async () => {
    const world = await rollingOut(10);
    await bake(world, "step-10", { result: "continue", endedAt: START, chunk: 3 });
    expect(await call(world)).toMatchObject({ phase: "step-10", chunk: 4 });
  });

  it("knows what is baked, checked and approved, and goes on from the weight of the slowest target", async () => {
    const world = await rollingOut(10);
    await bake(world, "step-10", passed);
    expect(await call(world)).toMatchObject({ kind: "shift", weight: 50 });
    world.target("order").faults.push({ kind: "fails", error: new ServiceTrouble("no answer") });
    await shiftTraffic(world.deps)({ ...IN_PROD, weight: 50 }).catch(() => {});
    expect(await call(world)).toMatchObject({ kind: "shift", weight: 50 });
  });

  it("checks once what passed or only warned, and again what did not", async () => {
    const checks = [{ kind: "alarms-ok", name: "c", when: "at-0", onFail: "block", names: ["errors"] } as const];
    const world = await rollingOut(0, { plan: { checks } });
    const gates = (passed: boolean, onFail: string) =>
      world.ledger.write([{ put: item(keys.gates(P1, ENV, "at-0"), { results: [{ passed, onFail }] }) }]);
    expect(await call(world)).toMatchObject({ kind: "check", phase: "at-0" });
    await gates(false, "block");
    expect(await call(world)).toMatchObject({ kind: "check" });
    await gates(false, "warn");
    expect(await call(world)).toMatchObject({ kind: "shift" });
    await gates(true, "block");
    expect(await call(world)).toMatchObject({ kind: "shift" });
  });

  it("asks for an approval, and stops the rollout when it was refused", async () => {
    const approvals = [{ id: "at-0", when: "at-0" } as ApprovalPlan];
    const world = await rollingOut(0, { plan: { approvals } });
    expect(await call(world)).toMatchObject({ kind: "ask", approval: "at-0", phase: "approval-at-0" });
    const settled = (state: ApprovalState) =>
      world.ledger.write([{ put: item(keys.approval(P1, ENV, "at-0"), record([], { state, approval: "at-0" })) }]);
    await settled("waiting");
    expect(await call(world)).toMatchObject({ kind: "ask" });
    await settled("rejected");
    expect(await call(world)).toMatchObject({ kind: "stop" });
    expect((await endingOf(world))?.outcome).toBe("rejected");
    expect((await loadHead(world.ledger, P1, ENV)).trip?.by).toBe("gate");
  });

  it("trips for a person's stop", async () => {
    const world = await rollingOut(10);
    await world.signal("abort");
    expect(await call(world)).toMatchObject({ kind: "stop", summary: "ann: because" });
    expect((await loadHead(world.ledger, P1, ENV)).trip?.by).toBe("operator");
    expect((await endingOf(world))?.outcome).toBe("aborted");
    expect(await twice(world, () => call(world))).toMatchObject({
      kind: "stop",
      summary: "stopped: traffic has to go back",
    });
  });

  it("opens each hold once, counts past nine, and leaves it when it is over", async () => {
    const world = await rollingOut(10);
    await bake(world, "step-10", passed);
    await world.signal("hold");
    for (let round = 1; round <= 11; round++) {
      const name = executionName(sha256, P1, ENV, `hold-${round}`, 1);
      expect(await call(world)).toMatchObject({ kind: "watch", phase: `hold-${round}`, name });
      const before = world.dump();
      expect(await call(world)).toMatchObject({ kind: "watch", name, summary: "still held" });
      expect(world.dump().ledger.filter(({ sk }) => sk !== "DUE")).toEqual(
        before.ledger.filter(({ sk }) => sk !== "DUE"),
      );
      expect(await world.ledger.read(keys.hold(P1, ENV, `hold-${round}`))).toMatchObject({
        why: "operator",
        until: null,
      });
      await bake(world, `hold-${round}`, { result: "resumed", endedAt: START });
    }
  });

  it("says finish, then done", async () => {
    const world = await rollingOut(100);
    for (const weight of [10, 50, 100]) await bake(world, `step-${weight}`, passed);
    expect(await call(world)).toMatchObject({ kind: "finish", phase: "", weight: 0 });
    const done = await finished();
    for (const weight of [10, 50, 100]) await bake(done, `step-${weight}`, passed);
    expect(await call(done)).toMatchObject({ kind: "done" });
  });

  it("takes a rollout without targets for one that has shifted nothing", async () => {
    const world = new World();
    await opened(world);
    await enterEnvironment(world.deps)({ promotionId: P1, position: 0 });
    expect(await call(world)).toMatchObject({ kind: "shift", weight: 10 });
    expect(arnOf(P1)).toContain(P1);
  });
});
