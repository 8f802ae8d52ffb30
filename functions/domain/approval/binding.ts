/** What a decision is bound to. */
import { canonicalJson } from "../canonical.ts";
import type { Header } from "../ledger/header.ts";
import type { EnvironmentPlan } from "../plan.ts";
import type { PlanHeader } from "../plan-text.ts";
import type { Hash } from "../ports.ts";
import type { ApprovalRecord } from "./approval.ts";

/**
 * Hash of what a decision is about: the release, who started it, what each target will run, the requester's claims, the
 * gates' results, the plan as a whole, and the trail up to here, with the verdicts of the environments before. Kept with
 * the approval and with each decision.
 */
export function bindingOf(
  hash: Hash,
  about: {
    readonly header: Pick<Header, "promotionId" | "planHash" | "startedBy">;
    readonly release: PlanHeader;
    readonly plan: EnvironmentPlan;
    readonly approval: string;
    readonly gates: ApprovalRecord["gates"];
    readonly trail: ApprovalRecord["trail"];
  },
): string {
  const { header, release, plan } = about;
  const artifacts = plan.targets.map(({ name, resource, artifact }) => ({ name, resource, artifact }));
  return hash(
    canonicalJson({
      promotion: header.promotionId,
      plan: header.planHash,
      startedBy: header.startedBy,
      environment: plan.environment,
      approval: about.approval,
      release,
      artifacts,
      gates: about.gates,
      trail: about.trail,
    }),
  );
}

/**
 * What speaks against a record being about what stands in the ledger now; null: nothing. The plan is held against the header
 * where it is read, and the header against the record here: to change what was approved takes all three.
 */
export function whyUnbound(
  hash: Hash,
  record: ApprovalRecord,
  about: Pick<Parameters<typeof bindingOf>[1], "header" | "release" | "plan">,
): string | null {
  const { approval, gates, trail } = record;
  if (about.header.planHash !== record.planHash) return "the plan is not the one that people were asked about";
  const binding = bindingOf(hash, { ...about, approval, gates, trail });
  return binding === record.binding ? null : "the release or its plan is not the one that people were asked about";
}
