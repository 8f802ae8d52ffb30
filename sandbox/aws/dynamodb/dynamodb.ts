import { AwsError, validation } from "../errors.ts";
import type { SimulatedAws } from "../router.ts";
import type { Call, SimulatedService } from "../service.ts";
import { parseProjection, project, type QueryInput, type QueryOutput, query } from "./query.ts";
import { Table, type TableDefinition, tableNotFound } from "./table.ts";
import { Tokens } from "./tokens.ts";
import { type TransactAction, transactWrite } from "./transaction.ts";
import type { Item } from "./values.ts";
import { type WriteInput, type WriteKind, writeOne } from "./writes.ts";

interface ReadInput {
  readonly TableName?: string;
  readonly Key?: Item;
  readonly ConsistentRead?: boolean;
  readonly ProjectionExpression?: string;
  readonly ExpressionAttributeNames?: Record<string, string>;
}

interface BatchGetInput {
  readonly RequestItems?: Record<string, Omit<ReadInput, "TableName" | "Key"> & { readonly Keys?: readonly Item[] }>;
}

interface TransactInput {
  readonly TransactItems?: readonly TransactAction[];
  readonly ClientRequestToken?: string;
}

interface TransactGetInput {
  readonly TransactItems?: readonly { readonly Get?: ReadInput }[];
}

export interface DynamoDbOptions {
  /** How long a read without ConsistentRead may miss a write, in milliseconds; 250 unless said. 0: never. */
  readonly staleMs?: number;
  /** The share of such reads that do miss it; 0.2 unless said. */
  readonly staleShare?: number;
}

/** A ClientRequestToken is remembered for ten minutes [TransactWriteItems API]. */
const TOKEN_LIFE_MS = 10 * 60_000;

const BATCH_LIMIT = 100;

/**
 * DynamoDB: key-value tables per account and Region. Time-to-live is ignored: an expired item stays readable, as on AWS
 * for days.
 */
export class SimulatedDynamoDb {
  readonly service: SimulatedService;
  readonly #aws: SimulatedAws;
  readonly #tables = new Map<string, Table>();
  readonly #tokens = new Map<string, { readonly payload: string; readonly at: number }>();
  readonly #staleMs: number;
  readonly #staleShare: number;

  constructor(aws: SimulatedAws, options: DynamoDbOptions = {}) {
    this.#aws = aws;
    this.#staleMs = options.staleMs ?? 250;
    this.#staleShare = options.staleShare ?? 0.2;
    const write = (kind: WriteKind) => (input: WriteInput, call: Call) => this.#write(kind, input, call);
    this.service = {
      name: "dynamodb",
      protocol: "json",
      medianMs: 20,
      operations: {
        GetItem: (input: ReadInput, call: Call) => this.#getItem(input, call),
        PutItem: write("Put"),
        UpdateItem: write("Update"),
        DeleteItem: write("Delete"),
        Query: (input: QueryInput, call: Call): QueryOutput =>
          query(
            this.#table(input.TableName, call),
            input,
            this.#staleSince(input.ConsistentRead ?? false, call, "query"),
          ),
        BatchGetItem: (input: BatchGetInput, call: Call) => this.#batchGet(input, call),
        TransactGetItems: (input: TransactGetInput, call: Call) => this.#transactGet(input, call),
        TransactWriteItems: (input: TransactInput, call: Call) => this.#transactWrite(input, call),
      },
    };
    aws.register(this.service);
  }

  /** Creates a table in the simulation's own account and Region unless said otherwise. */
  createTable(
    definition: TableDefinition,
    { account = this.#aws.account, region = this.#aws.region }: { account?: string; region?: string } = {},
  ): void {
    this.#tables.set(`${account} ${region} ${definition.name}`, new Table(definition));
  }

  /** Calls `listener` with every item that is put into any table there is by now, and when (epoch ms). */
  onPut(listener: (item: Item, at: number) => void): void {
    for (const table of this.#tables.values()) table.listeners.push(listener);
  }

  /** Every item of every table by name, in key order: for invariants and reports, without a call. */
  dump(): Record<string, Item[]> {
    return Object.fromEntries([...this.#tables.values()].map((table) => [table.definition.name, table.all()]));
  }

  #table(name: string | undefined, call: Call): Table {
    const bare = name?.split("/").pop() ?? "";
    const table = this.#tables.get(`${call.account} ${call.region} ${bare}`);
    if (table === undefined) throw tableNotFound();
    return table;
  }

  #read(input: ReadInput, call: Call, consistent: boolean): Item | undefined {
    const table = this.#table(input.TableName, call);
    const tokens = new Tokens({ names: input.ExpressionAttributeNames }, table.keyAttributes);
    const paths = parseProjection(tokens, input.ProjectionExpression);
    tokens.checkAllUsed();
    const id = table.idOfKey(input.Key ?? {});
    const since = this.#staleSince(consistent, call, id);
    const item = since === undefined ? table.get(id) : table.getStale(id, since);
    return item === undefined ? undefined : project(item, paths);
  }

  /** The time (epoch ms) after which this read sees no writes; undefined where it sees all of them. */
  #staleSince(consistent: boolean, call: Call, what: string): number | undefined {
    if (consistent || this.#staleMs === 0) return undefined;
    const isStale = this.#aws.random("stale", call.number, what).chance(this.#staleShare);
    return isStale ? this.#aws.clock.now() - this.#staleMs : undefined;
  }

  #getItem(input: ReadInput, call: Call): { Item?: Item } {
    const item = this.#read(input, call, input.ConsistentRead ?? false);
    return item === undefined ? {} : { Item: item };
  }

  #write(kind: WriteKind, input: WriteInput, call: Call): { Attributes?: Item } {
    const table = this.#table(input.TableName, call);
    const wanted = input.ReturnValues ?? "NONE";
    const known = kind === "Update" ? ["NONE", "ALL_OLD", "ALL_NEW"] : ["NONE", "ALL_OLD"];
    if (!known.includes(wanted)) throw validation(`ReturnValues can only be ${known.join(" or ")}`);
    const { before, after } = writeOne(kind, input, table, this.#aws.clock.now());
    const shown = wanted === "ALL_OLD" ? before : wanted === "ALL_NEW" ? after : undefined;
    return shown === undefined ? {} : { Attributes: shown };
  }

  #batchGet(input: BatchGetInput, call: Call): { Responses: Record<string, Item[]>; UnprocessedKeys: object } {
    const requests = Object.entries(input.RequestItems ?? {});
    const count = requests.reduce((total, [, { Keys = [] }]) => total + Keys.length, 0);
    if (count < 1 || count > BATCH_LIMIT) throw validation(`Too many items requested for the BatchGetItem call`);
    const responses = requests.map(([name, { Keys = [], ConsistentRead, ...rest }]) => {
      const table = this.#table(name, call);
      const ids = Keys.map((key) => table.idOfKey(key));
      if (new Set(ids).size < ids.length) throw validation("Provided list of item keys contains duplicates");
      const items = Keys.map((Key) =>
        this.#read({ ...rest, TableName: name, Key }, call, ConsistentRead ?? false),
      ).filter((item) => item !== undefined);
      return [name, items] as const;
    });
    return { Responses: Object.fromEntries(responses), UnprocessedKeys: {} };
  }

  #transactGet(input: TransactGetInput, call: Call): { Responses: { Item?: Item }[] } {
    const responses = (input.TransactItems ?? []).map(({ Get = {} }) => {
      const item = this.#read(Get, call, true);
      return item === undefined ? {} : { Item: item };
    });
    return { Responses: responses };
  }

  #transactWrite(input: TransactInput, call: Call): Record<string, never> {
    const now = this.#aws.clock.now();
    const payload = JSON.stringify(input.TransactItems ?? []);
    const token = `${call.account} ${input.ClientRequestToken ?? ""}`;
    const known = this.#tokens.get(token);
    if (input.ClientRequestToken !== undefined && known !== undefined && now - known.at < TOKEN_LIFE_MS) {
      if (known.payload === payload) return {};
      throw new AwsError(
        "IdempotentParameterMismatchException",
        "Given request parameters do not match a previous request with the same client token",
      );
    }
    transactWrite(input.TransactItems ?? [], (name) => this.#table(name, call), now);
    this.#tokens.set(token, { payload, at: now });
    return {};
  }
}
