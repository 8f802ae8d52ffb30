import { LambdaClient } from "@aws-sdk/client-lambda";
import { describe, expect, test } from "vitest";
import { metricSources } from "../../functions/adapters/metric-sources.ts";
import type { SourceQuery } from "../../functions/domain/ports.ts";
import { promises } from "../../functions/runtime/concurrency.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { type Answer, fault, lost, ok, wire } from "./wire.ts";

const MINUTE = 60_000;
const FROM = Date.parse("2026-11-24T18:00:00Z");
const TO = FROM + 5 * MINUTE;
const minute = (index: number) => new Date(FROM + index * MINUTE).toISOString();
const source = { function: "metrics-prod", gives: "counts", timeoutSeconds: 10, names: { queue: "orders" } } as const;
const query = (part: SourceQuery["part"], arm: SourceQuery["arm"] = "candidate", over: Partial<SourceQuery> = {}) => ({
  id: `${part} of ${arm}`,
  periodSeconds: 60,
  source,
  metric: "failures",
  target: "order",
  arm,
  version: arm === "candidate" ? "8" : "7",
  part,
  ...over,
});
const BOTH = [query("samples"), query("bad"), query("samples", "baseline"), query("bad", "baseline")];
const point = (arm: SourceQuery["arm"], at: string, samples: number, bad: number) => ({ arm, at, samples, bad });
const answered = (body: unknown) => ok(JSON.stringify(body));

const onWire = (...answers: Answer[]) => {
  const line = wire(...answers);
  const { retryStrategy: _patient, ...config } = line.config;
  const client = new LambdaClient({ ...config, maxAttempts: 1 });
  const clock = new ManualClock(TO);
  return { ...line, clock, metrics: metricSources({ client: () => client, clock, concurrency: promises }) };
};
const pointsOf = (series: readonly { id: string; points: ReadonlyMap<number, number> }[]) =>
  Object.fromEntries(series.map(({ id, points }) => [id, [...points]]));

describe("a metric source of the team's own", () => {
  test("is asked once for all series of a metric of a target, by both arms' versions", async () => {
    const { metrics, sent } = onWire(answered({ complete: true, points: [] }));

    await metrics.read(BOTH, FROM - 1, TO + 1);

    expect(sent).toHaveLength(1);
    expect(sent[0]?.path).toBe("/2015-03-31/functions/metrics-prod/invocations");
    expect(sent[0]?.json).toEqual({
      contract: "headgate/metric-source-v1",
      metric: "failures",
      gives: "counts",
      target: "order",
      names: { queue: "orders" },
      arms: [
        { arm: "candidate", version: "8" },
        { arm: "baseline", version: "7" },
      ],
      from: minute(0),
      to: minute(5),
      periodSeconds: 60,
    });
  });

  test("gives samples and bad ones of each arm; a period without a point is not measured", async () => {
    const points = [point("candidate", minute(0), 60, 2), point("baseline", minute(1), 540, 1)];
    const { metrics } = onWire(answered({ complete: true, points }));

    const series = await metrics.read(BOTH, FROM, TO);

    expect(series.every(({ complete }) => complete)).toBe(true);
    expect(pointsOf(series)).toEqual({
      "samples of candidate": [[FROM, 60]],
      "bad of candidate": [[FROM, 2]],
      "samples of baseline": [[FROM + MINUTE, 540]],
      "bad of baseline": [[FROM + MINUTE, 1]],
    });
  });

  test("gives values, each of one sample unless it says how many", async () => {
    const values = { ...source, gives: "values" } as const;
    const points = [
      { arm: "candidate", at: minute(0), value: -3 },
      { arm: "candidate", at: minute(1), value: 120, samples: 60 },
    ];
    const { metrics } = onWire(answered({ complete: true, points }));

    const asked = [query("samples", "candidate", { source: values }), query("value", "candidate", { source: values })];
    const series = await metrics.read(asked, FROM, TO);

    expect(pointsOf(series)).toEqual({
      "samples of candidate": [
        [FROM, 1],
        [FROM + MINUTE, 60],
      ],
      "value of candidate": [
        [FROM, -3],
        [FROM + MINUTE, 120],
      ],
    });
  });

  test("is asked for each target by itself, and one that is down is the trouble of its own series alone", async () => {
    const { metrics, sent } = onWire(
      fault("AccessDeniedException", 403),
      answered({ complete: true, points: [point("candidate", minute(0), 60, 2)] }),
    );

    const [order, cart] = await metrics.read([query("bad"), query("bad", "candidate", { target: "cart" })], FROM, TO);

    expect(sent.map(({ json }) => json.target)).toEqual(["order", "cart"]);
    expect(order?.trouble).toMatch(/^metric source metrics-prod: lambda:Invoke failed: AccessDeniedException/);
    expect(order?.complete).toBe(false);
    expect(cart).toMatchObject({ complete: true, points: new Map([[FROM, 2]]) });
  });

  test("is asked a second time where no answer came, and not a third", async () => {
    const { metrics, sent } = onWire(lost(), answered({ complete: true, points: [] }));
    expect(await metrics.read([query("bad")], FROM, TO)).toMatchObject([{ complete: true }]);
    expect(sent).toHaveLength(2);

    const down = onWire(lost(), lost(), answered({ complete: true, points: [] }));
    expect(await down.metrics.read([query("bad")], FROM, TO)).toMatchObject([{ complete: false }]);
    expect(down.sent).toHaveLength(2);
  });

  test("that fails is asked a second time, and its words are told", async () => {
    const failed = { status: 200, headers: { "x-amz-function-error": "Unhandled" }, body: '{"errorMessage":"no key"}' };
    const { metrics, sent } = onWire(failed);

    const [series] = await metrics.read([query("bad")], FROM, TO);

    expect(sent).toHaveLength(2);
    expect(series).toMatchObject({
      complete: false,
      trouble: 'metric source metrics-prod: it failed, Unhandled: {"errorMessage":"no key"}',
    });
  });

  test.each<[string, unknown, string]>([
    ["is no JSON", "<html>", "its answer is no JSON: <html>"],
    ["lacks its points", JSON.stringify({ complete: true }), "answer.points is missing"],
    ["knows more", JSON.stringify({ complete: true, points: [], pages: 3 }), "answer.pages is not a known key"],
    ["says that it is not complete", JSON.stringify({ complete: false, points: [] }), "could not read all of it"],
  ])("is in trouble where its answer %s", async (_, body, trouble) => {
    const { metrics, sent } = onWire(ok(body));

    const [series] = await metrics.read([query("bad")], FROM, TO);

    expect(sent).toHaveLength(1);
    expect(series?.complete).toBe(false);
    expect(series?.trouble).toContain(trouble);
  });

  test("is not asked any more once the look has waited for forty seconds", async () => {
    const line = onWire(answered({ complete: true, points: [] }));
    const slow = async <T>(bodies: readonly (() => Promise<T>)[]) => {
      const done = await promises.together(bodies);
      await line.clock.sleep(45_000);
      return done;
    };
    const client = new LambdaClient(line.config);
    const metrics = metricSources({ client: () => client, clock: line.clock, concurrency: { together: slow } });

    const many = Array.from({ length: 11 }, (_, index) => query("bad", "candidate", { target: `t${index}` }));
    const series = await metrics.read(many, FROM, TO);

    expect(line.sent).toHaveLength(10);
    expect(series.map(({ complete }) => complete)).toEqual([...new Array(10).fill(true), false]);
    expect(series[10]?.trouble).toBe("metric source metrics-prod: the look had no time left to ask it");
  });
});
