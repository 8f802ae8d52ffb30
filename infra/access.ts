/** What functions may do in target accounts, and by which role. Apart from the stacks, so that the sandbox knows it without the CDK. */
import type { Access } from "../functions/domain/access.ts";
import type { TargetUse } from "../functions/targets/grant.ts";

/** What a function does with the resources of an environment. */
export type AccountUse = TargetUse | "watch" | "read-artifacts";

/**
 * The roles of a target account. Few functions write there; whatever goes wrong in one of the others, a parser or a page,
 * ends at a role that cannot move a request. Probing runs code that is deployed already, so it counts as reading. What is
 * deleted does not come back, so that has a role of its own, which is there only where a policy asks for it.
 */
export const USES_OF: Readonly<Record<Access, readonly AccountUse[]>> = {
  write: ["read-traffic", "move-traffic", "publish-code", "settle-in-flight"],
  read: ["read-traffic", "invoke", "watch", "read-artifacts"],
  retire: ["retire-versions"],
};

/** The role that a function with these uses assumes; each gets by with one. */
export function accessOf(uses: readonly AccountUse[]): Access {
  if (uses.includes("retire-versions")) return "retire";
  return uses.every((use) => USES_OF.read.includes(use)) ? "read" : "write";
}
