import { AwsError, validation } from "../errors.ts";
import type { Table } from "./table.ts";
import { itemSize } from "./values.ts";
import { type PreparedWrite, prepare, type WriteInput, type WriteKind } from "./writes.ts";

/** One action: exactly one of the members. */
export type TransactAction = { readonly [Kind in WriteKind]?: WriteInput };

/** One reason per action, in request order; "None" for those that were not to blame. */
export interface CancellationReason {
  readonly Code: string;
  readonly Message?: string;
  readonly Item?: PreparedWrite["before"];
}

/** At most 100 actions and 4 MB [TransactWriteItems API]. */
const LIMITS = { actions: 100, bytes: 4 * 1024 * 1024 };

const KINDS: readonly WriteKind[] = ["Put", "Update", "Delete", "ConditionCheck"];

const kindOf = (action: TransactAction): readonly [WriteKind, WriteInput] => {
  const found = KINDS.flatMap((kind) => {
    const input = action[kind];
    return input === undefined ? [] : [[kind, input] as const];
  });
  const [only] = found;
  if (only === undefined || found.length > 1) {
    throw validation("TransactItems can only contain one of Check, Put, Update or Delete");
  }
  return only;
};

const reasonOf = (write: PreparedWrite): CancellationReason => {
  if (write.allowed) return { Code: "None" };
  const shown = write.shown === undefined ? {} : { Item: write.shown };
  return { Code: "ConditionalCheckFailed", Message: "The conditional request failed", ...shown };
};

const checkTargets = (writes: readonly PreparedWrite[]): void => {
  const targets = writes.map(({ table, id }) => `${table.definition.name} ${id}`);
  if (new Set(targets).size < targets.length) {
    throw validation("Transaction request cannot include multiple operations on one item");
  }
};

const cancelled = (reasons: readonly CancellationReason[]): AwsError => {
  const codes = reasons.map(({ Code }) => Code).join(", ");
  return new AwsError(
    "TransactionCanceledException",
    `Transaction cancelled, please refer cancellation reasons for specific reasons [${codes}]`,
    { members: { CancellationReasons: reasons } },
  );
};

/** All of the actions or none. `at` is epoch ms. Throws ValidationException or TransactionCanceledException. */
export const transactWrite = (
  actions: readonly TransactAction[],
  tableOf: (name: string | undefined) => Table,
  at: number,
): void => {
  if (actions.length < 1 || actions.length > LIMITS.actions) {
    throw validation(`Member must have length between 1 and ${LIMITS.actions}, not ${actions.length}`);
  }
  const writes = actions.map((action) => {
    const [kind, input] = kindOf(action);
    return { kind, write: prepare(kind, input, tableOf(input.TableName)) };
  });
  checkTargets(writes.map(({ write }) => write));
  const reasons = writes.map(({ write }) => reasonOf(write));
  if (reasons.some(({ Code }) => Code !== "None")) throw cancelled(reasons);
  const results = writes.map(({ kind, write }) => ({ kind, write, after: write.after() }));
  for (const { write, after } of results) if (after !== undefined) write.table.check(after);
  const bytes = results.reduce((total, { after }) => total + (after === undefined ? 0 : itemSize(after)), 0);
  if (bytes > LIMITS.bytes) throw validation("Collection size of items in a transaction is over 4 MB");
  for (const { kind, write, after } of results) {
    if (kind !== "ConditionCheck") write.table.write(write.id, after, at);
  }
};
