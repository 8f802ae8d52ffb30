/** Who may decide now, by the policy in force and without the revoked; and what that does to what was said before. */
import { describe, expect, test } from "vitest";
import type { ApprovalRecord } from "../../../functions/domain/approval/approval.ts";
import { goneSeats, holdersIn, type InForce, NOBODY, standsFor } from "../../../functions/domain/approval/in-force.ts";
import { openSeats, seatsLeft } from "../../../functions/domain/approval/seats.ts";
import { countedDecisions, goneChange, settle, waitingFor } from "../../../functions/domain/approval/settlement.ts";
import { A, B, C, escalated, everybody, infra, lead, record, said } from "../../support/approval-record.ts";
import { HOUR, role, START } from "../../support/approval-scene.ts";

const asked = record([lead, infra]);
const withPeople = (people: Record<string, readonly string[]>): InForce => ({
  holders: new Map(Object.entries(people)),
  revoked: [],
});
const without = (person: string): InForce => ({
  ...everybody(asked),
  revoked: [{ address: person, by: "arn:ops", reason: "left", at: START }],
});
const yeses = [said("lead", A), said("infra", C)];
const at = START + HOUR;

describe("a policy in force", () => {
  const policy = {
    people: { lead: [A], infra: [C] },
    environments: { prod: { people: { lead: [B] } }, sit: {} },
  };

  test.each([
    ["the environment's own people replace the policy's", policy, "prod", { lead: [B], infra: [C] }],
    ["an environment without people of its own has the policy's", policy, "sit", { lead: [A], infra: [C] }],
    ["an environment that it does not have has nobody", policy, "dev", {}],
    ["an environment named like what every object has, too", policy, "constructor", {}],
    ["no policy names nobody", undefined, "prod", {}],
    [
      "what is no list of addresses names nobody",
      { environments: { prod: { people: { lead: [1, A], x: A } } } },
      "prod",
      { lead: [A], x: [] },
    ],
  ])("%s", (_, document, environment, people) => {
    expect(Object.fromEntries(holdersIn(document, environment))).toEqual(people);
  });
});

describe("a person", () => {
  test("stands for a role that the policy gives them, under whatever spelling", () => {
    expect(standsFor(withPeople({ lead: ["Ann+x@EXAMPLE.com"] }), "lead", A)).toBe(true);
    expect(standsFor(withPeople({ lead: [B], infra: [A] }), "lead", A)).toBe(false);
    expect(standsFor(withPeople({}), "constructor", A)).toBe(false);
  });

  test("who is revoked stands for none, under whatever spelling", () => {
    expect(standsFor(without("ANN+other@example.com"), "lead", A)).toBe(false);
    expect(standsFor(without(B), "lead", A)).toBe(true);
  });

  test("who is gone says why", () => {
    expect(goneSeats(asked, without(A))).toEqual([{ role: "lead", address: A, why: "revoked by arn:ops: left" }]);
    expect(goneSeats(asked, withPeople({ lead: [A] }))).toEqual([
      { role: "lead", address: B, why: "the policy in force does not name them as lead" },
      { role: "infra", address: C, why: "the policy in force has no role infra here" },
    ]);
  });

  test("of the escalation is looked at before the escalation has happened", () => {
    const later = escalated({ escalatedAt: null });
    expect(goneSeats(later, NOBODY).map((seat) => seat.role)).toEqual(["lead", "lead", "infra", "manager"]);
  });
});

describe("an answer", () => {
  test("of somebody who is gone counts no more, and their role is waited for again", () => {
    expect(settle(asked, yeses, [], everybody(asked), at).state).toBe("approved");

    const settled = settle(asked, yeses, [], without(A), at);

    expect(settled).toMatchObject({
      state: "waiting",
      summary: `waiting for lead; ${A} (lead) counts no more: revoked by arn:ops: left`,
      waitingFor: [{ role: "lead", missing: 1, people: [B] }],
    });
    expect(countedDecisions(asked, yeses, without(A)).map(({ address }) => address)).toEqual([C]);
  });

  test("of somebody who is gone does not reject either", () => {
    const no = said("lead", A, { decision: "rejected" });
    expect(settle(asked, [no], [], without(A), at).state).toBe("waiting");
    expect(settle(asked, [no], [], everybody(asked), at).state).toBe("rejected");
  });

  test("counts again once its person may decide again", () => {
    expect(settle(asked, yeses, [], without(A), at).state).toBe("waiting");
    expect(settle(asked, yeses, [], everybody(asked), at).state).toBe("approved");
  });

  test("of an escalation that is gone stands in for nobody", () => {
    const manager = said("manager", "dora@example.com", { at: START + 25 * HOUR });
    const all = {
      holders: new Map([
        ["lead", [A, B]],
        ["infra", [C]],
      ]),
      revoked: [],
    };
    expect(settle(escalated(), [manager, said("infra", C)], [], all, START + 26 * HOUR).state).toBe("waiting");
  });

  test("counts for nobody where the policy has lost the environment; it expires if nobody mends that", () => {
    expect(settle(asked, yeses, [], NOBODY, at)).toMatchObject({ state: "waiting" });
    expect(settle(asked, yeses, [], NOBODY, START + 48 * HOUR)).toMatchObject({ state: "expired" });
  });
});

describe("what has ended", () => {
  const gone = { at, seats: [{ role: "lead", address: B, why: "left" }] };
  const ended: ApprovalRecord = { ...asked, state: "approved", endedAt: at, summary: "approved", gone };

  test("stays ended, whoever goes later", () => {
    expect(settle(ended, yeses, [], NOBODY, at + 1)).toMatchObject({ state: "approved", gone: gone.seats });
  });

  test("shows the answers that counted then, and no others", () => {
    const decisions = [said("lead", B, { at: START }), ...yeses];
    expect(countedDecisions(ended, decisions, NOBODY).map(({ address }) => address)).toEqual([A, C]);
    expect(waitingFor(ended, countedDecisions(ended, yeses, NOBODY), NOBODY)).toEqual([]);
  });
});

describe("the record", () => {
  test("takes down who is gone when that changes, and only then", () => {
    const settled = settle(asked, [], [], without(A), at);
    const change = goneChange(asked, settled, at);
    expect(change).toEqual({ gone: { at, seats: settled.gone }, news: true });

    const noted = { ...asked, ...change };
    expect(goneChange(noted, settle(noted, [], [], without(A), at + 1), at + 1)).toEqual({});
    expect(goneChange(noted, settle(noted, [], [], without(B), at + 1), at + 1)).toMatchObject({ news: true });
    expect(goneChange(noted, settle(noted, [], [], everybody(asked), at + 1), at + 1)).toEqual({
      gone: { at: at + 1, seats: [] },
      news: true,
    });
  });

  test("of an earlier version, which says nothing of who is gone, needs no change while everybody stands", () => {
    const { gone: _, ...old } = asked;
    const settled = settle(old as ApprovalRecord, [], [], everybody(asked), at);
    expect(goneChange(old as ApprovalRecord, settled, at)).toEqual({});
  });
});

describe("seats", () => {
  test("of those who are gone are mailed no more", () => {
    const open = openSeats(asked, [], asked.roles, without(A));
    expect(open.map(({ person }) => person.address)).toEqual([B, C]);
  });

  test("that are left leave out who is gone and who has answered elsewhere", () => {
    const both = record([role("lead", [A, B, C]), role("infra", [C])]);
    const left = seatsLeft(both, [said("infra", C)], { ...everybody(both), revoked: without(A).revoked });
    expect(left).toEqual([
      { role: "lead", needed: 1, people: [B] },
      { role: "infra", needed: 1, people: [C] },
    ]);
  });
});
