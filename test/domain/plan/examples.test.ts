import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { resolvePlan } from "../../../functions/domain/plan/resolve.ts";
import type { EnvironmentPlan, PromotionPlan } from "../../../functions/domain/plan.ts";
import { earliestStart, plannedSeconds } from "../../../functions/domain/windows.ts";
import { kindOf } from "../../../functions/targets/kinds.ts";
import { NOW } from "./documents.ts";

/** The runbooks as policies and releases: each event resolves within the policy of its service. */

const read = (path: string): unknown => JSON.parse(readFileSync(path, "utf8"));
const EVENTS = readdirSync("events").filter((file) => file.endsWith(".json"));
const POLICIES = readdirSync("infra/policies").filter((file) => file.endsWith(".json"));
const policyOf = (event: string): string => POLICIES.find((file) => event.startsWith(file.replace(".json", ""))) ?? "";

function planOf(event: string): { readonly plan: PromotionPlan; readonly warnings: readonly unknown[] } {
  const resolution = resolvePlan(read(`infra/policies/${policyOf(event)}`), read(`events/${event}`), { now: NOW });
  if (!resolution.ok) throw new Error(JSON.stringify(resolution.problems, null, 1));
  return resolution;
}

function environmentOf(event: string, name: string): EnvironmentPlan {
  const found = planOf(event).plan.environments.find((one) => one.environment === name);
  if (found === undefined) throw new Error(`no ${name} in ${event}`);
  return found;
}

describe("the examples", () => {
  it("are one policy per runbook, each with at least one release", () => {
    expect(POLICIES).toEqual([
      "bbws.json",
      "crypto-watch.json",
      "etl-workflow.json",
      "pavi.json",
      "terraform-jira.json",
    ]);
    expect(new Set(EVENTS.map(policyOf))).toEqual(new Set(POLICIES));
  });

  it.each(EVENTS)("%s resolves without a warning", (event) => {
    expect(planOf(event).warnings).toEqual([]);
  });

  it.each(EVENTS)("%s is short enough to paste", (event) => {
    expect(readFileSync(`events/${event}`, "utf8").length).toBeLessThan(4_000);
  });

  it.each([...EVENTS.map((file) => `events/${file}`), ...POLICIES.map((file) => `infra/policies/${file}`)])(
    "%s points to its schema",
    (file) => {
      const name = file.startsWith("events") ? "../infra/schemas/release.schema.json" : "../schemas/policy.schema.json";
      expect(read(file)).toMatchObject({ $schema: name });
    },
  );
});

describe("the BBWS production promotion", () => {
  const production = () => environmentOf("bbws-v2025.12.25.1.json", "prod");

  it("shifts 10/25/50/100 with bakes of 15 minutes, then watches for two hours", () => {
    const prod = production();
    expect(prod.steps.map(({ weight, bakeSeconds }) => [weight, bakeSeconds])).toEqual([
      [10, 900],
      [25, 900],
      [50, 900],
      [100, 900],
    ]);
    expect(prod.monitor).toEqual({ forSeconds: 7_200, onFail: "roll-back" });
    expect(prod.keepPreviousSeconds).toBe(86_400);
  });

  it("starts in the first evening window, Tuesday 20:00 in Johannesburg", () => {
    const prod = production();
    expect(earliestStart(prod.window, NOW, plannedSeconds(prod.steps))).toBe(Date.parse("2026-01-06T18:00:00Z"));
  });

  it("is approved by tech lead and infrastructure lead within 48 hours, and by the business owner at high risk", () => {
    const prod = production();
    const roles = (plan: EnvironmentPlan) => plan.approvals[0]?.roles.map(({ role, people }) => [role, ...people]);
    const two = [
      ["infrastructure-lead", "john.smith@bbws.co.za"],
      ["tech-lead", "jane.doe@bbws.co.za"],
    ];
    expect(roles(prod)).toEqual(two);
    expect(prod.approvals[0]?.expiresSeconds).toBe(172_800);
    expect(prod.approvals[0]?.escalateTo?.role).toBe("team-manager");
    expect(roles(environmentOf("bbws-v2026.01.08.1-high-risk.json", "prod"))).toEqual([
      ["business-owner", "sarah@bbws.co.za"],
      ...two,
    ]);
  });

  it("moves the aliases of auth, product and order", () => {
    const prod = production();
    expect(prod.targets.map((target) => kindOf(target.kind).named(target))).toEqual([
      "bbws-prod-auth-lambda, alias live",
      "bbws-prod-product-lambda, alias live",
      "bbws-prod-order-lambda, alias live",
    ]);
  });

  it("goes through SIT first, approved by the tech lead within 24 hours", () => {
    const sit = environmentOf("bbws-v2025.12.25.1.json", "sit");
    expect(sit.approvals.map(({ roles, expiresSeconds }) => [roles.map(({ role }) => role), expiresSeconds])).toEqual([
      [["tech-lead"], 86_400],
    ]);
  });
});

describe("the other runbooks", () => {
  it("crypto-watch: 10 % at a time, error rate above 5 % for 2 minutes and throttles above 10 in a minute roll back", () => {
    const prod = environmentOf("crypto-watch-v1.2.3-prod.json", "prod");
    expect(prod.steps.map((step) => step.weight)).toEqual([10, 20, 30, 40, 50, 60, 70, 80, 90, 100]);
    const hard = prod.analysis.metrics.flatMap(({ name, rules }) =>
      rules.map((rule) => [name, rule.max, rule.sustainedSeconds, rule.hard]),
    );
    expect(hard).toEqual([
      ["lambda-error-rate", 5, 120, true],
      ["lambda-throttles", 10, 0, true],
      ["api-5xx-rate", 0.1, 120, true],
    ]);
  });

  it("ETL: 10 % for half an hour against baseline + 2 points and p95 + 10 %, more than 10 % errors for 10 minutes roll back", () => {
    const prod = environmentOf("etl-workflow-v2.json", "prod");
    expect(prod.targets.map((target) => kindOf(target.kind).named(target))).toEqual(["etl-workflow-prod, alias live"]);
    expect(prod.steps[0]).toEqual({ weight: 10, bakeSeconds: 1_800 });
    expect(prod.analysis.metrics.flatMap(({ rules }) => rules)).toMatchObject([
      { max: 10, sustainedSeconds: 600, hard: true },
      { maxIncreasePoints: 2 },
      { maxIncreasePercent: 10 },
    ]);
    expect(prod.monitor).toEqual({ forSeconds: 7_200, onFail: "roll-back" });
    expect(prod.notBefore).toBe(Date.parse("2026-01-07T19:00:00Z"));
  });

  it("PAVI: eight days, of which only the shifts need the window", () => {
    const prod = environmentOf("pavi-v0.9.0.json", "prod");
    expect(prod.steps.map((step) => [step.weight, step.bakeSeconds / 86_400])).toEqual([
      [10, 1],
      [25, 2],
      [50, 2],
      [75, 2],
      [100, 1],
    ]);
    expect(prod.window?.scope).toBe("shifts");
  });

  it("Jira workflow: five roles sign off at high risk", () => {
    expect(environmentOf("terraform-jira-v2.0.0.json", "prod").approvals[0]?.roles).toHaveLength(5);
  });
});
