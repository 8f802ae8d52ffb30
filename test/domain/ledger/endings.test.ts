import { beforeEach, describe, expect, it } from "vitest";
import { conclude, type EnvironmentEnd } from "../../../functions/domain/ledger/endings.ts";
import type { Ending } from "../../../functions/domain/ledger/header.ts";
import type { Head } from "../../../functions/domain/ledger/journal-records.ts";
import { loadEnding, noteEnding } from "../../../functions/domain/ledger/note-ending.ts";
import type { Outcome, TrippedBy } from "../../../functions/domain/outcomes.ts";
import { exitCodeOf, OUTCOMES } from "../../../functions/domain/outcomes.ts";
import { P1, World } from "../../support/deps.ts";

const head = (change: Partial<Head> = {}): Head => ({
  promotionId: P1,
  environment: "prod",
  state: "tripped",
  enteredAt: 0,
  firstShiftAt: 1,
  trip: { by: "judge", reason: "5 % errors", at: 2 },
  outcome: null,
  summary: "",
  ...change,
});
const end = (restored: EnvironmentEnd["restored"], change: Partial<Head> = {}): EnvironmentEnd => ({
  head: head(change),
  restored,
  owesCode: false,
});
const ending = (outcome: Outcome, summary = "so it was said"): Ending => ({ outcome, summary, at: 0 });
const promoted = (environment: string) =>
  end("nothing", { environment, state: "closed", trip: null, outcome: "promoted" });
const facts = { ending: null, ends: [], wanted: ["prod"], error: null };

describe("a promotion ends", () => {
  it("promoted when every environment it wanted is", () => {
    const ends = [promoted("sit"), promoted("prod")];
    expect(conclude({ ...facts, wanted: ["sit", "prod"], ends })).toEqual({
      outcome: "promoted",
      summary: "promoted to sit, prod",
    });
  });

  it("promoted, too, when a word against it came after the last environment was", () => {
    expect(conclude({ ...facts, ends: [promoted("prod")], ending: ending("cancelled") }).outcome).toBe("promoted");
    expect(conclude({ ...facts, ends: [promoted("prod")], error: "the ledger was away" }).outcome).toBe("promoted");
  });

  it("not promoted when it wanted nothing: a refused release has no environments", () => {
    expect(conclude({ ...facts, wanted: [] }).outcome).toBe("errored");
    expect(conclude({ ...facts, wanted: [], ending: ending("blocked") }).outcome).toBe("blocked");
  });

  it("not promoted when one environment is missing", () => {
    expect(conclude({ ...facts, wanted: ["sit", "prod"], ends: [promoted("sit")] }).outcome).toBe("errored");
  });

  it("rolled back when traffic was taken back, for the reason that tripped it first", () => {
    expect(conclude({ ...facts, ends: [promoted("sit"), end("verified")], ending: ending("rejected") })).toEqual({
      outcome: "rolled-back",
      summary: "traffic in prod is back on the baseline, read back: 5 % errors",
    });
  });

  it("aborted when an operator gave it up, and traffic was taken back", () => {
    expect(conclude({ ...facts, ends: [end("verified")], ending: ending("aborted") }).outcome).toBe("aborted");
  });

  it.each([
    ["refused", "was left alone, because somebody else moved it"],
    ["open", "could not be brought back to the baseline yet; the sweeper keeps trying"],
  ] as const)("rollback-failed when traffic is %s, whatever else there is", (restored, words) => {
    const ends = [end("verified", { environment: "sit" }), end(restored)];
    expect(conclude({ ...facts, ends, ending: ending("aborted") })).toEqual({
      outcome: "rollback-failed",
      summary: `traffic in prod ${words}. Why it had to go back: 5 % errors`,
    });
  });

  it("with the reason that is known: the trip's, the ending's, the error's, or none", () => {
    const ends = [end("verified", { trip: null })];
    const why = (change: object) => conclude({ ...facts, ends, ...change }).summary.split("read back: ")[1];
    expect(why({ ending: ending("errored", "noted"), error: "crashed" })).toBe("noted");
    expect(why({ error: "crashed" })).toBe("crashed");
    expect(why({})).toBe("no reason was noted");
  });

  it.each(["rejected", "expired", "blocked", "superseded", "cancelled"] as const)(
    "%s as it was noted, where nothing was moved",
    (outcome) => {
      expect(conclude({ ...facts, ends: [end("nothing")], ending: ending(outcome) })).toEqual({
        outcome,
        summary: "so it was said",
      });
    },
  );

  it.each<[TrippedBy, Outcome]>([
    ["operator", "cancelled"],
    ["error", "errored"],
    ["sweeper", "errored"],
    ["gate", "blocked"],
    ["alarm", "blocked"],
  ])("tripped by %s before anything moved: %s", (by, outcome) => {
    const ends = [end("nothing", { trip: { by, reason: "why", at: 0 } })];
    expect(conclude({ ...facts, ends })).toEqual({ outcome, summary: "why" });
  });

  it("errored when nothing explains why it is not done", () => {
    expect(conclude({ ...facts, error: "Lambda.Unknown" })).toEqual({ outcome: "errored", summary: "Lambda.Unknown" });
    expect(conclude(facts).summary).toBe("the execution ended before the promotion was done");
  });
});

describe("the reason for an ending", () => {
  let world: World;
  beforeEach(() => {
    world = new World();
  });

  it("is kept with its time", async () => {
    await noteEnding(world.deps, P1, "rejected", "jane said no");
    expect(await loadEnding(world.ledger, P1)).toMatchObject({
      outcome: "rejected",
      summary: "jane said no",
      at: world.clock.now(),
    });
  });

  it("is the first: later ones are its consequences", async () => {
    await noteEnding(world.deps, P1, "rejected", "jane said no");
    await noteEnding(world.deps, P1, "errored", "the execution ended");
    expect((await loadEnding(world.ledger, P1))?.outcome).toBe("rejected");
  });

  it("is not there before it was noted", async () => {
    expect(await loadEnding(world.ledger, P1)).toBeNull();
  });

  it("is not taken for noted when the ledger throws", async () => {
    world.ledger.before = async () => {
      throw new Error("the table is gone");
    };
    await expect(noteEnding(world.deps, P1, "rejected", "no")).rejects.toThrow("the table is gone");
  });
});

describe("exit codes", () => {
  it("are 0 for promoted alone, and tell apart what was decided, taken back and unsafe", () => {
    expect(Object.fromEntries(OUTCOMES.map((outcome) => [outcome, exitCodeOf(outcome)]))).toEqual({
      promoted: 0,
      "rolled-back": 3,
      rejected: 4,
      expired: 4,
      blocked: 4,
      superseded: 4,
      cancelled: 4,
      aborted: 1,
      errored: 1,
      "rollback-failed": 5,
    });
  });
});
