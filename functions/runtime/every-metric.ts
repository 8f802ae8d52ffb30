/** Everybody who has metrics, as one: each query is read by whoever knows it. */
import type { AnySeriesQuery, Metrics, Series } from "../domain/ports.ts";

export function everyMetric(cloudWatch: Metrics, sources: Metrics): Metrics {
  const isSources = (query: AnySeriesQuery) => "source" in query;
  return {
    async read(queries, from, to) {
      const asked = { own: queries.filter(isSources), other: queries.filter((query) => !isSources(query)) };
      const read = (metrics: Metrics, wanted: readonly AnySeriesQuery[]): Promise<Series[]> =>
        wanted.length === 0 ? Promise.resolve([]) : metrics.read(wanted, from, to);
      const series = [...(await read(cloudWatch, asked.other)), ...(await read(sources, asked.own))];
      const byQuery = new Map([...asked.other, ...asked.own].map((query, index) => [query, series[index]]));
      return queries.map((query) => byQuery.get(query) ?? { id: query.id, points: new Map(), complete: false });
    },
  };
}
