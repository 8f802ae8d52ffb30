/** Permissions as kinds ask for them. Only what deploys reads them. */
import type { Placed } from "./kind.ts";

/** One permission. Where a resource of it ends in a wildcard, `why` says the reason; without one, cdk-nag refuses it. */
export interface Grant {
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly conditions?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly why?: string;
}

/** What Headgate's functions do with targets where these live. */
export type TargetUse =
  | "read-traffic"
  | "move-traffic"
  | "publish-code"
  | "invoke"
  | "settle-in-flight"
  | "retire-versions";

/** A target of a policy in one place, with its templates filled in. */
export interface GrantedTarget {
  readonly kind: string;
  readonly resource: string;
  readonly resources: readonly string[];
  /** Its candidate is asked directly before it serves. */
  readonly probed: boolean;
  /** Its previous versions are deleted once they are not needed any more. */
  readonly retired: boolean;
  /** What the kind made of each target of a policy that names this resource; read by that kind alone. */
  readonly placed: readonly Placed[];
}

/** The permissions of one use for these targets of one kind, all in one place. */
export type KindGrants = (use: TargetUse, targets: readonly GrantedTarget[]) => readonly Grant[];

export const ANY_VERSION =
  "Versions are numbers that do not exist yet; what they are versions of is exactly the policy's.";
