import { describe, expect, it } from "vitest";
import { environment, expectProblem } from "./documents.ts";

const TARGETS = "policy.services.shop.targets";

/** The documents' service has two targets: order, and cart behind it. */
describe("a target that follows another's split", () => {
  it("says so in the plan, and is none of its own steps'", () => {
    const targets = environment({ [`${TARGETS}.1.follows`]: "order" }).targets;
    expect(targets.map(({ name, follows }) => [name, follows])).toEqual([
      ["order", undefined],
      ["cart", "order"],
    ]);
  });

  it.each([
    [1, "nobody", "is no target of the service", "targets: order"],
    [1, "cart", "is the target itself", "name the target whose split it follows"],
    [0, "cart", "stands behind it in the list, which is the order of writing", "write cart before order"],
  ])("is refused as targets[%i].follows = %s", (index, follows, message, hint) => {
    expectProblem(
      { [`${TARGETS}.${index}.follows`]: follows },
      { path: `${TARGETS}[${index}].follows`, value: follows, message, hint },
    );
  });

  it("cannot follow one that follows another itself", () => {
    const third = { name: "trail", kind: "lambda-alias", functionName: "shop-{environment}-trail", alias: "live" };
    expectProblem(
      {
        [`${TARGETS}.1.follows`]: "order",
        [`${TARGETS}.2`]: { ...third, follows: "cart" },
        "release.artifacts.trail": { version: "8" },
      },
      {
        path: `${TARGETS}[2].follows`,
        value: "cart",
        message: "follows another target itself",
        hint: "name order, which is the one that is split",
      },
    );
  });
});
