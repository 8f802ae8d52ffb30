import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type Decision,
  partyAddresses,
  rolesAsked,
  seatOf,
  whoIsAsked,
} from "../../../functions/domain/approval/approval.ts";
import { isStale } from "../../../functions/domain/approval/settlement.ts";
import { looksLikeAddress, personOf, samePerson, unfillable } from "../../../functions/domain/people.ts";
import {
  A,
  B,
  C,
  countedDecisions,
  D,
  escalated,
  infra,
  lead,
  record,
  said,
  settle,
  waitingFor,
} from "../../support/approval-record.ts";
import { HOUR, role, START } from "../../support/approval-scene.ts";

describe("one person", () => {
  test.each([
    ["Jane.Doe@Example.COM", "jane.doe@example.com"],
    ["  jane.doe@example.com\t", "jane.doe@example.com"],
    ["Jane Doe <jane.doe@example.com>", "jane.doe@example.com"],
    ["jane.doe+prod@example.com", "jane.doe@example.com"],
    ["jane.doe+a+b@example.com", "jane.doe@example.com"],
    ["ｊａｎｅ.doe@example.com", "jane.doe@example.com"],
    ["jane.\u200Bdoe@exam\u00ADple.com", "jane.doe@example.com"],
    ["Jane < Jane.Doe@Example.com > ", "jane.doe@example.com"],
    ["<a@b.c> jane", "a@b.c"],
    ["j+tag@example.com", "j@example.com"],
    ["JANE", "jane"],
    ["jane+tag", "jane+tag"],
    ["@example.com", "@example.com"],
    ["+tag@example.com", "+tag@example.com"],
    ["jane@exam+ple.com", "jane@exam+ple.com"],
  ])("written %j is %j", (written, person) => {
    expect(personOf(written)).toBe(person);
  });

  test("is told from another by dots, names and hosts", () => {
    expect(samePerson("jane.doe@example.com", "janedoe@example.com")).toBe(false);
    expect(samePerson("jane@example.com", "jane@example.org")).toBe(false);
    expect(samePerson("JANE@example.com", "jane+x@example.com")).toBe(true);
  });

  test("normalising twice changes nothing", () => {
    fc.assert(fc.property(fc.emailAddress(), (address) => personOf(personOf(address)) === personOf(address)));
  });

  test("has an address that mail can go to, or has not", () => {
    expect(["a@b", " a@b ", "a b@c", "a@", "@b", "arn:aws:iam::1:user/x", "", "a@b c"].map(looksLikeAddress)).toEqual([
      true,
      true,
      false,
      false,
      false,
      false,
      false,
      false,
    ]);
  });
});

describe("roles that can never answer", () => {
  test.each([
    ["nobody there", [role("lead", [])], ["lead"]],
    ["too few", [role("lead", [A], [], 2)], ["lead"]],
    ["the same person wanted twice", [role("lead", [A]), role("infra", ["ANN+x@example.com"])], ["infra"]],
    ["one who could do both, one who can do one", [role("lead", [A, B]), role("infra", [A])], []],
    ["three in a ring", [role("a", [A, B]), role("b", [B, C]), role("c", [C, A])], []],
    ["later roles that would still fit", [role("a", [A]), role("b", [A]), role("c", [C])], ["b"]],
  ])("%s", (_, roles, expected) => {
    expect(unfillable(roles)).toEqual(expected);
  });
});

describe("who is asked", () => {
  test("each person of a role once, and never the requester", () => {
    const asked = whoIsAsked(
      { roles: [role("lead", [A, "ANN@example.com", B, C])], escalateTo: null },
      ["Ben+x@example.com"],
      3,
    );

    expect(asked.roles).toEqual([
      {
        role: "lead",
        needed: 1,
        checklist: [],
        people: [
          { address: "ANN@example.com", generation: 3 },
          { address: C, generation: 3 },
        ],
      },
    ]);
    expect(asked.escalation).toBeNull();
  });

  test("the escalation ticks its own list, or else everybody's", () => {
    const roles = [role("lead", [A], ["tests", "docs"]), role("infra", [C], ["docs", "capacity"])];
    const of = (list: readonly string[]) =>
      whoIsAsked({ roles, escalateTo: role("manager", [D], list) }, [], 1).escalation?.checklist;

    expect(of(["budget"])).toEqual(["budget"]);
    expect(of([])).toEqual(["tests", "docs", "capacity"]);
  });

  test("the escalation's people only once it has happened", () => {
    expect(rolesAsked(escalated({ escalatedAt: null })).map((one) => one.role)).toEqual(["lead", "infra"]);
    expect(rolesAsked(escalated()).map((one) => one.role)).toEqual(["lead", "infra", "manager"]);
    expect(seatOf(escalated({ escalatedAt: null }), "manager", D)).toBeUndefined();
    expect(seatOf(escalated(), "manager", "DORA@example.com")?.person.address).toBe(D);
  });
});

describe("what counts", () => {
  test.each([
    ["of another round", said("lead", A, { round: START - 1 })],
    ["at the expiry", said("lead", A, { at: START + 48 * HOUR })],
    ["of somebody not asked", said("lead", D)],
    ["of somebody asked in another role", said("infra", A)],
    ["of the requester", said("lead", "requester@example.com")],
  ])("nothing %s", (_, decision) => {
    const asked = record([lead, infra]);
    const withRequester = {
      ...asked,
      roles: [
        ...asked.roles,
        { role: "lead", needed: 1, checklist: [], people: [{ address: "requester@example.com", generation: 1 }] },
      ],
    };
    expect(countedDecisions(withRequester, [decision])).toEqual([]);
  });

  test("the last millisecond before the expiry does", () => {
    expect(countedDecisions(record([lead]), [said("lead", A, { at: START + 48 * HOUR - 1 })])).toHaveLength(1);
  });

  test("the first answer of each person, whatever the order they are read in", () => {
    const both = record([role("lead", [A]), role("infra", [A])]);
    const later = said("infra", A, { at: START + 2 });

    expect(countedDecisions(both, [later, said("lead", A)]).map((one) => one.role)).toEqual(["lead"]);
  });
});

describe("settling", () => {
  const none: readonly [] = [];

  test("waits while a role owes an answer, and says which and how many", () => {
    const two = record([role("lead", [A, B, C], [], 2), role("infra", [D])]);

    const settled = settle(two, [said("lead", A)], none, START + 1);

    expect(settled).toEqual({
      state: "waiting",
      summary: "waiting for lead, infra",
      gone: [],
      waitingFor: [
        { role: "lead", missing: 1, people: [B, C] },
        { role: "infra", missing: 1, people: [D] },
      ],
      remindDue: 0,
      escalateDue: false,
      nextAt: START + 48 * HOUR,
    });
    expect(settle(two, [], none, START).summary).toBe("waiting for 2 x lead, infra");
  });

  test("approves once every role has its answers", () => {
    const settled = settle(record([lead, infra]), [said("lead", B), said("infra", C)], none, START + 2);

    expect(settled).toMatchObject({
      state: "approved",
      summary: `approved by ${B} (lead) and ${C} (infra)`,
      nextAt: START + 2,
    });
  });

  test("a second yes of one role does not fill another", () => {
    expect(settle(record([lead, infra]), [said("lead", A), said("lead", B)], none, START + 2).state).toBe("waiting");
  });

  test("one rejection outweighs any number of approvals", () => {
    const answers = [said("lead", A), said("infra", C), said("lead", B, { decision: "rejected" })];

    expect(settle(record([lead, infra]), answers, none, START + 2)).toMatchObject({
      state: "rejected",
      summary: `rejected by ${B} (lead)`,
    });
  });

  test("expires at its end, not before", () => {
    const waits = record([lead]);

    expect(settle(waits, [], none, START + 48 * HOUR - 1).state).toBe("waiting");
    expect(settle(waits, [], none, START + 48 * HOUR)).toMatchObject({
      state: "expired",
      summary: "expired without an answer from lead",
    });
  });

  test("an ending word names who said it, and why", () => {
    const of = (kind: "abort" | "roll-back" | "supersede") => {
      const { state, summary } = settle(record([lead]), [], [{ kind, by: "ops", reason: "enough" }], START);
      return [state, summary];
    };

    expect(of("abort")).toEqual(["cancelled", "cancelled by ops: enough"]);
    expect(of("roll-back")).toEqual(["cancelled", "cancelled by ops: enough"]);
    expect(of("supersede")).toEqual(["superseded", "superseded by ops: enough"]);
  });

  test("names every role that stayed silent", () => {
    const { summary } = settle(record([lead, infra]), [], none, START + 48 * HOUR);

    expect(summary).toBe("expired without an answer from lead, infra");
  });

  test("what has ended neither reminds nor escalates", () => {
    const over = settle(escalated({ escalatedAt: null, remindSeconds: 60 }), [], none, START + 48 * HOUR);

    expect(over).toMatchObject({ remindDue: 0, escalateDue: false, nextAt: START + 48 * HOUR });
  });

  test("looks for no escalation that is over, nor for one that names nobody", () => {
    const early = { escalatesAt: START + 2 * HOUR, escalatedAt: START + HOUR };

    expect(settle(escalated(early), [], none, START + HOUR).nextAt).toBe(START + 48 * HOUR);
    expect(settle(record([lead], { escalatesAt: START + HOUR }), [], none, START).nextAt).toBe(START + 48 * HOUR);
    expect(rolesAsked(record([lead], { escalatedAt: START }))).toHaveLength(1);
  });

  test("what has ended stays ended, whatever comes later", () => {
    const ended = record([lead], { state: "expired", summary: "expired" });

    expect(settle(ended, [said("lead", A)], [{ kind: "abort", by: "x", reason: "y" }], START)).toMatchObject({
      state: "expired",
      summary: "expired",
    });
  });

  test("the careful reading wins: rejection, then an operator, then approval, then expiry", () => {
    const abort = { kind: "abort", by: "ops", reason: "stop" } as const;
    const late = START + 72 * HOUR;
    const yes = said("lead", A);
    const no = said("lead", B, { decision: "rejected" });
    const state = (...[decisions, signals]: [Decision[], (typeof abort)[]]) =>
      settle(record([lead]), decisions, signals, late).state;

    expect([state([yes, no], [abort]), state([yes], [abort]), state([yes], []), state([], [])]).toEqual([
      "rejected",
      "cancelled",
      "approved",
      "expired",
    ]);
  });

  test.each(["hold", "resume", "skip-bake", "promote-now"] as const)("the word %s ends no approval", (kind) => {
    expect(settle(record([lead]), [], [{ kind, by: "ops", reason: "" }], START).state).toBe("waiting");
  });

  test("reminders are counted from the asking, and the next look is the nearest of all", () => {
    const waits = escalated({ escalatedAt: null, remindSeconds: 10 * 3_600 });
    const at = (hours: number) => {
      const { remindDue, escalateDue, nextAt } = settle(waits, [], none, START + hours * HOUR);
      return [remindDue, escalateDue, (nextAt - START) / HOUR];
    };

    expect([0, 9, 10, 23, 24, 45].map(at)).toEqual([
      [0, false, 10],
      [0, false, 10],
      [1, false, 20],
      [2, false, 24],
      [2, true, 30],
      [4, true, 48],
    ]);
    expect(settle(escalated({ remindSeconds: 10 * 3_600 }), [], none, START + 25 * HOUR).escalateDue).toBe(false);
    expect(settle(waits, [], none, START - HOUR).remindDue).toBe(0);
  });

  test("nothing escalates where nobody is named for it", () => {
    expect(settle(record([lead], { escalatesAt: START }), [], none, START + HOUR).escalateDue).toBe(false);
    expect(settle(escalated({ escalatedAt: null, escalatesAt: null }), [], none, START + 47 * HOUR)).toMatchObject({
      escalateDue: false,
      nextAt: START + 48 * HOUR,
    });
  });
});

describe("standing in after an escalation", () => {
  test("one manager fills one missing answer, not two", () => {
    const yes = said("manager", D);

    expect(waitingFor(escalated(), [yes]).map((one) => one.role)).toEqual(["infra"]);
    expect(waitingFor(escalated(), [said("manager", D, { decision: "rejected" })])).toHaveLength(2);
    expect(
      waitingFor(
        escalated({ roles: whoIsAsked({ roles: [role("lead", [A, B, C], [], 3)], escalateTo: null }, [], 1).roles }),
        [yes],
      ),
    ).toMatchObject([{ missing: 2 }]);
    expect(settle(escalated(), [yes, said("infra", C)], [], START + 25 * HOUR).state).toBe("approved");
  });

  test("where the escalation role owes two, two of them stand in once", () => {
    const boards = role("board", [B, D], [], 2);
    const asked = record([infra, role("lead", [A])], {
      ...whoIsAsked({ roles: [infra, role("lead", [A])], escalateTo: boards }, [], 1),
      escalatedAt: START,
    });

    expect(waitingFor(asked, [said("board", B)])).toHaveLength(2);
    expect(waitingFor(asked, [said("board", B), said("board", D)])).toHaveLength(1);
  });

  test("a stand-in who rejects ends it", () => {
    expect(settle(escalated(), [said("manager", D, { decision: "rejected" })], [], START + 25 * HOUR).state).toBe(
      "rejected",
    );
  });
});

test("nobody ever fills two seats, whoever answers in whatever order", () => {
  const people = fc.constantFrom(A, B, C, D);
  const roles = fc.array(
    fc.record({ people: fc.uniqueArray(people, { minLength: 1 }), needed: fc.integer({ min: 1, max: 2 }) }),
    { minLength: 1, maxLength: 3 },
  );
  const answers = fc.array(
    fc.record({ role: fc.integer({ min: 0, max: 2 }), who: people, at: fc.integer({ min: 1, max: 9 }) }),
  );
  fc.assert(
    fc.property(roles, answers, (drawn, given) => {
      const asked = record(drawn.map((one, index) => role(`r${index}`, one.people, [], one.needed)));
      const decisions = given.map((one) => said(`r${one.role}`, one.who, { at: START + one.at }));
      const needed = drawn.reduce((sum, one) => sum + one.needed, 0);
      const approved = settle(asked, decisions, [], START + 10).state === "approved";
      if (approved) expect(new Set(given.map((one) => one.who)).size).toBeGreaterThanOrEqual(needed);
      expect(countedDecisions(asked, decisions).length).toBeLessThanOrEqual(4);
    }),
  );
});

test("an approval is stale after its time, to the millisecond; what was not approved never is", () => {
  const given = record([lead], { state: "approved", endedAt: START });

  expect(isStale(given, { validSeconds: 60 }, START + 60_000)).toBe(false);
  expect(isStale(given, { validSeconds: 60 }, START + 60_001)).toBe(true);
  expect(isStale({ ...given, state: "rejected" }, { validSeconds: 60 }, START + 60_001)).toBe(false);
  expect(isStale({ ...given, endedAt: null }, { validSeconds: 60 }, START + 60_001)).toBe(false);
});

test("the requester and whoever started it are told where they are addresses, each once", () => {
  const jane = "arn:aws:sts::093646564004:assumed-role/SSO/Jane@example.com";
  expect(partyAddresses({ requester: " sam@example.com ", startedBy: null })).toEqual(["sam@example.com"]);
  expect(partyAddresses({ requester: "pipeline-17", startedBy: "arn:aws:iam::1:user/sam" })).toEqual([]);
  expect(partyAddresses({ requester: "sam@example.com", startedBy: jane })).toEqual([
    "sam@example.com",
    "Jane@example.com",
  ]);
  expect(partyAddresses({ requester: "jane+ci@example.com", startedBy: jane })).toHaveLength(1);
});
