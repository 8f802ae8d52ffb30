/**
 * How long customers meet a candidate that has turned bad: the same simulated incidents, five ways to notice them.
 *
 *     node bench/time-to-safe.ts [INCIDENTS]
 *
 * Real machines and handlers play the alarm path, polling and the judge; CodeDeploy and the check at the end of the bake
 * are worked out from the same incidents' instants. Assumptions are printed, and how the ratios move with them.
 */
import { report, type Series } from "./incident/report.ts";
import { type Assumptions, timesOf, USUAL } from "./incident/ways.ts";
import { incidentOf, type Weather } from "./incident/world.ts";

const INCIDENTS = 12;

const incidents = Number(process.argv[2] ?? INCIDENTS);
if (!Number.isInteger(incidents) || incidents < 1) throw new RangeError("the incidents are a whole number above 0");

const under = (weather: Partial<Weather>): Assumptions => ({ ...USUAL, weather: { ...USUAL.weather, ...weather } });

/** One thing at a time. */
const OTHERS: readonly Assumptions[] = [
  under({ figuresAfter: 5 }),
  under({ figuresAfter: 120 }),
  under({ eventAfter: 1 }),
  under({ eventAfter: 10 }),
  under({ eventAfter: 30 }),
  under({ datapoints: 2 }),
  under({ datapoints: 3 }),
  { ...USUAL, codeDeploy: { pollEvery: 0, deploymentTakes: 0 } },
  { ...USUAL, codeDeploy: { pollEvery: 60, deploymentTakes: 60 } },
];

const usual = await series(USUAL);
const others: Series[] = [];
for (const assumptions of OTHERS) others.push(await series(assumptions));
process.stdout.write(`# Time to safe traffic\n\n${report(usual, others)}\n`);

async function series(assumptions: Assumptions): Promise<Series> {
  const times = [];
  for (let index = 0; index < incidents; index++) times.push(await timesOf(incidentOf(index, incidents), assumptions));
  process.stderr.write(`played ${JSON.stringify(assumptions)}\n`);
  return { assumptions, times };
}
