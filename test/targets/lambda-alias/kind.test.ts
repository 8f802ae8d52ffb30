import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type AliasRoute, functionOf, lambdaAlias } from "../../../functions/targets/lambda-alias/kind.ts";

const BASELINE: AliasRoute = { primary: "7", secondary: null };
const SPLIT: AliasRoute = { primary: "7", secondary: { version: "8", percent: 10 } };

it("a function's ARN is its alias's without the alias, whatever else the plan locks", () => {
  const function_ = "arn:aws:lambda:eu-west-1:111122223333:function:shop-order";
  expect(functionOf({ resource: `${function_}:live` })).toBe(function_);
});

describe("routes", () => {
  it("are the same when primary, secondary and percent are", () => {
    expect(lambdaAlias.same(SPLIT, structuredClone(SPLIT))).toBe(true);
    expect(lambdaAlias.same(BASELINE, SPLIT)).toBe(false);
    expect(lambdaAlias.same(SPLIT, { ...SPLIT, primary: "6" })).toBe(false);
    expect(lambdaAlias.same(SPLIT, { ...SPLIT, secondary: { version: "9", percent: 10 } })).toBe(false);
    expect(lambdaAlias.same(SPLIT, { ...SPLIT, secondary: { version: "8", percent: 11 } })).toBe(false);
  });

  it("give the candidate its weight, nothing at 0, and all of it once finished", () => {
    expect(lambdaAlias.at(BASELINE, "8", 0)).toEqual(BASELINE);
    expect(lambdaAlias.at(SPLIT, "8", 25)).toEqual({ primary: "7", secondary: { version: "8", percent: 25 } });
    expect(lambdaAlias.finished(BASELINE, "8")).toEqual({ primary: "8", secondary: null });
  });

  it("share out exactly what was asked for, and the whole of it", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 100 }), (percent) => {
        const route = lambdaAlias.at(BASELINE, "8", percent);
        expect(lambdaAlias.share(route, "8")).toBe(percent);
        expect(lambdaAlias.share(route, "7")).toBe(100 - percent);
        expect(lambdaAlias.share(route, "9")).toBe(0);
      }),
    );
  });

  it("count a version that is primary and secondary at once as all of the traffic", () => {
    expect(lambdaAlias.share({ primary: "8", secondary: { version: "8", percent: 10 } }, "8")).toBe(100);
  });

  it("read as words", () => {
    expect(lambdaAlias.inWords(BASELINE)).toBe("version 7");
    expect(lambdaAlias.inWords(SPLIT)).toBe("version 7, 10 % on 8");
  });
});
