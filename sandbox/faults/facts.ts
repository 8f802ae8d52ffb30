/** What is true at the end of a case, read off the simulated AWS itself; the record is only what it is compared with. */

import type { Header } from "../../functions/domain/ledger/header.ts";
import type { Head } from "../../functions/domain/ledger/journal-records.ts";
import type { AliasChange } from "../aws/lambda/alias-operations.ts";
import { artifactsOf } from "../host/populate.ts";
import { lambdaAliasesOf } from "../host/targets.ts";
import type { Sandbox } from "../sandbox.ts";
import type { FaultPlan } from "./plans.ts";
import { itemsOf } from "./table-dump.ts";
import type { Trial } from "./trial.ts";
import { codeKey } from "./witness.ts";

/** One alias of a target, with every weight it ever had. */
export interface AliasFacts {
  readonly environment: string;
  readonly account: string;
  /** Name of the target. */
  readonly target: string;
  readonly functionName: string;
  readonly alias: string;
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

/** Every alias that the plan's promotions may move. */
function aliasFacts({ sandbox, plan, changes: all, seen: { codes } }: Trial): AliasFacts[] {
  const environments = plan.resolved[0]?.environments ?? [];
  return environments.flatMap(({ environment, account, region, targets }, place) =>
    lambdaAliasesOf(targets).map((target, position) => {
      const { functionName, alias } = target;
      const fn = sandbox.lambda.functions().find((one) => one.name === functionName && one.account === account);
      const current = fn?.aliases.get(alias)?.current;
      if (fn === undefined || current === undefined) throw new Error(`the world has no ${functionName}:${alias}`);
      const [first] = sandbox.lambda.weightHistory({ functionName, alias, account, region });
      const candidates = plan.resolved.map((resolved) => {
        const artifact = resolved.environments[place]?.targets[position]?.artifact;
        if (artifact?.from === "version") return artifact.version;
        const code = codeOf(resolved.environments[place]?.targets[position]?.name ?? "", plan, resolved.version, place);
        return versionWith(codes, codeKey(account, functionName, ""), code);
      });
      const changes = all.filter((change) => change.functionName === functionName && change.account === account);
      return {
        environment,
        account,
        target: target.name,
        functionName,
        alias,
        baseline: Object.keys(first?.weights ?? {})[0] ?? "",
        candidates,
        version: current.version,
        versions: [...fn.versions.keys()],
        split: Object.values(current.additional).some((share) => share > 0),
        changes,
        pin: pinOf(changes, lastCapture(sandbox, functionName, account)),
      };
    }),
  );
}

/** The version of a function with that code; null: it was never published. */
function versionWith(codes: ReadonlyMap<string, string>, prefix: string, code: string): string | null {
  const found = [...codes].find(([key, one]) => key.startsWith(prefix) && one === code);
  return found === undefined ? null : found[0].slice(prefix.length);
}

/** When a baseline was last read off the alias (epoch ms), by the calls that were made. */
function lastCapture({ aws }: Sandbox, functionName: string, account: string): number {
  const reads = aws.calls.filter(
    (call) =>
      call.handler === "capture-baseline" &&
      call.operation === "GetAlias" &&
      call.account === account &&
      call.summary.includes(`FunctionName=${functionName} `),
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
