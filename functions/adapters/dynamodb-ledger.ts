import {
  type AttributeValue,
  BatchGetItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  QueryCommand,
  type TransactionCanceledException,
  type TransactWriteItem,
  TransactWriteItemsCommand,
} from "@aws-sdk/client-dynamodb";
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";
import { CallRefused, LedgerBusy, ServiceTrouble } from "../domain/errors.ts";
import {
  type Change,
  type Clock,
  type Condition,
  Conflict,
  type Entropy,
  type Item,
  type Key,
  type Ledger,
} from "../domain/ports.ts";
import { ask } from "./shared/aws-errors.ts";

export interface LedgerTools {
  /** Suppliers, so that a function without a ledger needs neither client nor table. */
  readonly client: () => DynamoDBClient;
  readonly table: () => string;
  readonly clock: Clock;
  readonly entropy: Entropy;
}

/** DynamoDB's limits for one transaction, and for one BatchGetItem. */
const MOST_CHANGES = 100;
const MOST_READ = 100;

/**
 * Tries of one transaction that collides with others. Two writers of one item collide for milliseconds; with pauses of
 * up to 50, 100, 200, 400 ms, four collisions in a row are more than bad luck, and the machine's Retry takes over.
 */
const TRIES = 5;
const FIRST_PAUSE_MS = 50;

/** The ledger in one DynamoDB table with the keys `pk` and `sk`. */
export function dynamoDbLedger(tools: LedgerTools): Ledger {
  return {
    read: (key) => readItem(tools, key),
    readAll: (keys) => readItems(tools, keys),
    list: (pk, prefix) => listItems(tools, pk, prefix),
    write: (changes) => writeChanges(tools, changes),
  };
}

async function readItem({ client, table }: LedgerTools, { pk, sk }: Key): Promise<Item | undefined> {
  const command = new GetItemCommand({ TableName: table(), Key: marshall({ pk, sk }), ConsistentRead: true });
  const { Item: found } = await ask("dynamodb:GetItem", () => client().send(command));
  return found === undefined ? undefined : itemOf(found);
}

/** DynamoDB may answer a part only, where it is throttled or the answer grows too large, and names what it left out. */
async function readItems(tools: LedgerTools, keys: readonly Key[]): Promise<(Item | undefined)[]> {
  if (keys.length < 1 || keys.length > MOST_READ) {
    throw new RangeError(`a read takes 1 to ${MOST_READ} keys, not ${keys.length}`);
  }
  const found = new Map<string, Item>();
  let wanted: Record<string, AttributeValue>[] = keys.map(({ pk, sk }) => marshall({ pk, sk }));
  for (let tried = 1; ; tried++) {
    const { items, left } = await readBatch(tools, wanted);
    for (const item of items) found.set(spell(item), item);
    if (left.length === 0) return keys.map((key) => found.get(spell(key)));
    if (tried === TRIES) throw new ServiceTrouble("dynamodb:BatchGetItem failed: it keeps leaving keys out");
    // What it does answer is progress; the pauses are for what it does not.
    await tools.clock.sleep(pauseMs(tools.entropy, tried));
    wanted = left;
  }
}

interface Batch {
  readonly items: readonly Item[];
  readonly left: Record<string, AttributeValue>[];
}

async function readBatch({ client, table }: LedgerTools, wanted: Record<string, AttributeValue>[]): Promise<Batch> {
  const command = new BatchGetItemCommand({ RequestItems: { [table()]: { Keys: wanted, ConsistentRead: true } } });
  const page = await ask("dynamodb:BatchGetItem", () => client().send(command));
  return {
    items: Object.values(page.Responses ?? {}).flatMap((items) => items.map(itemOf)),
    left: Object.values(page.UnprocessedKeys ?? {}).flatMap(({ Keys = [] }) => Keys),
  };
}

const spell = ({ pk, sk }: Key) => `${pk} ${sk}`;

async function listItems({ client, table }: LedgerTools, pk: string, prefix: string): Promise<Item[]> {
  const items: Item[] = [];
  let start: Record<string, AttributeValue> | undefined;
  do {
    const command = new QueryCommand({
      TableName: table(),
      KeyConditionExpression: prefix === "" ? "pk = :pk" : "pk = :pk AND begins_with(sk, :prefix)",
      ExpressionAttributeValues: marshall(prefix === "" ? { ":pk": pk } : { ":pk": pk, ":prefix": prefix }),
      ConsistentRead: true,
      ExclusiveStartKey: start,
    });
    const page = await ask("dynamodb:Query", () => client().send(command));
    items.push(...(page.Items ?? []).map(itemOf));
    start = page.LastEvaluatedKey;
  } while (start !== undefined);
  return items;
}

/**
 * Single changes go as transactions too, for the token: DynamoDB answers a repeated token with the first one's success,
 * so that the SDK's retry after a lost answer cannot fail on the item that its own first attempt put.
 */
async function writeChanges(tools: LedgerTools, changes: readonly Change[]): Promise<void> {
  if (changes.length < 1 || changes.length > MOST_CHANGES) {
    throw new RangeError(`a write takes 1 to ${MOST_CHANGES} changes, not ${changes.length}`);
  }
  const command = new TransactWriteItemsCommand({
    TransactItems: changes.map((change) => transactItem(tools.table(), change)),
    ClientRequestToken: tools.entropy.id(16),
  });
  for (let tried = 1; ; tried++) {
    const trouble = await tryTransaction(tools, command);
    if (trouble === undefined) return;
    if (tried === TRIES) throw trouble;
    await tools.clock.sleep(pauseMs(tools.entropy, tried));
  }
}

/** Undefined: written. An error: the write collided and may be tried again. Throws what another try cannot help. */
async function tryTransaction(
  { client }: LedgerTools,
  command: TransactWriteItemsCommand,
): Promise<LedgerBusy | ServiceTrouble | undefined> {
  return ask<LedgerBusy | ServiceTrouble | undefined>(
    "dynamodb:TransactWriteItems",
    async () => {
      await client().send(command);
      return undefined;
    },
    {
      TransactionCanceledException: (error) => whyCancelled(error as TransactionCanceledException),
      TransactionInProgressException: (cause) => new LedgerBusy("this very write is still under way", { cause }),
    },
  );
}

const THROTTLED = new Set(["ThrottlingError", "ProvisionedThroughputExceeded"]);

function whyCancelled(error: TransactionCanceledException): LedgerBusy | ServiceTrouble {
  const codes = (error.CancellationReasons ?? []).map((reason) => reason.Code ?? "None");
  const failed = codes.flatMap((code, index) => (code === "ConditionalCheckFailed" ? [index] : []));
  if (failed.length > 0) throw new Conflict(failed);
  if (codes.includes("TransactionConflict")) return new LedgerBusy("another write holds these items", { cause: error });
  if (codes.some((code) => THROTTLED.has(code))) {
    return new ServiceTrouble("dynamodb:TransactWriteItems failed: throttled", { cause: error });
  }
  throw new CallRefused(`dynamodb:TransactWriteItems failed: ${error.message}`, { cause: error });
}

/** Full jitter: anything up to a bound that doubles with each try. */
function pauseMs(entropy: Entropy, tried: number): number {
  const share = Number.parseInt(entropy.id(2), 16) / 0xffff;
  return Math.round(share * FIRST_PAUSE_MS * 2 ** (tried - 1));
}

function transactItem(table: string, change: Change): TransactWriteItem {
  const guard = { TableName: table, ...(change.if === undefined ? {} : expressionOf(change.if)) };
  if ("put" in change) return { Put: { ...guard, Item: marshall(change.put, { removeUndefinedValues: true }) } };
  const { pk, sk } = "remove" in change ? change.remove : change.check;
  const keyed = { ...guard, Key: marshall({ pk, sk }) };
  return "remove" in change ? { Delete: keyed } : { ConditionCheck: { ConditionExpression: undefined, ...keyed } };
}

interface Expression {
  readonly ConditionExpression: string;
  readonly ExpressionAttributeNames?: Record<string, string>;
  readonly ExpressionAttributeValues?: Record<string, AttributeValue>;
}

function expressionOf(condition: Condition): Expression {
  if (condition === "absent") return { ConditionExpression: "attribute_not_exists(pk)" };
  if (condition === "present") return { ConditionExpression: "attribute_exists(pk)" };
  const wanted = Object.entries(condition);
  if (wanted.length === 0) throw new TypeError("a condition on attributes names at least one");
  const clauses = wanted.map(([, value], index) => clauseOf(index, value));
  const values = wanted.flatMap(([, value], index) => (value === null ? [] : [[`:v${index}`, value] as const]));
  // DynamoDB refuses values that no clause uses.
  const literals = wanted.some(([, value]) => value === null) ? [...values, [":null", "NULL"] as const] : values;
  return {
    ConditionExpression: clauses.join(" AND "),
    ExpressionAttributeNames: Object.fromEntries(wanted.map(([name], index) => [`#n${index}`, name])),
    ExpressionAttributeValues: marshall(Object.fromEntries(literals)),
  };
}

function clauseOf(index: number, value: string | number | boolean | null): string {
  if (value !== null) return `#n${index} = :v${index}`;
  return `(attribute_not_exists(#n${index}) OR attribute_type(#n${index}, :null))`;
}

function itemOf(attributes: Record<string, AttributeValue>): Item {
  return unmarshall(attributes) as Item;
}
