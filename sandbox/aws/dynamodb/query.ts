import type { QueryCommandInput, QueryCommandOutput } from "@aws-sdk/client-dynamodb";
import { validation } from "../errors.ts";
import { type Condition, holds, type Operand, parseCondition, valueAt } from "./condition.ts";
import { type KeySchema, orderBy, type Table } from "./table.ts";
import { type Path, Tokens } from "./tokens.ts";
import { type AttributeValue, type Item, itemSize, normalisedItem } from "./values.ts";

/** The members of a query that carry attribute values, as they travel. */
export interface QueryInput extends Omit<QueryCommandInput, "ExclusiveStartKey" | "ExpressionAttributeValues"> {
  readonly ExclusiveStartKey?: Item;
  readonly ExpressionAttributeValues?: Record<string, AttributeValue>;
}

export interface QueryOutput extends Omit<QueryCommandOutput, "Items" | "LastEvaluatedKey" | "$metadata"> {
  Items: Item[];
  LastEvaluatedKey?: Item;
}

/** A page ends at 1 MB of items read [Query API]. */
const PAGE_BYTES = 1024 * 1024;

const conjuncts = (condition: Condition): Condition[] =>
  condition.kind === "and" ? [...conjuncts(condition.left), ...conjuncts(condition.right)] : [condition];

const isKey = (operand: Operand, name: string): boolean =>
  operand.kind === "path" && operand.path.length === 1 && operand.path[0] === name;

/** The partition that a key condition names: it must hold exactly one equality on the partition key. */
const partitionOf = (condition: Condition, schema: KeySchema): AttributeValue => {
  const found = conjuncts(condition).flatMap((part) =>
    part.kind === "compare" &&
    part.comparator === "=" &&
    isKey(part.left, schema.partition) &&
    part.right.kind === "value"
      ? [part.right.value]
      : [],
  );
  const [value] = found;
  if (value === undefined || found.length > 1) {
    throw validation(`Query condition missed key schema element: ${schema.partition}`);
  }
  return value;
};

/** What a key condition wants sort keys to begin with, if it does. */
const beginningOf = (condition: Condition, { sort }: KeySchema): string | undefined => {
  for (const part of conjuncts(condition)) {
    if (part.kind !== "call" || part.path[0] !== sort || part.argument.kind !== "value") continue;
    if ("S" in part.argument.value) return part.argument.value.S;
  }
  return undefined;
};

const SORT_KINDS = ["compare", "between", "call"];

/** Key conditions know =, <, <=, >, >=, BETWEEN and begins_with on the keys, joined by one AND. */
const checkKeyCondition = (condition: Condition, schema: KeySchema): void => {
  const parts = conjuncts(condition);
  const names = [schema.partition, schema.sort];
  const onKeys = parts.every((part) => {
    const subject = part.kind === "compare" ? part.left : part.kind === "between" ? part.operand : part;
    return SORT_KINDS.includes(part.kind) && "path" in subject && names.includes(String((subject.path as Path)[0]));
  });
  const allowed = parts.every(
    (part) =>
      (part.kind !== "compare" || part.comparator !== "<>") && (part.kind !== "call" || part.name === "begins_with"),
  );
  if (!onKeys || !allowed || parts.length > 2) throw validation("Query key condition not supported");
};

const nest = (kept: Item, [name = "", ...rest]: readonly string[], value: AttributeValue): Item => {
  if (rest.length === 0) return { ...kept, [name]: value };
  const inner = kept[name];
  return { ...kept, [name]: { M: nest(inner !== undefined && "M" in inner ? inner.M : {}, rest, value) } };
};

/** The attributes a projection keeps, maps still nested; the whole item without one. */
export const project = (item: Item, paths: readonly Path[] | undefined): Item => {
  if (paths === undefined) return item;
  let kept: Item = {};
  for (const path of paths) {
    const value = valueAt(item, path);
    if (value !== undefined) kept = nest(kept, path.map(String), value);
  }
  return kept;
};

/** The paths of a projection expression; list positions in it are beyond the simulation. */
export const parseProjection = (tokens: Tokens, expression: string | undefined): Path[] | undefined => {
  if (expression === undefined) return undefined;
  tokens.open(expression, "ProjectionExpression");
  const paths = [tokens.path()];
  while (tokens.take(",") !== undefined) paths.push(tokens.path());
  tokens.close();
  if (paths.flat().some((part) => typeof part === "number"))
    throw validation("ProjectionExpression: no list positions");
  return paths;
};

const keyOf = (item: Item, names: readonly string[]): Item =>
  Object.fromEntries(names.flatMap((name) => (item[name] === undefined ? [] : [[name, item[name]]])));

const startIndex = (items: readonly Item[], start: Item | undefined, names: readonly string[], ascending: boolean) => {
  if (start === undefined) return 0;
  const after = normalisedItem(start);
  const index = items.findIndex((item) => (ascending ? 1 : -1) * orderBy(names, item, after) > 0);
  return index < 0 ? items.length : index;
};

/** How many items fit a page: up to `limit`, and until 1 MB has been read. */
const pageLength = (items: readonly Item[], limit: number): number => {
  let bytes = 0;
  for (const [index, item] of items.entries()) {
    bytes += itemSize(item);
    if (bytes > PAGE_BYTES) return Math.max(1, index);
    if (index + 1 === limit) return limit;
  }
  return items.length + 1;
};

/**
 * One page of a query. The limit counts items read, before the filter; a page that stopped at the limit carries a
 * LastEvaluatedKey even when nothing follows, as the service's do. `since` (epoch ms): writes after it are not seen.
 */
export const query = (table: Table, input: QueryInput, since?: number): QueryOutput => {
  const schema = table.schema(input.IndexName);
  if (input.IndexName !== undefined && input.ConsistentRead === true) {
    throw validation("Consistent reads are not supported on global secondary indexes");
  }
  const tokens = new Tokens(
    { names: input.ExpressionAttributeNames, values: input.ExpressionAttributeValues },
    table.keyAttributes,
  );
  const condition = parseCondition(tokens, input.KeyConditionExpression ?? "", "KeyConditionExpression");
  checkKeyCondition(condition, schema);
  const partition = partitionOf(condition, schema);
  const filter =
    input.FilterExpression === undefined
      ? undefined
      : parseCondition(tokens, input.FilterExpression, "FilterExpression");
  const paths = parseProjection(tokens, input.ProjectionExpression);
  tokens.checkAllUsed();
  if (input.Limit !== undefined && input.Limit < 1) throw validation("Limit must be greater than or equal to 1");

  const names = [
    ...new Set([schema.partition, ...(schema.sort === undefined ? [] : [schema.sort]), ...table.keyNames]),
  ];
  const ascending = input.ScanIndexForward ?? true;
  const beginning = beginningOf(condition, schema);
  const ascendingItems = table.partition(schema, partition, since, beginning).filter((item) => holds(condition, item));
  const matching = ascending ? ascendingItems : ascendingItems.reverse();
  const rest = matching.slice(startIndex(matching, input.ExclusiveStartKey, names, ascending));
  const length = pageLength(rest, input.Limit ?? Number.POSITIVE_INFINITY);
  const page = rest.slice(0, length);
  const last = page.at(-1);
  const items = page.filter((item) => filter === undefined || holds(filter, item)).map((item) => project(item, paths));
  return {
    Items: items,
    Count: items.length,
    ScannedCount: page.length,
    ...(length <= rest.length && last !== undefined ? { LastEvaluatedKey: keyOf(last, names) } : {}),
  };
};
