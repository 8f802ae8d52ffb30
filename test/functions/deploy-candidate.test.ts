/** Making a candidate: whose code and settings it has, and when it may carry traffic. */
import { beforeEach, describe, expect, it } from "vitest";
import { captureBaseline } from "../../functions/capture-baseline.ts";
import { checkGates } from "../../functions/check-gates.ts";
import { deployCandidate } from "../../functions/deploy-candidate.ts";
import { codeResource } from "../../functions/domain/candidate/capture.ts";
import { BrokenRecord, CallRefused, LedgerBusy, NotReady, ServiceTrouble } from "../../functions/domain/errors.ts";
import { asCode, type CodeRecord } from "../../functions/domain/ledger/code-records.ts";
import { item } from "../../functions/domain/ledger/items.ts";
import { asTarget } from "../../functions/domain/ledger/journal-records.ts";
import { keys } from "../../functions/domain/ledger/keys.ts";
import { loadReplacements, must } from "../../functions/domain/ledger/load.ts";
import { loadEnding } from "../../functions/domain/ledger/note-ending.ts";
import { trip } from "../../functions/domain/traffic/trip.ts";
import { enterEnvironment } from "../../functions/enter-environment.ts";
import {
  ENV,
  environmentPlan,
  IN_PROD,
  NEW_CODE,
  OLD_CODE,
  opened,
  P1,
  promotionPlan,
  targetPlan,
  World,
} from "../support/deps.ts";

const FUNCTION = codeResource(targetPlan("order"));

let world: World;
const deploy = (target = "order") => deployCandidate(world.deps)({ ...IN_PROD, target });
const record = async () => asTarget(await must(world.ledger, keys.target(P1, ENV, "order")));
const codeRecord = async (): Promise<CodeRecord> => asCode(await must(world.ledger, keys.code(P1, ENV, FUNCTION)));
const replacements = () => loadReplacements(world.ledger, P1, ENV, FUNCTION);
const endingOf = async () => (await loadEnding(world.ledger, P1))?.outcome ?? null;

async function captured(plan: Parameters<typeof environmentPlan>[0] = {}): Promise<void> {
  world = new World();
  await opened(world, promotionPlan([environmentPlan(plan)]));
  await enterEnvironment(world.deps)({ promotionId: P1, position: 0 });
  await captureBaseline(world.deps)(IN_PROD);
}

const given = (version: string, change: { sha256?: string } = {}) => ({
  targets: [targetPlan("order", { artifact: { from: "version", version, ...change } })],
});

/** As the machine's Retry: until it is no longer "not ready". */
async function patiently(): Promise<{ decision: string; summary: string }> {
  for (;;) {
    try {
      return await deploy();
    } catch (error) {
      if (!(error instanceof NotReady || error instanceof ServiceTrouble)) throw error;
      world.clock.advance(5_000);
    }
  }
}

beforeEach(() => captured());

describe("a candidate from an artifact", () => {
  it("is made by replacing the code, waiting and publishing, once", async () => {
    await expect(deploy()).rejects.toThrow(/being replaced/);
    await expect(deploy()).rejects.toThrow(/still changing: an update is in progress/);
    world.clock.advance(10_000);
    expect(await deploy()).toEqual({ decision: "go", summary: "version 8 is published" });
    expect(await deploy()).toEqual({ decision: "go", summary: "version 8 is published" });
    expect(world.code("order").updates).toHaveLength(1);
    expect(await record()).toMatchObject({ candidate: "8", candidateSha256: NEW_CODE });
    expect(world.target("order").calls).toBe(0);
  });

  it("has the code that stood there, and its settings, written down before anything is touched", async () => {
    let known: CodeRecord | null = null;
    world.code("order").before = async (operation) => {
      if (operation === "replace") known = await codeRecord();
    };
    await patiently();
    expect(known).toMatchObject({
      resource: "arn:aws:lambda:af-south-1:111122223333:function:shop-order",
      fence: 1,
      previous: { sha256: OLD_CODE, settings: { MemorySize: "512", Timeout: "30" }, revision: "c0" },
      sequence: 1,
      back: null,
    });
  });

  it("has its replacement in the journal before the call, and its result after it", async () => {
    let before: unknown[] = [];
    world.code("order").before = async (operation) => {
      if (operation === "replace") before = await replacements();
    };
    await patiently();
    const intent = { purpose: "candidate", from: OLD_CODE, to: NEW_CODE, revision: "c0", fence: 1 };
    expect(before).toMatchObject([{ ...intent, result: null }]);
    expect(await replacements()).toMatchObject([{ ...intent, result: { outcome: "applied", found: NEW_CODE } }]);
  });

  it.each(["answer lost", "repeated"] as const)("finds its own replacement when the answer is %s", async (how) => {
    world.code("order").nextUpdate = how;
    expect(await patiently()).toMatchObject({ decision: "go" });
    expect(world.code("order").updates).toHaveLength(1);
    expect((await codeRecord()).previous.sha256).toBe(OLD_CODE);
  });

  it("is asked for again only when the first call can no longer take effect", async () => {
    world.code("order").nextUpdate = "never sent";
    await expect(deploy()).rejects.toThrow(ServiceTrouble);
    world.clock.advance(30_000);
    await expect(deploy()).rejects.toThrow(/may still take effect/);
    expect(world.code("order").updates).toEqual([]);
    expect(await patiently()).toMatchObject({ decision: "go" });
    expect((await replacements()).map(({ result }) => result?.outcome)).toEqual(["not-applied", "applied"]);
  });

  it("is published from what stood there already, and then nothing was replaced", async () => {
    world.code("order").replaceByHand(NEW_CODE);
    expect(await deploy()).toMatchObject({ decision: "go" });
    expect(await codeRecord()).toMatchObject({ sequence: 0, previous: { sha256: NEW_CODE } });
    expect(world.code("order").updates).toEqual([]);
  });

  it("is not disturbed by a permission that somebody grants meanwhile", async () => {
    world.code("order").before = (operation) => {
      if (operation === "replace" || operation === "publish") {
        world.code("order").before = () => {};
        world.code("order").touchByHand();
      }
    };
    expect(await patiently()).toMatchObject({ decision: "go" });
    world = new World();
    await captured();
    await expect(deploy()).rejects.toThrow(NotReady);
    world.clock.advance(10_000);
    world.code("order").before = (operation) => {
      if (operation !== "publish") return;
      world.code("order").before = () => {};
      world.code("order").touchByHand();
    };
    await expect(deploy()).rejects.toThrow(/changed while it was being published/);
    expect(await deploy()).toMatchObject({ decision: "go" });
  });

  it("passes on what the ledger throws, and refuses a target that no plan knows", async () => {
    world.ledger.before = async (operation) => {
      if (operation.startsWith("write HEAD")) throw new ServiceTrouble("throttled");
    };
    await expect(deploy()).rejects.toThrow(ServiceTrouble);
    await expect(deploy("basket")).rejects.toThrow(BrokenRecord);
  });

  it("does not take back what a faster call has written", async () => {
    let met = false;
    world.code("order").before = async (operation) => {
      if (met || operation !== "current") return;
      met = true;
      await patiently();
    };
    await expect(deploy()).rejects.toThrow(LedgerBusy);
    expect(await record()).toMatchObject({ candidate: "8" });
    expect((await codeRecord()).previous.sha256).toBe(OLD_CODE);
    expect(await deploy()).toMatchObject({ decision: "go" });
  });
});

describe("somebody else's hand stops the rollout", () => {
  const blockedBy = async (summary: string) => {
    expect(await patiently()).toEqual({ decision: "stop", summary: `order: ${summary}` });
    expect(await endingOf()).toBe("blocked");
    expect((await record()).candidate).toBeNull();
  };
  const theirs = () => world.code("order").replaceByHand("theirs");
  const setting = () => world.code("order").setByHand({ Environment: "other", MemorySize: "1024" });
  const SETTINGS = "somebody else changed its settings since they were captured: Environment, MemorySize";
  const CODE = "somebody else changed its code since it was captured";

  it.each([
    ["settings before the code is replaced", "replace", setting, SETTINGS],
    ["settings before it is published", "publish", setting, SETTINGS],
    ["code before it is replaced", "replace", theirs, CODE],
    ["code before it is published", "publish", theirs, CODE],
  ] as const)("on %s, by name", async (_what, moment, hand, summary) => {
    world.code("order").before = (operation) => {
      if (operation !== moment) return;
      world.code("order").before = () => {};
      hand();
    };
    await blockedBy(summary);
    expect(world.code("order").versions.has("8")).toBe(false);
  });

  it("when it puts the previous code back in mid-deployment", async () => {
    await expect(deploy()).rejects.toThrow(NotReady);
    world.clock.advance(10_000);
    world.code("order").before = (operation) => {
      if (operation !== "publish") return;
      world.code("order").before = () => {};
      world.code("order").replaceByHand(OLD_CODE);
    };
    await blockedBy(CODE);
  });

  it("when it has taken the lock", async () => {
    await expect(deploy()).rejects.toThrow(NotReady);
    await captured();
    world.code("order").before = async (operation) => {
      if (operation !== "current") return;
      await world.ledger.write([{ put: item(keys.lock(FUNCTION), { owner: "other", fence: 2 }) }]);
    };
    await expect(deploy()).rejects.toThrow(LedgerBusy);
    expect(world.code("order").updates).toEqual([]);
  });
});

describe("a version that is published already", () => {
  it("is taken as it is, and no code is looked at", async () => {
    await captured(given("6", { sha256: "six" }));
    world.code("order").versions.set("6", "six");
    expect(await deploy()).toEqual({ decision: "go", summary: "version 6 is published" });
    expect(await deploy()).toEqual({ decision: "go", summary: "version 6 is published" });
    expect(await record()).toMatchObject({ candidate: "6", candidateSha256: "six" });
    expect(await world.ledger.read(keys.code(P1, ENV, FUNCTION))).toBeUndefined();
  });

  it("is known to start warm where it does, and one that is published now is not asked", async () => {
    await captured(given("6", { sha256: "six" }));
    world.code("order").versions.set("6", "six");
    await deploy();
    expect(await record()).not.toHaveProperty("startsWarm");
    await captured(given("6", { sha256: "six" }));
    world.code("order").versions.set("6", "six");
    world.target("order").warm.add("6");
    await deploy();
    expect(await record()).toMatchObject({ candidate: "6", startsWarm: true });
    await captured();
    world.target("order").warm.add("8");
    await patiently();
    expect(await record()).not.toHaveProperty("startsWarm");
  });

  it.each([
    [{ version: "9" }, "order: there is no version 9"],
    [{ version: "7", sha256: "other" }, `order: version 7 has the code hash ${OLD_CODE}, not other`],
  ])("blocks when it is not what was said: %o", async ({ version, ...change }, summary) => {
    await captured(given(version, change));
    expect(await deploy()).toMatchObject({ decision: "stop", summary });
  });

  it("blocks when it serves already", async () => {
    await captured(given("7"));
    expect(await deploy()).toMatchObject({ decision: "stop", summary: expect.stringMatching(/nothing to release/) });
  });
});

describe("a candidate carries traffic only once it is ready", () => {
  const cases: [string, () => Promise<void>][] = [
    ["published", async () => {}],
    [
      "given",
      async () => {
        await captured(given("8"));
        world.code("order").versions.set("8", NEW_CODE);
      },
    ],
  ];

  it.each(cases)("waits for a %s version that comes up", async (_how, prepare) => {
    await prepare();
    world.code("order").notReady.set("8", { is: "pending", why: "Pending (Creating)" });
    for (let tries = 0; tries < 20; tries++) {
      await expect(deploy()).rejects.toThrow(NotReady);
      world.clock.advance(5_000);
    }
    await expect(deploy()).rejects.toThrow("version 8 is not ready yet: Pending (Creating)");
    world.code("order").notReady.clear();
    expect(await deploy()).toEqual({ decision: "go", summary: "version 8 is published" });
    expect(world.code("order").updates.length).toBeLessThanOrEqual(1);
  });

  it.each(
    cases.flatMap(([how, prepare]) =>
      (
        [
          ["failed", "Failed (ImageDeleted)", ""],
          ["inactive", "Inactive (Idle)", " (hint: invoke it once, and start again when it is active)"],
        ] as const
      ).map(([is, why, hint]) => [is, how, prepare, why, hint] as const),
    ),
  )("blocks with the reason when it is %s: %s", async (is, _how, prepare, why, hint) => {
    await prepare();
    world.code("order").notReady.set("8", { is, why });
    expect(await patiently()).toEqual({ decision: "stop", summary: `order: version 8 is ${is}: ${why}${hint}` });
    expect(await endingOf()).toBe("blocked");
  });

  it("blocks when it is gone by then", async () => {
    await captured(given("8"));
    world.code("order").versions.set("8", NEW_CODE);
    world.code("order").notReady.set("8", { is: "pending", why: "Pending" });
    await expect(deploy()).rejects.toThrow(NotReady);
    world.code("order").versions.delete("8");
    expect(await deploy()).toMatchObject({ decision: "stop", summary: "order: version 8 is gone" });
  });
});

describe("no candidate is made", () => {
  it("that cannot share the alias", async () => {
    world.target("order").obstaclesFound = ["version 8 has another role"];
    expect(await patiently()).toMatchObject({ decision: "stop", summary: "order: version 8 has another role" });
  });

  it("of code that the service will not have", async () => {
    world.code("order").before = (operation) => {
      if (operation === "replace") throw new CallRefused("there is no such object");
    };
    expect(await patiently()).toMatchObject({ decision: "stop", summary: "order: there is no such object" });
    expect((await replacements()).map(({ result }) => result?.outcome)).toEqual(["refused"]);
  });

  it("once the journal is tripped, before the first look or between look and call", async () => {
    const alarm = () => trip(world.deps, P1, ENV, { by: "alarm", reason: "errors are red" });
    await alarm();
    expect(await deploy()).toEqual({ decision: "stop", summary: "stopped: traffic has to go back" });
    await captured();
    world.ledger.before = async (operation) => {
      if (!operation.startsWith("write HEAD") || !operation.includes("REPLACEMENT")) return;
      world.ledger.before = async () => {};
      await alarm();
    };
    expect(await deploy()).toEqual({ decision: "stop", summary: "order: the journal is not open any more" });
    expect(world.code("order").updates).toEqual([]);
  });
});

describe("before anybody is asked, nothing to release is said", () => {
  const look = () => checkGates(world.deps)({ ...IN_PROD, when: "before" });
  const artifact = {
    from: "s3",
    bucket: "artifacts",
    key: "order/v2.zip",
    versionId: "one",
    sha256: OLD_CODE,
  } as const;

  it.each([
    ["names the version that serves", { from: "version", version: "7" }, "it is version 7, which serves already"],
    [
      "has its code, under its settings",
      artifact,
      "its code and settings are those of version 7, which serves already",
    ],
  ] as const)("where the release %s", async (_what, made, why) => {
    await captured({ targets: [targetPlan("cart"), targetPlan("order", { artifact: made })], alarms: [] });
    const summary = `nothing to release in prod: order: ${why}`;
    expect(await look()).toEqual({ decision: "stop", summary });
    expect(await loadEnding(world.ledger, P1)).toMatchObject({ outcome: "blocked", summary });
  });

  it("but the same code under other settings, or other code, is a release", async () => {
    await captured({ targets: [targetPlan("order", { artifact })], alarms: [] });
    world.code("order").frozen.set("7", { MemorySize: "256", Timeout: "30" });
    expect(await look()).toMatchObject({ decision: "go" });
    await captured({ targets: [targetPlan("order")], alarms: [] });
    expect(await look()).toMatchObject({ decision: "go" });
    expect(await endingOf()).toBeNull();
  });

  it("and only then: a later point of the rollout has its candidate", async () => {
    await captured({ targets: [targetPlan("order", { artifact })], alarms: [] });
    expect(await checkGates(world.deps)({ ...IN_PROD, when: "at-50" })).toMatchObject({ decision: "go" });
  });
});
