import { Metrics, MetricUnit } from "@aws-lambda-powertools/metrics";
import type { Outcome } from "../domain/outcomes.ts";
import type { Host } from "./host.ts";

/** CloudWatch namespace of Headgate's own counters. */
export const NAMESPACE = "Headgate";

/** What is counted of a step's output, by field. */
const COUNTED = { outcome: "Outcome", decision: "Decision" } as const;

/**
 * Counts what a step came to: one line of Embedded Metric Format for each of the fields `outcome` and `decision` that
 * its output has. Metric `Outcome` has the dimensions service, step, outcome; `Decision` has service, step, decision.
 */
export function countOutput(host: Pick<Host, "clock" | "write">, step: string, output: unknown): void {
  if (typeof output !== "object" || output === null) return;
  for (const [field, metric] of Object.entries(COUNTED)) {
    const value: unknown = Reflect.get(output, field);
    if (typeof value === "string" && value !== "") count(host, metric, { step, [field]: value });
  }
}

/** Metric that counts promotions by how they ended: dimensions service, outcome. Whoever closes one counts it. */
export const PROMOTIONS = "Promotions";

export function countPromotion(host: Pick<Host, "clock" | "write">, outcome: Outcome): void {
  count(host, PROMOTIONS, { outcome });
}

/** Counts a step that threw: metric `Error` with the dimensions service, step, error. */
export function countError(host: Pick<Host, "clock" | "write">, step: string, error: unknown): void {
  count(host, "Error", { step, error: error instanceof Error ? error.name : typeof error });
}

function count(host: Pick<Host, "clock" | "write">, metric: string, dimensions: Record<string, string>): void {
  const metrics = new Metrics({ namespace: NAMESPACE, serviceName: "headgate" });
  metrics.addDimensions(dimensions);
  metrics.addMetric(metric, MetricUnit.Count, 1);
  const line = metrics.serializeMetrics();
  host.write(JSON.stringify({ ...line, _aws: { ...line._aws, Timestamp: host.clock.now() } }));
}
