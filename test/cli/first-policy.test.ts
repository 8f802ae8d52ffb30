/** The README's first policy does what the README says of it. */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { fitToTraffic } from "../../functions/domain/judge/fit.ts";
import { resolvePlan } from "../../functions/domain/plan/resolve.ts";
import type { EnvironmentPlan } from "../../functions/domain/plan.ts";

const README = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
const FENCE = /(?<=<!-- first policy:[^>]*-->\n```json\n)[\s\S]*?(?=\n```)/;

const RELEASE = {
  apiVersion: "headgate/v1",
  service: "shop",
  version: "v2",
  commit: "0a1b2c3",
  requestedBy: "dev@example.com",
  risk: "low",
  summary: "Faster checkout.",
  artifacts: { order: { version: "2" } },
  environments: ["prod"],
};

function firstPlan(): EnvironmentPlan {
  const resolution = resolvePlan(JSON.parse(FENCE.exec(README)?.[0] ?? ""), RELEASE, { now: 0 });
  const plan = resolution.ok ? resolution.plan.environments[0] : undefined;
  if (plan === undefined) throw new Error(JSON.stringify(resolution));
  return plan;
}

const fitted = (requestsPerMinute: number) =>
  fitToTraffic(firstPlan(), { order: { requestsPerMinute, errorRate: 0.001 } }, { service: "shop", emergency: null });

it("is whole: four steps of a quarter of an hour, the error rate judged, throttles watched", () => {
  const { steps, analysis } = firstPlan();
  expect(steps).toEqual([10, 25, 50, 100].map((weight) => ({ weight, bakeSeconds: 900 })));
  expect(analysis.metrics.map(({ name, sequential, rules }) => [name, sequential !== undefined, rules.length])).toEqual(
    [
      ["lambda-error-rate", true, 0],
      ["lambda-throttles", false, 1],
    ],
  );
});

it("fits last week's traffic, or is refused with what would do", () => {
  const { plan, problems } = fitted(600);
  expect(problems).toEqual([]);
  expect(plan.analysis.chosen?.length).toBe(2);
  expect(fitted(3).problems[0]?.hint).toContain("extendUpTo");
});
