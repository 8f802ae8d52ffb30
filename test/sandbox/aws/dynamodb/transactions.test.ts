import { type TransactWriteItem, TransactWriteItemsCommand } from "@aws-sdk/client-dynamodb";
import { expect, test } from "vitest";
import { errorOf, simulateTable } from "../harness.ts";

const key = (sk: string) => ({ pk: { S: "promotion" }, sk: { S: sk } });

const put = (sk: string, attributes = {}): TransactWriteItem => ({
  Put: { TableName: "ledger", Item: { ...key(sk), ...attributes } },
});

const absent = (sk: string): TransactWriteItem => ({
  ConditionCheck: { TableName: "ledger", Key: key(sk), ConditionExpression: "attribute_not_exists(pk)" },
});

const simulate = () => {
  const simulation = simulateTable();
  const transact = (items: TransactWriteItem[], ClientRequestToken?: string) =>
    simulation.client.send(
      new TransactWriteItemsCommand({
        TransactItems: items,
        ...(ClientRequestToken === undefined ? {} : { ClientRequestToken }),
      }),
    );
  const names = () =>
    Object.values(simulation.dynamodb.dump()).flatMap((items) => items.map((item) => (item.sk as { S: string }).S));
  return { ...simulation, transact, names };
};

test("a transaction writes all of its actions: puts, updates, deletes and checks", async () => {
  const { run, transact, dynamodb } = simulate();
  await run(async () => {
    await transact([put("a"), put("b")]);
    await transact([
      { Delete: { TableName: "ledger", Key: key("a") } },
      {
        Update: {
          TableName: "ledger",
          Key: key("b"),
          UpdateExpression: "SET #fence = :two",
          ExpressionAttributeNames: { "#fence": "fence" },
          ExpressionAttributeValues: { ":two": { N: "2" } },
        },
      },
      absent("c"),
    ]);
  });
  expect(dynamodb.dump()).toEqual({ ledger: [{ ...key("b"), fence: { N: "2" } }] });
});

test("a transaction whose condition fails writes nothing, and says in request order which action was to blame", async () => {
  const { run, transact, names } = simulate();
  const error = await run(async () => {
    await transact([put("a", { owner: { S: "first" } })]);
    const check = absent("a");
    const shown = { ConditionCheck: { ...check.ConditionCheck, ReturnValuesOnConditionCheckFailure: "ALL_OLD" } };
    return await errorOf(transact([put("b"), shown as TransactWriteItem, put("c")]));
  });
  expect(error.name).toBe("TransactionCanceledException");
  expect(error.CancellationReasons).toEqual([
    { Code: "None" },
    {
      Code: "ConditionalCheckFailed",
      Message: "The conditional request failed",
      Item: { ...key("a"), owner: { S: "first" } },
    },
    { Code: "None" },
  ]);
  expect(names()).toEqual(["a"]);
});

test("a transaction may not name an item twice, not even to check and write it", async () => {
  const { run, transact, names } = simulate();
  const error = await run(() => errorOf(transact([absent("a"), put("a")])));
  expect(error).toMatchObject({ name: "ValidationException", message: expect.stringContaining("multiple operations") });
  expect(names()).toEqual([]);
});

test("a transaction holds at most 100 actions", async () => {
  const { run, transact, names } = simulate();
  const items = (count: number) => Array.from({ length: count }, (_unused, index) => put(String(index)));
  const error = await run(async () => {
    await transact(items(100));
    return await errorOf(transact(items(101)));
  });
  expect(error.name).toBe("ValidationException");
  expect(names().length).toBe(100);
});

test("a transaction holds at most 4 MB", async () => {
  const { run, transact, names } = simulate();
  const items = Array.from({ length: 11 }, (_unused, i) => put(String(i), { body: { S: "x".repeat(399 * 1024) } }));
  expect((await run(() => errorOf(transact(items)))).name).toBe("ValidationException");
  expect(names()).toEqual([]);
});

test("an item too large for the table stops the whole transaction", async () => {
  const { run, transact, names } = simulate();
  const error = await run(() => errorOf(transact([put("a"), put("b", { body: { S: "x".repeat(401 * 1024) } })])));
  expect(error.name).toBe("ValidationException");
  expect(names()).toEqual([]);
});

test("the same token and payload within ten minutes take effect once", async () => {
  const { run, transact, clock } = simulate();
  const outcome = await run(async () => {
    const once = [{ Put: { ...put("a").Put, ConditionExpression: "attribute_not_exists(pk)" } } as TransactWriteItem];
    await transact(once, "token");
    await clock.sleep(9 * 60_000);
    await transact(once, "token");
    await clock.sleep(2 * 60_000);
    return await errorOf(transact(once, "token"));
  });
  expect(outcome.name).toBe("TransactionCanceledException");
});

test("the same token with another payload is refused", async () => {
  const { run, transact } = simulate();
  const error = await run(async () => {
    await transact([put("a")], "token");
    return await errorOf(transact([put("b")], "token"));
  });
  expect(error.name).toBe("IdempotentParameterMismatchException");
});
