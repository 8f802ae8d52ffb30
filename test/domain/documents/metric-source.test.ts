import { describe, expect, it } from "vitest";
import {
  readSourceAnswer,
  type SourceRequest,
  sourceRequestSchema,
} from "../../../functions/domain/documents/metric-source.ts";

const REQUEST: SourceRequest = sourceRequestSchema.parse({
  contract: "headgate/metric-source-v1",
  metric: "failures",
  gives: "counts",
  target: null,
  names: {},
  arms: [{ arm: "candidate", version: "8" }],
  from: "2026-11-24T18:00:00.000Z",
  to: "2026-11-24T18:10:00.000Z",
  periodSeconds: 120,
});
const POINT = { arm: "candidate", at: "2026-11-24T18:02:00Z", samples: 60, bad: 60 };
const problem = (over: object, request = REQUEST) => {
  const reading = readSourceAnswer(request, { complete: true, points: [{ ...POINT, ...over }] });
  return reading.ok ? null : reading.problem;
};

describe("an answer of a metric source", () => {
  it("is taken where each point is a period of an arm that was asked for", () => {
    expect(problem({})).toBeNull();
    expect(problem({ value: 3, samples: undefined, bad: undefined }, { ...REQUEST, gives: "values" })).toBeNull();
  });

  it.each<[object, string]>([
    [{ arm: "baseline" }, "answer.points[0].arm is baseline, which was not asked for"],
    [{ arm: "both" }, "answer.points[0].arm should be one of candidate, baseline"],
    [{ at: "2026-11-24T18:03:00Z" }, "answer.points[0].at is not the start of a period"],
    [
      { at: "2026-11-24T18:10:00Z" },
      "answer.points[0].at is outside of what was asked for, 2026-11-24T18:00:00.000Z to 2026-11-24T18:10:00.000Z",
    ],
    [
      { at: "2026-11-24T17:58:00Z" },
      "answer.points[0].at is outside of what was asked for, 2026-11-24T18:00:00.000Z to 2026-11-24T18:10:00.000Z",
    ],
    [{ at: "now" }, "answer.points[0].at is not in the expected form"],
    [{ samples: undefined }, "answer.points[0].samples is missing, and counts were asked for"],
    [{ bad: undefined }, "answer.points[0].bad is missing, and counts were asked for"],
    [{ bad: 61 }, "answer.points[0].bad is 61, more than the 60 samples"],
    [{ bad: -1 }, "answer.points[0].bad is below the smallest allowed, 0"],
    [{ samples: "60" }, "answer.points[0].samples should be a number"],
  ])("is none with %j", (over, message) => {
    expect(problem(over)).toBe(message);
  });

  it("is none without values where values were asked for", () => {
    expect(problem({}, { ...REQUEST, gives: "values" })).toBe(
      "answer.points[0].value is missing, and values were asked for",
    );
  });

  it("is none with two points of an arm in one period", () => {
    const reading = readSourceAnswer(REQUEST, { complete: true, points: [POINT, POINT] });
    expect(reading).toEqual({ ok: false, problem: "answer.points[1].at is that of an earlier point of the candidate" });
  });
});
