import { AwsError, validation } from "../errors.ts";
import { holds, parseCondition } from "./condition.ts";
import type { Table } from "./table.ts";
import { Tokens } from "./tokens.ts";
import { applyUpdate, parseUpdate } from "./update.ts";
import { type AttributeValue, type Item, normalisedItem } from "./values.ts";

/** What the write operations and the actions of a transaction have in common, as it travels. */
export interface WriteInput {
  readonly TableName?: string;
  readonly Item?: Item;
  readonly Key?: Item;
  readonly ConditionExpression?: string;
  readonly UpdateExpression?: string;
  readonly ExpressionAttributeNames?: Record<string, string>;
  readonly ExpressionAttributeValues?: Record<string, AttributeValue>;
  readonly ReturnValues?: string;
  readonly ReturnValuesOnConditionCheckFailure?: string;
}

export type WriteKind = "Put" | "Update" | "Delete" | "ConditionCheck";

/** A write that has been checked for form, ready to be tried against the item as it is. */
export interface PreparedWrite {
  readonly table: Table;
  readonly id: string;
  readonly before: Item | undefined;
  readonly allowed: boolean;
  /** The item afterwards; undefined: gone. Equal to `before` for a check. */
  after(): Item | undefined;
  /** The item as it was, where the request wants to see why its condition failed. */
  readonly shown: Item | undefined;
}

const afterUpdate = (input: WriteInput, tokens: Tokens, table: Table, before: Item | undefined): (() => Item) => {
  const actions =
    input.UpdateExpression === undefined ? [] : parseUpdate(tokens, input.UpdateExpression, table.keyNames);
  return () => normalisedItem(applyUpdate(actions, before ?? normalisedItem(input.Key ?? {})));
};

const afterOf = (
  kind: WriteKind,
  input: WriteInput,
  tokens: Tokens,
  table: Table,
  before: Item | undefined,
): (() => Item | undefined) => {
  switch (kind) {
    case "Put": {
      const item = normalisedItem(input.Item ?? {});
      return () => item;
    }
    case "Update":
      return afterUpdate(input, tokens, table, before);
    case "Delete":
      return () => undefined;
    case "ConditionCheck":
      return () => before;
  }
};

/** Reads a write's expressions and its item; throws ValidationException for what could never be written. */
export const prepare = (kind: WriteKind, input: WriteInput, table: Table): PreparedWrite => {
  const tokens = new Tokens(
    { names: input.ExpressionAttributeNames, values: input.ExpressionAttributeValues },
    table.keyAttributes,
  );
  const id = kind === "Put" ? table.idOf(normalisedItem(input.Item ?? {})) : table.idOfKey(input.Key ?? {});
  const before = table.get(id);
  if (kind === "ConditionCheck" && input.ConditionExpression === undefined) {
    throw validation("The expression can not be empty;");
  }
  const after = afterOf(kind, input, tokens, table, before);
  const condition =
    input.ConditionExpression === undefined ? undefined : parseCondition(tokens, input.ConditionExpression);
  tokens.checkAllUsed();
  const allowed = condition === undefined || holds(condition, before ?? {});
  const wantsOld = input.ReturnValuesOnConditionCheckFailure === "ALL_OLD";
  return { table, id, before, allowed, after, shown: wantsOld ? before : undefined };
};

/** One write on its own: throws ConditionalCheckFailedException, with the item where it was asked for. */
export const writeOne = (
  kind: WriteKind,
  input: WriteInput,
  table: Table,
  at: number,
): { readonly before: Item | undefined; readonly after: Item | undefined } => {
  const write = prepare(kind, input, table);
  if (!write.allowed) {
    throw new AwsError("ConditionalCheckFailedException", "The conditional request failed", {
      members: write.shown === undefined ? {} : { Item: write.shown },
    });
  }
  const after = write.after();
  table.write(write.id, after, at);
  return { before: write.before, after };
};
