import { describe, expect, it } from "vitest";
import type { GatePlan } from "../../../functions/domain/plan.ts";
import { type Changes, environment, expectProblem, type Json, problems, resolve, warnings } from "./documents.ts";

const PROD = "policy.environments.prod";
const SHOP = "policy.services.shop";
const AT = `${PROD}.checks[0]`;
const QUERY = {
  namespace: "AWS/SQS",
  metricName: "Depth",
  dimensions: { QueueName: "q-{environment}" },
  statistic: "Maximum",
};

const checks = (...list: Json[]): Changes => ({ [`${PROD}.checks`]: list });
const check = (input: Json, more: Changes = {}): GatePlan | undefined =>
  environment({ ...checks(input), ...more }).checks[0];

describe("alarms without data", () => {
  const SAID = ["warn", "refuse"] as const;

  it("are refused where the environment or the service says so, and told unless anybody does", () => {
    const said = (here?: string, service?: string) =>
      environment({ [`${PROD}.alarmsWithoutData`]: here, [`${SHOP}.alarmsWithoutData`]: service }).alarmsWithoutData;
    expect(said()).toBeUndefined();
    for (const one of SAID) expect([said(one), said(undefined, one)]).toEqual([one, one]);
    expect([said("refuse", "warn"), said("warn", "refuse")]).toEqual(["refuse", "refuse"]);
  });
});

describe("checks", () => {
  it.each<[Json, object]>([
    [
      { kind: "alarms-ok", prefix: "shop-{environment}" },
      {
        name: "alarms shop-prod* OK",
        when: "before",
        onFail: "block",
        kind: "alarms-ok",
        names: [],
        prefix: "shop-prod",
      },
    ],
    [
      { kind: "alarms-ok", names: ["red-{environment}"], when: "at-0" },
      { name: "alarms OK", when: "at-0", onFail: "rollback", kind: "alarms-ok", names: ["red-prod"] },
    ],
    [
      { kind: "http", url: "https://{environment}.shop.example/health", when: 25 },
      {
        name: "http https://prod.shop.example/health",
        when: 25,
        onFail: "rollback",
        kind: "http",
        url: "https://prod.shop.example/health",
        status: 200,
      },
    ],
    [
      {
        kind: "http",
        url: "https://shop.example",
        status: 204,
        contains: "ok",
        withinMs: 500,
        onFail: "warn",
        name: "health",
      },
      {
        name: "health",
        when: "before",
        onFail: "warn",
        kind: "http",
        url: "https://shop.example",
        status: 204,
        contains: "ok",
        withinMs: 500,
      },
    ],
    [
      { kind: "invoke", functionName: "smoke-{environment}", expect: { ok: true }, when: "after" },
      {
        name: "invoke smoke-prod",
        when: "after",
        onFail: "rollback",
        kind: "invoke",
        functionName: "smoke-prod",
        payload: {},
        expect: { ok: true },
      },
    ],
    [
      { kind: "invoke", functionName: "smoke", payload: [1], expect: {} },
      {
        name: "invoke smoke",
        when: "before",
        onFail: "block",
        kind: "invoke",
        functionName: "smoke",
        payload: [1],
        expect: {},
      },
    ],
    [
      { kind: "metric", metric: QUERY, max: 9, over: "10m" },
      {
        name: "metric Depth",
        when: "before",
        onFail: "block",
        kind: "metric",
        metric: { ...QUERY, dimensions: { QueueName: "q-prod" } },
        max: 9,
        overSeconds: 600,
      },
    ],
    [
      { kind: "metric", metric: QUERY, min: 1, max: 1 },
      {
        name: "metric Depth",
        when: "before",
        onFail: "block",
        kind: "metric",
        metric: { ...QUERY, dimensions: { QueueName: "q-prod" } },
        min: 1,
        max: 1,
        overSeconds: 300,
      },
    ],
    [
      { kind: "soaked", environment: "sit", for: "24h" },
      {
        name: "soaked in sit",
        when: "before",
        onFail: "block",
        kind: "soaked",
        environment: "sit",
        forSeconds: 86_400,
      },
    ],
  ])("%j are written out", (input, wanted) => {
    expect(check(input)).toEqual(wanted);
  });

  it("of evidence are written out", () => {
    const evidence = { "release.evidence": { coverage: 85, tests: "passed" } };
    expect(check({ kind: "evidence", key: "coverage", min: 80, max: 100 }, evidence)).toEqual({
      name: "evidence coverage",
      when: "before",
      onFail: "block",
      kind: "evidence",
      key: "coverage",
      min: 80,
      max: 100,
    });
    expect(check({ kind: "evidence", key: "tests", equals: "passed" }, evidence)).toMatchObject({ equals: "passed" });
  });

  it("come from the environment, the service and the release, in this order", () => {
    const changes = {
      ...checks({ kind: "alarms-ok", names: ["a"], name: "one" }),
      [`${SHOP}.checks`]: [{ kind: "alarms-ok", names: ["b"], name: "two" }],
      "release.tighten": { prod: { checks: [{ kind: "alarms-ok", names: ["c"], name: "three" }] } },
    };
    expect(environment(changes).checks.map((one) => one.name)).toEqual(["one", "two", "three"]);
  });

  it("are numbered where made-up names collide", () => {
    const alarms = { kind: "alarms-ok", names: ["a"] };
    const names = environment(checks(alarms, alarms, alarms)).checks.map((one) => one.name);
    expect(names).toEqual(["alarms OK", "alarms OK (2)", "alarms OK (3)"]);
  });

  it("are refused where given names collide: a release cannot replace the policy's check", () => {
    const changes = {
      ...checks({ kind: "alarms-ok", names: ["a"], name: "health" }),
      "release.tighten": { prod: { checks: [{ kind: "alarms-ok", names: ["b"], name: "health" }] } },
    };
    expectProblem(changes, {
      path: "release.tighten.prod.checks[0].name",
      value: "health",
      message: "is the name of another check",
      hint: "give each check a name of its own",
    });
  });

  it.each<[string, { [key: string]: Json }, string, string, string]>([
    [
      "before the rollout, with a rollback",
      { kind: "alarms-ok", names: ["a"], onFail: "rollback" },
      ".onFail",
      "has nothing to roll back before the rollout",
      'write "block" or "warn"',
    ],
    [
      "at the weight of no step",
      { kind: "alarms-ok", names: ["a"], when: 30 },
      ".when",
      "is the weight of no step",
      "weights: 10, 25, 50, 100",
    ],
    ["of no alarm", { kind: "alarms-ok" }, "", "names no alarm", "give names or a prefix"],
    [
      "of an ARN for an alarm",
      { kind: "alarms-ok", names: ["arn:aws:cloudwatch:af-south-1:1:alarm:red"] },
      ".names[0]",
      "is an ARN, where CloudWatch wants a name",
      "write red",
    ],
    [
      "of an alarm without a name",
      { kind: "alarms-ok", names: [" "] },
      ".names[0]",
      "is no alarm name",
      "alarm names have 1 to 255 characters",
    ],
    [
      "of an alarm with too long a name",
      { kind: "alarms-ok", names: ["a".repeat(256)] },
      ".names[0]",
      "is no alarm name",
      "alarm names have 1 to 255 characters",
    ],
    [
      "of a prefix with an unknown placeholder",
      { kind: "alarms-ok", prefix: "{stage}" },
      ".prefix",
      "has the unknown placeholder {stage}",
      "known here: {environment}, {service}",
    ],
    [
      "of no address",
      { kind: "http", url: "shop.example/health" },
      ".url",
      "is no address",
      "write it whole, such as https://api.example.com/health",
    ],
    [
      "of an open address",
      { kind: "http", url: "http://shop.example" },
      ".url",
      "is not https: anybody on the way could answer for the service",
      "write https://",
    ],
    ["of a metric without a limit", { kind: "metric", metric: QUERY }, "", "has no limit", "give min, max or both"],
    [
      "of a metric that nothing can pass",
      { kind: "metric", metric: QUERY, min: 2, max: 1 },
      ".min",
      "is above max, 1: nothing can pass",
      "write 1 or less",
    ],
    [
      "of a metric over no time",
      { kind: "metric", metric: QUERY, max: 1, over: "0s" },
      ".over",
      "is no multiple of 1m",
      "CloudWatch keeps points of 1m: write 1m, 5m or 1h",
    ],
    [
      "of a metric over half minutes",
      { kind: "metric", metric: QUERY, max: 1, over: "90s" },
      ".over",
      "is no multiple of 1m",
      "CloudWatch keeps points of 1m: write 1m, 5m or 1h",
    ],
    [
      "of a version's metric",
      { kind: "metric", metric: { ...QUERY, dimensions: { Version: "{version}" } }, max: 1 },
      ".metric.dimensions.Version",
      "has the unknown placeholder {version}",
      "known here: {environment}, {service}",
    ],
    [
      "of a soak in the same environment",
      { kind: "soaked", environment: "prod", for: "1h" },
      ".environment",
      "is no environment before prod",
      "environments before it: sit",
    ],
  ])("are refused %s", (_, input, at, message, hint) => {
    const found = problems(checks(input));
    expect(found.map((problem) => [problem.path, problem.message, problem.hint])).toEqual([
      [`${AT}${at}`, message, hint],
    ]);
  });

  it("take alarm names of 255 characters", () => {
    expect(resolve(checks({ kind: "alarms-ok", names: ["a".repeat(255)] })).ok).toBe(true);
  });

  it("are refused with a password in the address, which is not repeated", () => {
    expectProblem(checks({ kind: "http", url: "https://me:hunter2@shop.example" }), {
      path: `${AT}.url`,
      value: "(hidden)",
      message: "holds a password",
      hint: "ask an address that needs none",
    });
    expect(resolve(checks({ kind: "http", url: "https://me@shop.example" })).ok).toBe(false);
  });

  it("cannot soak before the first environment", () => {
    const changes = {
      "policy.environments.sit.checks": [{ kind: "soaked", environment: "prod", for: "1h" }],
      "release.environments": ["sit"],
    };
    expect(problems(changes).map((problem) => [problem.path, problem.hint])).toEqual([
      ["policy.environments.sit.checks[0].environment", "leave the check out"],
    ]);
  });

  it("warn where a release goes through an environment right before it must have soaked there", () => {
    const changes = {
      ...checks({ kind: "soaked", environment: "sit", for: "24h" }),
      "release.environments": ["sit", "prod"],
    };
    expect(warnings(changes)).toEqual([
      {
        path: `${AT}.for`,
        value: "24h",
        message: "asks for 1d in sit, through which this release goes right before",
        hint: "promote to sit first, and to prod by a later release",
      },
    ]);
  });
});

describe("alarms", () => {
  it("come from the environment, the service and the release, each once", () => {
    const changes = {
      [`${PROD}.alarms`]: ["a-{environment}", "b"],
      [`${SHOP}.alarms`]: ["b", "c"],
      "release.tighten": { prod: { alarms: ["d", "a-prod"] } },
    };
    expect(environment(changes).alarms).toEqual(["a-prod", "b", "c", "d"]);
  });

  it("that the environment requires must be watched", () => {
    const floors = { [`${PROD}.floors`]: { requiredAlarms: ["errors-{environment}"] } };
    expectProblem(floors, {
      path: `${PROD}.floors.requiredAlarms[0]`,
      value: "errors-{environment}",
      message: "is required in prod, but the rollout does not watch it",
      hint: 'add "errors-prod" to the alarms of the environment or the service',
    });
    expect(resolve({ ...floors, [`${SHOP}.alarms`]: ["errors-prod"] }).ok).toBe(true);
  });

  it.each([[`${PROD}.alarms`], [`${SHOP}.alarms`]])("at %s are names", (path) => {
    expect(problems({ [path]: ["ok", "arn:aws:cloudwatch:x:1:alarm:red"] }).map((problem) => problem.path)).toEqual([
      `${path}[1]`,
    ]);
  });
});

describe("checks and approvals of an emergency that skips its bakes", () => {
  it("may stay at weights that it does not visit", () => {
    const changes = {
      ...checks({ kind: "alarms-ok", names: ["a"], when: 25 }),
      [`${PROD}.approvals`]: [{ roles: { "tech-lead": 1 } }, { when: 50, roles: { "tech-lead": 1 } }],
      [`${PROD}.emergency`]: { skipBakes: true },
      "release.emergency": { reason: "Down.", skipBakes: true },
    };
    expect(resolve(changes).ok).toBe(true);
  });
});
