/** Judges many cases in several processes. */
import { type ChildProcess, fork } from "node:child_process";
import type { FaultCase } from "./cases.ts";
import type { Verdict } from "./verdict.ts";

const WORKER = new URL("./worker.ts", import.meta.url);

/**
 * The tracer's library follows every promise unless it is told not to, which costs a third of the time; nothing is traced
 * in the sandbox.
 */
const ENVIRONMENT = { ...process.env, AWS_XRAY_MANUAL_MODE: "true" };

/** Verdicts in the order of the cases. `tell` hears each as it comes, and how many there are by then. */
export async function judgeAll(
  cases: readonly FaultCase[],
  workers: number,
  tell: (verdict: Verdict, done: number) => void,
): Promise<Verdict[]> {
  const verdicts: Verdict[] = [];
  const queue = cases.map((what, index) => ({ what, index }));
  let done = 0;
  const keep = (index: number, verdict: Verdict) => {
    verdicts[index] = verdict;
    done += 1;
    tell(verdict, done);
  };
  await Promise.all(Array.from({ length: workers }, () => work(queue, keep)));
  return verdicts;
}

interface Job {
  readonly what: FaultCase;
  readonly index: number;
}

/** One process, as long as there is work. */
async function work(queue: Job[], keep: (index: number, verdict: Verdict) => void): Promise<void> {
  const worker = fork(WORKER, { env: ENVIRONMENT, execArgv: ["--max-semi-space-size=32"] });
  try {
    for (let job = queue.shift(); job !== undefined; job = queue.shift()) keep(job.index, await ask(worker, job.what));
  } finally {
    worker.kill();
  }
}

function ask(worker: ChildProcess, what: FaultCase): Promise<Verdict> {
  return new Promise((resolve, reject) => {
    const died = (code: number | null) => reject(new Error(`a worker died (${code}) of the case ${what.id}`));
    worker.once("exit", died);
    worker.once("message", (verdict) => {
      worker.off("exit", died);
      resolve(verdict as Verdict);
    });
    worker.send(what);
  });
}
