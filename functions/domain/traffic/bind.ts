/** The target that a record is about. */
import { BrokenRecord } from "../errors.ts";
import type { TargetRecord } from "../ledger/journal-records.ts";
import { placeOf } from "../ledger/plan-parts.ts";
import type { EnvironmentPlan } from "../plan.ts";
import type { Dependencies } from "../ports.ts";

/** The target that a record is about. Throws `BrokenRecord` when the plan does not know it. */
export function bind(deps: Pick<Dependencies, "target">, plan: EnvironmentPlan, record: Pick<TargetRecord, "target">) {
  const found = plan.targets.find(({ name }) => name === record.target);
  if (found === undefined) throw new BrokenRecord(`the plan of ${plan.environment} has no target ${record.target}`);
  return deps.target(placeOf(plan), found);
}
