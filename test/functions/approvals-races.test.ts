import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Attempt, type Decided, decide } from "../../functions/domain/approval/decide.ts";
import { settleNow } from "../../functions/domain/approval/settle.ts";
import { ServiceTrouble } from "../../functions/domain/errors.ts";
import { loadAudit } from "../../functions/domain/ledger/append-audit.ts";
import { brokenAt } from "../../functions/domain/ledger/audit.ts";
import type { Ledger } from "../../functions/domain/ports.ts";
import { settleApproval } from "../../functions/settle-approval.ts";
import {
  INFRA,
  INFRASTRUCTURE_LEAD,
  LEAD,
  OWNER,
  REQUESTER,
  role,
  type Scene,
  scene,
  sha256,
  TECH_LEAD,
} from "../support/approval-scene.ts";
import { callerBy, sessionArn } from "../support/callers.ts";
import { interleave, twoSwitches } from "../support/interleave.ts";

const attempt = (address: string, change: Partial<Attempt> = {}): Attempt => ({
  role: TECH_LEAD.role,
  address,
  decision: "approved",
  comment: "said on one of two devices",
  checklist: TECH_LEAD.checklist,
  version: "v1.4.0",
  via: "page",
  caller: null,
  sourceIp: "198.51.100.7",
  userAgent: "a browser",
  generation: 1,
  epoch: 0,
  ...change,
});

type Choose = (ready: readonly number[]) => number;

/** Two answers, their ledger operations in the order that `choose` gives. */
async function race(on: Scene, choose: Choose, answers: readonly Attempt[]): Promise<Decided[]> {
  const actors = answers.map((answer) => async (ledger: Ledger) => decide({ ...on.deps, ledger }, on.name, answer));
  return interleave(on.ledger, choose, actors);
}

const kinds = (outcomes: readonly Decided[]) => outcomes.map(({ kind }) => kind).sort();

/** Every order with at most two switches between the two, and a few hundred with any number. */
function orders(): Choose[] {
  const bits = fc.sample(fc.array(fc.boolean(), { minLength: 60, maxLength: 60 }), { numRuns: 150, seed: 4 });
  const random = bits.map((choices) => {
    let at = 0;
    return (ready: readonly number[]) => ready[choices[at++ % 60] === true ? ready.length - 1 : 0] ?? 0;
  });
  const switches = Array.from({ length: 15 * 15 }, (_, index) => twoSwitches(Math.floor(index / 15), index % 15));
  return [...switches, ...random];
}

/** What holds whatever the order: each decision that was answered as taken is stored, no other is, the trail is whole. */
async function expectSound(on: Scene, outcomes: readonly Decided[]): Promise<void> {
  const taken = outcomes.filter(({ kind }) => kind === "decided").length;
  expect(on.items("DECISION")).toHaveLength(taken);
  await on.settle();
  const trail = await loadAudit(on.ledger, on.name.promotionId);
  expect(brokenAt(sha256, trail)).toBeNull();
  expect(trail.filter(({ kind }) => kind === "approved" || kind === "rejected")).toHaveLength(taken);
}

describe("two answers at the same instant, in every order of their ledger operations", () => {
  test("a double click from two devices counts once", async () => {
    for (const choose of orders()) {
      const on = await scene();
      await on.ask();
      const outcomes = await race(on, choose, [attempt(LEAD), attempt(LEAD, { userAgent: "a phone" })]);
      expect(kinds(outcomes)).toEqual(["already", "decided"]);
      await expectSound(on, outcomes);
    }
  });

  test("approve and reject by one person: the first one stands", async () => {
    for (const choose of orders()) {
      const on = await scene({ approval: { roles: [TECH_LEAD] } });
      await on.ask();
      const outcomes = await race(on, choose, [attempt(LEAD), attempt(LEAD, { decision: "rejected" })]);
      expect(kinds(outcomes)).toEqual(["already", "decided"]);
      expect(on.items("APPROVAL")[0]?.state).toBe(on.items("DECISION")[0]?.decision);
      await expectSound(on, outcomes);
    }
  });

  test("two people of a role that owes one answer: one of them decides, the other comes too late", async () => {
    const roles = [role(TECH_LEAD.role, [LEAD, OWNER], TECH_LEAD.checklist)];
    for (const choose of orders()) {
      const on = await scene({ approval: { roles } });
      await on.ask();
      const outcomes = await race(on, choose, [attempt(LEAD), attempt(OWNER, { decision: "rejected" })]);
      expect(kinds(outcomes)).toEqual(["decided", "ended"]);
      expect(on.items("APPROVAL")[0]?.state).toBe(on.items("DECISION")[0]?.decision);
      await expectSound(on, outcomes);
    }
  });

  test("one caller who speaks for two people through the API is heard once", async () => {
    const caller = callerBy(sessionArn("Approvers", "ops"));
    const infra = { role: INFRASTRUCTURE_LEAD.role, checklist: INFRASTRUCTURE_LEAD.checklist };
    for (const choose of orders()) {
      const on = await scene();
      await on.ask();
      const outcomes = await race(on, choose, [attempt(LEAD, { caller }), attempt(INFRA, { ...infra, caller })]);
      expect(kinds(outcomes)).toEqual(["already", "decided"]);
      await expectSound(on, outcomes);
    }
  });

  test("both roles answer: both count, and together they approve", async () => {
    const infra = { role: INFRASTRUCTURE_LEAD.role, checklist: INFRASTRUCTURE_LEAD.checklist };
    for (const choose of orders()) {
      const on = await scene();
      await on.ask();
      const outcomes = await race(on, choose, [attempt(LEAD), attempt(INFRA, infra)]);
      expect(kinds(outcomes)).toEqual(["decided", "decided"]);
      expect(on.items("APPROVAL")[0]?.state).toBe("approved");
      await expectSound(on, outcomes);
    }
  });
});

test("a decision and the expiry's settling at the same instant agree on what happened", async () => {
  for (const choose of orders()) {
    const on = await scene({ approval: { roles: [TECH_LEAD] } });
    await on.ask();
    await on.signal("supersede", "a newer promotion", "newer");
    const { promotionId, environment, approval } = on.name;
    const [, settled] = await interleave<Decided | Awaited<ReturnType<typeof settleNow>>>(on.ledger, choose, [
      async (ledger) => decide({ ...on.deps, ledger }, on.name, attempt(LEAD)),
      async (ledger) => settleNow({ ...on.deps, ledger }, promotionId, environment, approval),
    ]);
    expect(settled).toMatchObject({ state: "superseded" });
    expect(on.items("DECISION")).toEqual([]);
  }
});

test("settled by its machine and after a decision at once, everything happens once and the machine is awake", async () => {
  for (const choose of orders().slice(0, 60)) {
    const on = await scene({ approval: { roles: [TECH_LEAD] } });
    await on.ask();
    await on.pause();
    on.workerTrouble = new ServiceTrouble("later");
    await decide(on.deps, on.name, attempt(LEAD));
    on.inbox.length = 0;
    const settling = (input: object) => (ledger: Ledger) =>
      settleApproval({ ...on.deps, ledger })({ ...on.name, ...input });
    const settled = await interleave(on.ledger, choose, [settling({ chunk: 1, looks: 0 }), settling({ wake: true })]);
    expect(settled.map(({ outcome }) => outcome)).toEqual(["approved", "approved"]);
    expect(on.mailsTo(REQUESTER)).toHaveLength(1);
    expect(on.items("APPROVAL")[0]).toMatchObject({ state: "approved", news: false });
    await expectSound(on, [{ kind: "decided" } as Decided]);
  }
});

test("settled twice at once, everybody is told once", async () => {
  for (const choose of orders().slice(0, 60)) {
    const on = await scene();
    await on.ask();
    on.inbox.length = 0;
    on.now += 48 * 3_600_000;
    const { promotionId, environment, approval } = on.name;
    const settling = async (ledger: Ledger) => settleNow({ ...on.deps, ledger }, promotionId, environment, approval);
    const states = await interleave(on.ledger, choose, [settling, settling]);
    expect(states.map(({ state }) => state)).toEqual(["expired", "expired"]);
    expect(on.inbox).toHaveLength(3);
  }
});
