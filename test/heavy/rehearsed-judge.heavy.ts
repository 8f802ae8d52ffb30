/** The bench of the rehearsed judge on a few of its seeds, and what it makes of its rollouts. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { BOUNDS, caught, percentile, spared } from "../../bench/rehearsed/figures.ts";
import { type Rollout, recordRollOut, rollOut } from "../../bench/rehearsed/rollout.ts";
import { replay } from "../../cli/replay.ts";
import { recordingSchema } from "../../functions/domain/judge/recording.ts";

const PATIENCE_MS = 180_000;
const world = { requestsPerMinute: 600, baselineErrorRate: 0.001 };

async function rollOuts(seeds: number, candidateErrorRate: number): Promise<Rollout[]> {
  const rollouts: Rollout[] = [];
  for (let seed = 1; seed <= seeds; seed++) rollouts.push(await rollOut({ ...world, seed, candidateErrorRate }));
  return rollouts;
}

describe("a rehearsed promotion", () => {
  it(
    "rolls a regression of five points back at the first step, within the bounds of the bench",
    async () => {
      const rollouts = await rollOuts(8, 0.051);
      const figures = caught(rollouts, 10);
      expect(figures.caughtAtOnce).toBe(8);
      expect(figures.median).toBeLessThanOrEqual(BOUNDS.medianMinutes);
      expect(figures.percentile95).toBeLessThanOrEqual(BOUNDS.percentile95Minutes);
      expect(rollouts.map(({ acted }) => acted)).toEqual(rollouts.map(() => "judge"));
    },
    PATIENCE_MS,
  );

  it(
    "promotes a candidate as good as the baseline",
    async () => {
      expect(spared(await rollOuts(4, 0.001))).toEqual({ rollouts: 4, promoted: 4, rolledBack: 0 });
    },
    PATIENCE_MS,
  );

  it(
    "leaves a recording that is judged again under a policy's analysis",
    async () => {
      const { recording, rehearsal } = await recordRollOut({ ...world, seed: 1, candidateErrorRate: 0.051 });
      expect(rehearsal.ended.outcome).toBe("rolled-back");
      expect(recordingSchema.safeParse(recording).success).toBe(true);
      const folder = await mkdtemp(join(tmpdir(), "rehearsed-"));
      const replayed = async (analysis: unknown): Promise<string> => {
        const [recordFile, analysisFile] = [join(folder, "record.json"), join(folder, "analysis.json")];
        await writeFile(recordFile, JSON.stringify(recording));
        await writeFile(analysisFile, JSON.stringify(analysis));
        let text = "";
        const write = (more: string): void => {
          text += more;
        };
        await replay({ recordFile, analysisFile, write });
        return text;
      };
      const preset = "lambda-error-rate";
      expect(await replayed({ metrics: [{ preset }] })).toMatch(
        /\nwould have been rolled back after \d+ minutes, at 10 %/,
      );
      expect(await replayed({ metrics: [{ preset, sequential: { delta: 0.2 } }] })).toContain("would not have been");
      await rm(folder, { recursive: true });
    },
    PATIENCE_MS,
  );
});

describe("the bench's figures", () => {
  const rollout = (over: Partial<Rollout>): Rollout => ({
    outcome: "rolled-back",
    acted: "judge",
    weight: 10,
    closedMinutes: 2,
    minutes: 4.5,
    rolloutMinutes: 4.5,
    summary: "",
    ...over,
  });

  it("count what was not rolled back in the first step as never", () => {
    const figures = caught(
      [
        rollout({ closedMinutes: 3, minutes: 6 }),
        rollout({}),
        rollout({ weight: 25, closedMinutes: 1 }),
        rollout({ outcome: "promoted", closedMinutes: 1 }),
      ],
      10,
    );
    expect(figures).toEqual({
      rollouts: 4,
      caughtAtOnce: 2,
      median: 3,
      percentile95: Number.POSITIVE_INFINITY,
      distribution: [
        [2, 1],
        [3, 1],
        [Number.POSITIVE_INFINITY, 2],
      ],
      medianFromShift: 6,
    });
    expect(spared([rollout({}), rollout({ outcome: "promoted" })])).toEqual({
      rollouts: 2,
      promoted: 1,
      rolledBack: 1,
    });
  });

  it("take percentiles by nearest rank", () => {
    const sorted = Array.from({ length: 200 }, (_, index) => index + 1);
    expect([50, 95, 100].map((percent) => percentile(sorted, percent))).toEqual([100, 190, 200]);
    expect(percentile([7], 95)).toBe(7);
  });
});
