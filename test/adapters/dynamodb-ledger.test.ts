import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { describe, expect, test } from "vitest";
import { dynamoDbLedger } from "../../functions/adapters/dynamodb-ledger.ts";
import { CallRefused, LedgerBusy, ServiceTrouble } from "../../functions/domain/errors.ts";
import { type Change, Conflict, type Ledger } from "../../functions/domain/ports.ts";
import { simulateTable } from "../sandbox/aws/harness.ts";
import { type Answer, countedEntropy, fault, handClock, lost, ok, wire } from "./wire.ts";

const KEY = { pk: "PROMOTION#1", sk: "HEAD#prod" };
const cancelled = (...codes: string[]) =>
  fault("TransactionCanceledException", 400, { CancellationReasons: codes.map((Code) => ({ Code })) });

/** The ledger on the simulated DynamoDB. */
const simulated = (options: Parameters<typeof simulateTable>[0] = {}) => {
  const { run, client, clock, aws } = simulateTable(options);
  const tools = { client: () => client, table: () => "ledger", clock, entropy: countedEntropy() };
  const ledger = dynamoDbLedger(tools);
  return { aws, use: <T>(body: (ledger: Ledger) => Promise<T>) => run(() => body(ledger)) };
};

const onWire = (...answers: Answer[]) => {
  const line = wire(...answers);
  const { clock, slept } = handClock();
  const client = new DynamoDBClient(line.config);
  const ledger = dynamoDbLedger({ client: () => client, table: () => "ledger", clock, entropy: countedEntropy() });
  return { ...line, ledger, slept };
};

const failedOf = async (write: Promise<void>): Promise<readonly number[] | undefined> => {
  try {
    await write;
    return undefined;
  } catch (error) {
    if (error instanceof Conflict) return error.failed;
    throw error;
  }
};

describe("against the simulated DynamoDB", () => {
  test("what is written is read back, but for what is undefined", async () => {
    const item = { ...KEY, state: "open", trip: null, at: 1_795_000_000_000.5, deep: { list: [1, { a: true }] } };

    const found = await simulated().use(async (ledger) => {
      await ledger.write([{ put: { ...item, gone: undefined } }]);
      return ledger.read(KEY);
    });

    expect(found).toStrictEqual(item);
  });

  test("an item that is not there reads as undefined", async () => {
    expect(await simulated().use((ledger) => ledger.read(KEY))).toBeUndefined();
  });

  test("items that are asked for together come in the order of their keys, and those that are not there as undefined", async () => {
    const found = await simulated().use(async (ledger) => {
      await ledger.write([{ put: { ...KEY, at: 1 } }, { put: { pk: "P", sk: "A", at: 2 } }]);
      return ledger.readAll([{ pk: "P", sk: "A" }, { pk: "P", sk: "NOWHERE" }, KEY]);
    });

    expect(found).toStrictEqual([{ pk: "P", sk: "A", at: 2 }, undefined, { ...KEY, at: 1 }]);
  });

  test.each([0, 101])("%i items are refused: DynamoDB takes 1 to 100 keys", async (count) => {
    const keys = Array.from({ length: count }, (_, at) => ({ pk: "P", sk: String(at) }));
    await expect(simulated().use((ledger) => ledger.readAll(keys))).rejects.toThrow(RangeError);
  });

  test("a list gives every item under the prefix, in order, over as many pages as there are", async () => {
    const large = "x".repeat(200_000);
    const names = Array.from({ length: 12 }, (_, at) => `SAMPLE#${String(at).padStart(3, "0")}`);

    const { aws, use } = simulated();
    const found = await use(async (ledger) => {
      for (const sk of [...names].reverse()) await ledger.write([{ put: { pk: "P", sk, large } }]);
      await ledger.write([{ put: { pk: "P", sk: "SAMPLES" } }]);
      return ledger.list("P", "SAMPLE#");
    });

    expect(found.map(({ sk }) => sk)).toEqual(names);
    expect(aws.counters.get("dynamodb:Query")).toBeGreaterThan(1);
  });

  test("an empty prefix gives the whole partition", async () => {
    const found = await simulated().use(async (ledger) => {
      await ledger.write([{ put: { pk: "P", sk: "A" } }, { put: { pk: "P", sk: "B" } }, { put: { pk: "Q", sk: "C" } }]);
      return ledger.list("P", "");
    });

    expect(found.map(({ sk }) => sk)).toEqual(["A", "B"]);
  });

  test("a conflict names every change whose condition failed, and writes none of them", async () => {
    await simulated().use(async (ledger) => {
      await ledger.write([{ put: { ...KEY, state: "open" } }]);
      const failed = await failedOf(
        ledger.write([
          { put: { pk: "P", sk: "NEW" }, if: "absent" },
          { put: { ...KEY, state: "closed" }, if: { state: "tripped" } },
          { check: { pk: "P", sk: "NOWHERE" }, if: "present" },
        ]),
      );

      expect(failed).toEqual([1, 2]);
      expect(await ledger.read({ pk: "P", sk: "NEW" })).toBeUndefined();
      expect(await ledger.read(KEY)).toMatchObject({ state: "open" });
    });
  });

  const item = { ...KEY, owner: "p1", fence: 3, isHeld: true, trip: null };
  test.each<[string, Change["if"], boolean]>([
    ["absent", "absent", false],
    ["present", "present", true],
    ["equal text", { owner: "p1" }, true],
    ["other text", { owner: "p2" }, false],
    ["equal number", { fence: 3 }, true],
    ["a number as text", { fence: "3" }, false],
    ["equal truth", { isHeld: true }, true],
    ["all of several", { owner: "p1", fence: 3, trip: null }, true],
    ["all but one of several", { owner: "p1", fence: 4 }, false],
    ["null where null is stored", { trip: null }, true],
    ["null where nothing is stored", { outcome: null }, true],
    ["null where something is stored", { owner: null }, false],
    ["a value where nothing is stored", { outcome: "promoted" }, false],
  ])("the condition '%s' holds or not as the port says", async (_, condition, holds) => {
    await simulated().use(async (ledger) => {
      await ledger.write([{ put: item }]);
      if (condition === undefined) throw new Error("each case has a condition");
      const failures = [
        await failedOf(ledger.write([{ check: KEY, if: condition }])),
        await failedOf(ledger.write([{ put: item, if: condition }])),
        await failedOf(ledger.write([{ remove: KEY, if: condition }])),
      ];

      expect(failures).toEqual(holds ? [undefined, undefined, undefined] : [[0], [0], [0]]);
    });
  });

  test("a write whose answer is lost is repeated by the SDK without conflicting with itself", async () => {
    const fault = { operation: "TransactWriteItems", nth: 1, action: { kind: "timeout-after" } } as const;
    const { use, aws } = simulated({ faults: [fault] });

    await use((ledger) => ledger.write([{ put: KEY, if: "absent" }]));

    expect(aws.counters.get("dynamodb:TransactWriteItems")).toBe(2);
  });

  test("two writes carry two tokens: the second one of the same change is not swallowed", async () => {
    const failed = await simulated().use(async (ledger) => {
      await ledger.write([{ put: KEY, if: "absent" }]);
      return failedOf(ledger.write([{ put: KEY, if: "absent" }]));
    });

    expect(failed).toEqual([0]);
  });
});

describe("on the wire", () => {
  test("reads are strongly consistent", async () => {
    const { ledger, sent } = onWire(ok({}), ok({ Items: [] }));

    await ledger.read(KEY);
    await ledger.list("P", "A#");

    expect(sent.map(({ json }) => json.ConsistentRead)).toEqual([true, true]);
  });

  const wired = ({ pk, sk }: typeof KEY) => ({ pk: { S: pk }, sk: { S: sk } });
  const OTHER = { pk: "P", sk: "A" };

  test("what a batch leaves out is asked for again, strongly consistent, after a pause", async () => {
    const { ledger, sent, slept } = onWire(
      ok({ Responses: { ledger: [wired(OTHER)] }, UnprocessedKeys: { ledger: { Keys: [wired(KEY)] } } }),
      ok({ Responses: { ledger: [wired(KEY)] }, UnprocessedKeys: {} }),
    );

    expect(await ledger.readAll([KEY, OTHER])).toEqual([KEY, OTHER]);
    expect(sent.map(({ json }) => json.RequestItems)).toEqual([
      { ledger: { Keys: [wired(KEY), wired(OTHER)], ConsistentRead: true } },
      { ledger: { Keys: [wired(KEY)], ConsistentRead: true } },
    ]);
    expect(slept).toHaveLength(1);
  });

  test("a batch that keeps leaving keys out is the service's trouble, after five tries", async () => {
    const { ledger, sent } = onWire(ok({ Responses: {}, UnprocessedKeys: { ledger: { Keys: [wired(KEY)] } } }));

    await expect(ledger.readAll([KEY])).rejects.toBeInstanceOf(ServiceTrouble);
    expect(sent).toHaveLength(5);
  });

  test("a transaction names the table, the condition's attributes by placeholder, and its token", async () => {
    const { ledger, sent } = onWire(ok());

    await ledger.write([{ put: { ...KEY, state: "tripped" }, if: { state: "open", firstShiftAt: null } }]);

    expect(sent[0]?.json).toEqual({
      ClientRequestToken: "00000000000000000000000000000001",
      TransactItems: [
        {
          Put: {
            TableName: "ledger",
            Item: { pk: { S: KEY.pk }, sk: { S: KEY.sk }, state: { S: "tripped" } },
            ConditionExpression: "#n0 = :v0 AND (attribute_not_exists(#n1) OR attribute_type(#n1, :null))",
            ExpressionAttributeNames: { "#n0": "state", "#n1": "firstShiftAt" },
            ExpressionAttributeValues: { ":v0": { S: "open" }, ":null": { S: "NULL" } },
          },
        },
      ],
    });
  });

  test("the SDK's own retry repeats the token", async () => {
    const { ledger, sent } = onWire(lost(), ok());

    await ledger.write([{ put: KEY }]);

    expect(new Set(sent.map(({ json }) => json.ClientRequestToken)).size).toBe(1);
    expect(sent).toHaveLength(2);
  });

  test("a collision with another transaction is tried again after a growing, uneven pause", async () => {
    const { ledger, sent, slept } = onWire(
      cancelled("None", "TransactionConflict"),
      cancelled("TransactionConflict"),
      ok(),
    );

    await ledger.write([{ put: KEY }]);

    expect(sent).toHaveLength(3);
    expect(slept).toHaveLength(2);
  });

  test("a collision that goes on is said to be one, after five tries", async () => {
    const { ledger, sent } = onWire(cancelled("TransactionConflict"));

    await expect(ledger.write([{ put: KEY }])).rejects.toBeInstanceOf(LedgerBusy);
    expect(sent).toHaveLength(5);
  });

  test("throttling that goes on is the service's trouble", async () => {
    const { ledger } = onWire(cancelled("ThrottlingError"));

    await expect(ledger.write([{ put: KEY }])).rejects.toBeInstanceOf(ServiceTrouble);
  });

  test("a failed condition counts, even where another change collided", async () => {
    const { ledger, sent } = onWire(cancelled("TransactionConflict", "ConditionalCheckFailed"));

    expect(await failedOf(ledger.write([{ put: KEY }, { check: { pk: "P", sk: "A" }, if: "present" }]))).toEqual([1]);
    expect(sent).toHaveLength(1);
  });

  test("a transaction that DynamoDB holds to be invalid is refused for good", async () => {
    const { ledger } = onWire(cancelled("ValidationError"));

    await expect(ledger.write([{ put: KEY }])).rejects.toBeInstanceOf(CallRefused);
  });

  test("no change, and more than DynamoDB takes, are refused before any call", async () => {
    const { ledger, sent } = onWire();
    const many = Array.from({ length: 101 }, (_, at) => ({ put: { pk: "P", sk: String(at) } }));

    await expect(ledger.write([])).rejects.toBeInstanceOf(RangeError);
    await expect(ledger.write(many)).rejects.toBeInstanceOf(RangeError);
    expect(sent).toHaveLength(0);
  });
});
