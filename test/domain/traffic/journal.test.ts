import { describe, expect, it } from "vitest";
import { BrokenRecord } from "../../../functions/domain/errors.ts";
import { item } from "../../../functions/domain/ledger/items.ts";
import { keys } from "../../../functions/domain/ledger/keys.ts";
import { loadHead } from "../../../functions/domain/ledger/load.ts";
import type { Route, RouteState } from "../../../functions/domain/ports.ts";
import { explain, markerOf, newestOpenDeadline } from "../../../functions/domain/traffic/journal.ts";
import { trip } from "../../../functions/domain/traffic/trip.ts";
import { ENV, IN_PROD, P1, rollingOut, START, World } from "../../support/deps.ts";

const BASELINE: Route = { primary: "7", secondary: null };
const SPLIT: Route = { primary: "7", secondary: { version: "8", percent: 10 } };
const OURS = markerOf("p-1", 3);
const SHIFT = { purpose: "shift", from: BASELINE, to: SPLIT, marker: OURS } as const;
const DONE: Route = { primary: "8", secondary: null };
const DRIVE = { purpose: "drive", from: BASELINE, to: DONE, marker: OURS } as const;
const state = (route: Route, marker: string): RouteState => ({ route, marker, revision: "r" });
const record = { kind: "lambda-alias", baseline: state(BASELINE, "by hand") };

describe("a state that was read", () => {
  it("is ours when an intent wanted this route under this mark", () => {
    expect(explain(state(SPLIT, OURS), record, [SHIFT])).toBe("ours");
  });

  it.each(["by hand", OURS, "hotfix by jo"])("is the baseline under whatever mark: %s", (mark) => {
    expect(explain(state(BASELINE, mark), record, [SHIFT])).toBe("baseline");
  });

  it("is foreign when only the route agrees with an intent: two writers can wish for the same route", () => {
    expect(explain(state(SPLIT, "codedeploy"), record, [SHIFT])).toBe("foreign");
  });

  it("is foreign when only the mark agrees: a tool that leaves the description alone moved it", () => {
    const moved = { primary: "6", secondary: null };
    expect(explain(state(moved, OURS), record, [SHIFT])).toBe("foreign");
    expect(explain(state(moved, "by hand"), record, [])).toBe("foreign");
  });

  it.each([SPLIT, DONE])("is ours wherever a service is on its way by itself, under our mark", (route) => {
    expect(explain(state(route, OURS), record, [DRIVE])).toBe("ours");
    expect(explain(state(route, "by hand"), record, [DRIVE])).toBe("foreign");
  });

  it("is foreign where such a way does not lead past", () => {
    const third = { primary: "7", secondary: { version: "9", percent: 10 } };
    expect(explain(state(third, OURS), record, [DRIVE])).toBe("foreign");
  });

  it("is foreign under the mark of an older fence", () => {
    expect(explain(state(SPLIT, markerOf("p-1", 2)), record, [SHIFT])).toBe("foreign");
  });
});

describe("the newest deadline until which a write of ours may take effect", () => {
  const closed = { outcome: "applied" as const, found: state(SPLIT, OURS), at: 0 };
  const intent = (deadline: number, change: object = {}) => ({
    deadline,
    result: null,
    revision: "r" as string | null,
    purpose: "shift" as const,
    ...change,
  });

  it("is that of the last write without a result", () => {
    const intents = [intent(3), intent(9), intent(5), intent(20, { result: closed })];
    expect(newestOpenDeadline(intents, 0)).toBe(9);
  });

  it("is not there when every intent has its result, or there is none", () => {
    expect(newestOpenDeadline([intent(20, { result: closed })], 0)).toBeNull();
    expect(newestOpenDeadline([], 0)).toBeNull();
  });

  it("counts a write with a result where nothing but time stops its repetition", () => {
    const unlocked = intent(20_000, { result: closed, revision: null });
    expect(newestOpenDeadline([unlocked], 21_999)).toBe(20_000);
    expect(newestOpenDeadline([unlocked], 22_000)).toBeNull();
    expect(newestOpenDeadline([{ ...unlocked, purpose: "restore" }], 0)).toBeNull();
  });
});

describe("tripping the journal", () => {
  const alarm = { by: "alarm" as const, reason: "errors are red" };

  it("says who, why and when, and keeps the rest of the head", async () => {
    const world = await rollingOut(10);
    const before = await loadHead(world.deps.ledger, P1, ENV);
    await trip(world.deps, P1, ENV, alarm);
    expect(await loadHead(world.ledger, P1, ENV)).toEqual({
      ...before,
      state: "tripped",
      trip: { ...alarm, at: world.clock.now() },
    });
  });

  it("keeps the first reason", async () => {
    const world = await rollingOut(10);
    await trip(world.deps, P1, ENV, alarm);
    const second = await trip(world.deps, P1, ENV, { by: "operator", reason: "me too" });
    expect(second.trip?.reason).toBe("errors are red");
    expect((await loadHead(world.ledger, P1, ENV)).trip?.reason).toBe("errors are red");
  });

  it("leaves a closed journal closed", async () => {
    const world = await rollingOut();
    const head = await loadHead(world.ledger, P1, ENV);
    await world.ledger.write([{ put: item(keys.head(P1, ENV), { ...head, state: "closed" }) }]);
    expect((await trip(world.deps, P1, ENV, alarm)).state).toBe("closed");
    expect((await loadHead(world.ledger, P1, ENV)).trip).toBeNull();
  });

  it("is refused where the environment was never entered", async () => {
    await expect(trip(new World().deps, P1, ENV, alarm)).rejects.toThrow(BrokenRecord);
  });

  it("does not forget a first shift that was written between its look and its word", async () => {
    const world = await rollingOut();
    const head = await loadHead(world.ledger, P1, ENV);
    let interfered = false;
    world.ledger.before = async (operation) => {
      if (interfered || !operation.startsWith("write HEAD")) return;
      interfered = true;
      await world.ledger.write([{ put: item(keys.head(P1, ENV), { ...head, firstShiftAt: START + 1 }) }]);
    };
    await trip(world.deps, P1, ENV, alarm);
    expect(await loadHead(world.ledger, P1, ENV)).toMatchObject({ state: "tripped", firstShiftAt: START + 1 });
  });

  it("passes on what the ledger throws", async () => {
    const world = await rollingOut();
    world.ledger.before = async (operation) => {
      if (operation.startsWith("write")) throw new Error("the table is gone");
    };
    await expect(trip(world.deps, IN_PROD.promotionId, ENV, alarm)).rejects.toThrow("the table is gone");
  });
});
