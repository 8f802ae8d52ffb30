/** An incident that all share, at 100 %: on the real machines, with a share held back and without. */
import { describe, expect, it } from "vitest";
import { loadReportData } from "../../sandbox/report/data.ts";
import { rehearseShop, told } from "../support/field.ts";

const PATIENCE_MS = 60_000;
const steps = [50, 100].map((weight) => ({ weight, bake: "10m" }));
const analysis = {
  metrics: [{ preset: "lambda-error-rate", sequential: { passDelta: 0.02 } }],
  onInconclusive: "hold",
  extendUpTo: "10m",
};
const both = (change: object) =>
  ["baseline", "candidate"].map((version) => ({ version, errorRate: 0.005, changes: [change] }));
/** Twenty times as many errors for six minutes, in the middle of the monitoring. */
const scenario = { behaviour: both({ from: "45m", to: "51m", errorRate: 0.1 }) };

const promoted = (rollout: object) =>
  rehearseShop({ service: { rollout, analysis, monitorAfter: { for: "30m" } }, scenario });

describe("an incident shared by both arms while a release is monitored", () => {
  it(
    "is no evidence where a share is held back: it is finished when all is watched, and nobody is woken",
    async () => {
      const result = await promoted({ steps, holdback: 10 });
      expect(result.ended).toMatchObject({ outcome: "promoted" });
      const [prod] = (await loadReportData(result, "holdback")).environments;
      expect(prod?.bakes.map(({ phase, result: end, span }) => `${phase} ${end} at ${span?.weight}`)).toEqual([
        "step-50 passed at 50",
        "step-100 passed at 90",
        "monitor passed at 90",
      ]);
      const lines = told(result);
      expect(lines).toContain("Plan move: 90 % to the candidate, 10 % held back until the monitoring ends");
      const order = ["Bake: monitoring at 90 % for 30m", "Finish rollout: order: version 8"].map((line) =>
        lines.indexOf(line),
      );
      expect(order.every((place) => place >= 0)).toBe(true);
      expect(order).toEqual(order.toSorted((one, other) => one - other));
      expect(lines.filter((line) => line.startsWith("mail to oncall@shop.example"))).toEqual([]);
    },
    PATIENCE_MS,
  );

  it(
    "pages where nothing is held back, takes nothing back, and is over when it is over",
    async () => {
      const result = await promoted({ steps });
      expect(result.ended).toMatchObject({ outcome: "promoted" });
      expect(told(result)).toContainEqual(
        expect.stringMatching(
          /^Judge: inconclusive: error rate .*worse than before the release, with no baseline beside it$/,
        ),
      );
      const pages = told(result).filter((line) => line.startsWith("mail to oncall@shop.example"));
      expect(pages).toEqual([
        "mail to oncall@shop.example: shop v1.4.0: 100 % in prod is worse than before the release",
      ]);
    },
    PATIENCE_MS,
  );
});
