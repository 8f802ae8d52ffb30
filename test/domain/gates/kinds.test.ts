import { beforeEach, describe, expect, it } from "vitest";
import { pointOf } from "../../../functions/domain/gates/point.ts";
import { runGates } from "../../../functions/domain/gates/run.ts";
import { item } from "../../../functions/domain/ledger/items.ts";
import { keys } from "../../../functions/domain/ledger/keys.ts";
import { environmentPlan, NEW_CODE, opened, P1, START, World } from "../../support/deps.ts";
import { type AnyGate, named } from "../../support/gates.ts";

let world: World;
beforeEach(async () => {
  world = new World();
  await opened(world);
});

async function result(check: AnyGate) {
  const plan = environmentPlan({ checks: [named(check)] });
  const [only] = await runGates(world.deps, { promotionId: P1, service: "shop", version: "v2", plan }, "at-0");
  return { passed: only?.passed, found: only?.found };
}

describe("a point of the rollout", () => {
  it("is written the same way everywhere", () => {
    expect([pointOf("before"), pointOf("at-0"), pointOf(25), pointOf("after")]).toEqual([
      "before",
      "at-0",
      "at-25",
      "after",
    ]);
  });
});

describe("alarms-ok", () => {
  it("passes when all of them exist and none is red", async () => {
    world.alarms.set("quiet", "INSUFFICIENT_DATA");
    expect(await result({ kind: "alarms-ok", names: ["errors", "quiet"] })).toEqual({
      passed: true,
      found: "2 alarms, none red; quiet has no data",
    });
    expect(await result({ kind: "alarms-ok", names: ["errors"] })).toEqual({
      passed: true,
      found: "1 alarm, none red",
    });
  });

  it("fails on a red one, by name", async () => {
    world.alarms.set("slow", "ALARM");
    expect(await result({ kind: "alarms-ok", names: ["errors", "slow"] })).toEqual({
      passed: false,
      found: "in alarm: slow",
    });
  });

  it("fails on one that does not exist: it guards nothing", async () => {
    expect(await result({ kind: "alarms-ok", names: ["errors", "gone"] })).toEqual({
      passed: false,
      found: "no such alarm: gone",
    });
  });

  it("asks for a prefix, and fails when nothing begins with it", async () => {
    world.alarms.set("shop-slow", "ALARM");
    expect(await result({ kind: "alarms-ok", names: [], prefix: "shop-" })).toMatchObject({ passed: false });
    world.alarms.set("shop-slow", "OK");
    expect(await result({ kind: "alarms-ok", names: [], prefix: "shop-" })).toMatchObject({ passed: true });
    const none = { passed: false, found: 'no alarm begins with "bbws-"' };
    expect(await result({ kind: "alarms-ok", names: [], prefix: "bbws-" })).toEqual(none);
    expect(await result({ kind: "alarms-ok", names: ["errors"], prefix: "bbws-" })).toEqual(none);
    expect(await result({ kind: "alarms-ok", names: [] })).toEqual({ passed: false, found: "no alarm is named" });
  });
});

describe("http", () => {
  const check = { kind: "http" as const, url: "https://shop.example/health", status: 200 };
  const answers = (status: number, body: string, ms: number) => world.pages.set(check.url, { status, body, ms });

  it("passes on status, words and time", async () => {
    answers(200, "all is well", 120);
    expect(await result({ ...check, contains: "well", withinMs: 120 })).toEqual({
      passed: true,
      found: "https://shop.example/health answered 200 in 120 ms",
    });
    expect(await result(check)).toMatchObject({ passed: true });
  });

  it("fails on each of them", async () => {
    answers(503, "all is well", 120);
    expect(await result(check)).toEqual({
      passed: false,
      found: "https://shop.example/health answered 503 in 120 ms, not 200",
    });
    answers(200, "hm", 121);
    expect((await result({ ...check, contains: "well" })).found).toMatch(/without "well"$/);
    expect((await result({ ...check, withinMs: 120 })).found).toMatch(/later than 120 ms$/);
  });
});

describe("invoke", () => {
  it("says what the function answered", async () => {
    const check = { kind: "invoke" as const, functionName: "smoke", payload: {}, expect: {} };
    expect(await result(check)).toEqual({ passed: true, found: "smoke answered in 42 ms: 200 as expected" });
    expect(world.prober("smoke").invoked).toEqual(["$LATEST"]);
    world.prober("smoke").answer = { ok: false, found: "500", ms: 1 };
    expect(await result(check)).toEqual({ passed: false, found: "smoke answered in 1 ms: 500" });
  });
});

describe("metric", () => {
  const metric = { namespace: "N", metricName: "Depth", dimensions: {}, statistic: "Maximum" };
  const check = { kind: "metric" as const, metric, overSeconds: 180 };

  it("reads closed minutes that are in, no newer ones", async () => {
    world.clock.advance(30_000);
    world.points = (query, from, to) => {
      expect(query).toMatchObject({ metricName: "Depth", periodSeconds: 60 });
      expect([from, to]).toEqual([START - 300_000, START - 120_000]);
      return new Map([
        [from, 3],
        [from + 60_000, 7],
      ]);
    };
    expect(await result({ ...check, max: 7, min: 3 })).toEqual({
      passed: true,
      found: "Depth over 3m: between 3 and 7",
    });
    expect(await result(check)).toMatchObject({ passed: true });
    expect(await result({ ...check, max: 6.9 })).toMatchObject({ passed: false });
    expect(await result({ ...check, min: 3.1 })).toMatchObject({ passed: false });
  });

  it("fails without data, and where not all of it was read", async () => {
    expect(await result({ ...check, max: 1 })).toEqual({ passed: false, found: "Depth over 3m: no data" });
    world.points = (_query, from) => new Map([[from, 0]]);
    world.complete = false;
    expect(await result({ ...check, max: 1 })).toMatchObject({
      passed: false,
      found: "Depth over 3m: CloudWatch did not read all of it",
    });
  });
});

describe("soaked", () => {
  const check = { kind: "soaked" as const, environment: "sit", forSeconds: 3_600 };
  const serves = (change: object) =>
    world.ledger.write([
      {
        put: item(keys.active("sit", "shop"), {
          version: "v2",
          since: START - 3_600_000,
          code: { cart: NEW_CODE, order: null },
          ...change,
        }),
      },
    ]);

  it("passes when the very version has served for long enough", async () => {
    await serves({});
    expect(await result(check)).toEqual({ passed: true, found: "v2 has served sit for 1h; 1h are asked for" });
    await serves({ since: START - 3_599_000 });
    expect(await result(check)).toMatchObject({ passed: false });
    await serves({ code: undefined });
    expect(await result(check)).toMatchObject({ passed: true });
  });

  it("fails on another version, none, or other code under the same name", async () => {
    expect(await result(check)).toEqual({ passed: false, found: "sit serves nothing, not v2" });
    await serves({ version: "v1" });
    expect(await result(check)).toEqual({ passed: false, found: "sit serves v1, not v2" });
    await serves({ code: { cart: "other" } });
    expect(await result(check)).toEqual({ passed: false, found: "sit serves other code of cart" });
  });
});

describe("evidence", () => {
  const check = { kind: "evidence" as const, key: "coverage" };

  it("compares what the requester says", async () => {
    expect(await result({ ...check, min: 87, max: 87 })).toEqual({
      passed: true,
      found: "coverage is 87, as the requester says",
    });
    expect((await result({ ...check, min: 87.1 })).found).toMatch(/below 87.1$/);
    expect((await result({ ...check, max: 86.9 })).found).toMatch(/above 86.9$/);
    expect(await result({ ...check, key: "signed", equals: "true" })).toMatchObject({ passed: true });
    expect((await result({ ...check, key: "suite", equals: "413 passed" })).found).toMatch(/not 413 passed$/);
  });

  it("fails on what was not given, and on words where a figure is asked for", async () => {
    expect(await result({ ...check, key: "audit" })).toEqual({
      passed: false,
      found: 'the release gives no "audit"',
    });
    expect(await result({ ...check, key: "suite", min: 0 })).toMatchObject({ passed: false });
    expect(await result({ ...check, key: "suite", max: 1_000 })).toMatchObject({ passed: false });
  });
});
