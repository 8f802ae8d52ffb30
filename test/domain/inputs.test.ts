import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BrokenRecord } from "../../functions/domain/errors.ts";
import {
  EnvironmentInput,
  ErrorInput,
  executionName,
  PromotionInput,
  reasonOf,
} from "../../functions/domain/inputs.ts";
import { item } from "../../functions/domain/ledger/items.ts";
import { keys } from "../../functions/domain/ledger/keys.ts";
import { loadPlan, loadPlanHeader } from "../../functions/domain/ledger/load.ts";
import { planChanges } from "../../functions/domain/ledger/plan-parts.ts";
import { currentPolicy, storePolicy } from "../../functions/domain/ledger/policies.ts";
import { environmentPlan, opened, P1, promotionPlan, sha256, World } from "../support/deps.ts";

describe("the name of a nested execution", () => {
  it("is the same for the same part, so that a start tried again finds the first one", () => {
    expect(executionName(sha256, "p", "prod", "rollout")).toBe(executionName(sha256, "p", "prod", "rollout"));
    expect(executionName(sha256, "p", "prod", "step-10", 1)).toMatch(/^p-prod-step-10-1-[0-9a-f]{10}$/);
  });

  it("is another for another part, even where the words run together or are cut", () => {
    expect(executionName(sha256, "a-b", "c")).not.toBe(executionName(sha256, "a", "b-c"));
    expect(executionName(sha256, "step", 1)).not.toBe(executionName(sha256, "step", 2));
    const long = "x".repeat(200);
    expect(executionName(sha256, `${long}1`)).not.toBe(executionName(sha256, `${long}2`));
  });

  it("is one that Step Functions takes: at most 80 of its characters", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "binary" }), { minLength: 1 }), (parts) => {
        expect(executionName(sha256, ...parts)).toMatch(/^[0-9A-Za-z_-]{11,80}$/);
      }),
    );
    expect(executionName(sha256, "x".repeat(200))).toHaveLength(80);
    expect(executionName(sha256, "v1.2 ü")).toMatch(/^v1_2__-/);
  });
});

describe("an error in one sentence", () => {
  it("is none where there was none", () => {
    expect(reasonOf({ Error: "none", Cause: "" })).toBeNull();
  });

  it("is the message that a Lambda put into its cause", () => {
    expect(reasonOf({ Error: "BrokenRecord", Cause: '{"errorType":"x","errorMessage":"no plan","trace":[]}' })).toBe(
      "BrokenRecord: no plan",
    );
  });

  it("is what a child's cause says, at any depth", () => {
    const inner = JSON.stringify({ Error: "CallRefused", Cause: '{"errorMessage":"access denied"}' });
    expect(reasonOf({ Error: "errored", Cause: inner })).toBe("errored: CallRefused: access denied");
    expect(reasonOf({ Error: "errored", Cause: '{"Error":"States.Timeout"}' })).toBe("errored: States.Timeout");
  });

  it.each([
    ["plain words", "plain words"],
    ["7", "7"],
    ["null", "null"],
    ['{"else":1}', '{"else":1}'],
    ['{"errorMessage":7}', '{"errorMessage":7}'],
  ])("is the cause as it stands where it has no message: %s", (cause, words) => {
    expect(reasonOf({ Error: "E", Cause: cause })).toBe(`E: ${words}`);
  });

  it("is the name alone where there is no cause", () => {
    expect(reasonOf({ Error: "States.Timeout" })).toBe("States.Timeout");
    expect(reasonOf({ Error: "States.Timeout", Cause: "" })).toBe("States.Timeout");
    expect(reasonOf({ Error: "errored", Cause: '{"Error":"none"}' })).toBe('errored: {"Error":"none"}');
  });
});

describe("what machines send", () => {
  it("is refused when a word is missing, empty, or too many", () => {
    expect(PromotionInput.safeParse({ promotionId: "" }).success).toBe(false);
    expect(EnvironmentInput.safeParse({ promotionId: "p", environment: "" }).success).toBe(false);
    expect(EnvironmentInput.safeParse({ promotionId: "p", environment: "e", more: 1 }).success).toBe(false);
    expect(EnvironmentInput.safeParse({ promotionId: "p", environment: "e" }).success).toBe(true);
    expect(ErrorInput.safeParse({ Error: "E", more: 1 }).success).toBe(true);
  });
});

describe("the plan in the ledger", () => {
  it("reads back as it was written, however many parts it takes", async () => {
    const world = new World();
    const plan = promotionPlan([
      environmentPlan({ notices: ["ü".repeat(250_000)] }),
      environmentPlan({ environment: "sit" }),
    ]);
    await opened(world, plan);
    expect(planChanges(P1, plan).length).toBe(5);
    const { environments, ...header } = plan;
    expect(await loadPlan(world.deps, P1, "prod")).toEqual(environments[0]);
    expect(await loadPlan(world.deps, P1, "sit")).toEqual(environments[1]);
    expect(await loadPlanHeader(world.deps, P1)).toEqual(header);
  });

  it("that is not there is a broken record", async () => {
    await expect(loadPlan(new World().deps, P1, "prod")).rejects.toThrow(BrokenRecord);
  });
});

describe("policies", () => {
  it("are in force one at a time, and every one of them stays under its hash", async () => {
    const world = new World();
    expect(await currentPolicy(world.ledger)).toBeUndefined();
    const first = await storePolicy(world.deps, { b: 1, a: 2 });
    expect(await storePolicy(world.deps, { a: 2, b: 1 })).toBe(first);
    const second = await storePolicy(world.deps, { a: 3 });
    expect(await currentPolicy(world.ledger)).toEqual({ hash: second, document: { a: 3 } });
    expect(await world.ledger.read(keys.policy(first))).toMatchObject({ json: '{"a":2,"b":1}' });
  });

  it("that vanish are a broken record", async () => {
    const world = new World();
    await world.ledger.write([{ put: item(keys.policyCurrent(), { hash: "gone" }) }]);
    await expect(currentPolicy(world.ledger)).rejects.toThrow(BrokenRecord);
  });
});
