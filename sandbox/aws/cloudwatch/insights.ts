import { validation } from "../errors.ts";

/** One series as a Metrics Insights query asks for it. */
export interface InsightsSeries {
  readonly namespace: string;
  readonly metricName: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly statistic: string;
}

const STATISTICS: Readonly<Record<string, string>> = {
  AVG: "Average",
  COUNT: "SampleCount",
  MAX: "Maximum",
  MIN: "Minimum",
  SUM: "Sum",
};

const QUERY =
  /^SELECT\s+(\w+)\s*\(\s*"?([^")]+?)"?\s*\)\s+FROM\s+(?:SCHEMA\s*\(\s*)?"?([\w./-]+)"?[^)]*?\)?(?:\s+WHERE\s+(.+))?$/is;
const CONDITION = /^"?([\w.-]+)"?\s*=\s*'([^']*)'$/;

export const isInsights = (expression: string): boolean => /^\s*SELECT\b/i.test(expression);

/**
 * Reads a query. The simulation's Metrics Insights knows one series of one metric, all dimensions of which are in WHERE, joined
 * by AND. Throws ValidationException for others.
 */
export const readQuery = (sql: string): InsightsSeries => {
  const [, aggregate = "", metricName, namespace, where] = QUERY.exec(sql.trim()) ?? [];
  const statistic = STATISTICS[aggregate.toUpperCase()];
  if (statistic === undefined || metricName === undefined || namespace === undefined) {
    throw validation(`the simulation's Metrics Insights cannot read: ${sql}`);
  }
  const conditions = (where ?? "").split(/\s+AND\s+/i).filter((text) => text !== "");
  const dimensions = conditions.map((text) => {
    const [, name, value] = CONDITION.exec(text.trim()) ?? [];
    if (name === undefined || value === undefined) throw validation(`the simulation's WHERE cannot read: ${text}`);
    return [name, value] as const;
  });
  return { namespace, metricName, dimensions: Object.fromEntries(dimensions), statistic };
};
