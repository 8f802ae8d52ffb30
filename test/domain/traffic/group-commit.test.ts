import { describe, expect, it } from "vitest";
import { type Change, Conflict, type Ledger } from "../../../functions/domain/ports.ts";
import { groupCommit } from "../../../functions/domain/traffic/group-commit.ts";
import { promises } from "../../../functions/runtime/concurrency.ts";
import { MemoryLedger } from "../../support/memory-ledger.ts";

const HEAD = { pk: "p", sk: "HEAD" };
const put = (sk: string, more: object = {}): Change => ({ put: { pk: "p", sk, ...more }, if: "absent" });
const behindHead = (sk: string): Change[] => [{ check: HEAD, if: { state: "open" } }, put(sk)];

/** A ledger that takes a moment for each write, and says how many changes each one had. */
async function slowLedger() {
  const memory = new MemoryLedger();
  await memory.write([{ put: { ...HEAD, state: "open" } }]);
  const sizes: number[] = [];
  const ledger: Ledger = {
    read: (key) => memory.read(key),
    readAll: (keys) => memory.readAll(keys),
    list: (pk, prefix) => memory.list(pk, prefix),
    write: async (changes) => {
      sizes.push(changes.length);
      await new Promise((resolve) => setImmediate(resolve));
      await memory.write(changes);
    },
  };
  return { memory, sizes, ledger: groupCommit(ledger, promises) };
}

const stored = async (memory: MemoryLedger) => (await memory.list("p", "T")).map(({ sk }) => sk);

describe("writes that come at once", () => {
  it("go together, with the check that they share made once", async () => {
    const { memory, sizes, ledger } = await slowLedger();
    await Promise.all(["T1", "T2", "T3", "T4"].map((sk) => ledger.write(behindHead(sk))));
    expect(sizes).toEqual([5]);
    expect(await stored(memory)).toEqual(["T1", "T2", "T3", "T4"]);
  });

  it("join the next transaction where one is under way", async () => {
    const { memory, sizes, ledger } = await slowLedger();
    const first = ledger.write(behindHead("T1"));
    await Promise.resolve();
    const later = ["T2", "T3"].map((sk) => ledger.write(behindHead(sk)));
    await Promise.all([first, ...later]);
    expect(sizes).toEqual([2, 3]);
    expect(await stored(memory)).toEqual(["T1", "T2", "T3"]);
  });

  it("fit into transactions of a hundred changes, however many there are", async () => {
    const { memory, sizes, ledger } = await slowLedger();
    const names = Array.from({ length: 250 }, (_, index) => `T${String(index).padStart(3, "0")}`);
    await Promise.all(names.map((sk) => ledger.write(behindHead(sk))));
    expect(Math.max(...sizes)).toBe(100);
    expect(sizes.length).toBeLessThanOrEqual(4);
    expect(await stored(memory)).toEqual(names);
  });

  it("are told of their own conditions alone: one that fails takes no other with it", async () => {
    const { memory, ledger } = await slowLedger();
    await memory.write([{ put: { pk: "p", sk: "T2" } }]);
    const results = await Promise.allSettled(["T1", "T2", "T3"].map((sk) => ledger.write(behindHead(sk))));
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(results[1]).toMatchObject({ reason: { name: "Conflict", failed: [1] } });
    expect(await stored(memory)).toEqual(["T1", "T2", "T3"]);
  });

  it("all fail where the condition that they share does", async () => {
    const { memory, ledger } = await slowLedger();
    await memory.write([{ put: { ...HEAD, state: "tripped" } }]);
    const results = await Promise.allSettled(["T1", "T2", "T3"].map((sk) => ledger.write(behindHead(sk))));
    for (const result of results) expect(result).toMatchObject({ status: "rejected", reason: { failed: [0] } });
    expect(await stored(memory)).toEqual([]);
  });

  it("wait for a transaction of their own where they change the same item", async () => {
    const { sizes, ledger } = await slowLedger();
    const results = await Promise.allSettled([
      ledger.write([put("T1")]),
      ledger.write([put("T2", { by: "one" })]),
      ledger.write([put("T2", { by: "other" })]),
    ]);
    expect(sizes).toEqual([2, 1]);
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "rejected"]);
  });

  it("hear of trouble with the transaction that carried them", async () => {
    const { memory, ledger } = await slowLedger();
    memory.before = async () => {
      throw new Error("the table is gone");
    };
    const results = await Promise.allSettled(["T1", "T2"].map((sk) => ledger.write(behindHead(sk))));
    for (const result of results) expect(result).toMatchObject({ reason: { message: "the table is gone" } });
  });
});

it("a conflict that names nobody's change reaches everybody, and is not asked for again", async () => {
  let writes = 0;
  const odd = {
    write: async () => {
      writes += 1;
      await new Promise((resolve) => setImmediate(resolve));
      throw new Conflict([]);
    },
  } as unknown as Ledger;
  const ledger = groupCommit(odd, promises);
  const results = await Promise.allSettled(["T1", "T2", "T3"].map((sk) => ledger.write([put(sk)])));
  expect(results.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
  expect(writes).toBe(1);
});
