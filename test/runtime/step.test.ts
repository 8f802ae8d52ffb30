import { describe, expect, test } from "vitest";
import * as z from "zod";
import { BadInput, CallRefused, NotReady } from "../../functions/domain/errors.ts";
import type { Dependencies } from "../../functions/domain/ports.ts";
import { step } from "../../functions/runtime/step.ts";
import { CONTEXT, testHost } from "./test-host.ts";

const Input = z.strictObject({ promotionId: z.string(), environment: z.string(), weight: z.number().int() });
const EVENT = { promotionId: "p1", environment: "prod", weight: 10 };
type Action = (deps: Dependencies) => (input: z.output<typeof Input>) => Promise<unknown>;

const run = async (action: Action, event: unknown = EVENT) => {
  const { host, lines } = testHost();
  const handler = step("shift-traffic", Input, action).on(host);
  try {
    return { lines, output: await handler(event, CONTEXT), error: undefined };
  } catch (error) {
    return { lines, output: undefined, error: error as Error };
  }
};

describe("a step", () => {
  test("gives its action the parsed input and returns what that returns", async () => {
    const { output } = await run(() => async (input) => ({ seen: input.weight }));

    expect(output).toEqual({ seen: 10 });
  });

  test("is known by its name, which the sandbox looks for", () => {
    expect(step("shift-traffic", Input, () => async () => 1).step).toBe("shift-traffic");
  });

  test("tells its action how much time is left", async () => {
    const { output } = await run((deps) => async () => deps.remainingMs());

    expect(output).toBe(30_000);
  });

  test("is never cut short by real time: how long a host's seconds last is the host's affair", async () => {
    const handler = step("shift-traffic", Input, () => async () => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      return "finished";
    }).on(testHost().host);

    expect(await handler(EVENT, { ...CONTEXT, getRemainingTimeInMillis: () => 1 })).toBe("finished");
  });

  test("gives each invocation dependencies of its own", async () => {
    const { host } = testHost();
    const seen = new Set<Dependencies>();
    const handler = step("shift-traffic", Input, (deps) => async () => seen.add(deps).size).on(host);

    expect(await handler(EVENT, CONTEXT)).toBe(1);
    expect(await handler(EVENT, CONTEXT)).toBe(2);
  });

  test.each([
    [
      "what should have been there instead",
      { ...EVENT, weight: "ten" },
      'at weight stands "ten": Invalid input: expected number',
    ],
    ["that it is missing", { promotionId: "p1", weight: 10 }, "at environment stands nothing"],
    ["which key is not known", { ...EVENT, color: "blue" }, 'at color stands "blue": Unrecognized key'],
    ["that it is nothing at all", null, "at the top stands null"],
  ])("refuses an input it cannot read, saying %s", async (_, event, said) => {
    const { error } = await run(() => async () => "reached", event);

    expect(error).toBeInstanceOf(BadInput);
    expect(error?.message).toContain(said);
    expect(error?.message).toContain("hint:");
  });

  test("never shows a token in what it refuses", async () => {
    const { error } = await run(() => async () => "reached", { ...EVENT, token: "AAAA", weight: { token: "BBBB" } });

    expect(error?.message).toContain("(hidden)");
    expect(error?.message).not.toMatch(/AAAA|BBBB/);
  });

  test.each([new NotReady("wait"), new CallRefused("no"), new RangeError("bug")])(
    "lets %s pass as it is: its name is what the machine sees",
    async (thrown) => {
      const { error } = await run(() => () => Promise.reject(thrown));

      expect(error).toBe(thrown);
    },
  );
});

describe("a step's log", () => {
  test("carries the promotion, the environment, the step and the host's time on every line", async () => {
    const { lines } = await run((deps) => async () => {
      deps.log.info("shifting", { to: 10 });
      deps.log.warn("slowly");
    });

    expect(lines).toHaveLength(3);
    for (const line of lines) {
      expect(line).toMatchObject({
        step: "shift-traffic",
        promotionId: "p1",
        environment: "prod",
        requestId: "request-1",
        time: "2026-11-24T18:00:00.000Z",
      });
    }
    expect(lines[0]).toMatchObject({ level: "INFO", message: "shifting", to: 10 });
    expect(lines[1]).toMatchObject({ level: "WARN", message: "slowly" });
  });

  test("says what failed, with its cause", async () => {
    const { lines } = await run(() => () => Promise.reject(new CallRefused("no", { cause: new Error("denied") })));

    expect(lines.find(({ level }) => level === "ERROR")).toMatchObject({
      message: "failed",
      promotionId: "p1",
      error: { name: "CallRefused", message: "no", cause: { message: "denied" } },
    });
  });

  test("of two invocations at once keeps each one's promotion apart", async () => {
    const { host, lines } = testHost();
    const handler = step("shift-traffic", Input, (deps) => async (input) => {
      await Promise.resolve();
      deps.log.info(`about ${input.promotionId}`);
    }).on(host);

    await Promise.all(["p1", "p2"].map((promotionId) => handler({ ...EVENT, promotionId }, CONTEXT)));

    const said = lines.map(({ message, promotionId }) => `${message} (${promotionId})`);
    expect(said).toHaveLength(4);
    expect(new Set(said)).toEqual(new Set(["about p1 (p1)", "about p2 (p2)", "done (p1)", "done (p2)"]));
  });
});

describe("a step's metrics", () => {
  const metricsOf = (lines: readonly Record<string, unknown>[]) => lines.filter((line) => "_aws" in line);

  test.each([
    ["Outcome", { outcome: "rolled-back" }],
    ["Decision", { decision: "hold" }],
  ])("count its %s where its output has one", async (metric, output) => {
    const { lines } = await run(() => async () => output);

    const [line] = metricsOf(lines);
    const field = metric.toLowerCase();
    expect(line).toMatchObject({ service: "headgate", step: "shift-traffic", ...output, [metric]: 1 });
    expect(line?._aws).toEqual({
      Timestamp: Date.parse("2026-11-24T18:00:00Z"),
      CloudWatchMetrics: [
        {
          Namespace: "Headgate",
          Dimensions: [["service", "step", field]],
          Metrics: [{ Name: metric, Unit: "Count" }],
        },
      ],
    });
  });

  test("count a promotion that came to its end, as whoever closes it does", async () => {
    const { lines } = await run((deps) => async () => deps.countOutcome("rollback-failed"));

    const [line] = metricsOf(lines);
    expect(line).toMatchObject({ service: "headgate", outcome: "rollback-failed", Promotions: 1 });
    expect(line?._aws).toMatchObject({ CloudWatchMetrics: [{ Dimensions: [["service", "outcome"]] }] });
  });

  test("count an error by its name", async () => {
    const { lines } = await run(() => () => Promise.reject(new NotReady("wait")));

    expect(metricsOf(lines)).toEqual([expect.objectContaining({ step: "shift-traffic", error: "NotReady", Error: 1 })]);
  });

  test.each([undefined, null, "text", {}, { outcome: null }, { outcome: { of: "something else" } }])(
    "count nothing of %o",
    async (output) => {
      const { lines } = await run(() => async () => output);

      expect(metricsOf(lines)).toEqual([]);
    },
  );
});
