/**
 * CPU time of one judgement from scratch: a 24 h reference and 600 minutes of a rollout. Goal: under 5 ms.
 *
 *     node bench/judge-cost.ts
 */
import { createMonitor, judge, type Minute, resumeMonitor } from "../functions/domain/judge/statistics/sequential.ts";
import { lookAgain } from "./late/look-cost.ts";
import { createRandom } from "./random.ts";
import { analysisOf } from "./usual-errors.ts";

const CALLS = 200;
const GOAL_MS = 5;
const random = createRandom("judge-cost");
const arm = (requests: number) => ({ requests, errors: random.poisson(requests * 0.001) });
const reference = Array.from({ length: 24 * 60 }, () => arm(6_000));
const minutes = Array.from({ length: 600 }, (_, i): Minute => {
  return { step: Math.floor(i / 200), canary: arm(600), baseline: arm(5_400) };
});

const whole = cpuMs(() => judge({ reference, minutes, config: { alpha: 0.05 } }));
const state = JSON.stringify(stateAfter(minutes));
const last = minutes[0];
const tick = cpuMs(() => {
  const monitor = resumeMonitor({ alpha: 0.05 }, JSON.parse(state));
  return last === undefined ? null : monitor.push(last);
});
const verdict = whole < GOAL_MS ? "met" : "NOT MET";
process.stdout.write(
  `judge, 24 h reference and 600 minutes: ${whole.toFixed(3)} ms of CPU (goal < ${GOAL_MS}: ${verdict})\n`,
);
process.stdout.write(`one tick from the saved state (${state.length} bytes): ${tick.toFixed(3)} ms\n`);
const busy = { candidate: [600, 1, 0.17], baseline: [5_400, 5, 0.09] } as const;
const again = cpuMs(lookAgain(analysisOf({ extendSeconds: 900, earlyPass: false }), busy));
process.stdout.write(`a look at one metric that reads three hours again: ${again.toFixed(3)} ms (goal < ${GOAL_MS})\n`);
if (whole >= GOAL_MS || again >= GOAL_MS) process.exitCode = 1;

function stateAfter(series: readonly Minute[]) {
  const monitor = createMonitor({ alpha: 0.05 }, reference);
  for (const minute of series) monitor.push(minute);
  return monitor.state();
}

/** Mean CPU of a call once the code is warm, user and system together. */
function cpuMs(call: () => unknown): number {
  for (let i = 0; i < CALLS / 4; i++) call();
  const before = process.cpuUsage();
  for (let i = 0; i < CALLS; i++) call();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000 / CALLS;
}
