/** Who of a plan can be written to, and in which roles. */
import type { PromotionPlan } from "../../functions/domain/plan.ts";

/** Everybody whom a policy's plan may write to. */
export function peopleOf(plan: PromotionPlan): string[] {
  const all = plan.environments.flatMap(({ approvals, notices, pageTo }) => [
    ...approvals
      .flatMap(({ roles, escalateTo }) => [...roles, ...(escalateTo === null ? [] : [escalateTo])])
      .flatMap(({ people }) => people),
    ...notices,
    ...pageTo,
  ]);
  return [...new Set([...all, plan.requestedBy])].sort();
}

export function rolesOf(plan: PromotionPlan, address: string): string[] {
  const roles = plan.environments.flatMap(({ approvals }) =>
    approvals.flatMap(({ roles, escalateTo }) => (escalateTo === null ? roles : [...roles, escalateTo])),
  );
  return [...new Set(roles.filter(({ people }) => people.includes(address)).map(({ role }) => role))];
}
