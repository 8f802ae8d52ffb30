/** The permissions of each kind. A kind without a line here does not compile. */
import type { Grant, GrantedTarget, KindGrants, TargetUse } from "./grant.ts";
import type { KindName } from "./kinds.ts";
import { lambdaAliasGrants } from "./lambda-alias/grants.ts";
import { stateMachineAliasGrants } from "./state-machine-alias/grants.ts";

const GRANTS = {
  "lambda-alias": lambdaAliasGrants,
  "state-machine-alias": stateMachineAliasGrants,
} satisfies Readonly<Record<KindName, KindGrants>>;

/** The permissions of one use in one place, kind by kind. */
export function targetGrants(use: TargetUse, targets: readonly GrantedTarget[]): Grant[] {
  return Object.entries(GRANTS).flatMap(([kind, grants]: [string, KindGrants]) => {
    const own = targets.filter((target) => target.kind === kind);
    return own.length === 0 ? [] : grants(use, own);
  });
}
