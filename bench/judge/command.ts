/** A judge from outside: a command that is given rollouts line by line, and answers each minute. */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { minuteLineOf, openingOf, verdictOf } from "./protocol.ts";
import type { Rollout } from "./traffic.ts";

/** Why a command cannot be held against the others: it ended, answered too late, or answered something else. */
export class JudgeFailed extends Error {
  override readonly name = "JudgeFailed";
}

export type CommandJudge = {
  /**
   * Index of the minute after which it rolls back; null: never.
   *
   * @throws JudgeFailed with the rollout, the minute and the judge's last words
   */
  judge(rollout: Rollout): Promise<number | null>;
  /** Ends it; what does not end by itself is killed. */
  close(): Promise<void>;
};

/** Of what it writes to stderr, this much is repeated. */
const LAST_WORDS = 500;
const GRACE_MS = 2_000;

/** Starts the command in a shell. `timeoutMs` is what it may take for an answer. */
export function startJudge(command: string, timeoutMs: number): CommandJudge {
  const child = spawn(command, { shell: true, detached: true, stdio: ["pipe", "pipe", "pipe"] });
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  let words = "";
  child.stderr.on("data", (more: Buffer) => {
    words = `${words}${more.toString()}`.slice(-LAST_WORDS);
  });
  // A judge that is gone is told of when its answer is missed, with its last words.
  child.stdin.on("error", () => undefined);
  const ended = new Promise<string>((resolve) => {
    child.on("error", (error) => resolve(error.message));
    child.on("close", (code, signal) => resolve(`it ended ${code === null ? `by ${signal}` : `with status ${code}`}`));
  });
  let rollouts = 0;

  const said = (problem: string): string => (words.trim() === "" ? problem : `${problem}; it said: ${words.trim()}`);

  async function answer(): Promise<string> {
    const late = deadline(timeoutMs);
    const next = answers.next().then(({ done, value }) => (done === true ? ended.then(fail) : String(value)));
    const line = await Promise.race([next, late.passed]).finally(late.clear);
    if (line === null) return fail(`it did not answer within ${timeoutMs / 1000} s`);
    return line;
  }

  async function verdictAt(minute: number, line: string): Promise<boolean> {
    child.stdin.write(line);
    try {
      return verdictOf(await answer()) === "rollback";
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      throw new JudgeFailed(said(`rollout ${rollouts}, minute ${minute}: ${problem}`));
    }
  }

  return {
    judge: async (rollout) => {
      rollouts += 1;
      child.stdin.write(`${JSON.stringify(openingOf(rollouts, rollout))}\n`);
      for (const [index, minute] of rollout.minutes.entries()) {
        const line = `${JSON.stringify(minuteLineOf(minute, index))}\n`;
        if (await verdictAt(index + 1, line)) return index;
      }
      return null;
    },
    close: async () => {
      child.stdin.end();
      const late = deadline(GRACE_MS);
      const left = await Promise.race([ended, late.passed]).finally(late.clear);
      if (left === null && child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
    },
  };
}

function fail(problem: string): never {
  throw new RangeError(problem);
}

/** A promise of null after this time, and how to call it off. */
function deadline(ms: number): { readonly passed: Promise<null>; readonly clear: () => void } {
  let timer: NodeJS.Timeout | undefined;
  const passed = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), ms);
  });
  return { passed, clear: () => clearTimeout(timer) };
}
