import type { Stream } from "../aws/traffic-source.ts";
import type { LogNormal } from "../chance/samples.ts";
import { type Behaviour, fits, type Incident, type Scenario } from "./scenario.ts";
import { baselineOf, raisedAt, type ShareHistory, servingSince } from "./shares.ts";

/** How a version behaves at some moment. Rates are fractions. */
export interface Conduct {
  readonly errorRate: number;
  readonly throttleRate: number;
  readonly burstiness: number;
  readonly latency: LogNormal;
  /** Requests that hang: their share, and for how many milliseconds before they fail. */
  readonly hangs: { readonly share: number; readonly for: number } | undefined;
  /** Requests slowed by a cold start: their share, and by how many milliseconds. Those that fail are in `errorRate`. */
  readonly cold: { readonly share: number; readonly slowerByMs: number } | undefined;
}

/** The circumstances a version's conduct depends on. */
export interface Circumstances {
  readonly stream: Pick<Stream, "account" | "functionName">;
  readonly version: string;
  /** Epoch ms. */
  readonly at: number;
  readonly history: ShareHistory;
  /** The version's share of the alias, a fraction. */
  readonly share: number;
}

const CALM = { errorRate: 0.001, throttleRate: 0, burstiness: 0, latency: { medianMs: 100, sigma: 0.5 } };

export const isNamed = (wanted: Behaviour["version"], version: string, baseline: readonly string[]): boolean => {
  if (wanted === "baseline") return baseline.includes(version);
  return wanted === "candidate" ? !baseline.includes(version) : wanted === version;
};

/** The first behaviour that fits; a version's own number goes before `baseline` and `candidate`. */
export const behaviourOf = (
  rules: readonly Behaviour[],
  stream: Circumstances["stream"],
  version: string,
  history: ShareHistory,
): Behaviour | undefined => {
  const own = rules.filter(
    (rule) => fits(rule.function, stream.functionName) && (rule.account ?? stream.account) === stream.account,
  );
  return ruleFor(own, version, history);
};

/** The first rule that names the version; its own number goes before `baseline` and `candidate`. */
export const ruleFor = <Rule extends Pick<Behaviour, "version">>(
  rules: readonly Rule[],
  version: string,
  history: ShareHistory,
): Rule | undefined => {
  const baseline = baselineOf(history);
  const fitting = rules.filter((rule) => isNamed(rule.version, version, baseline));
  return fitting.find((rule) => rule.version === version) ?? fitting[0];
};

type Change = Pick<Behaviour["changes"][number], "fromWeight" | "afterServing" | "from" | "to">;

/** Whether the conditions of a change hold; `startsAt` is when the world begins (epoch ms). */
export const applies = (
  change: Change,
  startsAt: number,
  { at, share, version, history }: Omit<Circumstances, "stream">,
): boolean => {
  if (share * 100 < (change.fromWeight ?? 0) - 1e-9) return false;
  if (at < startsAt + (change.from ?? 0) || at >= startsAt + (change.to ?? Number.POSITIVE_INFINITY)) return false;
  if (change.afterServing === undefined) return true;
  const since = servingSince(history, version, at);
  return since !== undefined && at >= since + change.afterServing;
};

const isOngoing = (incident: Incident, startsAt: number, { at, stream }: Circumstances): boolean =>
  at >= startsAt + incident.from && at < startsAt + incident.to && fits(incident.function, stream.functionName);

const coldOf = (
  behaviour: Behaviour | undefined,
  { history, version, at }: Circumstances,
): Behaviour["coldStart"] | undefined => {
  const cold = behaviour?.coldStart;
  if (cold === undefined) return undefined;
  const since = (cold.everyShare ? raisedAt : servingSince)(history, version, at);
  // What served before the world began has long been warm.
  const isNew = since !== undefined && since !== history[0]?.at;
  return isNew && at < since + cold.for ? cold : undefined;
};

/** How a version behaves now: its behaviour, the changes that apply, and whatever incident is going on. */
export const conductOf = (
  scenario: Pick<Scenario, "behaviour" | "incidents" | "startsAt">,
  circumstances: Circumstances,
): Conduct => {
  const { startsAt } = scenario;
  const { stream, version, history } = circumstances;
  const behaviour = behaviourOf(scenario.behaviour, stream, version, history);
  let { errorRate, throttleRate, burstiness, latency } = CALM;
  let hangs: Conduct["hangs"];
  for (const layer of [behaviour, ...(behaviour?.changes ?? []).filter((c) => applies(c, startsAt, circumstances))]) {
    errorRate = layer?.errorRate ?? errorRate;
    throttleRate = layer?.throttleRate ?? throttleRate;
    burstiness = layer?.burstiness ?? burstiness;
    latency = layer?.latency ?? latency;
    hangs = layer?.hangs ?? hangs;
  }
  let median = latency.medianMs;
  for (const incident of scenario.incidents.filter((each) => isOngoing(each, startsAt, circumstances))) {
    errorRate = Math.min(1, errorRate * incident.errorsTimes + incident.errorsPlus);
    median *= incident.latencyTimes;
  }
  const cold = coldOf(behaviour, circumstances);
  errorRate += (1 - errorRate) * (cold?.errorRate ?? 0);
  return { errorRate, throttleRate, burstiness, latency: { median, sigma: latency.sigma }, hangs, cold };
};
