/** Judges from outside: what they are told, what they may answer, and what becomes of one that fails. */
import { describe, expect, it } from "vitest";
import { NONE } from "../../bench/judge/cells.ts";
import { JudgeFailed, startJudge } from "../../bench/judge/command.ts";
import { judgeByCommand, judgeOurselves, type Run } from "../../bench/judge/judge-scenarios.ts";
import { rolloutsOf } from "../../bench/judge/measure.ts";
import { OURS } from "../../bench/judge/methods.ts";
import { verdictOf } from "../../bench/judge/protocol.ts";
import type { Cell } from "../../bench/judge/traffic.ts";

const cell: Cell = {
  requestsPerMinute: 6_000,
  baselineRate: 0.001,
  candidateRate: 0.02,
  noise: "independent",
  bakeMinutes: 2,
  incident: null,
  wander: null,
};
const [rollout] = rolloutsOf(cell, 1, "commands");
const PATIENT_MS = 20_000;
const HASTY_MS = 300;

/** A judge of one line of JavaScript, to which each line of the benchmark is `said`. */
const judgeThat = (does: string): string =>
  `node -e '${`require("node:readline").createInterface({ input: process.stdin }).on("line", (line) => {
    const said = JSON.parse(line);
    const answer = (verdict) => console.log(JSON.stringify({ verdict }));
    ${does}
  })`}'`;

async function judged(command: string, timeoutMs = PATIENT_MS): Promise<number | null> {
  if (rollout === undefined) throw new Error("there is no rollout");
  const judge = startJudge(command, timeoutMs);
  try {
    return await judge.judge(rollout);
  } finally {
    await judge.close();
  }
}

describe("a judge as a command", () => {
  it("stands as the same judge does within the benchmark", async () => {
    const good = { ...cell, candidateRate: cell.baselineRate };
    const run: Run = {
      experiments: [
        { cell, effect: "bad", share: 1 },
        { cell: good, effect: NONE, share: 1 },
      ],
      repetitions: 4,
      seed: 7,
    };
    const ours = judgeOurselves(run).find(({ name }) => name === OURS);
    const command = await judgeByCommand("node bench/judges/headgate.ts", run, PATIENT_MS);
    expect(ours?.caught).toBe(1);
    expect({ ...command, name: OURS }).toEqual(ours);
  });

  it("rolls back after the minute that it says so of, and is told step, weight and counts", async () => {
    const second = `if (said.minute) answer(said.step === 2 && said.weight === 25 && said.canary[0] > 1000 ? "rollback" : "continue")`;
    expect(await judged(judgeThat(second))).toBe(2);
  });

  it("is told the day before first", async () => {
    const opening = `if (said.reference) known = said.reference.length; else answer(known === 1440 ? "rollback" : "continue")`;
    expect(await judged(judgeThat(opening))).toBe(0);
  });

  it("may let everything go on", async () => {
    expect(await judged(judgeThat(`if (said.minute) answer("continue")`))).toBeNull();
  });

  it.each([
    [
      "ends",
      PATIENT_MS,
      `console.error("out of ideas"); process.exit(3)`,
      /minute 1: it ended with status 3; it said: out of ideas/,
    ],
    ["does not answer", HASTY_MS, "", /minute 1: it did not answer within 0.3 s/],
    [
      "waits for the next minute before it answers",
      HASTY_MS,
      `if (said.minute > 1) answer("continue")`,
      /minute 1: it did not answer within 0.3 s/,
    ],
    [
      "answers something else",
      PATIENT_MS,
      `if (said.minute) answer(said.minute === 3 ? "perhaps" : "continue")`,
      /rollout 1, minute 3: it answered {"verdict":"perhaps"} where {"verdict":"continue"} or {"verdict":"rollback"} was expected/,
    ],
  ])("is told of when it %s", async (_case, timeoutMs, does, problem) => {
    const failure = judged(judgeThat(does), timeoutMs);
    await expect(failure).rejects.toThrow(JudgeFailed);
    await expect(failure).rejects.toThrow(problem);
  });

  it("is told of with the scenario", async () => {
    const run: Run = { experiments: [{ cell, effect: "+1.9pp", share: 1 }], repetitions: 1, seed: 1 };
    const failure = judgeByCommand("exit 1", run, PATIENT_MS);
    await expect(failure).rejects.toThrow("6000 rpm, 0.1 %, +1.9pp, independent, rollout 1, minute 1: it ended");
  });
});

describe("an answer", () => {
  it("may say more than the verdict", () => {
    expect(verdictOf(`{"verdict":"rollback","why":"worse"}`)).toBe("rollback");
  });

  it.each(["", "rollback", "[]", "null", `{"verdict":true}`])("is none: %s", (line) => {
    expect(() => verdictOf(line)).toThrow(RangeError);
  });
});
