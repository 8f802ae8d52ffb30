import { NONE } from "./cells.ts";
import type { Score } from "./measure.ts";
import { METHODS, OURS, WITH_WARM_UP } from "./methods.ts";
import {
  geometric,
  isNull,
  matches,
  mean,
  nameOf,
  percent,
  type Result,
  scoreOf,
  table,
  timeRatio,
} from "./results.ts";
import type { Noise } from "./traffic.ts";

const NOISES: readonly Noise[] = ["independent", "bursts", "rate noise"];
const NAMES = METHODS.map(({ name }) => name);
const PEERS = NAMES.filter((name) => name !== OURS && name !== WITH_WARM_UP);

/** Everything that was measured, as text. */
export function report(results: readonly Result[]): string {
  return [
    "## False rollbacks of a good candidate: % mean (worst cell) over traffic x baseline",
    falseRollbacks(results),
    "## Regressions: caught %, our speed and errors against each peer (geometric means; >1 is ours sooner / fewer)",
    comparison(results),
    "## Cells with 15-minute bakes: median minute / % caught / failed requests served (median - where fewer than half)",
    ...NOISES.map((noise) => cellTable(results, (r) => matches(r, noise, 15) && r.cell.incident === null, noise)),
    "## Where the sequential judge loses (15-minute bakes, against peers with at most 1 % false rollbacks there)",
    losses(results),
    "## Arms that wander by themselves, and drift that both share (15-minute bakes)",
    wandering(results),
  ].join("\n\n");
}

function falseRollbacks(results: readonly Result[]): string {
  const groups = NOISES.flatMap((noise) =>
    [15, 60].map((bake) => ({ noise, bake, cells: results.filter((r) => isNull(r) && matches(r, noise, bake)) })),
  );
  const header = ["", ...groups.map(({ noise, bake }) => `${noise}, ${bake} min`), "shared incident"];
  const incident = results.filter((r) => r.cell.incident !== null);
  const rows = NAMES.map((name) => [
    name,
    ...[...groups.map(({ cells }) => cells), incident].map((c) => spread(c, name)),
  ]);
  return table([header, ...rows]);
}

function spread(cells: readonly Result[], method: string): string {
  const shares = cells.map((cell) => scoreOf(cell, method).caught);
  return `${percent(mean(shares))} (${percent(Math.max(...shares))})`;
}

function comparison(results: readonly Result[]): string {
  const header = ["", ...NOISES.flatMap((noise) => [15, 60].map((bake) => `${noise}, ${bake} min`))];
  const caught = NAMES.map((name) => [
    `${name}: caught %`,
    ...effectGroups(results).map((cells) => percent(mean(cells.map((cell) => scoreOf(cell, name).caught)))),
  ]);
  const speed = PEERS.map((peer) => [
    `vs ${peer}: time, errors`,
    ...effectGroups(results).map(
      (cells) => `${timeRatio(cells, peer).toFixed(2)}x ${errorRatio(cells, peer).toFixed(2)}x`,
    ),
  ]);
  return table([header, ...caught, ...speed]);
}

function effectGroups(results: readonly Result[]): Result[][] {
  return NOISES.flatMap((noise) =>
    [15, 60].map((bake) => results.filter((r) => r.effect !== NONE && matches(r, noise, bake))),
  );
}

function errorRatio(cells: readonly Result[], peer: string): number {
  return geometric(cells.map((cell) => scoreOf(cell, peer).errorsServed / scoreOf(cell, OURS).errorsServed));
}

function cellTable(results: readonly Result[], wanted: (result: Result) => boolean, title: string): string {
  const rows = results
    .filter(wanted)
    .map((cell) => [nameOf(cell), ...NAMES.map((name) => figures(scoreOf(cell, name)))]);
  return table([[title, ...NAMES], ...rows]);
}

function wandering(results: readonly Result[]): string {
  const own = results.filter((r) => r.cell.noise === "wandering" && r.effect === NONE);
  const names = [...new Set(own.map(wanderOf))];
  const rows = NAMES.map((name) => [
    name,
    ...names.map((one) =>
      spread(
        own.filter((r) => wanderOf(r) === one),
        name,
      ),
    ),
  ]);
  return [
    table([["good candidates: mean (worst)", ...names], ...rows]),
    caughtInDrift(results),
    cellTable(results, (r) => r.cell.noise === "wandering" && isTypical(r), "each arm by itself, 50 %, 10 min"),
    cellTable(results, (r) => r.cell.noise === "shared drift", "both alike, 50 %, 10 min"),
  ].join("\n\n");
}

function caughtInDrift(results: readonly Result[]): string {
  const noises: readonly Noise[] = ["wandering", "shared drift"];
  const header = ["bad candidates: caught %, 50 %, 10 min", "each arm by itself", "both alike"];
  const caught = (name: string, noise: Noise): string => {
    const cells = results.filter((r) => r.cell.noise === noise && r.effect !== NONE);
    return percent(mean(cells.map((cell) => scoreOf(cell, name).caught)));
  };
  return table([header, ...NAMES.map((name) => [name, ...noises.map((noise) => caught(name, noise))])]);
}

const wanderOf = ({ cell }: Result): string =>
  `${(cell.wander?.deviation ?? 0) * 100} %, ${cell.wander?.minutes ?? 0} min`;

const isTypical = ({ cell }: Result): boolean => cell.wander?.minutes === 10 && cell.wander.deviation === 0.5;

const minuteOf = ({ medianMinute }: Score): string => (Number.isFinite(medianMinute) ? String(medianMinute) : "-");

function figures(score: Score): string {
  return `${minuteOf(score)}/${percent(score.caught)}/${score.errorsServed.toFixed(0)}`;
}

/** A peer is worth losing to when it leaves good candidates alone in the same traffic. */
const TRUSTWORTHY = 0.01;

function losses(results: readonly Result[]): string {
  return NOISES.flatMap((noise) => PEERS.map((peer) => lossesAgainst(results, noise, peer)))
    .filter((line) => line !== null)
    .join("\n");
}

function lossesAgainst(results: readonly Result[], noise: Noise, peer: string): string | null {
  const lost = results.filter(
    (r) => r.effect !== NONE && matches(r, noise, 15) && isTrustworthy(results, r, peer) && isLost(r, peer),
  );
  if (lost.length === 0) return null;
  const worst = lost.toSorted((a, b) => margin(b, peer) - margin(a, peer)).slice(0, 3);
  const examples = worst.map((r) => `${nameOf(r)}: ${figures(scoreOf(r, peer))} against ${figures(scoreOf(r, OURS))}`);
  return `${noise}, ${peer}: ${lost.length} cells, e.g. ${examples.join("; ")}`;
}

function isTrustworthy(results: readonly Result[], of: Result, peer: string): boolean {
  const twin = results.find(
    (r) =>
      isNull(r) &&
      matches(r, of.cell.noise, of.cell.bakeMinutes) &&
      r.cell.requestsPerMinute === of.cell.requestsPerMinute &&
      r.cell.baselineRate === of.cell.baselineRate,
  );
  return twin !== undefined && scoreOf(twin, peer).caught <= TRUSTWORTHY;
}

/** Sooner by a minute or more at the median, or at least 5 points more caught. */
function isLost(result: Result, peer: string): boolean {
  const [theirs, ours] = [scoreOf(result, peer), scoreOf(result, OURS)];
  return theirs.medianMinute < ours.medianMinute || theirs.caught >= ours.caught + 0.05;
}

const margin = (result: Result, peer: string): number =>
  scoreOf(result, OURS).errorsServed / scoreOf(result, peer).errorsServed;
