/**
 * As much of Metrics Insights as a policy may write: one aggregate of one metric, as one series. CloudWatch answers one
 * such query a call, of at most 10,000 metrics, in whole minutes, and reaches two weeks back [CloudWatch user guide, Metrics
 * Insights quotas] or three hours [GetMetricData reference]; so nothing is read that is older than three hours.
 */

export type InsightsReading =
  | {
      readonly ok: true;
      /** SUM or COUNT, which count. */
      readonly counts: boolean;
      readonly namespace: string;
    }
  | { readonly ok: false; readonly message: string; readonly hint: string };

/** How far before its end a reading begins at the earliest, in ms: the end is some minutes old already. */
export const INSIGHTS_REACH_MS = 165 * 60_000;

/** Series of Metrics Insights in one environment: each is a call of its own in each look. */
export const MOST_INSIGHTS = 20;

const SELECT = /^SELECT\s+(AVG|COUNT|MAX|MIN|SUM)\s*\(\s*("[^"]+"|[A-Za-z0-9_.]+)\s*\)\s+FROM\s+(.+)$/is;
const FROM = /^(?:SCHEMA\s*\(\s*)?("[^"]+"|[A-Za-z0-9_./-]+)/i;
const SEVERAL = /\b(GROUP\s+BY|ORDER\s+BY|LIMIT)\b/i;

/** Reads a query, its placeholders not yet filled in. */
export function readInsights(sql: string): InsightsReading {
  const several = SEVERAL.exec(sql);
  if (several !== null) {
    const clause = several[0].toUpperCase().replace(/\s+/, " ");
    return { ok: false, message: `has ${clause}: it would be several series`, hint: "name one series with WHERE" };
  }
  const [, aggregate, , from] = SELECT.exec(sql.trim()) ?? [];
  const namespace = FROM.exec(from ?? "")?.[1];
  if (aggregate === undefined || namespace === undefined) {
    const hint =
      "write SELECT SUM(Failed) FROM Shop WHERE Version = '{version}'; AVG, COUNT, MAX and MIN are known too";
    return { ok: false, message: "is no query of one metric", hint };
  }
  const counts = ["SUM", "COUNT"].includes(aggregate.toUpperCase());
  return { ok: true, counts, namespace: namespace.replaceAll('"', "") };
}
