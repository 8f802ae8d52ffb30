import type { Fate, Run, RunSource, RunStream } from "../aws/step-functions/runs.ts";
import type { SimulatedStepFunctions } from "../aws/step-functions/step-functions.ts";
import { Random } from "../chance/random.ts";
import { normal, poisson } from "../chance/samplers.ts";
import { meanAt } from "./arrivals.ts";
import { type ExecutionConduct, executionConductOf } from "./execution-conduct.ts";
import { fits, type Scenario, type StartRule } from "./scenario.ts";
import type { ShareHistory } from "./shares.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 3_600_000;

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
 */
export class ExecutionTraffic implements RunSource {
  readonly #options: ExecutionTrafficOptions;
  readonly #random: Random;
  /** The longest that an execution can run, in milliseconds: what runs now started no earlier. */
  readonly #longest: number;
  readonly #streams = new Map<string, Known>();

  constructor(options: ExecutionTrafficOptions) {
    const { executions, seed } = options.scenario;
    this.#options = options;
    this.#random = Random.of(seed, "executions");
    this.#longest = Math.max(DAY_MS, ...executions.map(({ timeLimit }) => timeLimit));
  }

  startedIn(stream: RunStream, minute: number): readonly Run[] {
    return this.#minute(stream, this.#known(stream), minute).runs;
  }

  endingIn(stream: RunStream, minute: number): readonly Run[] {
    const known = this.#known(stream);
    if (known.rule === undefined) return [];
    const isOver = minute + MINUTE_MS <= this.#options.clock.now();
    // Where all is known of the minute before, only this one's own starts can be missing.
    const missing = known.complete.has(minute - MINUTE_MS) ? [minute] : this.#minutesUpTo(minute);
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
    return this.#minutesUpTo(minuteOf(at)).flatMap((minute) =>
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

  fateOf({ account, region, machine, version, name, at }: Parameters<RunSource["fateOf"]>[0]): Fate {
    const found = this.#options.service
      .machines()
      .find((each) => each.name === machine && each.account === account && each.region === region);
    const [alias] = found?.aliases.keys() ?? [];
    const history = alias === undefined ? [] : this.#options.service.weightHistory({ account, region, machine, alias });
    const circumstances = { machine: { account, machine }, version, at, history, share: 0 };
    const conduct = executionConductOf(this.#options.scenario, circumstances);
    return this.#fate(conduct, this.#random.child(account, machine, "called", version, name));
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
    const fresh: Known = { rule, random, minutes: new Map(), endings: new Map(), complete: new Set() };
    this.#streams.set(key, fresh);
    return fresh;
  }

  /** Every minute whose starts may still run in this one, in order. */
  #minutesUpTo(minute: number): number[] {
    const count = Math.ceil(this.#longest / MINUTE_MS) + 1;
    return Array.from({ length: count }, (_, index) => minute - (count - 1 - index) * MINUTE_MS);
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
    let throttled = 0;
    const runs = offsets.map((offset, index): Run => {
      const at = minute + offset;
      const version = service.versionAt(stream, at, random.child("route", minute, index));
      const own = random.child(version, minute, index);
      const circumstances = { machine: stream, version, at, history, share: shareAt(history, version, at) };
      const conduct = executionConductOf(scenario, circumstances);
      if (own.child("throttled").chance(conduct.throttled)) throttled += 1;
      const { ms, ...fate } = this.#fate(conduct, own);
      const name = nameOf(stream.alias, minute, index);
      return { name, alias: stream.alias, version, startedAt: at, endsAt: at + ms, ...fate };
    });
    return { runs, throttled };
  }

  #fate({ failed, aborted, timedOut, duration, timeLimit }: ExecutionConduct, random: Random): Fate {
    const whole = duration.median * Math.exp(duration.sigma * normal(random.child("duration")));
    const draw = random.child("ending").uniform();
    const broken = draw < failed ? "FAILED" : draw < failed + aborted ? "ABORTED" : undefined;
    const hangs = broken === undefined && draw < failed + aborted + timedOut;
    const ms = broken === undefined ? whole : whole * random.child("broken off").uniform();
    const early = random.child("early").chance(this.#options.scenario.cloudwatch.partialShare);
    if (hangs || ms >= timeLimit) return { ms: timeLimit, ending: "TIMED_OUT", early };
    return { ms: Math.max(1, Math.ceil(ms)), ending: broken ?? "SUCCEEDED", early };
  }
}

const minuteOf = (at: number): number => at - (at % MINUTE_MS);

/** When in its minute (milliseconds) each execution starts, in order. */
const offsetsOf = (random: Random, mean: number): number[] => {
  const count = poisson(random.child("count"), mean);
  const offsets = Array.from({ length: count }, (_, index) => random.child("offset", index).below(MINUTE_MS));
  return offsets.sort((left, right) => left - right);
};

const shareAt = (history: ShareHistory, version: string, at: number): number =>
  (history.findLast((point) => point.at <= at) ?? history[0])?.weights[version] ?? 0;

/** `live-2026-11-24T18-05-3`: the fourth start through `live` in that minute. */
const nameOf = (alias: string, minute: number, index: number): string =>
  `${alias}-${new Date(minute).toISOString().slice(0, 16).replace(":", "-")}-${index}`;

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
