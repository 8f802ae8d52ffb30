/**
 * A metric source for Headgate that asks Datadog. Settings are environment variables: DATADOG_URL (such as
 * https://api.datadoghq.eu), DD_API_KEY and DD_APPLICATION_KEY, which belong into a secret that the deployment fills in,
 * and SAMPLES_QUERY, BAD_QUERY or VALUE_QUERY, which end in .rollup(sum, 60): without it Datadog chooses the interval.
 */
import { type Answer, answer, type Provider, type Read, type Request } from "./contract.ts";

type Environment = Readonly<Record<string, string | undefined>>;

interface QueryAnswer {
  readonly status: string;
  readonly error?: string;
  readonly series?: readonly {
    /** Seconds between points. */
    readonly interval: number;
    /** Start (epoch ms) and value; null where there is none. */
    readonly pointlist: readonly (readonly [number, number | null])[];
  }[];
}

export function datadog(environment: Environment): Provider {
  return async (query, { from, to, periodSeconds }) => {
    const url = new URL(`${environment.DATADOG_URL}/api/v1/query`);
    const [start, end] = [Date.parse(from) / 1_000, Date.parse(to) / 1_000];
    url.search = new URLSearchParams({ query, from: `${start}`, to: `${end}` }).toString();
    const headers = {
      "dd-api-key": environment.DD_API_KEY ?? "",
      "dd-application-key": environment.DD_APPLICATION_KEY ?? "",
    };
    const response = await fetch(url, { headers });
    if (!response.ok) throw new Error(`Datadog answered ${response.status}`);
    return readQuery((await response.json()) as QueryAnswer, { start, end, periodSeconds });
  };
}

interface Window {
  readonly start: number;
  readonly end: number;
  readonly periodSeconds: number;
}

/** Its window includes the end; the period that begins there was not asked for. */
function readQuery({ status, error, series = [] }: QueryAnswer, { start, end, periodSeconds }: Window): Read {
  if (error !== undefined && error !== "") throw new Error(`Datadog refuses the query: ${error}`);
  if (series.length > 1) throw new Error(`the query gives ${series.length} series: sum them up`);
  const [one] = series;
  if (one !== undefined && one.interval !== periodSeconds) {
    throw new Error(
      `Datadog's points are ${one.interval} s apart, not ${periodSeconds}: end the query in .rollup(sum, ${periodSeconds})`,
    );
  }
  const points = (one?.pointlist ?? []).flatMap(([at, value]): [number, number][] =>
    value === null || at < start * 1_000 || at >= end * 1_000 ? [] : [[at, value]],
  );
  return { complete: status === "ok", points: new Map(points) };
}

export const handler = (request: Request): Promise<Answer> => {
  const { SAMPLES_QUERY: samples, BAD_QUERY: bad, VALUE_QUERY: value } = process.env;
  return answer(datadog(process.env), { samples, bad, value }, request);
};
