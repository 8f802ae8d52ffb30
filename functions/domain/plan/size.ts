import type { Report } from "../documents/problems.ts";
import type { PromotionPlan } from "../plan.ts";
import { MOST_BYTES, MOST_PIECES, type PartSize, PLAN_HEADER, sizesOf } from "../plan-text.ts";
import { thousands } from "../text.ts";

/** Whether a plan can be kept: it is written at once or not at all. */
export function refuseTooLarge(report: Report, plan: PromotionPlan): void {
  const sizes = sizesOf(plan);
  const bytes = sum(sizes, "bytes");
  const pieces = sum(sizes, "pieces");
  const at = ["release", "environments"];
  if (bytes > MOST_BYTES) {
    const message = `make a plan of ${inKb(bytes)}, and DynamoDB takes ${inKb(MOST_BYTES)} of one at once`;
    report.refuse(at, message, `${byEnvironment(sizes)}: ${FEWER}`);
  } else if (pieces > MOST_PIECES) {
    const message = `make a plan of ${pieces} items, and DynamoDB takes ${MOST_PIECES} of one at once`;
    report.refuse(at, message, FEWER);
  }
}

const FEWER = "release through fewer environments at once, or split the service into several with fewer targets each";

const sum = (sizes: readonly PartSize[], what: "bytes" | "pieces") =>
  sizes.reduce((total, size) => total + size[what], 0);

/** Rounded up: what is over a limit is never said to be as large as the limit. */
const inKb = (bytes: number) => `${thousands(Math.ceil(bytes / 1_024))} KB`;

function byEnvironment(sizes: readonly PartSize[]): string {
  const named = sizes.filter(({ environment }) => environment !== PLAN_HEADER);
  return named.map(({ environment, bytes }) => `${environment} takes ${inKb(bytes)}`).join(", ");
}
