/** The ledger's table as it lies in the simulated DynamoDB, without a call that the world would notice. */
import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import { unmarshall } from "@aws-sdk/util-dynamodb";
import type { Item } from "../../functions/domain/ports.ts";
import { TABLE } from "../host/deployment.ts";
import type { Sandbox } from "../sandbox.ts";

/** Items of one partition, or of every partition that begins so. */
export function itemsOf(sandbox: Sandbox, pkPrefix: string, skPrefix = ""): Item[] {
  const items = sandbox.dynamoDb.dump()[TABLE] ?? [];
  return items
    .filter(({ pk, sk }) => textOf(pk).startsWith(pkPrefix) && textOf(sk).startsWith(skPrefix))
    .map((item) => unmarshall(item as Record<string, AttributeValue>) as Item);
}

function textOf(value: object | undefined): string {
  return value !== undefined && "S" in value && typeof value.S === "string" ? value.S : "";
}

export interface OpenPromotion {
  readonly promotionId: string;
  readonly executionArn: string;
}

/** What the index of open promotions lists. */
export function openPromotions(sandbox: Sandbox): OpenPromotion[] {
  return itemsOf(sandbox, "OPEN").map(({ promotionId, executionArn }) => ({
    promotionId: String(promotionId),
    executionArn: String(executionArn),
  }));
}
