/** What is true at the end of a case, read off the simulated AWS itself; the record is only what it is compared with. */

import type { Header } from "../../functions/domain/ledger/header.ts";
import type { Head } from "../../functions/domain/ledger/journal-records.ts";
import type { TargetPlan } from "../../functions/domain/plan.ts";
import type { AliasChange } from "../aws/lambda/alias-operations.ts";
import { artifactsOf } from "../host/populate.ts";
import { simulated } from "../host/targets.ts";
import type { Sandbox } from "../sandbox.ts";
import type { FaultPlan } from "./plans.ts";
import { itemsOf } from "./table-dump.ts";
import type { Trial } from "./trial.ts";
import { codeKey } from "./witness.ts";

/** What holds a target's traffic, with every weight it ever had. */
export interface AliasFacts {
  readonly environment: string;
  readonly account: string;
  /** Name of the target. */
  readonly target: string;
  readonly kind: string;
  /** Of the function, or of whatever else its kind moves. */
  readonly functionName: string;
  /** Version that served when the world began. */
  readonly baseline: string;
  /** Candidate of each of the plan's promotions, by its code; null: never published. */
  readonly candidates: readonly (string | null)[];
  readonly version: string;
  /** That the function has, at the end. */
  readonly versions: readonly string[];
  readonly split: boolean;
  /** Oldest first; weights are fractions. */
  readonly changes: readonly AliasChange[];
  /** The newest change by hand that no promotion has begun from since: it stays as it is; null: there is none. */
  readonly pin: AliasChange | null;
}

export interface PromotionFacts {
  readonly executionArn: string;
  readonly status: string;
  /** When the execution ended (epoch ms); null while it runs. */
  readonly stoppedAt: number | null;
  /** The Fail state's error, which is the outcome; null while it runs or when it succeeded. */
  readonly error: string | null;
  readonly header: Header | null;
  readonly heads: readonly Head[];
}

export interface Facts extends Trial {
  readonly aliases: readonly AliasFacts[];
  readonly facts: readonly PromotionFacts[];
}

/** Reads off the world what the rules need. */
export function factsOf(trial: Trial): Facts {
  return { ...trial, aliases: aliasFacts(trial), facts: promotionFacts(trial.sandbox, trial.promotions) };
}

/** Every target that the plan's promotions may move. */
function aliasFacts({ sandbox, plan, changes: all, seen: { codes } }: Trial): AliasFacts[] {
  const environments = plan.resolved[0]?.environments ?? [];
  return environments.flatMap((where, place) =>
    where.targets.map((target, position) => {
      const { environment, account } = where;
      const { name, ...seen } = simulated(target).see(sandbox, where, target);
      const [first] = simulated(target).history(sandbox, where, target);
      const candidates = plan.resolved.map((resolved) => {
        const artifact = resolved.environments[place]?.targets[position]?.artifact;
        if (artifact?.from === "version") return artifact.version;
        const code = codeOf(resolved.environments[place]?.targets[position]?.name ?? "", plan, resolved.version, place);
        return versionWith(codes, codeKey(account, name, ""), code);
      });
      const changes = all.filter((change) => change.functionName === name && change.account === account);
      const pin = pinOf(changes, lastCapture(sandbox, target, account));
      const baseline = Object.keys(first?.weights ?? {})[0] ?? "";
      const { kind } = target;
      return {
        environment,
        account,
        target: target.name,
        kind,
        functionName: name,
        baseline,
        candidates,
        changes,
        pin,
        ...seen,
      };
    }),
  );
}

/** The version of a function with that code; null: it was never published. */
function versionWith(codes: ReadonlyMap<string, string>, prefix: string, code: string): string | null {
  const found = [...codes].find(([key, one]) => key.startsWith(prefix) && one === code);
  return found === undefined ? null : found[0].slice(prefix.length);
}

/** When a baseline was last read off the target (epoch ms), by the calls that were made. */
function lastCapture({ aws }: Sandbox, target: TargetPlan, account: string): number {
  const { operation, naming } = simulated(target).reads(target);
  const reads = aws.calls.filter(
    (call) =>
      call.handler === "capture-baseline" &&
      call.operation === operation &&
      call.account === account &&
      call.summary.includes(naming),
  );
  return Math.max(Number.NEGATIVE_INFINITY, ...reads.map(({ at }) => at));
}

function pinOf(changes: readonly AliasChange[], capturedAt: number): AliasChange | null {
  const move = changes.findLast(({ by }) => by === "hand");
  return move !== undefined && move.at >= capturedAt ? move : null;
}

/** Lambda's CodeSha256 of what a release puts into a target. */
function codeOf(target: string, plan: FaultPlan, version: string, place: number): string {
  const resolved = plan.resolved.find((one) => one.version === version);
  const environment = resolved?.environments[place];
  const targets = environment?.targets.filter(({ name }) => name === target) ?? [];
  if (resolved === undefined || environment === undefined) return "";
  const [artifact] = artifactsOf({ ...resolved, environments: [{ ...environment, targets }] });
  return artifact === undefined ? "" : Buffer.from(artifact.sha256, "hex").toString("base64");
}

function promotionFacts(sandbox: Sandbox, promotions: readonly string[]): PromotionFacts[] {
  const headers = itemsOf(sandbox, "PROMOTION#", "HEADER") as unknown as Header[];
  const heads = itemsOf(sandbox, "PROMOTION#", "HEAD#") as unknown as Head[];
  return promotions.map((executionArn) => {
    const { status, error, stopDate } = sandbox.executions.describeExecution({ executionArn });
    const header = headers.find((one) => one.executionArn === executionArn) ?? null;
    return {
      executionArn,
      status,
      stoppedAt: stopDate ?? null,
      error: error ?? null,
      header,
      heads: heads.filter(({ promotionId }) => promotionId === header?.promotionId),
    };
  });
}
