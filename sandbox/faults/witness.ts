/** What the simulated AWS itself saw in a case: noted as it happens, and never asked of Headgate. */
import { createHash } from "node:crypto";
import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import { unmarshall } from "@aws-sdk/util-dynamodb";
import type { Item } from "../../functions/domain/ports.ts";
import type { AlarmEvent } from "../aws/cloudwatch/alarms.ts";
import type { AliasChange } from "../aws/lambda/alias-operations.ts";
import type { Revision } from "../aws/step-functions/machine.ts";
import type { InvocationRecord } from "../host/lambda-host.ts";
import type { Sandbox } from "../sandbox.ts";

/** An alarm that turned, and when (epoch ms). */
export interface Turn {
  readonly at: number;
  readonly account: string;
  readonly name: string;
  readonly isRed: boolean;
}

/** An item that was put for the first time, and when (epoch ms). */
export interface Put {
  readonly at: number;
  readonly item: Item;
}

/** Hash of what `$LATEST` holds, or a state machine's latest revision. */
export interface Latest {
  readonly account: string;
  readonly functionName: string;
  /** When the world began, and when all was over. */
  readonly began: string;
  readonly ended: string;
}

/** Of whose runs the rules ask; the others' would only cost memory. */
const WATCHED: ReadonlySet<string> = new Set(["check-gates", "judge"]);

export class Witness {
  /** Every change of every alias, by whom. */
  readonly changes: AliasChange[] = [];
  /** Hash of the code of every version that there ever was, by account, function and version: some are deleted. */
  readonly codes = new Map<string, string>();
  readonly turns: Turn[] = [];
  /** What was meant to be written to a target, or to what its candidates are made from. */
  readonly intents: Put[] = [];
  /** Runs of the handlers that check and judge, in the order in which they ended. */
  readonly runs: InvocationRecord[] = [];
  readonly #seen = new Set<string>();
  readonly #began = new Map<string, string>();
  #sandbox: Sandbox | undefined;

  /** Begins to watch a world in which nothing has happened yet. */
  watch(sandbox: Sandbox): void {
    this.#sandbox = sandbox;
    for (const fn of sandbox.lambda.functions()) this.#began.set(fn.arn, fn.latest.settings.CodeSha256);
    sandbox.lambda.onAliasChange((change) => {
      this.changes.push(change);
      this.noteCodes();
    });
    for (const machine of sandbox.stepFunctions.machines()) this.#began.set(machine.arn, hashOf(machine.current));
    sandbox.stepFunctions.onAliasChange(({ machine: functionName, routing, ...change }) => {
      const weights = Object.fromEntries(routing.map(({ version, weight }) => [version, weight / 100]));
      this.changes.push({ ...change, functionName, weights });
      this.noteCodes();
    });
    sandbox.cloudWatch.alarms.onStateChange((event) => this.#turned(event));
    sandbox.dynamoDb.onPut((item, at) => this.#put(item, at));
  }

  ran(record: InvocationRecord): void {
    if (WATCHED.has(record.step)) this.runs.push(record);
  }

  noteCodes(): void {
    for (const { account, name, versions } of this.#sandbox?.lambda.functions() ?? []) {
      for (const { version, settings } of versions.values())
        this.codes.set(codeKey(account, name, version), settings.CodeSha256);
    }
    for (const { account, name, versions } of this.#sandbox?.stepFunctions.machines() ?? []) {
      for (const { number, revision } of versions.values())
        this.codes.set(codeKey(account, name, number), hashOf(revision));
    }
  }

  get latest(): Latest[] {
    const functions = (this.#sandbox?.lambda.functions() ?? []).map(({ account, name, arn, latest }) => {
      return { account, name, arn, ended: latest.settings.CodeSha256 };
    });
    const machines = (this.#sandbox?.stepFunctions.machines() ?? []).map(({ account, name, arn, current }) => {
      return { account, name, arn, ended: hashOf(current) };
    });
    return [...functions, ...machines].map(({ account, name, arn, ended }) => {
      return { account, functionName: name, began: this.#began.get(arn) ?? "", ended };
    });
  }

  #turned({ account, detail }: AlarmEvent): void {
    const state = detail.state as { readonly value: string; readonly timestamp: string };
    const at = Date.parse(state.timestamp.replace("+0000", "Z"));
    this.turns.push({ at, account, name: String(detail.alarmName), isRed: state.value === "ALARM" });
  }

  #put(stored: object, at: number): void {
    const { sk } = stored as { readonly sk?: AttributeValue };
    if (!/^(INTENT|REPLACEMENT)#/.test(sk?.S ?? "")) return;
    const item = unmarshall(stored as Record<string, AttributeValue>) as Item;
    const key = `${item.pk} ${item.sk}`;
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    this.intents.push({ at, item });
  }
}

/** A definition's hash as Lambda writes that of code. */
const hashOf = ({ settings }: Revision): string => createHash("sha256").update(settings.definition).digest("base64");

export const codeKey = (account: string, functionName: string, version: string) =>
  `${account} ${functionName} ${version}`;
