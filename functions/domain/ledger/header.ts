/** A promotion's header, and the word on why it ends. */
import type { Caller } from "../callers.ts";
import { BrokenRecord } from "../errors.ts";
import type { Outcome } from "../outcomes.ts";
import type { Item, Key } from "../ports.ts";

export interface Header {
  readonly promotionId: string;
  readonly service: string;
  readonly version: string;
  readonly state: "open" | "closed";
  readonly executionArn: string;
  readonly openedAt: number;
  readonly requestedBy: string;
  /** IAM identity that started the promotion through the API, and decides no approval; null: nobody is on record. */
  readonly startedBy: string | null;
  /** How that identity is held; absent in promotions that began before callers were held by their principal. */
  readonly starter?: Caller | null;
  readonly policyHash: string;
  /** Hash of `planHashes`, and so of the whole plan. Empty where the release was refused. */
  readonly planHash: string;
  /**
   * Hash of each part of the plan as it is stored, by environment; what is the promotion's own by the empty name. Absent
   * where 0.1.0 wrote it.
   */
  readonly planHashes?: Readonly<Record<string, string>>;
  readonly environments: readonly string[];
  readonly outcome: Outcome | null;
  readonly summary: string;
  readonly closedAt: number | null;
}

/** Why a promotion ends without being promoted; the first one noted stands. */
export interface Ending {
  readonly outcome: Outcome;
  readonly summary: string;
  readonly at: number;
}

/** Throws `BrokenRecord` where what every way back needs of it is not there: which promotion, and which environments. */
export function asHeader(item: Item): Header & Key {
  const header = item as unknown as Header & Key;
  const isWhole = Array.isArray(header.environments) && typeof header.promotionId === "string";
  if (!isWhole) throw new BrokenRecord(`${item.sk} under ${item.pk} is no header of a promotion`);
  return header;
}

export const asEnding = (item: Item) => item as unknown as Ending & Key;
