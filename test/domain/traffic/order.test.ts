import { describe, expect, it, vi } from "vitest";
import { backwardClasses, forwardClasses } from "../../../functions/domain/traffic/order.ts";
import { targetPlan } from "../../support/deps.ts";

vi.mock("../../../functions/targets/kinds.ts", async (original) =>
  (await import("../../support/test-kinds.ts")).withTestKinds(original),
);

const record = (target: string, kind = "lambda-alias") => ({ target, kind });
const names = (classes: readonly (readonly { target: string }[])[]) =>
  classes.map((members) => members.map(({ target }) => target));

describe("the way forward", () => {
  const plan = {
    targets: [targetPlan("cart"), targetPlan("entry"), targetPlan("order"), targetPlan("trail", { follows: "order" })],
  };
  const records = [record("cart"), record("entry", "front-door"), record("order"), record("trail")];

  it("moves what is called before what requests enter by, and who follows another after all that is split", () => {
    expect(names(forwardClasses(plan, records))).toEqual([["cart", "order"], ["entry"], ["trail"]]);
  });
});

describe("the way back", () => {
  it("brings entry points back before what they call", () => {
    const records = [record("order"), record("entry", "front-door"), record("cart")];
    expect(names(backwardClasses(records))).toEqual([["entry"], ["cart", "order"]]);
  });

  it("begins with the target that the promotion was stopped for", () => {
    const records = ["a", "b", "c", "d"].map((name) => record(name));
    expect(names(backwardClasses(records, ["c"]))).toEqual([["c", "a", "b", "d"]]);
  });
});
