/** Starting a promotion's execution for a caller whose identity is verified. */
import type { Signature } from "../callers.ts";
import { identifyCaller } from "../ledger/caller-rules.ts";
import { currentPolicy } from "../ledger/policies.ts";
import type { Resolution } from "../plan/resolve.ts";
import type { Dependencies } from "../ports.ts";
import { promotionName, releaseHash, resolveUnder } from "./starts.ts";
import { noteStart } from "./verify-start.ts";

type Tools = Pick<Dependencies, "ledger" | "clock" | "hash" | "executions">;

export type Begun =
  | { readonly kind: "started" | "running"; readonly executionArn: string }
  /** Another caller has written down, moments ago, that it is about to start this execution. */
  | { readonly kind: "contended"; readonly name: string }
  /** The name is that of an execution that has ended, or has another input. */
  | { readonly kind: "taken"; readonly name: string };

/** Whether the policy in force lets this release begin, asked before anything is started. */
export async function resolveNow(
  deps: Pick<Tools, "ledger" | "clock">,
  release: unknown,
  startedBy: string | null,
): Promise<Resolution> {
  return resolveUnder(await currentPolicy(deps.ledger), release, { now: deps.clock.now(), startedBy });
}

/**
 * Starts the execution of this release and attempt, once, with who starts it written down before it can run. Throws what
 * the ports throw.
 */
export async function begin(
  deps: Tools,
  { release, attempt }: { readonly release: unknown; readonly attempt: number },
  { signature, ...from }: { readonly signature: Signature; readonly sourceIp: string; readonly userAgent: string },
): Promise<Begun> {
  const name = promotionName(deps.hash, release, attempt);
  const executionArn = deps.executions.arnOf(name);
  const runs = (await deps.executions.status(executionArn)) !== undefined;
  const known = { executionArn, at: deps.clock.now(), releaseHash: releaseHash(deps.hash, release) };
  const start = { ...from, ...known, startedBy: signature.arn, starter: await identifyCaller(deps.ledger, signature) };
  if (!runs && !(await noteStart(deps, start))) return { kind: "contended", name };
  if ((await deps.executions.start(name, release)) === "taken") return { kind: "taken", name };
  return { kind: runs ? "running" : "started", executionArn };
}
