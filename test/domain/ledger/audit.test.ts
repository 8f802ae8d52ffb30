import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { LedgerBusy } from "../../../functions/domain/errors.ts";
import { appendAudit, loadAudit } from "../../../functions/domain/ledger/append-audit.ts";
import { type AuditRecord, auditHash, brokenAt, FIRST_PREVIOUS } from "../../../functions/domain/ledger/audit.ts";
import { item } from "../../../functions/domain/ledger/items.ts";
import { keys } from "../../../functions/domain/ledger/keys.ts";
import { P1, START, sha256, World } from "../../support/deps.ts";

let world: World;
beforeEach(() => {
  world = new World();
});

const append = (id: string, change: object = {}) =>
  appendAudit(world.deps, P1, { id, kind: "shifted", summary: `about ${id}`, ...change });
const trail = () => loadAudit(world.ledger, P1);

describe("the trail", () => {
  it("chains each entry to the one before", async () => {
    await append("one", { environment: "prod", data: { weight: 10 } });
    await append("two");
    const [first, second] = await trail();
    expect(first).toEqual({
      id: "one",
      kind: "shifted",
      summary: "about one",
      environment: "prod",
      data: { weight: 10 },
      sequence: 1,
      at: START,
      previous: FIRST_PREVIOUS,
      hash: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(second).toMatchObject({ sequence: 2, previous: first?.hash });
    expect(FIRST_PREVIOUS).toMatch(/^0{64}$/);
  });

  it("holds the same fact once, however often it is reported", async () => {
    await append("one");
    const before = world.dump();
    await append("one", { summary: "in other words" });
    expect(world.dump()).toEqual(before);
  });

  it("keeps every entry of writers who append at once, and each once", async () => {
    let rivals = 3;
    world.ledger.before = async (operation) => {
      if (!operation.startsWith("write") || rivals === 0) return;
      rivals -= 1;
      await append(`rival ${rivals}`);
    };
    await append("mine");
    expect((await trail()).map(({ id }) => id)).toEqual(["rival 0", "rival 1", "rival 2", "mine"]);
    expect(brokenAt(sha256, await trail())).toBeNull();
  });

  it("is content when a rival reports the same fact", async () => {
    world.ledger.before = async (operation) => {
      if (!operation.startsWith("write")) return;
      world.ledger.before = async () => {};
      await append("one");
    };
    await append("one");
    expect(await trail()).toHaveLength(1);
  });

  it("says that the ledger is busy after ten lost races", async () => {
    let rivals = 0;
    world.ledger.before = async (operation) => {
      if (operation !== "read AUDITHEAD") return;
      const head = world.ledger.items(({ sk }) => sk === "AUDITHEAD")[0];
      const sequence = Number(head?.sequence ?? 0) + 1;
      rivals += 1;
      queueMicrotask(() => {
        void world.ledger.write([{ put: item(keys.auditHead(P1), { sequence, hash: "h" }) }]);
      });
    };
    await expect(append("mine")).rejects.toThrow(LedgerBusy);
    expect(rivals).toBe(10);
  });

  it("passes on what the ledger throws", async () => {
    world.ledger.before = async (operation) => {
      if (operation.startsWith("write")) throw new Error("the table is gone");
    };
    await expect(append("one")).rejects.toThrow("the table is gone");
  });
});

describe("a broken chain", () => {
  async function three(): Promise<AuditRecord[]> {
    for (const id of ["one", "two", "three"]) await append(id, { data: { id } });
    return trail();
  }

  it("is none: whatever was appended reads back whole", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.dictionary(fc.string(), fc.jsonValue()), { maxLength: 4 }), async (facts) => {
        world = new World();
        for (const [index, data] of facts.entries())
          await append(`fact ${index}`, { data: { ...data, absent: undefined } });
        expect(brokenAt(sha256, await trail())).toBeNull();
        expect(await trail()).toHaveLength(facts.length);
      }),
      { numRuns: 60 },
    );
  });

  it("shows at a changed entry, even one whose own hash was made anew", async () => {
    const [one, two, three_] = await three();
    if (one === undefined || two === undefined || three_ === undefined) throw new Error("three were appended");
    expect(brokenAt(sha256, [one, { ...two, summary: "changed" }, three_])).toBe(2);
    const { hash: _old, ...unhashed } = { ...two, summary: "changed" };
    expect(brokenAt(sha256, [one, { ...unhashed, hash: auditHash(sha256, unhashed) }, three_])).toBe(3);
  });

  it("shows at a dropped, an inserted, a moved and a renumbered one", async () => {
    const [one, two, three_] = await three();
    if (one === undefined || two === undefined || three_ === undefined) throw new Error("three were appended");
    expect(brokenAt(sha256, [one, three_])).toBe(2);
    expect(brokenAt(sha256, [two, three_])).toBe(1);
    expect(brokenAt(sha256, [one, one, two, three_])).toBe(2);
    expect(brokenAt(sha256, [one, three_, two])).toBe(2);
    const { hash: _old, ...renumbered } = { ...two, sequence: 7 };
    expect(brokenAt(sha256, [one, { ...renumbered, hash: auditHash(sha256, renumbered) }])).toBe(2);
    expect(brokenAt(sha256, [])).toBeNull();
  });
});
