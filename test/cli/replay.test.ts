import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { replay } from "../../cli/replay.ts";
import { beginBake } from "../../functions/begin-bake.ts";
import { captureReference } from "../../functions/domain/judge/capture-reference.ts";
import { loadRecording } from "../../functions/domain/judge/load-recording.ts";
import { type Recording, recordingSchema } from "../../functions/domain/judge/recording.ts";
import { judge } from "../../functions/judge.ts";
import {
  canaryWorld,
  ENVIRONMENT,
  environmentPlan,
  judged,
  MINUTE,
  metric,
  PROMOTION,
  rule,
  START,
  sequential,
  type Traffic,
} from "../support/canary-world.ts";

/** Good at 10 %, two points worse from the first minute at 25 % on. */
const turnsBad: Traffic = (version, at) => {
  const late = at >= START + 16 * MINUTE;
  if (version === "8") return late ? { requests: 150, errors: 3 } : { requests: 60, errors: 0 };
  return { requests: version === "7" ? 500 : 560, errors: (at / MINUTE) % 2 };
};

const metrics = [
  judged({ sequential: sequential({ weight: 0.5 }), rules: [rule({ max: 50 })] }),
  metric({ name: "again", sequential: sequential({ weight: 0.5 }) }),
];

async function recorded(): Promise<Recording> {
  const plan = environmentPlan({ analysis: { ...environmentPlan().analysis, metrics } });
  const world = await canaryWorld(plan, turnsBad);
  await captureReference(world.deps, plan, PROMOTION);
  let at = 30;
  for (const weight of [10, 25]) {
    world.at(at);
    await world.shift(weight);
    const input = { promotionId: PROMOTION, environment: ENVIRONMENT, phase: `step-${weight}`, chunk: 1 };
    let { seconds } = (await beginBake(world.deps)(input)).tick;
    for (let decision = "again"; decision === "again"; ) {
      at += seconds;
      world.at(at);
      const looked = await judge(world.deps)(input);
      decision = looked.decision;
      seconds = looked.tick.seconds;
    }
  }
  return loadRecording(world.ledger, PROMOTION, ENVIRONMENT);
}

let folder: string;
let recording: Recording;
let file: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "replay-"));
  recording = await recorded();
  file = await written("recording.json", recording);
});
afterAll(() => rm(folder, { recursive: true }));

async function written(name: string, content: unknown): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
}

async function replayed(analysis: unknown, recordFile = file): Promise<{ code: number; lines: string[] }> {
  const analysisFile = analysis === null ? null : await written("analysis.json", analysis);
  let text = "";
  const code = await replay({
    recordFile,
    analysisFile,
    write: (more) => {
      text += more;
    },
  });
  return { code, lines: text.trimEnd().split("\n") };
}

describe("a recording", () => {
  it("holds every minute once, the spans of traffic, and how each bake ended", () => {
    expect(recordingSchema.parse(JSON.parse(JSON.stringify(recording)))).toEqual(recording);
    const minutes = recording.samples["errors@order"]?.map(([at]) => (at - START) / MINUTE) ?? [];
    expect(minutes).toEqual([...new Set(minutes)].sort((a, b) => a - b));
    expect(minutes.slice(0, 3)).toEqual([1, 2, 3]);
    // 15:30, in which traffic was set again, is nobody's minute.
    expect(minutes).not.toContain(15);
    expect(recording.spans.map(({ weight }) => weight)).toEqual([10, 25]);
    expect(recording.bakes.map(({ phase, result, acted }) => [phase, result, acted])).toEqual([
      ["step-10", "passed", null],
      ["step-25", "failed", "judge"],
    ]);
  });
});

describe("a replay", () => {
  it("under the same analysis ends as it really did, minute by minute", async () => {
    const { code, lines } = await replayed(null);
    expect(code).toBe(0);
    const judgedAgain = recording.samples["errors@order"]?.length ?? 0;
    expect(lines[0]).toBe(`shop v8 in prod (p-1), ${judgedAgain + 1} minutes judged again; times in UTC`);
    expect(lines[1]).toMatch(
      /^18:01 {2}10 % {2}inconclusive {2}errors 0\.00 % vs \d\.\d\d %.*, again 0\.00 % vs .*, no evidence against it$/,
    );
    expect(lines.find((line) => line.startsWith("18:17"))).toMatch(/25 %.*errors 2\.00 % vs/);
    expect(lines.at(-2)).toMatch(
      /^would have been rolled back after \d+ minutes, at 25 %, by the statistical judge: \S+@order: 2 % against/,
    );
    expect(lines.at(-1)).toMatch(/^really: it ended failed \(\S+@order: 2 % against/);
  });

  it("shows the evidence as it grows", async () => {
    const { lines } = await replayed(null);
    expect(lines.filter((line) => /, evidence against it 1 in \d/.test(line)).length).toBeGreaterThan(1);
    expect(lines[2]).toContain("no evidence against it");
  });

  it("under a stricter threshold would have been rolled back by it, at once", async () => {
    const { lines } = await replayed({
      metrics: [
        { name: "errors", rules: [{ max: 1, sustainedSeconds: 0, minSamples: 50, onBreach: "rollback", hard: true }] },
      ],
    });
    expect(lines.at(-2)).toMatch(
      /at 25 %, by the hard lane: errors@order: at most 1 %: broken by 2 %, above 1 % for 1m$/,
    );
    expect(lines.find((line) => line.startsWith("18:16"))).toMatch(/ fail /);
  });

  it("without the judge would have gone on", async () => {
    const { lines } = await replayed({
      metrics: [
        { name: "errors", sequential: null },
        { name: "again", sequential: null },
      ],
    });
    expect(lines.at(-2)).toBe("would not have been rolled back; the last verdict is pass");
  });

  it("with a lenient judge is less sure, whatever keys are left as they were", async () => {
    const { lines } = await replayed({
      alpha: 0.05,
      metrics: [
        { name: "errors", sequential: { delta: 0.5 } },
        { name: "again", sequential: { delta: 0.5 } },
      ],
    });
    expect(lines.at(-2)).toContain("would not have been rolled back; the last verdict is inconclusive: errors@order");
  });

  it("gives the evidence of a metric that is left out to those that stay", async () => {
    const { lines } = await replayed({ metrics: [{ name: "again", dryRun: true }] });
    expect(lines.at(-2)).toMatch(/^would have been rolled back/);
    expect(lines[1]).toContain("again (shown only) 0.00 %");
  });
});

/** The recording ends in the second minute of its step, as it was judged then. */
const NO_WARM_UP = { warmupMinutes: 0 };

describe("a replay under a policy's analysis block", () => {
  const errorRate = { preset: "lambda-error-rate", name: "errors" };

  it("is resolved as the policy's would be, with its defaults", async () => {
    const { code, lines } = await replayed({ alpha: 0.05, metrics: [{ ...errorRate, sequential: NO_WARM_UP }] });
    expect(code).toBe(0);
    expect(lines.at(-2)).toMatch(
      /^would have been rolled back after \d+ minutes, at 25 %, by the statistical judge: errors@order/,
    );
    expect(lines.join("\n")).not.toContain("again@order");
  });

  it("judges by rules in the policy's words", async () => {
    const rules = [{ max: 1, minSamples: 50, sustainedFor: "2m", hard: true }];
    const { lines } = await replayed({ metrics: [{ ...errorRate, sequential: false, rules }], extendUpTo: "5m" });
    expect(lines.at(-2)).toMatch(
      /by the hard lane: errors@order: at most 1 % \(for 2m\): broken by 2 %, above 1 % for 2m$/,
    );
  });

  it("says what is wrong with it, where, and what would do", async () => {
    const wrong = await replayed({ holdUpTo: "soon", metrics: [{ ...errorRate, rules: [{ maxx: 1 }] }] });
    expect(wrong.code).toBe(2);
    expect(wrong.lines).toContain('analysis.holdUpTo = "soon"');
    expect(wrong.lines.join("\n")).toMatch(/^analysis\.metrics\[0\]\.rules\[0\]\.maxx = 1$/m);
  });

  it("judges nothing that was not recorded, or not like that", async () => {
    expect(await replayed({ metrics: [{ preset: "lambda-throttles", rules: [{ max: 1 }] }] })).toEqual({
      code: 2,
      lines: ['metric "lambda-throttles@order" was not recorded: errors@order, again@order were'],
    });
    expect(await replayed({ metrics: [{ ...errorRate, period: "5m" }] })).toEqual({
      code: 2,
      lines: ['metric "errors@order" was recorded as lambda-error-rate every 1m, not as lambda-error-rate every 5m'],
    });
  });

  it("takes explicit queries as they were recorded, whatever their dimensions were filled with", async () => {
    const query = {
      namespace: "Shop",
      metricName: "Failed",
      dimensions: { F: "shop-order", V: "{version}" },
      statistic: "Sum",
    };
    const samples = { ...query, metricName: "Orders" };
    const [first] = recording.analysis.metrics;
    if (first === undefined) throw new Error("two metrics were recorded");
    const analysis = { ...recording.analysis, metrics: [{ ...first, source: { query, samples } }] };
    const path = await written("query.json", { ...recording, analysis });
    const dimensions = { F: "{functionName}", V: "{version}" };
    const asked = (over: object) => ({
      metrics: [
        {
          name: "errors",
          query: { ...query, dimensions, ...over },
          samples: { ...samples, dimensions },
          sequential: NO_WARM_UP,
        },
      ],
    });
    expect((await replayed(asked({}), path)).lines.at(-2)).toMatch(/^would have been rolled back/);
    expect((await replayed(asked({ metricName: "Lost" }), path)).lines).toEqual([
      'metric "errors@order" was recorded as Shop Failed Sum over Orders Sum every 1m, not as Shop Lost Sum over Orders Sum every 1m',
    ]);
  });
});

describe("requests of our own", () => {
  it("are judged again in the minute in which they were sent", async () => {
    const thin = recording.samples["errors@order"]?.map(([at]) => [at, [2, 0, 0], [18, 0, 0]]).slice(0, 12) ?? [];
    const sent = thin.map(([at]) => [Number(at) + 30_000, 60, 40]);
    const { metrics: _all, ...rest } = recording.analysis;
    const [only] = recording.analysis.metrics;
    const one = { ...rest, metrics: [{ ...only, sequential: { ...only?.sequential, weight: 1, slo: 0.01 } }] };
    const base = { ...recording, analysis: one, samples: { "errors@order": thin } };
    const without = await replayed(null, await written("thin.json", { ...base, synthetic: {} }));
    expect(without.lines.at(-2)).toContain("would not have been rolled back");
    const withThem = await replayed(null, await written("sent.json", { ...base, synthetic: { "errors@order": sent } }));
    expect(withThem.lines.at(-2)).toContain("errors@order: worse than before the release");
  });
});

describe("bad input", () => {
  it("is told with its place, and ends with 2", async () => {
    expect(await replayed(null, join(folder, "none.json"))).toMatchObject({ code: 2 });
    const broken = await replayed(null, await written("broken.json", "{"));
    expect(broken.code).toBe(2);
    expect(broken.lines.join("\n")).toContain("is not JSON");
    const other = await replayed(null, await written("other.json", { format: "something" }));
    expect(other.code).toBe(2);
    expect(other.lines[0]).toContain("other.json");
    expect(other.lines).toContain('recording.format = "something"');
    expect(other.lines).toContain("    hint: `headgate rehearse` writes recordings beside its report");
  });

  it("of the analysis too", async () => {
    const wrong = await replayed({ alhpa: 0.1, alpha: 2, extendSeconds: "5m" });
    expect(wrong.code).toBe(2);
    expect(wrong.lines.filter((line) => line.startsWith("analysis."))).toEqual([
      "analysis.alhpa = 0.1",
      "analysis.alpha = 2",
      'analysis.extendSeconds = "5m"',
    ]);
    expect(wrong.lines).toContain('    hint: did you mean "alpha"?');
    expect(await replayed({ metrics: [{ name: "latency" }] })).toEqual({
      code: 2,
      lines: ['metric "latency" was not recorded: errors, again were'],
    });
  });

  it("of a recording without samples leaves nothing to judge", async () => {
    const empty = { ...recording, samples: {}, spans: [], bakes: [] };
    const { code, lines } = await replayed(null, await written("empty.json", empty));
    expect(code).toBe(0);
    expect(lines.slice(-2)).toEqual([
      "no samples were kept: there is nothing to judge",
      "really: it was not judged to an end",
    ]);
    const silent = { ...recording, samples: { "errors@order": [[START + MINUTE, null, null]] } };
    const { lines: quiet } = await replayed(null, await written("silent.json", silent));
    expect(quiet[1]).toContain("errors: no data");
  });
});
