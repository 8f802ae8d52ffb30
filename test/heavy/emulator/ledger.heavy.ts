import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Change, Conflict, type Key } from "../../../functions/domain/ports.ts";
import { type Emulator, startEmulator } from "./emulator.ts";

let emulator: Emulator;
beforeAll(async () => {
  emulator = await startEmulator();
  await emulator.createTable();
});
afterAll(async () => emulator?.stop());

const ledger = () => emulator.deps.ledger;
const key = (sk: string): Key => ({ pk: "PROMOTION#1", sk });

async function failedOf(changes: readonly Change[]): Promise<readonly number[]> {
  const error: unknown = await ledger()
    .write(changes)
    .catch((thrown: unknown) => thrown);
  if (!(error instanceof Conflict)) throw new Error("there was no conflict", { cause: error });
  return error.failed;
}

test("an item comes back as it was written: nested values, nulls, empty lists, without what is undefined", async () => {
  const written = { ...key("ITEM"), n: 1.5, list: [], map: { deep: [true, null, ""] }, gone: undefined };
  await ledger().write([{ put: written }]);

  const { gone, ...kept } = written;
  expect(gone).toBeUndefined();
  expect(await ledger().read(key("ITEM"))).toStrictEqual(kept);
  expect(await ledger().read(key("NONE"))).toBeUndefined();
});

describe("a condition", () => {
  test.each<readonly [string, (held: Key) => Change]>([
    ["absent, where there is one", (held) => ({ put: { ...held, x: 1 }, if: "absent" })],
    ["present, where there is none", () => ({ check: key("NOWHERE"), if: "present" })],
    ["another text", (held) => ({ check: held, if: { state: "closed" } })],
    ["another number", (held) => ({ check: held, if: { fence: 8 } })],
    ["another truth", (held) => ({ check: held, if: { open: false } })],
    ["a number, where there is text", (held) => ({ check: held, if: { text7: 7 } })],
    ["nothing, where there is something", (held) => ({ check: held, if: { state: null } })],
    ["one that holds beside one that does not", (held) => ({ check: held, if: { state: "open", fence: 8 } })],
    ["a removal of what is not there", () => ({ remove: key("NOWHERE"), if: "present" })],
  ])("on %s fails, and nothing of the write happens", async (name, change) => {
    const held = key(`HELD ${name}`);
    await ledger().write([{ put: { ...held, state: "open", fence: 7, open: true, text7: "7", owner: null } }]);

    const failed = await failedOf([{ put: { ...key(`BESIDE ${name}`) } }, change(held)]);

    expect(failed).toEqual([1]);
    expect(await ledger().read(key(`BESIDE ${name}`))).toBeUndefined();
    expect(await ledger().read(held)).toMatchObject({ fence: 7 });
  });

  test("on null holds for an attribute that is null, and for one that is not there", async () => {
    await ledger().write([{ put: { ...key("FREE"), owner: null, fence: 3 } }]);

    await ledger().write([{ check: key("FREE"), if: { owner: null, never: null } }]);
    await ledger().write([{ put: { ...key("FREE"), owner: "me", fence: 4 }, if: { owner: null, fence: 3 } }]);

    expect(await failedOf([{ check: key("FREE"), if: { owner: null } }])).toEqual([0]);
    expect(await ledger().read(key("FREE"))).toMatchObject({ owner: "me", fence: 4 });
  });

  test("that fails for several changes names all of them", async () => {
    await ledger().write([{ put: { ...key("A"), x: 1 } }]);

    const failed = await failedOf([
      { check: key("A"), if: { x: 2 } },
      { put: { ...key("B") }, if: "absent" },
      { remove: key("C"), if: "present" },
    ]);

    expect(failed).toEqual([0, 2]);
  });
});

test("a hundred changes are one write; what was put is listed in order, over several pages, by prefix", async () => {
  const items = Array.from({ length: 100 }, (_, at) => ({
    pk: "PROMOTION#2",
    sk: `PLAN#${String(at).padStart(3, "0")}`,
    // Two megabytes in all: twice what one page of a query holds.
    text: "x".repeat(20_000),
  }));

  await ledger().write(items.toReversed().map((put) => ({ put, if: "absent" as const })));
  await ledger().write([{ put: { pk: "PROMOTION#2", sk: "HEADER" } }]);

  expect((await ledger().list("PROMOTION#2", "PLAN#")).map(({ sk }) => sk)).toEqual(items.map(({ sk }) => sk));
  expect(await ledger().list("PROMOTION#2", "PLAN#01")).toHaveLength(10);
  expect(await ledger().list("PROMOTION#2", "")).toHaveLength(101);
  expect(await ledger().list("PROMOTION#3", "")).toEqual([]);
  await expect(ledger().write([...items, ...items].map((put) => ({ put })))).rejects.toBeInstanceOf(RangeError);
});

test("of writers that read the same fence, the first wins each round and the others are told", async () => {
  const race = key("RACE");
  for (let fence = 0; fence < 5; fence++) {
    const outcomes: unknown[] = [];
    // One after the other: the emulator looks and writes in two steps, so that only AWS can be asked about one instant.
    for (let writer = 0; writer < 6; writer++) {
      const write = ledger().write([
        { put: { ...race, fence: fence + 1, writer }, if: fence === 0 ? "absent" : { fence } },
      ]);
      outcomes.push(
        await write.then(
          () => "won",
          (error: unknown) => (error instanceof Conflict ? "conflict" : error),
        ),
      );
    }
    expect(outcomes).toEqual(["won", ...Array.from({ length: 5 }, () => "conflict")]);
    expect(await ledger().read(race)).toMatchObject({ fence: fence + 1, writer: 0 });
  }
});

test("items asked for together come in the order of their keys", async () => {
  await ledger().write([{ put: { ...key("FIRST"), at: 1 } }, { put: { ...key("SECOND"), at: 2 } }]);

  const found = await ledger().readAll([key("SECOND"), key("NOWHERE"), key("FIRST")]);

  expect(found).toEqual([{ ...key("SECOND"), at: 2 }, undefined, { ...key("FIRST"), at: 1 }]);
});

test("a write that the service fails at twice is repeated, and happens once", async () => {
  const of = "DynamoDB_20120810.TransactWriteItems";
  emulator.door.failNext({ of, times: 2, status: 500, error: "InternalServerError" });

  await ledger().write([{ put: { ...key("ONCE") }, if: "absent" }]);

  expect(await ledger().read(key("ONCE"))).toEqual(key("ONCE"));
});
