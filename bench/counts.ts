/**
 * Orders and their value per request: how often a good candidate goes back, and how soon one that loses orders does, over
 * 15 minutes each at 10, 25 and 50 %, by the defaults for a count where fewer is worse.
 *
 *     node bench/counts.ts [--repetitions N] [--seed N]
 *
 * Ends with status 1 if a goal is missed: false rollbacks of at most 1 % in each cell, of at most alpha (5 %) at the loss that
 * is tolerated, and 99 % of the candidates caught that lose all orders.
 */
import { parseArgs } from "node:util";
import { type Cell, type Noise, rollout } from "./counts/world.ts";
import { createRandom } from "./random.ts";

const { values } = parseArgs({
  options: { repetitions: { type: "string", default: "500" }, seed: { type: "string", default: "1" } },
});
const repetitions = Number(values.repetitions);

const NOISES: readonly Noise[] = ["single orders", "several in a request", "rate noise", "wandering arms", "amounts"];
const TRAFFIC = [600, 6_000];
const KEPT = [1, 0.95, 0.8, 0.5, 0];
const RATE = 0.05;

interface Figures {
  readonly caught: number;
  readonly median: number | null;
}

function measure(cell: Cell): Figures {
  const label = `${values.seed} ${JSON.stringify(cell)}`;
  const failed = Array.from({ length: repetitions }, (_, index) => rollout(cell, createRandom(`${label} ${index}`)))
    .filter((minute) => minute !== null)
    .sort((a, b) => a - b);
  const half = Math.ceil(repetitions / 2) - 1;
  return { caught: failed.length / repetitions, median: failed[half] ?? null };
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
const goals: string[] = [];
const lines = NOISES.flatMap((noise) =>
  TRAFFIC.map((requestsPerMinute) => {
    const cells = KEPT.map((kept) => {
      const found = measure({ noise, requestsPerMinute, rate: RATE, kept });
      const name = `${noise}, ${requestsPerMinute} a minute, ${percent(1 - kept)} lost: ${percent(found.caught)}`;
      if (kept === 1 && found.caught > 0.01) goals.push(`${name} false rollbacks, more than 1 %`);
      if (kept === 0.95 && found.caught > 0.05) goals.push(`${name} rolled back, more than alpha`);
      if (kept === 0 && found.caught < 0.99) goals.push(`${name} caught, less than 99 %`);
      return found.median === null ? percent(found.caught) : `${percent(found.caught)}, minute ${found.median}`;
    });
    return `| ${noise}, ${requestsPerMinute} | ${cells.join(" | ")} |`;
  }),
);
const head = KEPT.map((kept) => (kept === 1 ? "none lost" : `${Math.round(100 * (1 - kept))} % lost`));
process.stdout.write(
  `# Orders per request: seed ${values.seed}, ${repetitions} rollouts a cell, rolled back and median minute\n\n` +
    `| ${RATE * 1_000} orders per 1,000 requests | ${head.join(" | ")} |\n|---|${"---|".repeat(head.length)}\n${lines.join("\n")}\n`,
);
for (const goal of goals) process.stdout.write(`NOT MET: ${goal}\n`);
if (goals.length > 0) process.exitCode = 1;
