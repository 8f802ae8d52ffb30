import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Placing } from "../../../functions/targets/kind.ts";
import { type MachineRoute, stateMachineAlias } from "../../../functions/targets/state-machine-alias/kind.ts";

const BASELINE: MachineRoute = { shares: [{ version: "1", percent: 100 }] };
const SPLIT: MachineRoute = {
  shares: [
    { version: "1", percent: 90 },
    { version: "2", percent: 10 },
  ],
};

describe("routes of a state machine's alias", () => {
  it("are the same whatever order their versions come in", () => {
    expect(stateMachineAlias.same(SPLIT, { shares: SPLIT.shares.toReversed() })).toBe(true);
    expect(stateMachineAlias.same(SPLIT, BASELINE)).toBe(false);
    expect(stateMachineAlias.same(BASELINE, SPLIT)).toBe(false);
    expect(stateMachineAlias.same(SPLIT, stateMachineAlias.at(BASELINE, "2", 11))).toBe(false);
    expect(stateMachineAlias.same(SPLIT, stateMachineAlias.at(BASELINE, "3", 10))).toBe(false);
  });

  it("share out exactly what was asked for in whole percent, and the whole of it", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 100 }), (percent) => {
        const route = stateMachineAlias.at(BASELINE, "2", percent);
        expect(stateMachineAlias.share(route, "2")).toBe(percent);
        expect(stateMachineAlias.share(route, "1")).toBe(100 - percent);
        expect(stateMachineAlias.settled(route)).toBe(percent === 0 || percent === 100);
      }),
    );
  });

  it("name no version that gets nothing, so that it can be deleted", () => {
    expect(stateMachineAlias.at(SPLIT, "2", 0)).toEqual(BASELINE);
    expect(stateMachineAlias.versions(stateMachineAlias.at(BASELINE, "2", 100))).toEqual(["2"]);
  });

  it("need no write at the finish when all starts go to the candidate already", () => {
    const all = stateMachineAlias.at(BASELINE, "2", 100);
    const finished = stateMachineAlias.finished(BASELINE, "2");
    expect(stateMachineAlias.path(all, finished)).toEqual([]);
    expect(stateMachineAlias.path(SPLIT, BASELINE)).toEqual([BASELINE]);
  });

  it("read as words", () => {
    expect(stateMachineAlias.inWords(BASELINE)).toBe("version 1");
    expect(stateMachineAlias.inWords(SPLIT)).toBe("version 1, 10 % on 2");
  });
});

describe("a state machine's alias in a policy", () => {
  const placing = (refused: string[]): Placing => ({
    account: "444455556666",
    region: "us-east-1",
    partition: "aws",
    fill: (_field, text) => text.replace("{environment}", "prod"),
    refuse: (field, message) => refused.push(`${field} ${message}`),
  });

  it("is locked with its machine, whose latest revision a candidate is made of", () => {
    const placed = stateMachineAlias.resolve({ stateMachineName: "etl-{environment}", alias: "live" }, placing([]));
    const machine = "arn:aws:states:us-east-1:444455556666:stateMachine:etl-prod";
    expect(placed).toMatchObject({ resource: `${machine}:live`, resources: [`${machine}:live`, machine] });
  });

  it("is refused under a name that Step Functions would not take", () => {
    const refused: string[] = [];
    stateMachineAlias.resolve({ stateMachineName: "arn:aws:states", alias: "12" }, placing(refused));
    expect(refused).toEqual([
      'stateMachineName gives "arn:aws:states", which is no name of a state machine',
      'alias gives "12", which is no alias name',
    ]);
  });
});

describe("the evidence of a state machine's alias", () => {
  const plan = { stateMachineArn: "arn:m", alias: "live" } as Parameters<typeof stateMachineAlias.series>[0];
  const series = (name: string, version: string | null, thresholdMs: number | null = null) => {
    const preset = stateMachineAlias.presets.find((one) => one.name === name) ?? stateMachineAlias.usual;
    return stateMachineAlias.series(plan, { preset, version, thresholdMs });
  };

  it("tells versions apart by their own metrics, and the whole by the alias's", () => {
    expect(series("sfn-duration-p95", "2").value?.[0]?.dimensions).toEqual({ StateMachineArn: "arn:m", Version: "2" });
    expect(series("sfn-duration-p95", null).value?.[0]?.dimensions).toEqual({
      StateMachineArn: "arn:m",
      Alias: "live",
    });
  });

  it("counts what closed, and of it all that did not succeed", () => {
    const { samples, bad } = series("sfn-failure-rate", "2");
    expect(samples?.map(({ metricName }) => metricName)).toEqual([
      "ExecutionsSucceeded",
      "ExecutionsFailed",
      "ExecutionsTimedOut",
      "ExecutionsAborted",
    ]);
    expect(bad?.map(({ metricName }) => metricName)).toEqual([
      "ExecutionsFailed",
      "ExecutionsTimedOut",
      "ExecutionsAborted",
    ]);
    expect(series("sfn-timeout-rate", "2").bad?.map(({ metricName }) => metricName)).toEqual(["ExecutionsTimedOut"]);
  });

  it("counts slow executions against a bound, and throttles for the machine alone", () => {
    expect(series("sfn-duration-p95", "2", 1_500).within?.[0]?.statistic).toBe("TC(:1500)");
    expect(series("sfn-duration-p95", "2")).not.toHaveProperty("within");
    const preset = stateMachineAlias.presets.find(({ name }) => name === "sfn-duration") ?? stateMachineAlias.usual;
    const bounds = { version: "2", thresholdMs: 1_500, boundsMs: [1_000, 1_500] };
    const parts = stateMachineAlias.series(plan, { preset, ...bounds });
    expect(Object.entries(parts).map(([part, [query]]) => `${part} ${query?.metricName} ${query?.statistic}`)).toEqual([
      "samples ExecutionTime SampleCount",
      "value ExecutionTime p95",
      "within-0 ExecutionTime TC(:1000)",
      "within-1 ExecutionTime TC(:1500)",
    ]);
    expect(series("sfn-throttles", null).bad?.[0]?.dimensions).toEqual({ StateMachineArn: "arn:m" });
  });
});
