/**
 * Any sequence of things that people, operators and time do to the approvals of two services: what is taken, and what it
 * amounts to, is what the rules on paper say, and one service's answers never touch the other's approval.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FORM_LIFE_MS } from "../../functions/domain/approval/form-token.ts";
import { PEOPLE, Play, POOL, ROLES, type Side } from "../support/approval-play.ts";
import { type Answer, seatedSince, stateOf, takes } from "../support/approval-reference.ts";
import { HOUR } from "../support/approval-scene.ts";
import { SSO_ROLE, sessionArn } from "../support/callers.ts";

interface Move {
  readonly kind: keyof typeof MOVES;
  readonly side: 0 | 1;
  /** Chooses among what is there: people, links, forms, roles, hours. */
  readonly dice: readonly [number, number, number];
}

type Act = (play: Play, side: Side, dice: Move["dice"]) => Promise<void>;

const pick = <T>(from: readonly T[], die: number): T | undefined => from[die % Math.max(1, from.length)];
const chosen = <T>(from: readonly T[], die: number): T => {
  const found = pick(from, die);
  if (found === undefined) throw new RangeError("nothing to choose from");
  return found;
};
const decisionBy = (die: number): Answer["decision"] => (die % 5 === 0 ? "rejected" : "approved");

/** What is taken is what the rules take; then it is part of the story. */
function hold(side: Side, answer: Answer, expected: boolean, status: number): void {
  const taken = status === 303 || status === 200;
  expect({ answer, taken, story: side.story }).toEqual({ answer, taken: expected, story: side.story });
  expect(status).toBeLessThan(500);
  if (taken) side.tell({ what: "answered", answer, at: side.on.now });
}

/** Mostly those who sit there, since seats of others cannot be given on; now and then anybody. */
function seatedOr({ rules, story }: Side, role: string, die: number): readonly string[] {
  const seated = PEOPLE.filter((person) => seatedSince(rules, story, role, person) >= 0);
  return die % 4 === 0 ? PEOPLE : seated;
}

/** Everything of the ledger that is the other service's own. */
const othersOf = (play: Play, side: Side) => {
  const other = play.sides[side === play.sides[0] ? 1 : 0].on.name.promotionId;
  return JSON.stringify(side.on.ledger.items(({ pk }) => pk.endsWith(`#${other}`)));
};

const MOVES = {
  open: async (play, side, [die]) => {
    const letter = pick(side.letters, die);
    if (letter !== undefined) expect((await play.open(side, letter)).status).toBeLessThan(500);
  },
  post: async (play, side, [die, choice]) => {
    const form = pick(side.forms, die);
    if (form === undefined) return;
    const { letter, opened, openedAt } = form;
    const answer: Answer = {
      role: letter.role,
      person: letter.person,
      decision: decisionBy(choice),
      principal: null,
    };
    const asked = side.story.findLastIndex(({ what }) => what === "asked");
    const fresh = opened > asked && side.on.now < openedAt + FORM_LIFE_MS;
    const expected = fresh && side.isAlive(letter) && takes(side.rules, side.story, answer);
    hold(side, answer, expected, (await play.post(side, form, answer.decision)).status);
  },
  sign: async (play, side, [die, choice, who]) => {
    const person = chosen(PEOPLE, die);
    const role = chosen(ROLES, choice);
    const decision = decisionBy(who);
    const caller = [
      sessionArn(SSO_ROLE, person),
      sessionArn("Approvers", `session-${who}`),
      sessionArn("Release", `session-${who}`),
      // The session's name claims to be somebody, and no rule says that it is true.
      sessionArn("Anybody", person),
    ][who % 4];
    const verified = who % 4 === 0;
    const principal = verified ? String(caller) : String(caller).slice(0, String(caller).lastIndexOf("/"));
    const answer: Answer = { role, person, decision, principal };
    const expected = who % 4 !== 3 && takes(side.rules, side.story, answer);
    const as = verified ? {} : { as: person };
    const body = { action: "decide", role, decision, version: side.version, comment: "as agreed", ...as };
    hold(side, answer, expected, (await play.sign(side, String(caller), body)).status);
  },
  replace: async (play, side, [die, choice, who]) => {
    const role = chosen(ROLES, choice);
    const from = chosen(seatedOr(side, role, choice), die);
    const to = chosen(choice % 2 === 0 ? (POOL[role] ?? []) : PEOPLE, who);
    const before = side.generation();
    const body = { action: "replace", role, address: from, by: to };
    const { status } = await play.sign(side, sessionArn("Approvers", "desk"), body);
    expect(status).toBeLessThan(500);
    if (side.generation() === before) return;
    expect({ from: seatedSince(side.rules, side.story, role, from) }).not.toEqual({ from: -1 });
    expect(side.rules.parties).not.toContain(to);
    side.tell({ what: "seat given on", role, from, to, at: side.on.now });
  },
  resend: async (play, side, [die, choice]) => {
    const body = { action: "resend", role: chosen(ROLES, choice), address: chosen(PEOPLE, die) };
    expect((await play.sign(side, sessionArn("Approvers", "desk"), body)).status).toBeLessThan(500);
  },
  revoke: async (play, _side, [die]) => {
    expect((await play.say("revoke", chosen(PEOPLE, die))).status).toBe(200);
  },
  reinstate: async (play, _side, [die]) => {
    expect((await play.say("reinstate", chosen(PEOPLE, die))).status).toBe(200);
  },
  policy: async (play, _side, [die, choice]) => {
    const without = chosen([...PEOPLE, "nobody"], die);
    const all = choice % 3 === 0 ? POOL : undefined;
    const people = Object.entries(POOL).map(([role, names]) => [role, names.filter((name) => name !== without)]);
    await play.policy(all ?? Object.fromEntries(people));
  },
  rotate: async (play) => {
    expect((await play.rotate()).status).toBe(200);
  },
  pass: async (play, _side, [die, choice]) => play.pass((choice % 4 === 0 ? 24.25 : (die % 14) + 0.25) * HOUR),
  ask: async (play, side) => play.ask(side),
  supersede: async (play, side, [die]) => {
    if (die % 4 === 0) await play.supersede(side);
  },
  stop: async (play, side, [die]) => {
    if (die % 4 === 0) play.stop(side);
  },
} satisfies Record<string, Act>;

const LOCAL: ReadonlySet<string> = new Set(["open", "post", "sign", "replace", "resend"]);

/** One move, and then what each machine is told, which is what the rules say. */
async function play(all: Play, { kind, side, dice }: Move): Promise<void> {
  const own = all.sides[side];
  const others = othersOf(all, own);
  await MOVES[kind](all, own, dice);
  if (LOCAL.has(kind)) expect(othersOf(all, own)).toBe(others);
  for (const one of all.sides) {
    const told = await one.look();
    expect({ told, story: one.story }).toEqual({ told: stateOf(one.rules, one.story).state, story: one.story });
  }
}

const die = fc.nat({ max: 1_000 });
const KINDS = Object.keys(MOVES) as Move["kind"][];
// Answers come often, ends seldom: else hardly a story gets far.
const kind = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom<Move["kind"]>("open", "post", "sign") },
  { weight: 1, arbitrary: fc.constant<Move["kind"]>("pass") },
  { weight: 3, arbitrary: fc.constantFrom(...KINDS) },
);
const move: fc.Arbitrary<Move> = fc.record({
  kind,
  side: fc.constantFrom(0, 1),
  dice: fc.tuple(die, die, die),
});

describe("two services' approvals, whatever is done to them in whatever order", () => {
  test("count the answers that the rules count, and no other", async () => {
    const ends = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(fc.array(move, { minLength: 10, maxLength: 60, size: "max" }), async (moves) => {
        const all = await Play.begin();
        for (const one of moves) await play(all, one);
        for (const { rules, story } of all.sides) {
          const { state } = stateOf(rules, story);
          ends.set(state, (ends.get(state) ?? 0) + 1);
        }
      }),
      { numRuns: 40, seed: 20_261_129 },
    );
    // Stories that all end alike would show little.
    for (const state of ["waiting", "approved", "rejected", "superseded", "expired"]) {
      expect([state, ends.get(state) ?? 0]).not.toEqual([state, 0]);
    }
  }, 60_000);
});
