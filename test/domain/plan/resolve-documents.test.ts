import { describe, expect, it } from "vitest";
import { resolvePlan } from "../../../functions/domain/plan/resolve.ts";
import {
  type Changes,
  documents,
  environment,
  expectProblem,
  NOW,
  plan,
  problems,
  resolve,
  warnings,
} from "./documents.ts";

const PROD = "policy.environments.prod";
const SHOP = "policy.services.shop";

const THREE: Changes = {
  "policy.order": ["sit", "staging", "prod"],
  "policy.environments.staging": { account: "222233334444", region: "eu-west-1", pageTo: ["oncall@shop.example"] },
};

describe("the documents as wholes", () => {
  it("refuse an unknown service", () => {
    expectProblem(
      { "release.service": "shpo" },
      { path: "release.service", value: "shpo", message: "is no service of the policy", hint: 'did you mean "shop"?' },
    );
    expect(problems({ "release.service": "billing" })[0]?.hint).toBe("known: shop");
  });

  it("refuse an unknown environment", () => {
    expectProblem(
      { "release.environments": ["prod", "qa"] },
      {
        path: "release.environments[1]",
        value: "qa",
        message: "is no environment of the policy",
        hint: "known: prod, sit",
      },
    );
  });

  it("refuse an environment that is named twice", () => {
    expectProblem(
      { "release.environments": ["sit", "sit"] },
      {
        path: "release.environments[1]",
        value: "sit",
        message: "is named before already",
        hint: "write each environment once",
      },
    );
  });

  it("refuse to go against the policy's order", () => {
    expectProblem(
      { "release.environments": ["prod", "sit"] },
      {
        path: "release.environments[1]",
        value: "sit",
        message: "comes before prod",
        hint: "the policy's order is sit, prod",
      },
    );
  });

  it("refuse to leave an environment out on the way", () => {
    expectProblem(
      { ...THREE, "release.environments": ["sit", "prod"] },
      {
        path: "release.environments[1]",
        value: "prod",
        message: "follows sit and leaves out staging",
        hint: "the policy's order is sit, staging, prod",
      },
    );
    expect(resolve({ ...THREE, "release.environments": ["sit", "staging", "prod"] }).ok).toBe(true);
  });

  it("warn where a release starts late and nothing proves that it ran before", () => {
    expect(warnings({})).toEqual([
      {
        path: "release.environments[0]",
        value: "prod",
        message: "starts at prod: nothing here proves that the version ran in sit",
        hint: "add a soaked check to prod",
      },
    ]);
    expect(warnings({ "release.environments": ["sit", "prod"] })).toEqual([]);
    expect(warnings({ [`${PROD}.checks`]: [{ kind: "soaked", environment: "sit", for: "24h" }] })).toEqual([]);
  });

  it("refuse an order that names what is not there, or names it twice, or leaves one out", () => {
    expectProblem(
      { "policy.order": ["sit", "prod", "prdo"] },
      {
        path: "policy.order[2]",
        value: "prdo",
        message: "is no environment of the policy",
        hint: 'did you mean "prod"?',
      },
    );
    expectProblem(
      { "policy.order": ["sit", "prod", "sit"] },
      {
        path: "policy.order[2]",
        value: "sit",
        message: "is named before already",
        hint: "write each environment once",
      },
    );
    const [problem] = problems({ "policy.order": ["prod"] });
    expect(problem).toMatchObject({
      path: "policy.environments.sit",
      message: "has no place in the order",
      hint: 'add "sit" to order',
    });
  });

  it("refuse overrides and tightenings of environments that are not there", () => {
    expectProblem(
      { [`${SHOP}.overrides`]: { prd: {} } },
      {
        path: `${SHOP}.overrides.prd`,
        value: {},
        message: "is no environment of the policy",
        hint: 'did you mean "prod"?',
      },
    );
    expectProblem(
      { "release.tighten": { sit: {} } },
      { path: "release.tighten.sit", value: {}, message: "is no environment of this release", hint: "known: prod" },
    );
  });

  it("refuse a release without a ticket where one is required", () => {
    expectProblem(
      { [`${PROD}.requires`]: ["ticket"] },
      {
        path: "release.ticket",
        value: undefined,
        message: "is missing: prod requires a change ticket",
        hint: "write its key, such as JIRA-1234",
      },
    );
    expect(plan({ [`${PROD}.requires`]: ["ticket"], "release.ticket": "A-1" }).ticket).toBe("A-1");
  });

  it("refuse a start that nobody is on record for where a verified starter is required, and warn of it before", () => {
    const { policy, release } = documents({ [`${PROD}.requires`]: ["verified-starter"] });
    const resolved = (startedBy?: string | null) =>
      resolvePlan(policy, release, { now: NOW, ...(startedBy === undefined ? {} : { startedBy }) });
    const hint = "start it by `headgate start` with HEADGATE_API_URL set";
    const place = { path: "release.requestedBy", value: "dev@shop.example", hint };
    expect(resolved(null)).toEqual({
      ok: false,
      problems: [{ ...place, message: "is a claim: prod requires a start through the API, and this was none" }],
    });
    expect(resolved()).toMatchObject({
      ok: true,
      warnings: expect.arrayContaining([
        { ...place, message: "is a claim, and prod takes only a start through the API" },
      ]),
    });
    const known = resolved("arn:aws:iam::111122223333:user/sam");
    expect(known.ok && known.warnings.map(({ path }) => path)).not.toContain("release.requestedBy");
  });
});

describe("people", () => {
  it("may not be named twice in one role, however they are spelt", () => {
    expectProblem(
      { "policy.people.operations": ["john@shop.example", " John@Shop.Example "] },
      {
        path: "policy.people.operations[1]",
        value: " John@Shop.Example ",
        message: "names the same person twice",
        hint: "write the address once, as john@shop.example",
      },
    );
  });

  it.each(["notices", "pageTo"])("may not be named twice in %s", (list) => {
    const path = `${PROD}.${list}`;
    expect(problems({ [path]: ["a@shop.example", "A@shop.example"] }).map((problem) => problem.path)).toEqual([
      `${path}[1]`,
    ]);
  });

  it("may not be named twice in an environment's own role", () => {
    const path = `${PROD}.people`;
    const found = problems({ [path]: { ops: ["a@shop.example", "b@shop.example", "a@shop.example"] } });
    expect(found.map((problem) => problem.path)).toEqual([`${path}.ops[2]`]);
  });

  const crowd = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, index) => `person${from + index}@shop.example`);
  const teams = (size: number): Changes =>
    Object.fromEntries(
      [0, 1, 2, 3].map((team) => [`policy.people.team${team}`, crowd(team * 49, Math.min(size, team * 49 + 49))]),
    );

  it("may be 200, since SNS takes 200 filter policies on a topic", () => {
    expect(resolve(teams(196)).ok).toBe(true);
    const found = problems({ ...teams(196), [`${PROD}.notices`]: ["one-more@shop.example"] });
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({
      path: "policy",
      message: "names 201 people; SNS takes 200 filter policies on a topic",
      hint: "use group addresses for notices, or split the policy",
    });
  });
});

describe("an emergency", () => {
  const emergency = (skips: Record<string, boolean>): Changes => ({
    "release.emergency": { reason: "Checkout is down.", ...skips },
    [`${PROD}.window`]: { zone: "UTC", open: [{ days: ["Tue"], from: "08:00", to: "12:00" }] },
  });

  it.each([
    ["skipBakes", "skips the bakes, which prod does not allow"],
    ["skipWindow", "skips the window, which prod does not allow"],
  ])("cannot use %s unless the policy allows it", (key, message) => {
    expectProblem(emergency({ [key]: true }), {
      path: `release.emergency.${key}`,
      value: true,
      message,
      hint: `environments.prod.emergency.${key} in the policy would allow it`,
    });
    expect(resolve({ ...emergency({ [key]: true }), [`${PROD}.emergency`]: { [key]: true } }).ok).toBe(true);
  });

  it("needs no leave to skip a window that is not there, nor to skip nothing", () => {
    expect(resolve({ ...emergency({ skipWindow: true }), [`${PROD}.window`]: undefined }).ok).toBe(true);
    expect(resolve(emergency({ skipWindow: false, skipBakes: false })).ok).toBe(true);
  });

  it("goes straight to 100 %, and bakes there as long as planned", () => {
    const changes = {
      ...emergency({ skipBakes: true }),
      [`${PROD}.emergency`]: { skipBakes: true },
      "release.tighten": { prod: { bakeAtLeast: "20m" } },
    };
    expect(environment(changes).steps).toEqual([{ weight: 100, bakeSeconds: 1_200 }]);
    expect(environment(changes).window).not.toBeNull();
  });

  it("drops the window and its freezes", () => {
    const changes = { ...emergency({ skipWindow: true }), [`${PROD}.emergency`]: { skipWindow: true } };
    expect(environment(changes).window).toBeNull();
    expect(environment(changes).steps).toHaveLength(4);
  });

  it("is approved by the roles that the policy names for it, beside the others", () => {
    const changes = { ...emergency({}), [`${PROD}.emergency`]: { roles: { operations: 2, "tech-lead": 1 } } };
    expect(environment(changes).approvals[0]?.roles.map(({ role, needed }) => [role, needed])).toEqual([
      ["operations", 2],
      ["tech-lead", 1],
    ]);
    expect(environment({ [`${PROD}.emergency`]: { roles: { operations: 2 } } }).approvals[0]?.roles).toHaveLength(1);
  });

  it("is asked for before the rollout where the policy asks only later, or nobody", () => {
    const changes = {
      ...emergency({ skipBakes: true }),
      [`${PROD}.approvals`]: [{ when: "after", roles: { "tech-lead": 1 } }],
      [`${PROD}.emergency`]: { skipBakes: true, roles: { operations: 1 } },
    };
    expect(environment(changes).approvals.map(({ id, roles }) => [id, roles.map(({ role }) => role)])).toEqual([
      ["after", ["tech-lead"]],
      ["before", ["operations"]],
    ]);
  });

  it("skips nothing where nobody would approve it", () => {
    expectProblem(
      {
        ...emergency({ skipBakes: true }),
        [`${PROD}.approvals`]: [{ when: "after", roles: { "tech-lead": 1 } }],
        [`${PROD}.emergency`]: { skipBakes: true },
      },
      {
        path: `${PROD}.emergency`,
        value: { skipBakes: true },
        message: "lets an emergency skip gates in prod with nobody's approval",
        hint: 'add emergency.roles, such as {"tech-lead": 1}',
      },
    );
  });
});

describe("evidence hosts", () => {
  it("are pinned with the plan, none unless the policy lists some", () => {
    expect(plan({ "policy.evidenceHosts": ["ci.shop.example", "*.shop.example:8443"] }).evidenceHosts).toEqual([
      "ci.shop.example",
      "*.shop.example:8443",
    ]);
    expect(plan().evidenceHosts).toEqual([]);
  });

  it.each([
    "*.com",
    "*",
    "CI.shop.example",
    "https://ci.shop.example",
    "ci.shop.example/",
    "xn--ab.example",
    "a.*.example",
    "ci",
  ])("are refused where they are no host, or would be half of the internet: %s", (host) => {
    expectProblem(
      { "policy.evidenceHosts": [host] },
      {
        path: "policy.evidenceHosts[0]",
        value: host,
        message: expect.any(String),
        hint: "a host in lower case, such as ci.example.com, or *.example.com for all below it; a port where it is not 443",
      },
    );
  });
});
