import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canBeSeated } from "../../../functions/domain/people.ts";
import type { ApprovalPlan } from "../../../functions/domain/plan.ts";
import { type Changes, environment, expectProblem, type Json, problems, resolve, warnings } from "./documents.ts";

const PROD = "policy.environments.prod";
const AT = `${PROD}.approvals[0]`;
const TIGHT = "release.tighten.prod.approvals";

const approvals = (...list: Json[]): Changes => ({ [`${PROD}.approvals`]: list });
const approval = (changes: Changes): ApprovalPlan | undefined => environment(changes).approvals[0];
const needed = (changes: Changes) => approval(changes)?.roles.map((role) => [role.role, role.needed]);

describe("an approval", () => {
  it("is asked before the rollout, for a day, and holds for a week, unless said otherwise", () => {
    expect(approval({})).toEqual({
      id: "before",
      when: "before",
      roles: [{ role: "tech-lead", needed: 1, people: ["jane@shop.example"], checklist: [] }],
      expiresSeconds: 86_400,
      remindSeconds: null,
      escalateSeconds: null,
      escalateTo: null,
      validSeconds: 604_800,
    });
  });

  it("takes roles by name, people, checklists, reminders and escalation from the policy", () => {
    const changes = approvals({
      when: 25,
      roles: { "tech-lead": 1, operations: 2 },
      checklists: { operations: ["Capacity is adequate"], manager: ["Nobody else answered"] },
      expiresAfter: "48h",
      remindEvery: "12h",
      escalateAfter: "24h",
      escalateTo: "manager",
      validFor: "3d",
    });
    expect(approval({ ...changes, "policy.people.manager": ["Mia@shop.example"] })).toEqual({
      id: "at-25",
      when: 25,
      roles: [
        {
          role: "operations",
          needed: 2,
          people: ["john@shop.example", "joan@shop.example"],
          checklist: ["Capacity is adequate"],
        },
        { role: "tech-lead", needed: 1, people: ["jane@shop.example"], checklist: [] },
      ],
      expiresSeconds: 172_800,
      remindSeconds: 43_200,
      escalateSeconds: 86_400,
      escalateTo: { role: "manager", needed: 1, people: ["mia@shop.example"], checklist: ["Nobody else answered"] },
      validSeconds: 259_200,
    });
  });

  it("prefers the environment's own people of a role", () => {
    const own = { [`${PROD}.people`]: { "tech-lead": ["pat@shop.example"] } };
    expect(approval(own)?.roles[0]?.people).toEqual(["pat@shop.example"]);
  });

  it.each([
    ["low", [["tech-lead", 1]]],
    [
      "medium",
      [
        ["operations", 1],
        ["tech-lead", 1],
      ],
    ],
    [
      "high",
      [
        ["operations", 1],
        ["tech-lead", 1],
      ],
    ],
  ])("asks further roles from a risk upwards: %s", (risk, roles) => {
    const changes = approvals({ roles: { "tech-lead": 1 }, and: { risk: "medium", roles: { operations: 1 } } });
    expect(needed({ ...changes, "release.risk": risk })).toEqual(roles);
  });

  it("takes the larger number where a risk asks more of a role", () => {
    const changes = approvals({ roles: { operations: 1 }, and: { risk: "high", roles: { operations: 2 } } });
    expect(needed({ ...changes, "release.risk": "high" })).toEqual([["operations", 2]]);
  });

  it("is refused where nobody holds a role", () => {
    expectProblem(approvals({ roles: { "tech-laed": 1 } }), {
      path: `${AT}.roles.tech-laed`,
      value: 1,
      message: "asks the role tech-laed, which nobody holds in prod",
      hint: 'did you mean "tech-lead"?',
    });
    expect(problems(approvals({ roles: { security: 1 } }))[0]?.hint).toBe("add the role and its addresses to people");
  });

  it("is refused without any role", () => {
    expectProblem(approvals({ roles: {} }), {
      path: `${AT}.roles`,
      value: {},
      message: "names nobody who could approve",
      hint: 'name roles, such as {"tech-lead": 1}',
    });
  });

  it("is refused where a role has too few people", () => {
    expectProblem(approvals({ roles: { operations: 3 } }), {
      path: `${AT}.roles.operations`,
      value: 3,
      message: "asks 3 of operations, which has 2",
      hint: "add people at policy.people.operations, or let somebody else request and start the promotion",
    });
  });

  it("is refused where a role has too few people without the requester", () => {
    const changes = { ...approvals({ roles: { operations: 2 } }), "release.requestedBy": " John@shop.example" };
    expectProblem(changes, {
      path: `${AT}.roles.operations`,
      value: 2,
      message: "asks 2 of operations, which has 1 besides the requester john@shop.example",
      hint: "add people at policy.people.operations, or let somebody else request and start the promotion",
    });
  });

  it("points to the environment's people where they replace the policy's", () => {
    const own = { [`${PROD}.people`]: { operations: ["joan@shop.example"] } };
    expect(problems({ ...own, ...approvals({ roles: { operations: 2 } }) })[0]?.hint).toBe(
      "add people at policy.environments.prod.people.operations, or let somebody else request and start the promotion",
    );
  });

  it("points to the risk condition where that asks for the role", () => {
    const changes = approvals({ roles: { "tech-lead": 1 }, and: { risk: "low", roles: { security: 1 } } });
    expect(problems(changes).map((problem) => problem.path)).toEqual([`${AT}.and.roles.security`]);
  });

  it("points to the emergency where that asks for the role", () => {
    const changes = { [`${PROD}.emergency`]: { roles: { security: 1 } }, "release.emergency": { reason: "Down." } };
    const path = `${PROD}.emergency.roles.security`;
    expect(problems(changes).map((problem) => problem.path)).toEqual([path]);
    expect(problems({ ...changes, ...approvals() }).map((problem) => problem.path)).toEqual([path]);
  });

  it("of another moment is not asked for an emergency", () => {
    const changes = {
      ...approvals({ when: "after", roles: { "tech-lead": 1 } }, { roles: { "tech-lead": 1 } }),
      [`${PROD}.emergency`]: { roles: { operations: 1 } },
      "release.emergency": { reason: "Down." },
    };
    const asked = environment(changes).approvals.map(({ id, roles }) => [id, roles.map(({ role }) => role)]);
    expect(asked).toEqual([
      ["after", ["tech-lead"]],
      ["before", ["operations", "tech-lead"]],
    ]);
  });

  it("is refused where one person would have to fill two roles", () => {
    const changes = {
      ...approvals({ roles: { "tech-lead": 1, owner: 1 } }),
      "policy.people.owner": ["JANE@shop.example"],
    };
    expectProblem(changes, {
      path: `${AT}.roles`,
      value: { "tech-lead": 1, owner: 1 },
      message: "cannot be filled: one person cannot approve for two of owner, tech-lead",
      hint: "give one of these roles another person",
    });
    expect(resolve({ ...changes, "policy.people.owner": ["jane@shop.example", "olga@shop.example"] }).ok).toBe(true);
  });

  it("is refused at the weight of no step", () => {
    expectProblem(approvals({ when: 30, roles: { "tech-lead": 1 } }), {
      path: `${AT}.when`,
      value: 30,
      message: "is the weight of no step",
      hint: "weights: 10, 25, 50, 100",
    });
  });

  it("is refused beside another of the same moment", () => {
    const [one, other] = [{ roles: { "tech-lead": 1 } }, { when: "before", roles: { operations: 1 } }];
    expectProblem(approvals(one, other), {
      path: `${PROD}.approvals[1].when`,
      value: "before",
      message: "is before, as approvals[0] is",
      hint: "put all roles of one moment into one approval",
    });
  });

  it("is refused with a checklist for somebody it does not ask", () => {
    expectProblem(approvals({ roles: { "tech-lead": 1 }, checklists: { operations: ["Look"] } }), {
      path: `${AT}.checklists.operations`,
      value: ["Look"],
      message: "is a role that this approval does not ask",
      hint: "it asks tech-lead",
    });
  });

  it("are refused where all that the plan lets last is longer than an execution lives", () => {
    expectProblem(approvals({ roles: { "tech-lead": 1 }, expiresAfter: "363d" }), {
      path: "release.environments",
      value: ["prod"],
      message: "may last 367d1h together (prod 367d1h), and an execution lives for a year",
      hint: "shorten approvals, bakes, holds or monitoring to 363d in all, or release to fewer environments at once",
    });
  });

  it("may have checklists for roles that only a higher risk asks", () => {
    const input = {
      roles: { "tech-lead": 1 },
      and: { risk: "high", roles: { operations: 1 } },
      checklists: { operations: ["Look"] },
    };
    expect(resolve(approvals(input)).ok).toBe(true);
  });

  it.each<[string, { [key: string]: Json }, string, Json | undefined, string, string]>([
    [
      "reminds after it expires",
      { remindEvery: "24h" },
      "remindEvery",
      "24h",
      "reminds nobody: the approval expires after 1d",
      "write less than 1d",
    ],
    [
      "reminds without a pause",
      { remindEvery: "0s" },
      "remindEvery",
      "0s",
      "would remind without a pause",
      "write a time such as 12h",
    ],
    [
      "reminds more often than anybody reads",
      { remindEvery: "59s" },
      "remindEvery",
      "59s",
      "would mail everybody more than once a minute",
      "write 1m or more; 12h is usual",
    ],
    [
      "escalates after it expires",
      { expiresAfter: "2h", escalateAfter: "2h", escalateTo: "operations" },
      "escalateAfter",
      "2h",
      "escalates too late: the approval expires after 2h",
      "write less than 2h",
    ],
    [
      "escalates to nobody",
      { escalateAfter: "2h" },
      "escalateTo",
      undefined,
      "is missing beside escalateAfter",
      "name the role that is asked then",
    ],
    [
      "escalates at no time",
      { escalateTo: "operations" },
      "escalateAfter",
      undefined,
      "is missing beside escalateTo",
      "write a time below 1d",
    ],
    [
      "escalates to a role that nobody holds",
      { escalateAfter: "2h", escalateTo: "boss" },
      "escalateTo",
      "boss",
      "asks the role boss, which nobody holds in prod",
      "add the role and its addresses to people",
    ],
    [
      "leaves no time to answer",
      { expiresAfter: "0s" },
      "expiresAfter",
      "0s",
      "leaves no time to answer",
      "write a time such as 24h",
    ],
    [
      "is stale at once",
      { validFor: "0s" },
      "validFor",
      "0s",
      "makes every decision stale at once",
      "write a time such as 7d",
    ],
  ])("is refused where it %s", (_, input, key, value, message, hint) => {
    const found = problems(approvals({ roles: { "tech-lead": 1 }, ...input }));
    expect(found).toContainEqual({ path: `${AT}.${key}`, value, message, hint });
  });
});

describe("a release's approvals", () => {
  const asked = (input: Json, ...policy: Json[]): Changes => ({
    ...approvals(
      ...(policy.length === 0
        ? [{ roles: { operations: 1 }, expiresAfter: "2d", checklists: { operations: ["One"] } }]
        : policy),
    ),
    "release.tighten": { prod: { approvals: [input] } },
  });

  it("may ask more people and more roles, shorter times and longer checklists", () => {
    const input = {
      roles: { operations: 2, "tech-lead": 1 },
      expiresAfter: "1d",
      validFor: "2d",
      checklists: { operations: ["Two"], "tech-lead": ["Three"] },
    };
    expect(approval(asked(input))).toMatchObject({
      id: "before",
      roles: [
        { role: "operations", needed: 2, checklist: ["One", "Two"] },
        { role: "tech-lead", needed: 1, checklist: ["Three"] },
      ],
      expiresSeconds: 86_400,
      validSeconds: 172_800,
    });
  });

  it("leave the policy's roles and times as they are where they say nothing about them", () => {
    expect(approval(asked({ roles: { "tech-lead": 1 } }))).toMatchObject({
      roles: [{ role: "operations", needed: 1 }, { role: "tech-lead" }],
      expiresSeconds: 172_800,
      validSeconds: 604_800,
    });
  });

  it("change only the policy's approval of the same moment", () => {
    const changes = asked(
      { roles: { "tech-lead": 1 } },
      { roles: { operations: 1 } },
      { when: "after", roles: { operations: 1 } },
    );
    expect(environment(changes).approvals.map(({ roles }) => roles.map(({ role }) => role))).toEqual([
      ["operations", "tech-lead"],
      ["operations"],
    ]);
  });

  it("that ask for a role nobody holds are told so where they ask", () => {
    expect(problems(asked({ roles: { security: 1 } })).map((problem) => problem.path)).toEqual([
      `${TIGHT}[0].roles.security`,
    ]);
  });

  it("may be at a moment of their own", () => {
    const ids = environment(asked({ when: 50, roles: { "tech-lead": 1 } })).approvals.map(({ id }) => id);
    expect(ids).toEqual(["before", "at-50"]);
  });

  it("may not ask fewer people than the policy", () => {
    expectProblem(asked({ roles: { operations: 1 } }, { roles: { operations: 2 } }), {
      path: `${TIGHT}[0].roles.operations`,
      value: 1,
      message: "asks fewer people than the policy's 2",
      hint: "a release may only tighten: write 2 or more",
    });
  });

  it.each([
    ["expiresAfter", "2d"],
    ["validFor", "7d"],
  ])("may not make %s longer than the policy's %s", (key, allowed) => {
    expectProblem(asked({ roles: { operations: 1 }, [key]: "8d" }), {
      path: `${TIGHT}[0].${key}`,
      value: "8d",
      message: `is longer than the policy's ${allowed}`,
      hint: `a release may only tighten: write ${allowed} or shorter`,
    });
  });

  it("cannot name people: their roles are the policy's", () => {
    expect(problems(asked({ when: 50, roles: { friends: 1 } })).map(({ path, message }) => [path, message])).toEqual([
      [`${TIGHT}[0].roles.friends`, "asks the role friends, which nobody holds in prod"],
    ]);
  });
});

describe("an approval and a later start", () => {
  const later = (notBefore: string, input: { [key: string]: Json }): Changes => ({
    ...approvals({ roles: { "tech-lead": 1 }, expiresAfter: "1d", validFor: "2d", ...input }),
    "release.tighten": { prod: { notBefore } },
  });
  const message = "the approval before holds for 2d; the rollout starts Thu 2026-01-08 08:01 UTC at the earliest";

  it("is refused where no decision could still hold at the start", () => {
    const changes = later("2026-01-08T08:01:00Z", {});
    const [problem, ...rest] = problems(changes);
    expect(rest).toEqual([]);
    expect(problem).toMatchObject({
      path: `${PROD}.approvals`,
      message,
      hint: "start the promotion later, or raise validFor",
    });
  });

  it("is warned about where an early decision would be stale", () => {
    const found = warnings(later("2026-01-08T08:00:00Z", {})).find((warning) => warning.path === `${PROD}.approvals`);
    expect(found).toMatchObject({
      message: "the approval before holds for 2d; the rollout starts Thu 2026-01-08 08:00 UTC at the earliest",
      hint: "a decision given at once will be stale by then; start later, or raise validFor",
    });
  });

  it("is fine where a decision given at once still holds", () => {
    const paths = warnings(later("2026-01-07T08:00:00Z", {})).map((warning) => warning.path);
    expect(paths).not.toContain(`${PROD}.approvals`);
  });

  it("is fine where it is asked in the rollout", () => {
    expect(resolve(later("2026-03-01T08:00:00Z", { when: 25 })).ok).toBe(true);
  });

  it("counts from the window's opening", () => {
    const window = { zone: "Africa/Johannesburg", open: [{ days: ["Sun"], from: "08:00", to: "12:00" }] };
    const changes = {
      ...approvals({ roles: { "tech-lead": 1 }, expiresAfter: "1d", validFor: "2d" }),
      [`${PROD}.window`]: window,
    };
    expect(problems(changes)[0]?.message).toBe(
      "the approval before holds for 2d; the rollout starts Sun 2026-01-11 08:00 Africa/Johannesburg at the earliest",
    );
  });
});

describe("seats", () => {
  const people = fc.uniqueArray(fc.constantFrom("a", "b", "c", "d"), { minLength: 1 });
  const seats = fc.array(fc.record({ role: fc.constant("r"), needed: fc.integer({ min: 1, max: 2 }), people }), {
    maxLength: 4,
  });

  it("are filled exactly where trying every assignment finds one", () => {
    fc.assert(
      fc.property(seats, (wanted) => {
        const chairs = wanted.flatMap((seat) => Array.from({ length: seat.needed }, () => seat.people));
        expect(canBeSeated(wanted)).toBe(assignable(chairs, []));
      }),
      { numRuns: 500 },
    );
  });
});

function assignable(chairs: readonly (readonly string[])[], taken: readonly string[]): boolean {
  const [first, ...rest] = chairs;
  if (first === undefined) return true;
  return first.some((person) => !taken.includes(person) && assignable(rest, [...taken, person]));
}
