import type { CalledFate, Fate, Run, RunSource, RunStream, Tally } from "../aws/step-functions/runs.ts";
import type { SimulatedStepFunctions } from "../aws/step-functions/step-functions.ts";
import { Random } from "../chance/random.ts";
import { normal, poisson } from "../chance/samplers.ts";
import { meanAt } from "./arrivals.ts";
import { type ExecutionConduct, executionConductOf, longestOf } from "./execution-conduct.ts";
import { pastFigures } from "./past-executions.ts";
import { fits, type Scenario, type StartRule } from "./scenario.ts";
import { type ShareHistory, sharesOf } from "./shares.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

export interface ExecutionTrafficOptions {
  readonly scenario: Pick<Scenario, "starts" | "executions" | "incidents" | "startsAt" | "seed" | "cloudwatch">;
  /** Which version a start gets is the service's to say, and so is what shares an alias has had. */
  readonly service: Pick<SimulatedStepFunctions, "versionAt" | "weightHistory" | "machines">;
  readonly clock: { now(): number };
}

/** A minute's starts: the executions, and of how many a state transition was throttled. */
interface Drawn {
  readonly runs: readonly Run[];
  readonly throttled: number;
}

/** A stream that has been asked for: its rule, its randomness, its finished minutes, and what ends when. */
interface Known {
  readonly rule: StartRule | undefined;
  readonly random: Random;
  /** The longest that an execution can run, in milliseconds: what runs now started no earlier. */
  readonly longest: number;
  /** By the minute in which they start. */
  readonly minutes: Map<number, Drawn>;
  /** By the minute in which they end. */
  readonly endings: Map<number, Run[]>;
  /** The minutes of which all is known that ends in them. */
  readonly complete: Set<number>;
}

const NOTHING: Drawn = { runs: [], throttled: 0 };

/**
 * Executions of workflows as a scenario has them start and go. Each is named by (alias, minute, number), and what
 * becomes of it by (version, minute, number): one more question, or other weights, leave all the others as they are.
 * What had closed when the world began, longer ago than an execution can run, is counted minute by minute, and never
 * made: a week of history has more executions than a promotion ever meets.
 */
export class ExecutionTraffic implements RunSource {
  readonly #options: ExecutionTrafficOptions;
  readonly #random: Random;
  readonly #streams = new Map<string, Known>();

  constructor(options: ExecutionTrafficOptions) {
    this.#options = options;
    this.#random = Random.of(options.scenario.seed, "executions");
  }

  talliedIn(stream: RunStream, minute: number): readonly Tally[] | undefined {
    const { rule, random, longest } = this.#known(stream);
    if (!this.#isPast(longest, minute)) return undefined;
    return rule === undefined ? [] : this.#talliesOf(stream, rule, random.child("past", minute), minute);
  }

  startedIn(stream: RunStream, minute: number): readonly Run[] {
    const known = this.#known(stream);
    return this.#isPast(known.longest, minute) ? [] : this.#minute(stream, known, minute).runs;
  }

  endingIn(stream: RunStream, minute: number): readonly Run[] {
    const known = this.#known(stream);
    if (known.rule === undefined || this.#isPast(known.longest, minute)) return [];
    const isOver = minute + MINUTE_MS <= this.#options.clock.now();
    // Where all is known of the minute before, only this one's own starts can be missing.
    const missing = known.complete.has(minute - MINUTE_MS) ? [minute] : minutesUpTo(minute, known.longest);
    if (!known.complete.has(minute)) for (const start of missing) this.#minute(stream, known, start);
    if (isOver) known.complete.add(minute);
    const kept = known.endings.get(minute) ?? [];
    if (isOver) return kept;
    const fresh = this.#minute(stream, known, minute).runs.filter(({ endsAt }) => minuteOf(endsAt) === minute);
    return [...kept, ...fresh];
  }

  runningAt(stream: RunStream, at: number): readonly Run[] {
    const known = this.#known(stream);
    if (known.rule === undefined) return [];
    return minutesUpTo(minuteOf(at), known.longest).flatMap((minute) =>
      this.#minute(stream, known, minute).runs.filter(({ startedAt, endsAt }) => startedAt <= at && endsAt > at),
    );
  }

  throttledIn(stream: RunStream, minute: number): number {
    return this.#minute(stream, this.#known(stream), minute).throttled;
  }

  find(stream: RunStream, name: string): Run | undefined {
    const minute = minuteInName(stream.alias, name);
    return minute === undefined ? undefined : this.startedIn(stream, minute).find((run) => run.name === name);
  }

  fateOf({ account, region, machine, version, name, at }: Parameters<RunSource["fateOf"]>[0]): CalledFate {
    const found = this.#options.service
      .machines()
      .find((each) => each.name === machine && each.account === account && each.region === region);
    const [alias] = found?.aliases.keys() ?? [];
    const history = alias === undefined ? [] : this.#options.service.weightHistory({ account, region, machine, alias });
    const circumstances = { machine: { account, machine }, version, at, history, share: 0 };
    const conduct = executionConductOf(this.#options.scenario, circumstances);
    const fate = this.#fate(conduct, this.#random.child(account, machine, "called", version, name));
    if (conduct.probe === "broken") return { ...fate, ending: "FAILED" };
    return { ...fate, output: JSON.stringify({ status: conduct.probe, version }) };
  }

  #known(stream: RunStream): Known {
    const { account, region, machine, alias } = stream;
    const key = `${account} ${region} ${machine} ${alias}`;
    const known = this.#streams.get(key);
    if (known !== undefined) return known;
    const rule = this.#options.scenario.starts.find(
      (each) => fits(each.machine, machine) && fits(each.alias, alias) && (each.account ?? account) === account,
    );
    const random = this.#random.child(account, machine, alias);
    const longest = longestOf(this.#options.scenario.executions, { account, machine });
    const fresh: Known = { rule, random, longest, minutes: new Map(), endings: new Map(), complete: new Set() };
    this.#streams.set(key, fresh);
    return fresh;
  }

  /**
   * Whether what closed in a minute is counted alone. What runs when the world begins started after all such minutes, and
   * their figures have been final for long.
   */
  #isPast(longest: number, minute: number): boolean {
    return minute < this.#options.scenario.startsAt - Math.max(longest, HOUR_MS);
  }

  /** A minute of the past: as many close in it as start. */
  #talliesOf(stream: RunStream, rule: StartRule, random: Random, minute: number): Tally[] {
    const { service, scenario } = this.#options;
    const mean = meanAt(rule, scenario.startsAt, minute, this.#known(stream).random.child("noise"));
    const history = service.weightHistory(stream);
    const shares = sharesOf({ from: minute, to: minute + MINUTE_MS, weights: history[0]?.weights ?? {} });
    return shares.map(([version, share]): Tally => {
      const conduct = executionConductOf(scenario, { machine: stream, version, at: minute, history, share });
      const figures = pastFigures(conduct, random.child(version), mean * share);
      return { version, alias: stream.alias, whole: figures, first: figures };
    });
  }

  /** What started in a minute; one that is not over is worked out as far as it has passed, and not kept. */
  #minute(stream: RunStream, known: Known, minute: number): Drawn {
    const kept = known.minutes.get(minute);
    if (kept !== undefined) return kept;
    const now = this.#options.clock.now();
    const drawn = known.rule === undefined ? NOTHING : this.#draw(stream, known.random, known.rule, minute);
    if (minute + MINUTE_MS > now) return { ...drawn, runs: drawn.runs.filter(({ startedAt }) => startedAt <= now) };
    known.minutes.set(minute, drawn);
    for (const run of drawn.runs) put(known.endings, minuteOf(run.endsAt), run);
    return drawn;
  }

  #draw(stream: RunStream, random: Random, rule: StartRule, minute: number): Drawn {
    const { service, scenario } = this.#options;
    const mean = meanAt(rule, scenario.startsAt, minute, random.child("noise"));
    const offsets = offsetsOf(random.child("starts", minute), mean);
    const history = offsets.length === 0 ? [] : service.weightHistory(stream);
    const prefix = namesOf(stream.alias, minute);
    let throttled = 0;
    const runs = offsets.map((offset, index): Run => {
      const at = minute + offset;
      const version = service.versionAt(stream, at, random.child("route", minute, index));
      const own = random.child(version, minute, index);
      const circumstances = { machine: stream, version, at, history, share: shareAt(history, version, at) };
      const conduct = executionConductOf(scenario, circumstances);
      const { ms, ending, early } = this.#fate(conduct, own);
      if (own.chance(conduct.throttled)) throttled += 1;
      return { name: `${prefix}${index}`, alias: stream.alias, version, startedAt: at, endsAt: at + ms, ending, early };
    });
    return { runs, throttled };
  }

  /** Draws the same numbers in the same order, whatever the conduct: a worse one leaves the good executions alike. */
  #fate({ failed, aborted, timedOut, duration, timeLimit }: ExecutionConduct, random: Random): Fate {
    const whole = duration.median * Math.exp(duration.sigma * normal(random));
    const [draw, part] = [random.uniform(), random.uniform()];
    const early = random.chance(this.#options.scenario.cloudwatch.partialShare);
    const broken = draw < failed ? "FAILED" : draw < failed + aborted ? "ABORTED" : undefined;
    const hangs = broken === undefined && draw < failed + aborted + timedOut;
    const ms = broken === undefined ? whole : whole * part;
    if (hangs || ms >= timeLimit) return { ms: timeLimit, ending: "TIMED_OUT", early };
    return { ms: Math.max(1, Math.ceil(ms)), ending: broken ?? "SUCCEEDED", early };
  }
}

/** Every minute whose starts may still run in this one, in order. */
const minutesUpTo = (minute: number, longest: number): number[] => {
  const count = Math.ceil(longest / MINUTE_MS) + 1;
  return Array.from({ length: count }, (_, index) => minute - (count - 1 - index) * MINUTE_MS);
};

const minuteOf = (at: number): number => at - (at % MINUTE_MS);

/** When in its minute (milliseconds) each execution starts, in order. */
const offsetsOf = (random: Random, mean: number): number[] => {
  const count = poisson(random.child("count"), mean);
  const offsets = Array.from({ length: count }, (_, index) => random.child("offset", index).below(MINUTE_MS));
  return offsets.sort((left, right) => left - right);
};

const shareAt = (history: ShareHistory, version: string, at: number): number =>
  (history.findLast((point) => point.at <= at) ?? history[0])?.weights[version] ?? 0;

/** `live-2026-11-24T18-05-`, and 3 for the fourth start through `live` in that minute. */
const namesOf = (alias: string, minute: number): string =>
  `${alias}-${new Date(minute).toISOString().slice(0, 16).replace(":", "-")}-`;

const minuteInName = (alias: string, name: string): number | undefined => {
  if (!name.startsWith(`${alias}-`)) return undefined;
  const [, day, hour, minute] = /^(\d{4}-\d\d-\d\dT)(\d\d)-(\d\d)-\d+$/.exec(name.slice(alias.length + 1)) ?? [];
  const at = Date.parse(`${day}${hour}:${minute}:00Z`);
  return Number.isNaN(at) ? undefined : at;
};

const put = (endings: Map<number, Run[]>, minute: number, run: Run): void => {
  const known = endings.get(minute);
  if (known === undefined) endings.set(minute, [run]);
  else known.push(run);
};
