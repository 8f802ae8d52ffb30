/** The ledger: one table, and the permissions by which roles reach parts of it. */
import { RemovalPolicy } from "aws-cdk-lib";
import { AttributeType, BillingMode, Table, TableEncryption } from "aws-cdk-lib/aws-dynamodb";
import type { Key } from "aws-cdk-lib/aws-kms";
import type { Construct } from "constructs";
import type { Grant } from "../../functions/targets/grant.ts";
import { type FunctionRow, PARTITIONS, type Partition } from "../functions.ts";
import { keyUse } from "./keeping.ts";

/** Epoch seconds after which DynamoDB may tidy an item away; only links have it, and nothing decides by it. */
export const TTL_ATTRIBUTE = "expiresAtSeconds";

export interface Ledger {
  readonly table: Table;
  readonly key: Key;
}

export function makeLedger(scope: Construct, name: string, key: Key): Ledger {
  // The newer construct cannot name its key before the Region is known, and one Region is all there is.
  const table = new Table(scope, "Ledger", {
    tableName: name,
    partitionKey: { name: "pk", type: AttributeType.STRING },
    sortKey: { name: "sk", type: AttributeType.STRING },
    billingMode: BillingMode.PAY_PER_REQUEST,
    encryption: TableEncryption.CUSTOMER_MANAGED,
    encryptionKey: key,
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    timeToLiveAttribute: TTL_ATTRIBUTE,
    deletionProtection: true,
    removalPolicy: RemovalPolicy.RETAIN,
  });
  return { table, key };
}

// Transactions are authorised as the single calls that they are made of.
const READ = ["dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query", "dynamodb:ConditionCheckItem"];
const WRITE = ["dynamodb:PutItem"];
const DELETE = ["dynamodb:DeleteItem"];

/** Reading, writing and deleting in these families of partitions, and none else. */
export function ledgerGrants(
  ledger: Ledger,
  { reads, writes, deletes }: Pick<FunctionRow, "reads" | "writes" | "deletes">,
): Grant[] {
  return [
    within(ledger, READ, reads),
    within(ledger, WRITE, writes),
    within(ledger, DELETE, deletes),
    keyUse(ledger.key, "dynamodb", ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey", "kms:DescribeKey"]),
  ];
}

/** Reading in these families and nothing else, for people: they take no part in transactions. */
export function readingGrants(ledger: Ledger, families: readonly Partition[]): Grant[] {
  const actions = READ.filter((action) => action !== "dynamodb:ConditionCheckItem");
  return [within(ledger, actions, families), keyUse(ledger.key, "dynamodb", ["kms:Decrypt", "kms:DescribeKey"])];
}

function within({ table }: Ledger, actions: readonly string[], families: readonly Partition[]): Grant {
  return {
    actions,
    resources: families.length === 0 ? [] : [table.tableArn],
    conditions: {
      "ForAllValues:StringLike": { "dynamodb:LeadingKeys": families.flatMap((family) => PARTITIONS[family]) },
      // For all values of none is true: a call that names no key at all must not pass.
      Null: { "dynamodb:LeadingKeys": "false" },
    },
  };
}
