import { describe, expect, it } from "vitest";
import { loadRecording } from "../../../functions/domain/judge/load-recording.ts";
import { recordingSchema } from "../../../functions/domain/judge/recording.ts";
import { analysisOfPolicy, isPolicyAnalysis } from "../../../functions/domain/judge/recording-policy.ts";
import type { KeptLook } from "../../../functions/domain/judge/store.ts";
import { item } from "../../../functions/domain/ledger/items.ts";
import { keys } from "../../../functions/domain/ledger/keys.ts";
import {
  canaryWorld,
  ENVIRONMENT,
  environmentPlan,
  MINUTE,
  metric,
  PROMOTION,
  rule,
  START,
} from "../../support/canary-world.ts";

const span = { from: START, weight: 10, finished: false };
const look = (at: number, over: Partial<KeptLook>): KeptLook => ({
  phase: "step-10",
  at,
  span,
  verdict: "pass",
  logE: 0,
  line: 3,
  periods: {},
  synthetic: {},
  ...over,
});

async function recordingOf(looks: readonly KeptLook[], plan = environmentPlan()) {
  const world = await canaryWorld(plan, () => undefined);
  for (const [index, one] of looks.entries()) {
    await world.ledger.write([{ put: item(keys.samples(PROMOTION, ENVIRONMENT, one.phase, index), one) }]);
  }
  return loadRecording(world.ledger, PROMOTION, ENVIRONMENT);
}

describe("a recording", () => {
  it("has each period as the last look had it, oldest first", async () => {
    const recording = await recordingOf([
      look(2, { periods: { a: [[2 * MINUTE, [5, 0, 0], null]] } }),
      look(1, {
        periods: {
          a: [
            [2 * MINUTE, [4, 0, 0], null],
            [MINUTE, null, null],
          ],
          b: [[0, null, [1, 1, 100]]],
        },
      }),
    ]);
    expect(recording.samples).toEqual({
      a: [
        [MINUTE, null, null],
        [2 * MINUTE, [5, 0, 0], null],
      ],
      b: [[0, null, [1, 1, 100]]],
    });
    expect(recordingSchema.parse(JSON.parse(JSON.stringify(recording)))).toEqual(recording);
  });

  it("has the requests of our own, look by look", async () => {
    const recording = await recordingOf([
      look(7, { synthetic: { a: { requests: 40, errors: 2 } } }),
      look(5, { synthetic: { a: { requests: 30, errors: 0 }, b: { requests: 1, errors: 1 } } }),
    ]);
    expect(recording.synthetic).toEqual({
      a: [
        [5, 30, 0],
        [7, 40, 2],
      ],
      b: [[5, 1, 1]],
    });
  });

  it("of an environment that was never judged is empty", async () => {
    const recording = await recordingOf([]);
    expect(recording).toMatchObject({ samples: {}, synthetic: {}, spans: [], bakes: [], references: {} });
  });
});

describe("a policy's analysis block", () => {
  it("is told from changes to a plan by what only a policy says", () => {
    for (const key of ["extendUpTo", "holdUpTo", "reference", "mustSee"])
      expect(isPolicyAnalysis({ [key]: "1h" })).toBe(true);
    expect(isPolicyAnalysis({ metrics: [{ name: "errors" }, { preset: "lambda-error-rate" }] })).toBe(true);
    expect(isPolicyAnalysis({ metrics: [{ query: {} }] })).toBe(true);
    for (const other of [
      { alpha: 0.1 },
      { metrics: [{ name: "errors" }] },
      { metrics: [null] },
      { metrics: {} },
      null,
      5,
    ]) {
      expect(isPolicyAnalysis(other)).toBe(false);
    }
  });

  it("may judge a recording of the environment's own metrics alone", async () => {
    const query = { namespace: "AWS/SQS", metricName: "Depth", dimensions: { Q: "shop-prod" }, statistic: "Maximum" };
    const plan = environmentPlan();
    const metrics = [metric({ name: "depth", target: null, source: { query }, rules: [rule({ max: 5 })] })];
    const recording = await recordingOf([], { ...plan, analysis: { ...plan.analysis, metrics } });
    const dimensions = { Q: "shop-{environment}" };
    const block = { metrics: [{ name: "depth", query: { ...query, dimensions }, rules: [{ max: 9 }] }], alpha: 0.01 };
    expect(analysisOfPolicy(recording, block)).toMatchObject({
      ok: true,
      analysis: { alpha: 0.01, metrics: [{ name: "depth", target: null, source: { query }, rules: [{ max: 9 }] }] },
    });
  });
});
