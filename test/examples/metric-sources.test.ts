import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { answer } from "../../examples/metric-sources/contract.ts";
import { datadog } from "../../examples/metric-sources/datadog.ts";
import { prometheus } from "../../examples/metric-sources/prometheus.ts";
import {
  readSourceAnswer,
  type SourceRequest,
  sourceRequestSchema,
} from "../../functions/domain/documents/metric-source.ts";

const request: SourceRequest = sourceRequestSchema.parse({
  contract: "headgate/metric-source-v1",
  metric: "failures",
  gives: "counts",
  target: "order",
  names: { functionName: "shop-prod-order" },
  arms: [
    { arm: "candidate", version: "8" },
    { arm: "baseline", version: "7" },
  ],
  from: "2026-11-24T18:00:00Z",
  to: "2026-11-24T18:03:00Z",
  periodSeconds: 60,
});
const FROM = Date.parse(request.from);
const at = (minute: number) => new Date(FROM + minute * 60_000).toISOString();

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** A provider's server: what it gives for a query, and what it was asked. */
async function serve(give: (url: URL) => unknown, status = 200) {
  const asked: IncomingMessage[] = [];
  const server = createServer((incoming, outgoing) => {
    asked.push(incoming);
    outgoing.writeHead(status, { "content-type": "application/json" });
    outgoing.end(JSON.stringify(give(new URL(incoming.url ?? "", "http://provider"))));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closing.push(() => server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

const POINTS = [
  { arm: "candidate", at: at(0), samples: 60, bad: 3 },
  { arm: "candidate", at: at(2), samples: 61, bad: 0 },
  { arm: "baseline", at: at(0), samples: 540, bad: 3 },
  { arm: "baseline", at: at(2), samples: 541, bad: 0 },
];

describe("the source for Prometheus", () => {
  const QUERIES = { samples: 'all{fn="$functionName",v="$version"}', bad: 'bad{v="$version"}' };
  const matrix = (values: [number, string][]) => ({
    status: "success",
    data: { resultType: "matrix", result: [{ metric: {}, values }] },
  });
  const end = (minute: number) => FROM / 1_000 + 60 * (minute + 1);
  const give = (url: URL) => {
    const query = url.searchParams.get("query") ?? "";
    const large = query.includes('v="7"') ? 540 : 60;
    if (query.startsWith("bad"))
      return matrix([
        [end(0), "3"],
        [end(1), "NaN"],
        [end(2), "0"],
      ]);
    return matrix([
      [end(0), `${large}`],
      [end(1), "9"],
      [end(2), `${large + 1}`],
    ]);
  };

  it("answers Headgate's contract: a period by its end, and what is no number as not measured", async () => {
    const { url, asked } = await serve(give);
    const given = await answer(prometheus({ PROMETHEUS_URL: url }), QUERIES, request);
    expect(readSourceAnswer(request, given)).toEqual({ ok: true, answer: { complete: true, points: POINTS } });
    const [first] = asked.map((one) => new URL(one.url ?? "", "http://p").searchParams);
    expect(Object.fromEntries(first ?? [])).toEqual({
      query: 'all{fn="shop-prod-order",v="8"}',
      start: `${end(0)}`,
      end: `${end(2)}`,
      step: "60",
    });
    expect(asked[0]?.headers.authorization).toBeUndefined();
  });

  it("signs for Amazon's with the function's own credentials", async () => {
    const { url, asked } = await serve(give);
    const keys = {
      AWS_REGION: "eu-west-1",
      AWS_ACCESS_KEY_ID: "AKID",
      AWS_SECRET_ACCESS_KEY: "s",
      AWS_SESSION_TOKEN: "t",
    };
    await answer(prometheus({ PROMETHEUS_URL: url, PROMETHEUS_SIGN: "aps", ...keys }), QUERIES, request);
    expect(asked[0]?.headers.authorization).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AKID\/\d{8}\/eu-west-1\/aps\/aws4_request/,
    );
    expect(asked[0]?.headers["x-amz-security-token"]).toBe("t");
  });

  it("is not complete where a store answered in part", async () => {
    const { url } = await serve((asked) => ({ ...(give(asked) as object), warnings: ["store eu-1 is down"] }));
    expect(await answer(prometheus({ PROMETHEUS_URL: url }), QUERIES, request)).toMatchObject({ complete: false });
  });

  it("fails where the server does, or where a query gives several series", async () => {
    const down = await serve(() => ({}), 503);
    await expect(answer(prometheus({ PROMETHEUS_URL: down.url }), QUERIES, request)).rejects.toThrow("answered 503");
    const two = await serve(() => ({ status: "success", data: { result: [{ values: [] }, { values: [] }] } }));
    await expect(answer(prometheus({ PROMETHEUS_URL: two.url }), QUERIES, request)).rejects.toThrow("gives 2 series");
  });
});

describe("the source for Datadog", () => {
  const QUERIES = {
    samples: "sum:all{version:$version}.rollup(sum, 60)",
    bad: "sum:bad{version:$version}.rollup(sum, 60)",
  };
  const give = (url: URL) => {
    const query = url.searchParams.get("query") ?? "";
    const large = query.includes("version:7") ? 540 : 60;
    const values = query.startsWith("sum:bad") ? [3, null, 0, 1] : [large, 9, large + 1, 1];
    const pointlist = values.map((value, minute) => [FROM + minute * 60_000, value]);
    return { status: "ok", series: [{ interval: 60, pointlist }] };
  };

  it("answers Headgate's contract, with its keys in the headers and nothing beyond the end", async () => {
    const { url, asked } = await serve(give);
    const environment = { DATADOG_URL: url, DD_API_KEY: "key", DD_APPLICATION_KEY: "app" };
    const given = await answer(datadog(environment), QUERIES, request);
    expect(readSourceAnswer(request, given)).toEqual({ ok: true, answer: { complete: true, points: POINTS } });
    expect(asked[0]?.headers).toMatchObject({ "dd-api-key": "key", "dd-application-key": "app" });
  });

  it("gives values where values are asked for", async () => {
    const { url } = await serve(give);
    const value = { value: "avg:p95{version:$version}.rollup(avg, 60)" };
    const given = await answer(datadog({ DATADOG_URL: url }), value, { ...request, gives: "values" });
    expect(given.points[0]).toEqual({ arm: "candidate", at: at(0), value: 60 });
  });

  it.each<[string, unknown, string]>([
    ["the query is refused", { status: "error", error: "no such metric" }, "refuses the query: no such metric"],
    [
      "Datadog chose another interval",
      { status: "ok", series: [{ interval: 300, pointlist: [] }] },
      "are 300 s apart, not 60",
    ],
  ])("fails where %s", async (_, body, message) => {
    const { url } = await serve(() => body);
    await expect(answer(datadog({ DATADOG_URL: url }), QUERIES, request)).rejects.toThrow(message);
  });

  it("fills nothing into a query that could end a string in it", async () => {
    const { url, asked } = await serve(give);
    const odd = { ...request, names: { functionName: 'x"} or vector(0)' } };
    const queries = { ...QUERIES, samples: "sum:all{fn:$functionName}" };
    await expect(answer(datadog({ DATADOG_URL: url }), queries, odd)).rejects.toThrow(
      "$functionName cannot be filled in",
    );
    expect(asked.filter((one) => one.url?.includes("all"))).toEqual([]);
  });
});
