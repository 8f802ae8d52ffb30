import { describe, expect, it } from "vitest";
import { captureReference, loadReferences } from "../../../functions/domain/judge/capture-reference.ts";
import { LONGEST_REFERENCE_SECONDS, watchesOf } from "../../../functions/domain/judge/reference.ts";
import { item } from "../../../functions/domain/ledger/items.ts";
import { keys } from "../../../functions/domain/ledger/keys.ts";
import type { MetricPlan } from "../../../functions/domain/plan.ts";
import {
  canaryWorld,
  ENVIRONMENT,
  environmentPlan,
  judged,
  MINUTE,
  metric,
  PROMOTION,
  START,
  sequential,
  type Traffic,
} from "../../support/canary-world.ts";

const HOUR = 60 * MINUTE;
const planOf = (metrics: readonly MetricPlan[], referenceSeconds = 86_400) =>
  environmentPlan({ analysis: { ...environmentPlan().analysis, metrics, referenceSeconds } });

async function captured(traffic: Traffic, metrics: readonly MetricPlan[], referenceSeconds?: number) {
  const plan = planOf(metrics, referenceSeconds);
  const world = await canaryWorld(plan, traffic);
  return { references: await captureReference(world.deps, plan, PROMOTION), world, plan };
}

const p95 = { name: "p95", source: { preset: "lambda-duration-p95" } } as const;

describe("the pre-release reference", () => {
  it("is of the alias as a whole, over the day before, in two reads", async () => {
    const { references, world } = await captured(() => ({ requests: 100, errors: 1 }), [judged()]);
    expect(references).toEqual({
      "errors@order": {
        periods: 1_440,
        requests: 144_000,
        bad: 1_440,
        worstRate: 0.01,
        value: 1,
        quantileMs: null,
        phi: 1,
        requestsPerPeriod: 100,
      },
    });
    expect(world.metrics.reads).toHaveLength(1);
    const [read] = world.metrics.reads;
    expect(read).toMatchObject({ from: START - 2 * MINUTE - 24 * HOUR, to: START - 2 * MINUTE });
    expect(read?.queries.map(({ dimensions }) => dimensions)).toEqual([
      { FunctionName: "shop-order", Resource: "shop-order:live" },
      { FunctionName: "shop-order", Resource: "shop-order:live" },
    ]);
    expect(await loadReferences(world.ledger, PROMOTION, ENVIRONMENT)).toEqual(references);
  });

  it("measures how bursty errors are", async () => {
    const bursts: Traffic = (_version, at) => ({ requests: 1_000, errors: (at / MINUTE) % 5 === 0 ? 20 : 0 });
    const { references } = await captured(bursts, [judged()]);
    // Blocks of 15 minutes with mean 4: (3*16^2 + 12*4^2) / (4 * .996) / 14.
    expect(references["errors@order"]?.phi).toBeCloseTo((3 * 256 + 12 * 16) / (4 * 0.996) / 14, 6);
  });

  it("measures how the error rate wanders for minutes at a time", async () => {
    // Rises and falls within 40 minutes, beyond what the time of day does, and not in step with the blocks.
    const wandering: Traffic = (_version, at) => ({
      requests: 1_000,
      errors: Math.round(10 + 6 * Math.sin((2 * Math.PI * at) / (41 * MINUTE))),
    });
    const { references } = await captured(wandering, [judged()]);
    expect(references["errors@order"]?.wander?.perRequest).toBeGreaterThan(0);
  });

  it("takes the worst hour that had requests enough to tell", async () => {
    const oneBadHour: Traffic = (_version, at) => ({ requests: 100, errors: START - at <= HOUR + 2 * MINUTE ? 5 : 1 });
    const { references } = await captured(oneBadHour, [judged()]);
    expect(references["errors@order"]?.worstRate).toBe(0.05);
    const thin: Traffic = (_version, at) => ({ requests: 16, errors: START - at <= HOUR + 2 * MINUTE ? 4 : 1 });
    const thinner = await captured(thin, [judged()]);
    expect(thinner.references["errors@order"]?.worstRate).toBeCloseTo((23 + 4) / 24 / 16, 10);
    const enough = await captured((version, at) => ({ ...thin(version, at), requests: 17 }), [judged()]);
    expect(enough.references["errors@order"]?.worstRate).toBe(4 / 17);
  });

  it("finds the quantile over long periods first, then counts what is slower than it", async () => {
    const slow: Traffic = (_version, at) => ({
      requests: 100,
      p95: at % HOUR === 0 ? 300 : 900,
      slower: (bound) => (bound === 300 ? 0.05 : 1),
    });
    const { references, world } = await captured(slow, [metric({ ...p95, sequential: sequential({ delta: 0 }) })]);
    const [quantiles, counts] = world.metrics.reads;
    expect(quantiles?.queries.map(({ statistic, periodSeconds }) => `${statistic} ${periodSeconds}`)).toEqual([
      "SampleCount 3600",
      "p95 3600",
    ]);
    expect(counts?.queries.map(({ statistic, periodSeconds }) => `${statistic} ${periodSeconds}`)).toEqual([
      "SampleCount 60",
      "p95 60",
      "TC(:300) 60",
    ]);
    expect(references["p95@order"]).toMatchObject({ quantileMs: 300, worstRate: 0.05, periods: 1_440 });
  });

  it("of a short stretch takes shorter periods for the quantile", async () => {
    const { world } = await captured(() => ({ requests: 1, p95: 1 }), [metric(p95)], 3 * 3_600 - 1);
    expect(world.metrics.reads[0]?.queries[0]?.periodSeconds).toBe(300);
    const longer = await captured(() => ({ requests: 1, p95: 1 }), [metric(p95)], 3 * 3_600);
    expect(longer.world.metrics.reads[0]?.queries[0]?.periodSeconds).toBe(3_600);
    // No sequential judge: nothing to count against a bound.
    expect(longer.world.metrics.reads[1]?.queries.map(({ statistic }) => statistic)).toEqual(["SampleCount", "p95"]);
  });

  it("reaches back no further than a day, however much is asked for", async () => {
    const { world } = await captured(() => ({ requests: 1 }), [judged()], 30 * 86_400);
    const [read] = world.metrics.reads;
    expect((read?.to ?? 0) - (read?.from ?? 0)).toBe(LONGEST_REFERENCE_SECONDS * 1000);
  });

  it("has nothing to say about a metric without a datapoint", async () => {
    const { references } = await captured(() => undefined, [judged(), metric(p95)]);
    expect(references).toEqual({});
  });

  it("of no metrics reads nothing", async () => {
    const { references, world } = await captured(() => ({ requests: 1 }), []);
    expect(references).toEqual({});
    expect(world.metrics.reads).toEqual([]);
  });

  it("stays as the first call stored it", async () => {
    const { references, world, plan } = await captured(() => ({ requests: 100, errors: 1 }), [judged()]);
    world.metrics.traffic = () => ({ requests: 100, errors: 50 });
    expect(await captureReference(world.deps, plan, PROMOTION)).toEqual(references);
  });

  it("is that of the faster of two calls at once", async () => {
    const plan = planOf([judged()]);
    const world = await canaryWorld(plan, () => ({ requests: 100, errors: 1 }));
    const first = { other: { ...{ periods: 1 } } };
    world.ledger.before = async (operation) => {
      if (!operation.startsWith("write REFERENCE")) return;
      world.ledger.before = async () => {};
      await world.ledger.write([{ put: item(keys.reference(PROMOTION, ENVIRONMENT), { references: first }) }]);
    };
    expect(await captureReference(world.deps, plan, PROMOTION)).toEqual(first);
  });

  it("passes on what the ledger throws", async () => {
    const plan = planOf([judged()]);
    const world = await canaryWorld(plan, () => ({ requests: 100, errors: 1 }));
    world.ledger.before = async (operation) => {
      if (operation.startsWith("write REFERENCE")) throw new Error("down");
    };
    await expect(captureReference(world.deps, plan, PROMOTION)).rejects.toThrow("down");
  });
});

describe("latency bounds", () => {
  const line = {
    periods: 1,
    requests: 1,
    bad: 0,
    worstRate: 0,
    value: 0,
    quantileMs: 300,
    phi: 1,
    requestsPerPeriod: 1,
  };
  const boundsOf = (plan: MetricPlan, references = { "p95@order": line }) =>
    watchesOf(planOf([plan]), [], references)[0]?.bounds;

  it("are T for the baseline and the margin more for the candidate", () => {
    const bounds = boundsOf(metric({ ...p95, sequential: sequential({ latencyMargin: 0.2 }) }));
    expect(bounds).toEqual({ baseline: 300, candidate: 360 });
    expect(boundsOf(metric({ ...p95, sequential: sequential() }))?.candidate).toBeCloseTo(330);
  });

  it("are none where nothing counts slow requests, or nobody knows the quantile", () => {
    expect(boundsOf(metric(p95))).toEqual({ baseline: null, candidate: null });
    expect(boundsOf(judged())).toEqual({ baseline: null, candidate: null });
  });
});
