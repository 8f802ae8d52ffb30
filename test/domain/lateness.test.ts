import { describe, expect, it } from "vitest";
import {
  finalSeconds,
  lateSecondsOf,
  longer,
  type Running,
  raisedSettles,
  shortestBake,
  tooShortBakes,
} from "../../functions/domain/lateness.ts";
import type { EnvironmentPlan } from "../../functions/domain/plan.ts";
import { environmentPlan, metric } from "../support/canary-world.ts";

const order = { name: "order", kind: "lambda-alias" };
const running = (longestSeconds: number | null): Running[] => [{ target: order, longestSeconds }];
const workflow: Running = { target: { name: "etl", kind: "state-machine-alias" }, longestSeconds: 7_200 };
const query = (namespace: string) => ({
  query: { namespace, metricName: "Errors", dimensions: {}, statistic: "Sum" },
});

describe("how late a request may be counted", () => {
  it.each([29, 180, 900])("is a function's time-out of %d s, since its point comes when it ends", (timeOut) => {
    expect(lateSecondsOf(metric(), running(timeOut))).toBe(timeOut);
  });

  it("is what Lambda lets a function run at the most where the time-out is not known", () => {
    expect(lateSecondsOf(metric(), running(null))).toBe(900);
  });

  it("is nothing for a workflow, of which only what has ended is counted, at its end", () => {
    expect(lateSecondsOf(metric({ target: "etl", source: { preset: "sfn-failure-rate" } }), [workflow])).toBe(0);
  });

  it("is the target's own, and for a metric of no target that of the slowest", () => {
    const both = [...running(30), { target: { ...order, name: "cart" }, longestSeconds: 600 }];
    expect(lateSecondsOf(metric(), both)).toBe(30);
    expect(lateSecondsOf(metric({ target: null, source: query("AWS/Lambda") }), both)).toBe(600);
  });

  it("is not known of another service's metrics: `settle` says of them", () => {
    expect(lateSecondsOf(metric({ source: query("AWS/SQS") }), running(900))).toBe(0);
    const insights = { insights: 'SELECT SUM(Errors) FROM SCHEMA("AWS/Lambda", FunctionName)', counts: true };
    expect(lateSecondsOf(metric({ source: { query: insights } }), running(900))).toBe(900);
  });

  it("was not known to promotions that began under 0.1.0", () => {
    expect(lateSecondsOf(metric(), [{ target: order }])).toBe(0);
  });

  it("has no bound where one of two has none", () => {
    expect(longer(30, null)).toBeNull();
    expect(longer(null, 30)).toBeNull();
    expect(longer(30, 180)).toBe(180);
  });
});

describe("a minute is final", () => {
  it("when its requests have ended and CloudWatch has had its 2 minutes", () => {
    expect(finalSeconds(metric(), 180)).toBe(300);
  });

  it("no sooner than `settle` says", () => {
    expect(finalSeconds(metric({ settleSeconds: 1_200 }), 180)).toBe(1_200);
  });
});

describe("bakes that hold no final minute", () => {
  const plan = (bakeSeconds: number, extendSeconds = 0): Pick<EnvironmentPlan, "analysis" | "steps"> => ({
    analysis: { ...environmentPlan().analysis, extendSeconds },
    steps: [
      { weight: 10, bakeSeconds },
      { weight: 100, bakeSeconds: 3_600 },
    ],
  });

  it("are refused with what would do: 15 minutes for a function that may run 15 minutes", () => {
    expect(tooShortBakes(plan(900), running(900))).toEqual([
      "rollout.steps, 10 %: bake 15m end before a minute counts for the candidate, since a request may run 15m and is counted when it ends, and CloudWatch may take 2m (hint: bake 19m or longer, or extendUpTo 4m)",
    ]);
    expect(tooShortBakes(plan(1_140), running(900))).toEqual([]);
  });

  it("may hold one in their extension", () => {
    expect(tooShortBakes(plan(900, 240), running(900))).toEqual([]);
    expect(tooShortBakes(plan(900, 239), running(900))[0]).toContain("bake 15m and extendUpTo 3m59s end before");
  });

  it("hold one after 5 minutes by the defaults, since it is read twice", () => {
    expect(shortestBake(metric(), 29)).toBe(300);
    expect(tooShortBakes(plan(299), running(29))).toHaveLength(1);
    expect(tooShortBakes(plan(300), running(29))).toEqual([]);
  });

  it("are none where nothing that acts waits for so long", () => {
    const dry = { ...environmentPlan().analysis, metrics: [metric({ dryRun: true })] };
    expect(tooShortBakes({ ...plan(60), analysis: dry }, running(900))).toEqual([]);
    expect(tooShortBakes({ ...plan(60), analysis: { ...dry, metrics: [] } }, running(900))).toEqual([]);
  });
});

describe("a settle below what the time-out needs", () => {
  const saying = (timeOut: number, settleSeconds = 120) => {
    const analysis = { ...environmentPlan().analysis, metrics: [metric({ settleSeconds }), metric({ settleSeconds })] };
    return raisedSettles({ analysis }, running(timeOut));
  };

  it("is raised, and said once with the reason", () => {
    expect(saying(180)).toEqual([
      "metric errors: settle 2m is raised to 5m for what counts for the candidate, since a request may run 3m and is counted when it ends, and CloudWatch may take 2m",
    ]);
    expect(saying(3, 0)).toEqual([
      "metric errors: settle 0s is raised to 2m3s for what counts for the candidate, since a request may run 3s and is counted when it ends, and CloudWatch may take 2m",
    ]);
  });

  it("is no news where it costs no look", () => {
    expect(saying(29)).toEqual([]);
    expect(saying(180, 300)).toEqual([]);
  });
});
