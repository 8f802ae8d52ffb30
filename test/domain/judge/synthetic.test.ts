import { describe, expect, it } from "vitest";
import { NO_BOUNDS, type Watch } from "../../../functions/domain/judge/sampling.ts";
import type { EvidenceState } from "../../../functions/domain/judge/state.ts";
import { sendSynthetic } from "../../../functions/domain/judge/synthetic.ts";
import type { EnvironmentPlan, Probe } from "../../../functions/domain/plan.ts";
import type { Prober, Target } from "../../../functions/domain/ports.ts";
import { environmentPlan, judged, metric } from "../../support/canary-world.ts";

const probe: Probe = { payload: { ping: true }, expect: { statusCode: 200 }, timeoutSeconds: 5 };
const [order] = environmentPlan().targets;
if (order === undefined) throw new Error("the plan has a target");
const arms = { target: order, baseline: "7", candidate: "8" };
const watch: Watch = { id: "errors@order", metric: judged(), arms, bounds: NO_BOUNDS };

function planOf(syntheticPerMinute: number, probed = true): EnvironmentPlan {
  const base = environmentPlan();
  return {
    ...base,
    targets: base.targets.map((target) => (probed ? { ...target, probe } : target)),
    analysis: { ...base.analysis, syntheticPerMinute },
  };
}

/** What the newest minute of real traffic brought the candidate. */
const stateWith = (requests: number | null): EvidenceState => {
  const span = { from: 0, weight: 10, finished: false };
  const newest = { candidate: requests === null ? null : ([requests, 0, 0] as const), baseline: null };
  const tail = [{ at: 0, span, newest, worst: newest, certain: false }];
  const progress = {
    step: 0,
    rules: [],
    monitor: null,
    rank: null,
    totals: { samples: 0, sum: 0, baselineSamples: 0, baselineSum: 0 },
  };
  return { spans: [span], readAt: 0, maxLogE: 0, watches: { "errors@order": { next: 0, tail, progress } } };
};

function candidate(answer: (call: number) => boolean, secondsLeft: (call: number) => number = () => 900) {
  const asked: { version: string; probe: Probe }[] = [];
  let atOnce = 0;
  let most = 0;
  const prober: Prober = {
    invoke: async (version, given) => {
      asked.push({ version, probe: given });
      const ok = answer(asked.length);
      atOnce += 1;
      most = Math.max(most, atOnce);
      await Promise.resolve();
      atOnce -= 1;
      return { ok, found: "", ms: 1 };
    },
  };
  const target = (): Target => ({ plan: {}, traffic: {}, prober }) as unknown as Target;
  return { asked, most: () => most, deps: { target, remainingMs: () => secondsLeft(asked.length) * 1000 } };
}

describe("requests of our own", () => {
  it("make up for what real traffic lacks, to the exact version, ten at a time", async () => {
    const { asked, deps, most } = candidate((call) => call % 4 !== 0);
    const sent = await sendSynthetic(deps, planOf(30), [watch], stateWith(6));
    expect(sent).toEqual({ "errors@order": { requests: 24, errors: 6 } });
    expect(asked).toHaveLength(24);
    expect(asked[0]).toEqual({ version: "8", probe });
    expect(most()).toBe(10);
  });

  it("are sent in full while there is no real traffic at all", async () => {
    const { deps } = candidate(() => true);
    expect(await sendSynthetic(deps, planOf(30), [watch], stateWith(null))).toEqual({
      "errors@order": { requests: 30, errors: 0 },
    });
    const nothingYet = { spans: [], readAt: null, maxLogE: 0, watches: {} };
    expect(await sendSynthetic(deps, planOf(3), [watch], nothingYet)).toEqual({
      "errors@order": { requests: 3, errors: 0 },
    });
  });

  it("are none when traffic suffices, none were asked for, or no probe is planned", async () => {
    const { asked, deps } = candidate(() => true);
    expect(await sendSynthetic(deps, planOf(30), [watch], stateWith(30))).toEqual({});
    expect(await sendSynthetic(deps, planOf(0), [watch], stateWith(0))).toEqual({});
    expect(await sendSynthetic(deps, planOf(30, false), [watch], stateWith(0))).toEqual({});
    expect(asked).toEqual([]);
  });

  it("are for judged error rates with a candidate only", async () => {
    const { asked, deps } = candidate(() => true);
    const others: Watch[] = [
      { ...watch, metric: metric() },
      { ...watch, metric: judged({ source: { preset: "lambda-duration-p95" } }) },
      {
        ...watch,
        metric: judged({ source: { query: { namespace: "a", metricName: "b", dimensions: {}, statistic: "Sum" } } }),
      },
      { ...watch, arms: { ...arms, candidate: null } },
      { ...watch, arms: null },
      { ...watch, metric: judged({ target: "other" }) },
    ];
    expect(await sendSynthetic(deps, planOf(30), others, stateWith(0))).toEqual({});
    expect(asked).toEqual([]);
  });

  it("are none to a kind that counts them as the candidate's own, as a state machine does", async () => {
    const { asked, deps } = candidate(() => true);
    const machine = { ...order, kind: "state-machine-alias" };
    const plan = { ...planOf(30), targets: [{ ...machine, probe }] };
    const failures = judged({ source: { preset: "sfn-failure-rate" } });
    const watched = { ...watch, metric: failures, arms: { ...arms, target: machine } };
    expect(await sendSynthetic(deps, plan, [watched], stateWith(0))).toEqual({});
    expect(asked).toEqual([]);
  });

  it("are bounded over all targets of a look", async () => {
    const { asked, deps } = candidate(() => true);
    const many = Array.from({ length: 3 }, (_, index) => ({ ...watch, id: `errors@${index}` }));
    await sendSynthetic(deps, planOf(1_000), many, stateWith(0));
    expect(asked).toHaveLength(120);
  });

  it("stop in time for the judgement itself", async () => {
    const { asked, deps } = candidate(
      () => true,
      (calls) => (calls < 20 ? 36 : 35),
    );
    expect(await sendSynthetic(deps, planOf(100), [watch], stateWith(0))).toEqual({
      "errors@order": { requests: 20, errors: 0 },
    });
    expect(asked).toHaveLength(20);
    const late = candidate(
      () => true,
      () => 35,
    );
    expect(await sendSynthetic(late.deps, planOf(100), [watch], stateWith(0))).toEqual({});
  });
});
