import { describe, expect, it } from "vitest";
import { type ExplicitSource, explicitParts } from "../../../functions/domain/judge/explicit.ts";
import { metric } from "../../support/canary-world.ts";

const query = (namespace: string, metricName: string) => ({
  namespace,
  metricName,
  dimensions: { Alias: "order", Version: "{version}" },
  statistic: "Sum",
});
const ORDERS = query("Shop", "Orders");
const INVOCATIONS = query("AWS/Lambda", "Invocations");
const dimensionsOf = (source: ExplicitSource, mode: "compared" | "whole", version: string | null) => {
  const parts = explicitParts(metric({ source }), source, { arm: "candidate", mode, version });
  return Object.values(parts)
    .flat()
    .map((asked) => ("dimensions" in asked ? asked.dimensions : asked));
};

describe("an explicit query", () => {
  it("names the arm's version, that of each metric by itself where Lambda's own vanish at 100 %", () => {
    const source = { query: ORDERS, samples: INVOCATIONS };
    const [own, both] = [{ Alias: "order" }, { Alias: "order", Version: "8" }];
    expect(dimensionsOf(source, "compared", "8")).toEqual([both, both]);
    // Samples come first: Lambda's count of the alias, beside what the shop counts by version still.
    expect(dimensionsOf(source, "whole", "8")).toEqual([own, both]);
    expect(dimensionsOf(source, "whole", null)).toEqual([own, own]);
  });

  it("of an expression names it in each input", () => {
    const source: ExplicitSource = {
      query: {
        expression: "orders / all",
        inputs: { orders: ORDERS, all: INVOCATIONS },
        required: ["all"],
        counts: false,
      },
    };
    expect(dimensionsOf(source, "whole", "8")).toEqual([
      {
        expression: "orders / all",
        required: ["all"],
        inputs: {
          orders: { ...ORDERS, dimensions: { Alias: "order", Version: "8" } },
          all: { ...INVOCATIONS, dimensions: { Alias: "order" } },
        },
      },
    ]);
  });

  it("of Metrics Insights names it in its text, and is not asked without one", () => {
    const source: ExplicitSource = { query: { insights: "SELECT SUM(A) FROM S WHERE V = '{version}'", counts: true } };
    expect(dimensionsOf(source, "compared", "8")).toEqual([{ insights: "SELECT SUM(A) FROM S WHERE V = '8'" }]);
    expect(dimensionsOf(source, "whole", null)).toEqual([]);
  });
});
