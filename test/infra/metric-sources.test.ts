import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { policySchema } from "../../functions/domain/documents/policy.ts";
import { grantsOf, placesOf } from "../../infra/places.ts";
import { shopPolicy } from "../support/field.ts";

const OTHER = "arn:aws:lambda:eu-west-1:999955556666:function:metrics:live";
const metric = (name: string, of: string) => ({ name, source: { function: of }, sequential: true });
const invokedBy = (service: object) => {
  const [place] = placesOf(policySchema.parse(shopPolicy({ service })));
  if (place === undefined) throw new Error("the policy has no place");
  return grantsOf(place, "watch", [])
    .filter(({ actions }) => actions.includes("lambda:InvokeFunction"))
    .flatMap(({ resources }) => resources);
};

describe("the permission to ask a metric source", () => {
  it("is for exactly the functions that the policy names, without a wildcard", () => {
    const metrics = [metric("failures", "shop-{environment}-metrics"), metric("refunds", OTHER)];
    const arns = invokedBy({ analysis: { metrics } });
    expect(arns).toEqual([expect.stringMatching(/:lambda:eu-west-1:111122223333:function:shop-prod-metrics$/), OTHER]);
    expect(arns.join("")).not.toContain("*");
  });

  it("follows an environment's own metrics", () => {
    const analysis = { metrics: [metric("failures", "everywhere")] };
    const overrides = { prod: { analysis: { metrics: [metric("failures", "here")] } } };
    expect(invokedBy({ analysis, overrides })).toEqual([expect.stringMatching(/:function:here$/)]);
  });

  it("is none where no metric asks a function, as in the examples", () => {
    expect(invokedBy({})).toEqual([]);
    const bbws = policySchema.parse(JSON.parse(readFileSync("infra/policies/bbws.json", "utf8")));
    expect(placesOf(bbws).flatMap(({ sources }) => sources)).toEqual([]);
  });
});

describe("the permission to search logs", () => {
  const searching = (service: object) => {
    const [place] = placesOf(policySchema.parse(shopPolicy({ service })));
    if (place === undefined) throw new Error("the policy has no place");
    return grantsOf(place, "watch", [])
      .filter(({ actions }) => actions.some((action) => action.startsWith("logs:")))
      .map(({ actions, resources }) => [actions, resources]);
  };

  it("is for the log groups of the targets, and for results by their ids", () => {
    const group = /:logs:eu-west-1:111122223333:log-group:\/aws\/lambda\/shop-prod-order:\*$/;
    expect(searching({ analysis: { newErrors: "warn" } })).toEqual([
      [["logs:StartQuery"], [expect.stringMatching(group)]],
      [["logs:GetQueryResults"], ["*"]],
    ]);
  });

  it("is none where no policy asks for it", () => {
    expect(searching({})).toEqual([]);
    expect(searching({ analysis: { newErrors: "off" } })).toEqual([]);
  });
});
