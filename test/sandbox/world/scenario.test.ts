import { expect, test } from "vitest";
import { fits, readScenario } from "../../../sandbox/world/scenario.ts";
import { workloadOf } from "../../../sandbox/world/workload.ts";

const CALM = { name: "calm", startsAt: "2026-11-24T20:00:00+02:00" };

test("a scenario of a name and a start is a calm world", () => {
  const scenario = readScenario(CALM);
  expect(scenario.startsAt).toBe(Date.parse("2026-11-24T18:00:00Z"));
  expect(scenario.cloudwatch.lag).toBe(90_000);
  expect([scenario.traffic, scenario.people, scenario.faults]).toEqual([[], [], []]);
});

test("durations are read as milliseconds", () => {
  const { people } = readScenario({ ...CALM, people: [{ who: "tech-lead", answers: "approve", after: "1h30m" }] });
  expect(people[0]?.after).toBe(5_400_000);
});

test("all problems are named at once, each with its path", () => {
  const file = {
    ...CALM,
    trafic: [],
    behaviour: [{ version: "newest" }],
    incidents: [{ from: "soon", to: "10m" }],
  };
  expect(() => readScenario(file)).toThrow(/trafic[\s\S]*behaviour\[0\]\.version[\s\S]*incidents\[0\]\.from/);
});

test("a workflow's starts are counted by the minute or by the hour, and its executions' shares are none unless said", () => {
  const { starts, executions } = readScenario({
    ...CALM,
    starts: [{ perHour: 30, machine: "etl-*" }, { perMinute: 4 }],
    executions: [{ version: "candidate", duration: { median: "3h" } }],
  });
  expect(starts.map(({ perMinute, machine }) => [machine, perMinute])).toEqual([
    ["etl-*", 0.5],
    ["*", 4],
  ]);
  expect(executions[0]).toMatchObject({ duration: { median: 10_800_000, sigma: 0.5 }, timeLimit: 86_400_000 });
  expect(executions[0]?.failed).toBeUndefined();
});

test.each([
  ["no rate", { starts: [{}] }, /perMinute" and "perHour", such as "perHour": 30[\s\S]*starts\[0\]/],
  ["both rates", { starts: [{ perMinute: 1, perHour: 60 }] }, /give one of[\s\S]*starts\[0\]/],
  ["an unknown key", { starts: [{ perHour: 30, function: "etl" }] }, /function[\s\S]*starts\[0\]/],
  ["milliseconds", { executions: [{ version: "1", duration: { median: 900 } }] }, /executions\[0\]\.duration\.median/],
  [
    "shares of more than all",
    { executions: [{ version: "1", changes: [{ failed: 0.7, timedOut: 0.5 }] }] },
    /are 1\.2 together[\s\S]*executions\[0\]\.changes\[0\]/,
  ],
])("a workflow's scenario with %s is refused, with the path and what would do", (_what, wrong, message) => {
  expect(() => readScenario({ ...CALM, ...wrong })).toThrow(message);
});

test.each([
  ["orders", "orders", true],
  ["orders", "orders-2", false],
  ["bbws-*-order", "bbws-prod-order", true],
  ["bbws-*", "other", false],
  ["*", "anything", true],
  ["a.c", "abc", false],
])("the pattern %s and the name %s: %s", (pattern, name, expected) => {
  expect(fits(pattern, name)).toBe(expected);
});

test("a probe finds a version healthy, unhealthy or broken, as the scenario says", () => {
  const scenario = readScenario({
    ...CALM,
    behaviour: [
      { version: "candidate", probe: "unhealthy" },
      { version: "43", probe: "broken" },
    ],
  });
  const ask = workloadOf(scenario, () => [{ at: 0, weights: { "41": 1 } }]);
  const answers = ["41", "42", "43"].map((version) =>
    ask({ account: "093646564004", functionName: "orders", version, at: scenario.startsAt, number: 1 }),
  );
  expect(answers.map(({ payload }) => (JSON.parse(payload) as { statusCode?: number }).statusCode)).toEqual([
    200,
    503,
    undefined,
  ]);
  expect(answers.map(({ error }) => error)).toEqual([undefined, undefined, "Unhandled"]);
});
