/** The way back of the code that candidates are made from, however the promotion ended. */
import { describe, expect, it } from "vitest";
import { captureBaseline } from "../../functions/capture-baseline.ts";
import { closePromotion } from "../../functions/close-promotion.ts";
import { deployCandidate } from "../../functions/deploy-candidate.ts";
import { codeResource } from "../../functions/domain/candidate/capture.ts";
import { CallRefused, NotReady, ServiceTrouble } from "../../functions/domain/errors.ts";
import { loadAudit } from "../../functions/domain/ledger/append-audit.ts";
import { asCode } from "../../functions/domain/ledger/code-records.ts";
import { item } from "../../functions/domain/ledger/items.ts";
import { asLock } from "../../functions/domain/ledger/journal-records.ts";
import { keys } from "../../functions/domain/ledger/keys.ts";
import { loadHead, loadHeader, loadReplacements, must } from "../../functions/domain/ledger/load.ts";
import { CodeOutOfReach } from "../../functions/domain/ports.ts";
import { enterEnvironment } from "../../functions/enter-environment.ts";
import { probeCandidate } from "../../functions/probe-candidate.ts";
import { restoreCode } from "../../functions/restore-code.ts";
import { restoreTraffic } from "../../functions/restore-traffic.ts";
import { sweeper } from "../../functions/sweeper.ts";
import {
  arnOf,
  deployed,
  ENV,
  environmentPlan,
  IN_PROD,
  NEW_CODE,
  OLD_CODE,
  opened,
  P1,
  promoted,
  promotionPlan,
  rollingOut,
  targetPlan,
  World,
} from "../support/deps.ts";

const ONE = { plan: { targets: [targetPlan("order")] } };
const FUNCTION = codeResource(targetPlan("order"));
const previous = { from: "s3" as const, bucket: "artifacts", key: "v1.zip", versionId: "v1", sha256: OLD_CODE };

const call = (world: World) => restoreCode(world.deps)({ promotionId: P1 });
const restore = (world: World) => restoreTraffic(world.deps)({ promotionId: P1, error: { Error: "none", Cause: "" } });
const close = (world: World) => closePromotion(world.deps)({ promotionId: P1, error: { Error: "none", Cause: "" } });
const codeRecord = async (world: World) => asCode(await must(world.ledger, keys.code(P1, ENV, FUNCTION)));
const replacements = (world: World) => loadReplacements(world.ledger, P1, ENV, FUNCTION);

/** Traffic is back; the registry knows the artifact of what served before, where one is given. */
async function takenBack(artifact?: object, weight = 50, options = ONE): Promise<World> {
  const world = await rollingOut(weight, options);
  if (artifact !== undefined) {
    const active = { version: "v1", promotionId: "shop-v1", artifacts: { cart: artifact, order: artifact } };
    await world.ledger.write([{ put: item(keys.active(ENV, "shop"), active) }]);
  }
  await restore(world);
  return world;
}

/** As the machine's Retry. */
async function patiently(world: World): Promise<string> {
  for (;;) {
    try {
      return (await call(world)).summary;
    } catch (error) {
      if (!(error instanceof NotReady)) throw error;
      world.clock.advance(5_000);
    }
  }
}

describe("code goes back", () => {
  it("from the artifact that the registry knows, and is read back", async () => {
    const world = await takenBack(previous, 50, { plan: { targets: [targetPlan("cart"), targetPlan("order")] } });
    await expect(call(world)).rejects.toThrow("code is not back yet: cart: the code of");
    expect(world.code("order").sha256).toBe(OLD_CODE);
    expect((await codeRecord(world)).back).toBeNull();
    world.clock.advance(60_000);
    const summary = "cart: has the previous code back, read back; order: has the previous code back, read back";
    expect(await call(world)).toEqual({ summary });
    const before = world.dump();
    expect(await call(world)).toEqual({ summary });
    expect(world.dump()).toEqual(before);
    expect(world.code("order").updates.at(-1)).toEqual(previous);
    expect((await loadAudit(world.ledger, P1)).at(-1)).toMatchObject({ kind: "code-restored", summary });
  });

  it.each([
    ["nothing served before", undefined],
    ["a published version was released before", { from: "version", version: "7" }],
    ["the registry knows other code", { ...previous, sha256: "other" }],
  ])("from the version that serves, where %s", async (_what, artifact) => {
    const world = await takenBack(artifact);
    expect(await patiently(world)).toBe("order: has the previous code back, read back");
    expect(world.code("order").sha256).toBe(OLD_CODE);
    expect(world.code("order").updates.at(-1)).toEqual({ from: "version", version: "7", sha256: OLD_CODE });
  });

  it("from the version that serves, where the artifact is gone", async () => {
    const world = await takenBack(previous);
    let refused = false;
    world.code("order").before = (operation) => {
      if (operation !== "replace" || refused) return;
      refused = true;
      throw new CallRefused("there is no such object");
    };
    expect(await patiently(world)).toBe("order: has the previous code back, read back");
    expect((await replacements(world)).map(({ result }) => result?.outcome)).toEqual(["applied", "refused", "applied"]);
  });

  it("to what serves, and says so, where what stood there was published nowhere", async () => {
    const world = new World();
    world.code("order").replaceByHand("unpublished");
    await opened(world, promotionPlan([environmentPlan(ONE.plan)]));
    await enterEnvironment(world.deps)({ promotionId: P1, position: 0 });
    await captureBaseline(world.deps)(IN_PROD);
    await expect(deployCandidate(world.deps)({ ...IN_PROD, target: "order" })).rejects.toThrow(NotReady);
    await restore(world);
    const words =
      "order: has the code of version 7, which serves, read back; what it held before was published nowhere";
    expect(await patiently(world)).toBe(words);
    expect(world.code("order").sha256).toBe(OLD_CODE);
  });

  it("with an intent before the call, under its own lock and the tripped journal", async () => {
    const world = await takenBack();
    let before: unknown[] = [];
    world.code("order").before = async (operation) => {
      if (operation === "replace") before = await replacements(world);
    };
    await patiently(world);
    const intent = { purpose: "put-back", sequence: 2, from: NEW_CODE, to: OLD_CODE, fence: 1 };
    expect(before.at(-1)).toMatchObject({ ...intent, result: null });
    expect((await replacements(world)).at(-1)).toMatchObject({ ...intent, result: { outcome: "applied" } });
    expect(await codeRecord(world)).toMatchObject({ sequence: 2, back: { state: "verified" } });
  });

  it("once an update that is under way is over, and is not begun while an earlier call may still arrive", async () => {
    const world = await rollingOut(0, ONE);
    const [replacement] = await replacements(world);
    await world.ledger.write([{ put: item(keys.replacement(P1, ENV, FUNCTION, 1), { ...replacement, result: null }) }]);
    world.code("order").replaceByHand(OLD_CODE);
    await restore(world);
    await expect(call(world)).rejects.toThrow(/may still take effect/);
    expect(world.code("order").updates).toHaveLength(1);
    expect(await patiently(world)).toBe("order: holds the previous code");
    expect((await replacements(world)).map(({ result }) => result?.outcome)).toEqual(["not-applied"]);
  });

  it.each(["answer lost", "repeated", "never sent"] as const)("though the answer is %s", async (how) => {
    const world = await takenBack();
    world.code("order").nextUpdate = how;
    await expect(call(world)).rejects.toThrow(NotReady);
    expect(await patiently(world)).toBe("order: has the previous code back, read back");
  });

  it("of one function, while another one's is in trouble", async () => {
    const world = await takenBack(previous, 50, { plan: { targets: [targetPlan("cart"), targetPlan("order")] } });
    world.code("cart").before = () => {
      throw new ServiceTrouble("throttled");
    };
    await expect(call(world)).rejects.toThrow("code is not back yet: cart: throttled");
    expect(world.code("order").sha256).toBe(OLD_CODE);
  });
});

describe("code stays", () => {
  it("where it is too large to go back, and the record says why", async () => {
    const world = await takenBack();
    world.code("order").before = (operation) => {
      if (operation === "replace") throw new CodeOutOfReach("version 7 has 60000000 bytes of code");
    };
    expect(await patiently(world)).toBe("order: keeps the candidate's code: version 7 has 60000000 bytes of code");
    expect((await codeRecord(world)).back?.state).toBe("kept");
  });

  it("where nobody may look at it", async () => {
    const world = await takenBack();
    world.code("order").before = () => {
      throw new CallRefused("access denied");
    };
    expect(await patiently(world)).toBe("order: keeps the candidate's code: access denied");
  });

  it("where it is somebody else's, whenever it came", async () => {
    const world = await takenBack();
    world.code("order").replaceByHand("theirs");
    expect(await patiently(world)).toBe("order: holds code of somebody else, left alone");
    const other = await takenBack();
    other.code("order").before = (operation) => {
      if (operation === "replace") other.code("order").replaceByHand("theirs");
    };
    expect(await patiently(other)).toBe("order: holds code of somebody else, left alone");
    expect(other.code("order").sha256).toBe("theirs");
  });

  it("where the lock has gone to somebody else", async () => {
    const world = await takenBack();
    await world.ledger.write([{ put: item(keys.lock(FUNCTION), { owner: "other", fence: 2 }) }]);
    expect(await patiently(world)).toBe(`order: left alone: the lock on ${FUNCTION} is no longer ours`);
    expect(world.code("order").sha256).toBe(NEW_CODE);
  });

  it("where it serves: that of a promoted environment, and where none was replaced", async () => {
    const done = await promoted(ONE);
    expect(await call(done)).toEqual({ summary: "no code was replaced" });
    const world = new World();
    world.code("order").replaceByHand(NEW_CODE);
    await opened(world, promotionPlan([environmentPlan(ONE.plan)]));
    await deployed(world);
    await restore(world);
    expect(await call(world)).toEqual({ summary: "no code was replaced" });
    expect(world.code("order").sha256).toBe(NEW_CODE);
  });
});

describe("every ending that is no success puts code back", () => {
  const PROBE = { payload: {}, expect: { statusCode: 200 }, timeoutSeconds: 10 };

  it("a candidate that does not answer as it must, though no traffic was moved", async () => {
    const world = await rollingOut(0, { plan: { targets: [targetPlan("order", { probe: PROBE })] } });
    world.prober("order").answer = { ok: false, found: "statusCode is 500", ms: 3 };
    expect(await probeCandidate(world.deps)(IN_PROD)).toMatchObject({ decision: "stop" });
    expect(await restore(world)).toMatchObject({ state: "code" });
    await patiently(world);
    expect(world.code("order").sha256).toBe(OLD_CODE);
    expect(await restore(world)).toMatchObject({ state: "nothing" });
    expect(await close(world)).toMatchObject({ outcome: "blocked" });
  });

  it("an execution that was stopped, by the sweeper, which then gives the locks back", async () => {
    const world = await rollingOut(50, ONE);
    world.statuses.set(arnOf(P1), "ABORTED");
    await sweeper(world.deps)({});
    expect(world.code("order").sha256).toBe(OLD_CODE);
    expect(await loadHeader(world.ledger, P1)).toMatchObject({ state: "closed", outcome: "aborted" });
    expect(asLock(await must(world.ledger, keys.lock(FUNCTION))).owner).toBeNull();
  });

  it("and the promotion stays open, locks and all, until it is back", async () => {
    const world = await takenBack();
    world.code("order").before = () => {
      throw new ServiceTrouble("throttled");
    };
    expect(await close(world)).toMatchObject({ outcome: "rolled-back" });
    expect(await loadHeader(world.ledger, P1)).toMatchObject({ state: "open", outcome: "rolled-back" });
    expect((await loadHead(world.ledger, P1, ENV)).state).toBe("tripped");
    expect(asLock(await must(world.ledger, keys.lock(FUNCTION))).owner).toBe(P1);
    world.statuses.set(arnOf(P1), "FAILED");
    await sweeper(world.deps)({});
    expect((await loadHeader(world.ledger, P1)).state).toBe("open");
    world.code("order").before = () => {};
    await sweeper(world.deps)({});
    expect(await loadHeader(world.ledger, P1)).toMatchObject({ state: "closed", outcome: "rolled-back" });
    expect(world.code("order").sha256).toBe(OLD_CODE);
  });
});

describe("code that was put back, whose result the ledger refuses", () => {
  it("keeps the promotion open, and is settled by the next call", async () => {
    const world = await takenBack(previous);
    let refusals = 0;
    world.ledger.before = async (operation) => {
      if (refusals > 0 || !operation.startsWith("write")) return;
      const newest = (await replacements(world)).at(-1);
      if (newest?.purpose !== "put-back" || newest.result !== null) return;
      refusals += 1;
      throw new CallRefused("dynamodb:TransactWriteItems: not authorised");
    };
    await expect(call(world)).rejects.toThrow(NotReady);
    world.clock.advance(60_000);
    await expect(call(world)).rejects.toThrow(NotReady);
    expect(refusals).toBe(1);
    expect((await codeRecord(world)).back).toBeNull();
    world.ledger.before = async () => {};
    await patiently(world);
    expect((await replacements(world)).every(({ result }) => result !== null)).toBe(true);
    expect(world.code("order").sha256).toBe(OLD_CODE);
  });
});
