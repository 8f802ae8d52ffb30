import {
  BatchGetItemCommand,
  DeleteItemCommand,
  GetItemCommand,
  PutItemCommand,
  type PutItemCommandInput,
  QueryCommand,
  type QueryCommandInput,
  UpdateItemCommand,
  type UpdateItemCommandInput,
} from "@aws-sdk/client-dynamodb";
import { describe, expect, test } from "vitest";
import { errorOf, simulateTable } from "../harness.ts";

const key = (sk: string, pk = "promotion") => ({ pk: { S: pk }, sk: { S: sk } });

const table = (options?: Parameters<typeof simulateTable>[0]) => {
  const simulation = simulateTable(options);
  const { client } = simulation;
  return {
    ...simulation,
    put: (sk: string, attributes: PutItemCommandInput["Item"] = {}, rest: Partial<PutItemCommandInput> = {}) =>
      client.send(new PutItemCommand({ TableName: "ledger", Item: { ...key(sk), ...attributes }, ...rest })),
    get: async (sk: string, ConsistentRead = true) =>
      (await client.send(new GetItemCommand({ TableName: "ledger", Key: key(sk), ConsistentRead }))).Item,
    update: (sk: string, UpdateExpression: string, rest: Partial<UpdateItemCommandInput> = {}) =>
      client.send(new UpdateItemCommand({ TableName: "ledger", Key: key(sk), UpdateExpression, ...rest })),
    query: (rest: Partial<QueryCommandInput> = {}) =>
      client.send(
        new QueryCommand({
          TableName: "ledger",
          KeyConditionExpression: "pk = :pk",
          ...rest,
          ExpressionAttributeValues: { ":pk": { S: "promotion" }, ...rest.ExpressionAttributeValues },
        }),
      ),
  };
};

describe("items", () => {
  test("have names for all of their attributes, at any depth", async () => {
    const { run, put } = table();
    for (const attributes of [{ "": { S: "x" } }, { map: { M: { "": { S: "x" } } } }]) {
      expect(await errorOf(run(() => put("a", attributes)))).toMatchObject({ name: "ValidationException" });
    }
  });

  test("come back as they were put, numbers in canonical form", async () => {
    const { run, put, get } = table();
    const item = await run(async () => {
      await put("a", {
        n: { N: "1.50" },
        bytes: { B: new Uint8Array([1, 2, 255]) },
        list: { L: [{ BOOL: true }, { NULL: true }] },
        map: { M: { roles: { SS: ["lead", "owner"] } } },
      });
      return await get("a");
    });
    expect(item).toEqual({
      ...key("a"),
      n: { N: "1.5" },
      bytes: { B: new Uint8Array([1, 2, 255]) },
      list: { L: [{ BOOL: true }, { NULL: true }] },
      map: { M: { roles: { SS: ["lead", "owner"] } } },
    });
  });

  test("are refused over 400 KB, attribute names included", async () => {
    const { run, put, get } = table();
    const error = await run(async () => {
      await put("a", { body: { S: "x".repeat(400 * 1024 - 30) } });
      return await errorOf(put("b", { body: { S: "x".repeat(400 * 1024) } }));
    });
    expect(error.name).toBe("ValidationException");
    expect(await run(() => get("b"))).toBeUndefined();
  });

  test("need their whole key, and a key of the right shape", async () => {
    const { run, client } = table();
    const half = new PutItemCommand({ TableName: "ledger", Item: { pk: { S: "x" } } });
    const more = new GetItemCommand({ TableName: "ledger", Key: { ...key("a"), other: { S: "x" } } });
    const empty = new GetItemCommand({ TableName: "ledger", Key: key("") });
    for (const command of [half, more, empty]) {
      expect((await run(() => errorOf(client.send<never, never>(command as never)))).name).toBe("ValidationException");
    }
  });

  test("of a table that is not there are a ResourceNotFoundException", async () => {
    const { run, client } = table();
    const error = await run(() => errorOf(client.send(new GetItemCommand({ TableName: "other", Key: key("a") }))));
    expect(error.name).toBe("ResourceNotFoundException");
  });

  test("stay readable long after their time to live", async () => {
    const { run, put, get, clock } = table();
    const item = await run(async () => {
      await put("a", { ttl: { N: String(Math.floor(clock.now() / 1000) + 60) } });
      await clock.sleep(86_400_000);
      return await get("a");
    });
    expect(item).toBeDefined();
  });
});

describe("a read without ConsistentRead", () => {
  test("may miss a write of a moment ago, and sees it later", async () => {
    const { run, put, get, clock } = table({ staleMs: 10_000 });
    const seen = await run(async () => {
      await put("a", { n: { N: "1" } });
      const stale = await get("a", false);
      const fresh = await get("a", true);
      await clock.sleep(10_000);
      return [stale, fresh?.n, (await get("a", false))?.n];
    });
    expect(seen).toEqual([undefined, { N: "1" }, { N: "1" }]);
  });
});

test("a query without ConsistentRead may miss a write of a moment ago too", async () => {
  const { run, put, query, clock } = table({ staleMs: 10_000 });
  const counts = await run(async () => {
    await put("a");
    const early = [(await query()).Count, (await query({ ConsistentRead: true })).Count];
    await clock.sleep(10_000);
    return [...early, (await query()).Count];
  });
  expect(counts).toEqual([0, 1, 1]);
});

describe("conditional writes", () => {
  const free = { ConditionExpression: "attribute_not_exists(pk)" };

  test("write when the condition holds, and throw ConditionalCheckFailedException when it does not", async () => {
    const { run, put } = table();
    const error = await run(async () => {
      await put("lock", {}, free);
      return await errorOf(put("lock", {}, free));
    });
    expect(error.name).toBe("ConditionalCheckFailedException");
    expect(error.Item).toBeUndefined();
  });

  test("show the item that was in the way when asked", async () => {
    const { run, put } = table();
    const error = await run(async () => {
      await put("lock", { owner: { S: "first" } }, free);
      return await errorOf(
        put("lock", { owner: { S: "second" } }, { ...free, ReturnValuesOnConditionCheckFailure: "ALL_OLD" }),
      );
    });
    expect(error.Item).toEqual({ ...key("lock"), owner: { S: "first" } });
  });

  test("refuse a placeholder that no expression uses, as AWS does", async () => {
    const { run, put } = table();
    const error = await run(() => errorOf(put("a", {}, { ...free, ExpressionAttributeValues: { ":x": { N: "1" } } })));
    expect(error).toMatchObject({ name: "ValidationException", message: expect.stringContaining("unused") });
  });

  test("refuse bare attribute names other than keys, since AWS reserves hundreds of words", async () => {
    const { run, put } = table();
    const error = await run(() => errorOf(put("a", {}, { ConditionExpression: "attribute_not_exists(owner)" })));
    expect(error).toMatchObject({ name: "ValidationException", message: expect.stringContaining("#placeholder") });
  });
});

describe("UpdateItem", () => {
  const names = { "#n": "n", "#list": "list", "#map": "map", "#inner": "inner", "#set": "set" };
  const only = (...used: (keyof typeof names)[]) => Object.fromEntries(used.map((name) => [name, names[name]]));

  test("creates the item it does not find, and counts by ADD", async () => {
    const { run, update } = table();
    const answer = await run(async () => {
      const rest = { ExpressionAttributeNames: only("#n"), ExpressionAttributeValues: { ":one": { N: "1" } } };
      await update("counter", "ADD #n :one", rest);
      return await update("counter", "ADD #n :one", { ...rest, ReturnValues: "ALL_NEW" });
    });
    expect(answer.Attributes).toEqual({ ...key("counter"), n: { N: "2" } });
  });

  test("sets nested attributes, sums, defaults and appended lists, all from the item as it was", async () => {
    const { run, put, update } = table();
    const answer = await run(async () => {
      await put("a", { n: { N: "0.1" }, list: { L: [{ S: "x" }] }, map: { M: {} } });
      return await update(
        "a",
        "SET #map.#inner = #n, #n = #n + :d, #list = list_append(#list, :more), #set = if_not_exists(#set, :d)",
        {
          ExpressionAttributeNames: names,
          ExpressionAttributeValues: { ":d": { N: "0.2" }, ":more": { L: [{ S: "y" }] } },
          ReturnValues: "ALL_NEW",
        },
      );
    });
    expect(answer.Attributes).toEqual({
      ...key("a"),
      n: { N: "0.3" },
      list: { L: [{ S: "x" }, { S: "y" }] },
      map: { M: { inner: { N: "0.1" } } },
      set: { N: "0.2" },
    });
  });

  test("removes attributes and list elements, and returns the old item when asked", async () => {
    const { run, put, update, get } = table();
    const [answer, after] = await run(async () => {
      await put("a", { n: { N: "1" }, list: { L: [{ S: "x" }, { S: "y" }] } });
      const old = await update("a", "REMOVE #n, #list[0]", {
        ExpressionAttributeNames: only("#n", "#list"),
        ReturnValues: "ALL_OLD",
      });
      return [old.Attributes, await get("a")] as const;
    });
    expect(answer?.n).toEqual({ N: "1" });
    expect(after).toEqual({ ...key("a"), list: { L: [{ S: "y" }] } });
  });

  test.each([
    ["SET #n = :v, #n = :v", "overlap"],
    ["SET #n = :v REMOVE #n.#inner", "overlap"],
    ["SET pk = :v", "part of the key"],
    ["SET #inner.#n = :v", "document path"],
    ["SET #n = #inner + :v", "does not exist"],
    ["SET #n = :v SET #inner = :v", "Syntax error"],
  ])("refuses %s", async (expression, message) => {
    const { run, update } = table();
    const used = Object.entries(names).filter(([name]) => expression.includes(name));
    const error = await run(() =>
      errorOf(
        update("a", expression, {
          ...(used.length === 0 ? {} : { ExpressionAttributeNames: Object.fromEntries(used) }),
          ExpressionAttributeValues: { ":v": { N: "1" } },
        }),
      ),
    );
    expect(error).toMatchObject({ name: "ValidationException", message: expect.stringContaining(message) });
  });
});

describe("Query", () => {
  const filled = async (count: number) => {
    const simulation = table();
    await simulation.run(async () => {
      for (let i = 0; i < count; i += 1) {
        await simulation.put(`step#${String(i).padStart(3, "0")}`, {
          n: { N: String(i) },
          due: { S: "open" },
          at: { N: String(-i) },
        });
      }
    });
    return simulation;
  };
  const sks = (items: readonly Record<string, unknown>[] = []) => items.map((item) => (item.sk as { S: string }).S);

  test("reads a partition in the order of its sort key, or backwards", async () => {
    const { run, query } = await filled(3);
    const answers = await run(async () => [await query(), await query({ ScanIndexForward: false })]);
    expect(answers.map(({ Items }) => sks(Items))).toEqual([
      ["step#000", "step#001", "step#002"],
      ["step#002", "step#001", "step#000"],
    ]);
  });

  test("narrows by begins_with, BETWEEN and comparison on the sort key", async () => {
    const { run, query } = await filled(12);
    const by = (condition: string, values: QueryCommandInput["ExpressionAttributeValues"]) =>
      query({ KeyConditionExpression: `pk = :pk AND ${condition}`, ExpressionAttributeValues: values });
    const counts = await run(async () => [
      (await by("begins_with(sk, :p)", { ":p": { S: "step#01" } })).Count,
      (await by("begins_with(sk, :p)", { ":p": { S: "step#00" } })).Count,
      (await by("begins_with(sk, :p)", { ":p": { S: "step#005" } })).Count,
      (await by("begins_with(sk, :p)", { ":p": { S: "step#0055" } })).Count,
      (await by("sk BETWEEN :a AND :b", { ":a": { S: "step#003" }, ":b": { S: "step#005" } })).Count,
      (await by("sk >= :a", { ":a": { S: "step#009" } })).Count,
      (await by("sk = :a", { ":a": { S: "step#009" } })).Count,
    ]);
    expect(counts).toEqual([2, 10, 1, 0, 3, 3, 1]);
  });

  test("pages by Limit, with a LastEvaluatedKey even when the last page was full", async () => {
    const { run, query } = await filled(4);
    const pages = await run(async () => {
      const found: string[][] = [];
      let start: QueryCommandInput["ExclusiveStartKey"];
      do {
        const page = await query({ Limit: 2, ...(start === undefined ? {} : { ExclusiveStartKey: start }) });
        found.push(sks(page.Items));
        start = page.LastEvaluatedKey;
      } while (start !== undefined);
      return found;
    });
    expect(pages).toEqual([["step#000", "step#001"], ["step#002", "step#003"], []]);
  });

  test("ends a page at one megabyte", async () => {
    const { run, put, query } = table();
    const page = await run(async () => {
      for (const sk of ["a", "b", "c", "d"]) await put(sk, { body: { S: "x".repeat(300 * 1024) } });
      return await query();
    });
    expect(page.Count).toBe(3);
    expect(page.LastEvaluatedKey).toEqual(key("c"));
  });

  test("counts the limit before the filter", async () => {
    const { run, query } = await filled(5);
    const page = await run(() =>
      query({
        Limit: 3,
        FilterExpression: "#n > :n",
        ExpressionAttributeNames: { "#n": "n" },
        ExpressionAttributeValues: { ":n": { N: "1" } },
      }),
    );
    expect([page.Count, page.ScannedCount]).toEqual([1, 3]);
  });

  test("reads an index in the order of its own sort key", async () => {
    const { run, query } = await filled(3);
    const page = await run(() =>
      query({
        IndexName: "due",
        KeyConditionExpression: "due = :pk",
        ExpressionAttributeValues: { ":pk": { S: "open" } },
      }),
    );
    expect(sks(page.Items)).toEqual(["step#002", "step#001", "step#000"]);
  });

  test("refuses a condition without the partition key", async () => {
    const { run, query } = await filled(1);
    const error = await run(() => errorOf(query({ KeyConditionExpression: "sk = :pk" })));
    expect(error.name).toBe("ValidationException");
  });
});

test("BatchGetItem returns what is there, and refuses the same key twice", async () => {
  const { run, put, client } = table();
  const batch = (...sks: string[]) =>
    client.send(new BatchGetItemCommand({ RequestItems: { ledger: { Keys: sks.map((sk) => key(sk)) } } }));
  const [answer, error] = await run(async () => {
    await put("a");
    return [await batch("a", "b"), await errorOf(batch("a", "a"))] as const;
  });
  expect(answer.Responses?.ledger).toEqual([key("a")]);
  expect(error.name).toBe("ValidationException");
});

test("DeleteItem deletes, and is content when nothing was there", async () => {
  const { run, put, get, client } = table();
  const remove = () =>
    client.send(new DeleteItemCommand({ TableName: "ledger", Key: key("a"), ReturnValues: "ALL_OLD" }));
  const [first, second, left] = await run(async () => {
    await put("a");
    return [await remove(), await remove(), await get("a")] as const;
  });
  expect([first.Attributes, second.Attributes, left]).toEqual([key("a"), undefined, undefined]);
});
