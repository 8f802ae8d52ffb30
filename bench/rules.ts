/**
 * Is what is stated of a policy's rules before the start what they do? `npm run bench:rules [-- SEEDS [SEED [POLICY]]]` draws services
 * and their past, states the chance of each rule and of all together from that past, and plays rollouts of candidates as
 * good as what serves through the code that judges them. The draws know nothing of how the chances are stated: each arm
 * has bursts or a wandering rate of its own, traffic and errors have a daily rhythm, incidents are shared. Ends with status 1
 * when stated and observed are apart by more than a point and more than a factor of 1.5, in any rule of any cell.
 */
import type { WatchReference } from "../functions/domain/judge/reference-line.ts";
import { adviseRules } from "../functions/domain/judge/rule-advice.ts";
import { watchId } from "../functions/domain/judge/sampling.ts";
import { type Past, servedOf } from "../functions/domain/judge/served-past.ts";
import { ruleInWords } from "../functions/domain/judge/thresholds.ts";
import type { EnvironmentPlan } from "../functions/domain/plan.ts";
import { createRandom } from "./random.ts";
import type { Noise } from "./rules/traffic.ts";
import { drawPast, examplePlan, rollout, type World } from "./rules/world.ts";

const [, , seeds = "200", seed = "rules", only = ""] = process.argv;
const PAST_DAYS = 2;
const ROLLOUTS = 10;
/** Fewer than a promotion takes: each seed has a past of its own. */
const LOOKS = 6_000;
const POINT = 0.01;
const FACTOR = 1.5;

interface Cell {
  readonly name: string;
  readonly plan: EnvironmentPlan;
  readonly world: World;
}

const QUIET = { incidents: 2, p95: 240, sigma: 0.8, throttlesPerMinute: 0.002 };

/** One target of it is enough: the others are tried alike. */
function ofOneTarget(plan: EnvironmentPlan): EnvironmentPlan {
  const [target] = plan.targets;
  const metrics = plan.analysis.metrics.filter(
    (metric) => metric.rules.length > 0 && !metric.dryRun && (metric.target === null || metric.target === target?.name),
  );
  return { ...plan, analysis: { ...plan.analysis, metrics } };
}

const plans = {
  bbws: ofOneTarget(examplePlan("bbws", "bbws-v2025.12.25.1")),
  "crypto-watch": ofOneTarget(examplePlan("crypto-watch", "crypto-watch-v1.2.3-prod")),
  "etl-workflow": ofOneTarget(examplePlan("etl-workflow", "etl-workflow-v2")),
  "terraform-jira": ofOneTarget(examplePlan("terraform-jira", "terraform-jira-v2.0.0")),
} as const;

const cellOf = (name: keyof typeof plans, requestsPerMinute: number, errorRate: number, noise: Noise): Cell => ({
  name: `${name}, ${requestsPerMinute} a minute, ${100 * errorRate} % errors, ${noise}`,
  plan: plans[name],
  world: { ...QUIET, requestsPerMinute, errorRate, noise },
});

/** Of pavi's eight days a rollout alone takes longer than all of these; its one rule states less than 0.01 %. */
const cells: readonly Cell[] = [
  cellOf("crypto-watch", 60, 0.01, "bursts"),
  cellOf("bbws", 600, 0.004, "rate noise"),
  cellOf("bbws", 60, 0.004, "bursts"),
  cellOf("etl-workflow", 200, 0.03, "rate noise"),
  cellOf("crypto-watch", 60, 0.01, "rate noise"),
  cellOf("bbws", 600, 0.004, "bursts"),
  cellOf("crypto-watch", 60, 0.01, "independent"),
  cellOf("etl-workflow", 200, 0.03, "bursts"),
  cellOf("bbws", 6_000, 0.004, "rate noise"),
  cellOf("terraform-jira", 120, 0.001, "bursts"),
];

interface Pair {
  stated: number;
  observed: number;
}

const agree = ({ stated, observed }: Pair): boolean => {
  const [low, high] = [Math.min(stated, observed), Math.max(stated, observed)];
  return high - low <= POINT || high <= FACTOR * low;
};

function measure({ name, plan, world }: Cell): Map<string, Pair> {
  const pairs = new Map<string, Pair>();
  const add = (what: string, part: keyof Pair, chance: number) => {
    const pair = pairs.get(what) ?? { stated: 0, observed: 0 };
    pairs.set(what, { ...pair, [part]: pair[part] + chance / Number(seeds) });
  };
  for (let index = 0; index < Number(seeds); index++) {
    const random = createRandom(`${seed}/${name}/${index}`);
    const pasts = drawPast(world, plan, PAST_DAYS, random);
    const advice = adviseRules(plan, (metric) => servedOf(pasts, metric, plan.analysis), LOOKS);
    for (const [id, tried] of Object.entries(advice.tried)) {
      for (const [place, rule] of tried.entries()) {
        add(`${id} ${place} rolls-back`, "stated", rule?.rollsBack ?? 0);
        add(`${id} ${place} holds`, "stated", rule?.holds ?? 0);
      }
    }
    add("all rolls-back", "stated", advice.together.rollsBack);
    add("all holds", "stated", advice.together.holds);
    const references = referencesFrom(plan, pasts);
    for (let one = 0; one < ROLLOUTS; one++) {
      const ends = [...rollout(world, plan, references, random)];
      for (const [id, end] of ends) add(`${id} ${end}`, "observed", 1 / ROLLOUTS);
      for (const end of ["rolls-back", "holds"] as const) {
        if (ends.some(([, other]) => other === end)) add(`all ${end}`, "observed", 1 / ROLLOUTS);
      }
    }
  }
  return pairs;
}

/** The day before each rollout, as the judge keeps it; only what rules look at. */
function referencesFrom(plan: EnvironmentPlan, pasts: ReadonlyMap<string, Past>): Map<string, WatchReference> {
  return new Map(
    plan.analysis.metrics.flatMap((metric): [string, WatchReference][] => {
      const day = (pasts.get(watchId(metric)) ?? [])
        .slice(-86_400 / metric.periodSeconds)
        .filter((one) => one !== null);
      const requests = day.reduce((sum, [count]) => sum + count, 0);
      const value = day.reduce((sum, [count, , each]) => sum + count * each, 0) / Math.max(1, requests);
      const none = { bad: 0, worstRate: 0, quantileMs: null, phi: 1, requestsPerPeriod: 0 };
      return requests === 0 ? [] : [[watchId(metric), { ...none, periods: day.length, requests, value }]];
    }),
  );
}

const percent = (chance: number): string => `${(100 * chance).toFixed(2)} %`;

function wordsOf(plan: EnvironmentPlan, what: string): string {
  const [id = "", place = ""] = what.split(" ");
  const metric = plan.analysis.metrics.find((one) => watchId(one) === id);
  const rule = metric?.rules[Number(place)];
  return rule === undefined ? "all rules together" : `${metric?.name}, ${ruleInWords(rule, "")}`;
}

let [compared, apart] = [0, 0];
for (const cell of cells.filter(({ name }) => name.startsWith(only))) {
  const pairs = [...measure(cell)];
  const shown = pairs.filter(([, pair]) => Math.max(pair.stated, pair.observed) >= POINT / 2 || !agree(pair));
  console.log(`\n${cell.name}: ${pairs.length} chances, ${pairs.filter(([, pair]) => agree(pair)).length} agree`);
  for (const [what, pair] of shown) {
    const mark = agree(pair) ? "" : "  APART";
    const end = what.endsWith("holds") ? "holds" : "rolls back";
    console.log(
      `  ${end}: stated ${percent(pair.stated)}, observed ${percent(pair.observed)}  ${wordsOf(cell.plan, what)}${mark}`,
    );
  }
  compared += pairs.length;
  apart += pairs.filter(([, pair]) => !agree(pair)).length;
}
console.log(
  `\n${seeds} seeds of ${ROLLOUTS} rollouts a cell: ${compared - apart} of ${compared} chances agree within a point or a factor of 1.5`,
);
process.exitCode = apart > 0 ? 1 : 0;
