import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalJson } from "../../../functions/domain/canonical.ts";
import { resolvePlan } from "../../../functions/domain/plan/resolve.ts";
import { type Changes, documents, expectProblem, NOW, plan, problems, resolve, warnings } from "./documents.ts";

const PROD = "policy.environments.prod";
const SHOP = "policy.services.shop";
const ADDRESS_HINT = "an e-mail address, such as jane.doe@example.com";

describe("a document whose form is wrong is refused with path, value and hint:", () => {
  it.each<[string, Changes, string, unknown, string, string]>([
    [
      "a missing field",
      { "release.version": undefined },
      "release.version",
      undefined,
      "is missing",
      "what people call the release, such as v2025.12.25.1; approvers type it in",
    ],
    [
      "a number for a text",
      { [`${PROD}.account`]: 444455556666 },
      `${PROD}.account`,
      444455556666,
      "should be a string",
      "the AWS account: 12 digits in quotes",
    ],
    [
      "a text for a list",
      { "policy.order": "prod" },
      "policy.order",
      "prod",
      "should be an array",
      "the environments in the order in which a release goes through them",
    ],
    [
      "an account of eleven digits",
      { [`${PROD}.account`]: "44445555666" },
      `${PROD}.account`,
      "44445555666",
      "is not in the expected form",
      "the AWS account: 12 digits in quotes",
    ],
    [
      "a misspelt word",
      { "release.risk": "hihg" },
      "release.risk",
      "hihg",
      "should be one of low, medium, high",
      'did you mean "high"?',
    ],
    [
      "a word far from any known",
      { "release.risk": "enormous" },
      "release.risk",
      "enormous",
      "should be one of low, medium, high",
      'how risky the change is: "low", "medium" or "high"',
    ],
    [
      "another version of the format",
      { "release.apiVersion": "headgate/v2" },
      "release.apiVersion",
      "headgate/v2",
      "should be headgate/v1",
      'did you mean "headgate/v1"?',
    ],
    [
      "a requester who is no e-mail address",
      { "release.requestedBy": "dev" },
      "release.requestedBy",
      "dev",
      "is not in the expected form",
      "e-mail address of whoever asks for the promotion; cannot approve it",
    ],
    [
      "an approver who is no e-mail address",
      { "policy.people.tech-lead": ["Jane Doe"] },
      "policy.people.tech-lead[0]",
      "Jane Doe",
      "is not in the expected form",
      ADDRESS_HINT,
    ],
    [
      "a commit that is no commit",
      { "release.commit": "main" },
      "release.commit",
      "main",
      "is not in the expected form",
      "the Git commit, 7 to 64 hexadecimal digits",
    ],
    [
      "a bad duration",
      { [`${SHOP}.keepPreviousFor`]: "15 minutes" },
      `${SHOP}.keepPreviousFor`,
      "15 minutes",
      "is not in the expected form",
      "how long the previous version is kept; default 24h",
    ],
    [
      "a duration of more than a year",
      { [`${SHOP}.keepPreviousFor`]: "400d" },
      `${SHOP}.keepPreviousFor`,
      "400d",
      "is longer than a year, the life of an execution",
      "how long the previous version is kept; default 24h",
    ],
    [
      "a weight of nothing",
      {
        [`${SHOP}.rollout`]: {
          steps: [
            { weight: 0, bake: "15m" },
            { weight: 100, bake: "15m" },
          ],
        },
      },
      `${SHOP}.rollout.steps[0].weight`,
      0,
      "is below the smallest allowed, 1",
      "share of the traffic for the candidate, whole percent from 1 to 100",
    ],
    [
      "a weight above everything",
      { [`${SHOP}.rollout`]: { steps: [{ weight: 101, bake: "15m" }] } },
      `${SHOP}.rollout.steps[0].weight`,
      101,
      "is above the largest allowed, 100",
      "share of the traffic for the candidate, whole percent from 1 to 100",
    ],
    [
      "nobody in a role",
      { "policy.people.other": [] },
      "policy.people.other",
      [],
      "is below the smallest allowed, 1",
      "addresses of the people who hold this role",
    ],
    [
      "nothing tolerated at all",
      { [`${SHOP}.analysis`]: { metrics: [{ preset: "lambda-error-rate", sequential: { rho: 0 } }] } },
      `${SHOP}.analysis.metrics[0].sequential.rho`,
      0,
      "is below the smallest allowed, 0 (excluded)",
      "tolerated ratio of candidate over baseline; default 1",
    ],
    [
      "evidence that is a list",
      { "release.evidence": { tests: ["a"] } },
      "release.evidence.tests",
      ["a"],
      "is not in the expected form",
      "a text, a number, true or false",
    ],
    [
      "an unknown kind of check",
      { [`${PROD}.checks`]: [{ kind: "alarm" }] },
      `${PROD}.checks[0].kind`,
      "alarm",
      "should be one of alarms-ok, http, invoke, metric, soaked, evidence",
      "known here: alarms-ok, http, invoke, metric, soaked, evidence",
    ],
    [
      "an emergency without a reason",
      { "release.emergency": {} },
      "release.emergency.reason",
      undefined,
      "is missing",
      "why this cannot wait, for those who approve it and for the audit trail",
    ],
    [
      "an artifact without its VersionId",
      { "release.artifacts.order": { bucket: "shop", key: "a.zip" } },
      "release.artifacts.order.versionId",
      undefined,
      "is missing",
      "the object's VersionId, so that nobody can replace it under the same key",
    ],
    [
      "an artifact that is a text",
      { "release.artifacts.order": "a.zip" },
      "release.artifacts.order",
      "a.zip",
      "is not in the expected form",
      "bucket, key and versionId of a zip in S3, or a published version, or {in: {environment: one of these}}",
    ],
    [
      "$LATEST as a version",
      { "release.artifacts.cart": { version: "$LATEST" } },
      "release.artifacts.cart.version",
      "$LATEST",
      "is not in the expected form",
      'a published version of the function, such as "42"; never $LATEST',
    ],
    [
      "a later start that is no instant",
      { "release.tighten": { prod: { notBefore: "tomorrow" } } },
      "release.tighten.prod.notBefore",
      "tomorrow",
      "is not in the expected form",
      "traffic does not move before this instant, such as 2026-01-06T20:00:00+02:00",
    ],
    [
      "a time of day that is none",
      { [`${PROD}.window`]: { zone: "UTC", open: [{ days: ["Tue"], from: "8pm", to: "22:00" }] } },
      `${PROD}.window.open[0].from`,
      "8pm",
      "is not in the expected form",
      "a time of day such as 20:00; 24:00 is the end of the day",
    ],
    [
      "a moment that is none",
      { [`${PROD}.approvals`]: [{ when: "later", roles: { "tech-lead": 1 } }] },
      `${PROD}.approvals[0].when`,
      "later",
      "is not in the expected form",
      '"before" (default), "at-0", "after", or a weight of one of the steps',
    ],
  ])("%s", (_, changes, path, value, message, hint) => {
    expectProblem(changes, { path, value, message, hint });
  });

  it.each<[string, Changes, string, unknown, string]>([
    ["with a letter swapped", { [`${SHOP}.rolluot`]: {} }, `${SHOP}.rolluot`, {}, 'did you mean "rollout"?'],
    [
      "in a check, among the keys of its kind",
      { [`${PROD}.checks`]: [{ kind: "soaked", environment: "sit", for: "1h", min: 3 }] },
      `${PROD}.checks[0].min`,
      3,
      "known here: kind, environment, for, when, name, onFail",
    ],
    [
      "in a metric, among the keys of its sort",
      { [`${SHOP}.analysis`]: { metrics: [{ preset: "lambda-error-rate", rule: [] }] } },
      `${SHOP}.analysis.metrics[0].rule`,
      [],
      'did you mean "rules"?',
    ],
    ["in the release", { "release.tickets": "A-1" }, "release.tickets", "A-1", 'did you mean "ticket"?'],
    [
      "in a list",
      { [`${PROD}.window`]: { zone: "UTC", open: [{ days: ["Tue"], from: "08:00", to: "09:00", day: 1 }] } },
      `${PROD}.window.open[0].day`,
      1,
      'did you mean "days"?',
    ],
  ])("an unknown key %s", (_, changes, path, value, hint) => {
    expectProblem(changes, { path, value, message: "is not a known key", hint });
  });

  it.each<[string, Changes, string, unknown]>([
    [
      "a role",
      { "policy.people": { "Tech Lead": ["jane@shop.example"], "tech-lead": ["jane@shop.example"] } },
      'policy.people["Tech Lead"]',
      ["jane@shop.example"],
    ],
    [
      "an environment of the release",
      { "release.tighten": { PROD: { bakeAtLeast: "1h" } } },
      "release.tighten.PROD",
      { bakeAtLeast: "1h" },
    ],
    [
      "a word that every object knows",
      { "release.artifacts.constructor": { version: "1" } },
      "release.artifacts.constructor",
      { version: "1" },
    ],
  ])("a key that is no name: %s", (_, changes, path, value) => {
    expectProblem(changes, {
      path,
      value,
      message: "stands under a key that is no name",
      hint: "a short name: lower-case letters, digits and dashes, at most 63",
    });
  });

  it("allows $schema in both, and the key that Step Functions' console puts into a release", () => {
    const changes = {
      "policy.$schema": "policy.schema.json",
      "release.$schema": "release.schema.json",
      "release.AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID": "arn:aws:states:af-south-1:111122223333:execution:a:b",
    };
    expect(plan(changes)).toEqual(plan());
  });

  it("and the same key is refused in a policy", () => {
    const path = "policy.AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID";
    expect(problems({ [path]: "x" }).map((problem) => problem.path)).toEqual([path]);
  });

  it.each([null, undefined, 7, "text", []])("a document that is %j", (nothing) => {
    const { policy, release } = documents();
    const refused = (resolution: ReturnType<typeof resolvePlan>) => (resolution.ok ? [] : resolution.problems);
    expect(refused(resolvePlan(nothing, release, { now: NOW })).map((problem) => problem.path)).toEqual(["policy"]);
    expect(refused(resolvePlan(policy, nothing, { now: NOW })).map((problem) => problem.path)).toEqual(["release"]);
  });
});

describe("all problems come at once:", () => {
  it("unknown keys, bad durations, weights, aliases, people, short bakes and loosening, in one list", () => {
    const found = problems({
      [`${SHOP}.rollout`]: {
        steps: [
          { weight: 50, bake: "1m" },
          { weight: 25, bake: "soon" },
        ],
        step: 1,
      },
      [`${SHOP}.targets.1.functionName`]: "shop-{environment}-order",
      [`${PROD}.approvals`]: [{ roles: { security: 1 } }],
      [`${SHOP}.monitorAfter`]: { for: "2h" },
      "release.tighten": { prod: { monitorFor: "1h" } },
      "release.requestedBy": "dev",
      "release.artifacts.order": { bucket: "shop-artifacts", key: "order.zip" },
    });
    expect(found.map(({ path, message }) => `${path} ${message}`)).toEqual([
      `${PROD}.approvals[0].roles.security asks the role security, which nobody holds in prod`,
      `${SHOP}.rollout.step is not a known key`,
      `${SHOP}.rollout.steps[0].bake bakes for 1m, too short for one whole period to close and settle`,
      `${SHOP}.rollout.steps[1].bake is not in the expected form`,
      `${SHOP}.rollout.steps[1].weight does not rise: the step before it has 50 %`,
      `${SHOP}.rollout.steps[1].weight is the last step and stays below 100 %`,
      `${SHOP}.targets[1].functionName moves arn:aws:lambda:af-south-1:444455556666:function:shop-prod-order:live in prod, as order in prod does`,
      "release.artifacts.order.versionId is missing",
      "release.requestedBy is not in the expected form",
      "release.tighten.prod.monitorFor is shorter than the policy's 2h",
    ]);
  });

  it("what is broken in a list, or lies deep, hides nothing elsewhere", () => {
    const found = problems({
      [`${PROD}.checks`]: [{ kind: "http" }, { kind: "evidence", key: "tests" }],
      [`${SHOP}.targets.0.kind`]: "ec2",
      "policy.order": ["prod", "sit", "qa"],
    });
    expect(found.map(({ path, message }) => `${path} ${message}`)).toEqual([
      `${PROD}.checks[0].url is missing`,
      "policy.order[2] is no environment of the policy",
      `${SHOP}.targets[0].kind should be one of lambda-alias, state-machine-alias`,
      'release.evidence.tests is missing: the check "evidence tests" of prod asks for it',
    ]);
  });

  it("and what follows from a known problem is not said again", () => {
    expect(problems({ "release.service": 7 }).map((problem) => problem.path)).toEqual(["release.service"]);
  });
});

describe("secrets", () => {
  const HINT = "write where it is kept: secretsmanager:NAME#KEY or ssm:NAME";
  const probe = (payload: string | { [key: string]: string }): Changes => ({
    [`${SHOP}.targets.0.probe`]: { payload, expect: { statusCode: 200 } },
  });

  it.each<[string, Changes, string]>([
    ["under a telling key", probe({ password: "hunter2" }), `${SHOP}.targets[0].probe.payload.password`],
    ["as a header", probe({ Authorization: "Basic abc" }), `${SHOP}.targets[0].probe.payload.Authorization`],
    ["as an AWS key in a text", { "release.summary": "use AKIAABCDEFGHIJKLMNOP" }, "release.summary"],
    ["as a bearer token", probe("Bearer abcdefghijklmnop1234"), `${SHOP}.targets[0].probe.payload`],
    ["as a private key", { "release.evidence": { note: "-----BEGIN RSA PRIVATE KEY-----" } }, "release.evidence.note"],
    [
      "in a list",
      { "release.environments": ["prod", "ghp_abcdefghijklmnopqrstuvwxyz0123456789"] },
      "release.environments[1]",
    ],
  ])("written out %s are refused and not repeated", (_, changes, path) => {
    const secret = problems(changes).find((problem) => problem.value === "(hidden)");
    expect(secret).toEqual({ path, value: "(hidden)", message: "looks like a secret written out", hint: HINT });
  });

  it.each(["secretsmanager:shop/prod/smoke#token", "ssm:/shop/prod/token", ""])("named as %j are accepted", (text) => {
    expect(resolve(probe({ token: text })).ok).toBe(true);
  });

  it.each(["secretsmanager:", "ssm:a b", "see ssm:/shop"])("that are named as %j are not", (text) => {
    expect(resolve(probe({ token: text })).ok).toBe(false);
  });

  it("are not suspected under keys that only resemble", () => {
    expect(resolve(probe({ tokens: "4", keyboard: "qwerty" })).ok).toBe(true);
  });
});

describe("resolving is a function:", () => {
  it("it throws nothing, whatever it is given", () => {
    fc.assert(
      fc.property(fc.anything(), fc.anything(), (policy, release) => {
        expect(resolvePlan(policy, release, { now: NOW }).ok).toBe(false);
      }),
    );
  });

  it("it throws nothing when any one value of good documents is replaced by any other", () => {
    const paths = pathsOf(documents());
    fc.assert(
      fc.property(fc.constantFrom(...paths), fc.jsonValue(), (path, value) => {
        const spoilt = structuredClone(documents());
        replace(spoilt, path, value);
        const resolution = resolvePlan(spoilt.policy, spoilt.release, { now: NOW });
        if (!resolution.ok) expect(resolution.problems.length).toBeGreaterThan(0);
      }),
      { numRuns: 300 },
    );
  });

  it("the order of keys changes neither plan nor problems", () => {
    const bad = {
      [`${PROD}.checks`]: [{ kind: "http", url: "x" }],
      "release.risk": "hihg",
      "policy.order": ["a", "b"],
    };
    for (const changes of [{}, bad]) {
      const { policy, release } = documents(changes);
      const sorted = resolvePlan(JSON.parse(canonicalJson(policy)), JSON.parse(canonicalJson(release)), { now: NOW });
      expect(canonicalJson(sorted)).toBe(canonicalJson(resolve(changes)));
    }
  });

  it("it leaves the documents as they are", () => {
    const before = documents({ "release.risk": "hihg" });
    const after = structuredClone(before);
    resolvePlan(after.policy, after.release, { now: NOW });
    expect(after).toEqual(before);
  });
});

describe("a resolved plan", () => {
  it("says who asks for what", () => {
    const { environments, ...rest } = plan({ "release.ticket": "A-1", "release.evidence": { coverage: 85 } });
    expect(environments.map((one) => one.environment)).toEqual(["prod"]);
    expect(rest).toEqual({
      service: "shop",
      version: "v1.2.3",
      commit: "0a1b2c3d",
      ticket: "A-1",
      requestedBy: "dev@shop.example",
      risk: "low",
      summary: "Faster checkout.",
      evidence: { coverage: 85 },
      evidenceHosts: [],
      emergency: null,
    });
  });

  it("has no ticket, evidence or emergency where none is given, and the reason where one is", () => {
    expect(plan()).toMatchObject({ ticket: null, evidence: {}, emergency: null });
    expect(plan({ "release.emergency": { reason: "Checkout is down." } }).emergency).toEqual({
      reason: "Checkout is down.",
    });
  });

  it("writes out the defaults of a short policy", () => {
    const { targets: _targets, analysis: _analysis, approvals: _approvals, ...rest } = plan().environments[0] ?? {};
    expect(rest).toEqual({
      environment: "prod",
      account: "444455556666",
      region: "af-south-1",
      roleArn: null,
      drive: "driven",
      steps: [10, 25, 50, 100].map((weight) => ({ weight, bakeSeconds: 900 })),
      window: null,
      checks: [],
      alarms: [],
      monitor: null,
      keepPreviousSeconds: 86_400,
      retirePrevious: false,
      onConflict: "refuse",
      notBefore: null,
      notices: [],
      pageTo: ["oncall@shop.example"],
    });
  });

  it("takes over what the environment says, addresses in one spelling", () => {
    const changes = {
      [`${PROD}.roleArn`]: "arn:aws:iam::444455556666:role/headgate-target",
      [`${PROD}.onConflict`]: "queue",
      [`${PROD}.notices`]: [" Team@Shop.Example"],
    };
    expect(plan(changes).environments[0]).toMatchObject({
      roleArn: "arn:aws:iam::444455556666:role/headgate-target",
      onConflict: "queue",
      notices: ["team@shop.example"],
    });
  });

  it("warns where nobody would be paged", () => {
    expect(warnings({ [`${PROD}.pageTo`]: undefined })).toContainEqual({
      path: `${PROD}.pageTo`,
      value: undefined,
      message: "is empty: nobody is paged when traffic could not be made safe",
      hint: "name the address of whoever is on call",
    });
  });
});

type Place = readonly (string | number)[];

function pathsOf(value: unknown, at: Place = []): Place[] {
  if (typeof value !== "object" || value === null) return [at];
  const inner = Object.entries(value).flatMap(([key, item]) => pathsOf(item, [...at, key]));
  return at.length === 0 ? inner : [at, ...inner];
}

function replace(root: object, path: Place, value: unknown): void {
  const parent = path.slice(0, -1).reduce<object>((inner, key) => Reflect.get(inner, key), root);
  Reflect.set(parent, path.at(-1) ?? "", value);
}
