/** What a read asked for, as far as it is plain statistics of CloudWatch's metrics. */
import type { AnySeriesQuery, SeriesQuery } from "../../functions/domain/ports.ts";

export const isMetric = (query: AnySeriesQuery): query is SeriesQuery => "metricName" in query;
