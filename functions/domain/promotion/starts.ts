/**
 * Who started a promotion. Whoever may start an execution writes its whole input, so nothing in there can say it. The
 * start route writes the IAM identity that signed the request down first, under the ARN that the execution is about to
 * have, in a partition that no other function may write. The machine's first handler believes that item and nothing else.
 */
import type { Caller } from "../callers.ts";
import { canonicalJson } from "../canonical.ts";
import type { Problem } from "../documents/problems.ts";
import { executionName } from "../inputs.ts";
import type { StoredPolicy } from "../ledger/policies.ts";
import { type Resolution, type ResolveContext, resolvePlan } from "../plan/resolve.ts";
import type { Hash } from "../ports.ts";
import { fieldsOf } from "../text.ts";

export interface StartRecord {
  readonly executionArn: string;
  /** ARN of the IAM identity, as API Gateway verified it. */
  readonly startedBy: string;
  /** How it is held; absent in starts from before callers were held by their principal. */
  readonly starter?: Caller;
  /** Epoch ms. */
  readonly at: number;
  /** Of the release as it was sent: another input under the same name is not what this identity started. */
  readonly releaseHash: string;
  readonly sourceIp: string;
  readonly userAgent: string;
}

export const releaseHash = (hash: Hash, release: unknown): string => hash(canonicalJson(release));

const NO_POLICY: Problem = {
  path: "(policy)",
  value: undefined,
  message: "no policy is deployed",
  hint: "deploy one by the CDK app: `-c policy=FILE`, see docs/deploy.md",
};

/** The release by the policy in force: the route asks before it starts, the machine's first handler decides. */
export function resolveUnder(policy: StoredPolicy | undefined, release: unknown, context: ResolveContext): Resolution {
  return policy === undefined ? { ok: false, problems: [NO_POLICY] } : resolvePlan(policy.document, release, context);
}

/**
 * Name of a promotion's execution, `bbws-store-v2025_12_25_1-1-0b7d3f91c2`: the same service, version and attempt give the
 * same name, so a second start is the first one, and no others do. The name of an execution that has ended is taken for 90
 * days: hence attempts.
 */
export function promotionName(hash: Hash, release: unknown, attempt: number): string {
  const { service = "", version = "" } = fieldsOf(release);
  return executionName(hash, String(service), String(version), attempt);
}
