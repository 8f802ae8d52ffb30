import { type Conduct, conductOf, type Stream } from "./behaviour.ts";
import { Random } from "./random.ts";
import { binomial, bursty, normal, poisson } from "./samplers.ts";
import { logNormal, merged, type Samples } from "./samples.ts";
import { fits, type Scenario, type TrafficRule } from "./scenario.ts";
import { isWeighted, type ShareHistory, type Span, spansOf } from "./shares.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

/** What part of a minute's requests was: those counted in its first figures, or those that came to be counted later. */
export interface Portion {
  readonly invocations: number;
  readonly errors: number;
  readonly throttles: number;
  /** Milliseconds. */
  readonly durations: Samples;
}

/** The requests of a minute that one version served in one stretch of constant weights. */
export interface Served {
  readonly version: string;
  /** Whether the alias had two versions then. */
  readonly weighted: boolean;
  /** The share of requests that the first figures of a late minute show, and the rest. */
  readonly portions: readonly [Portion, Portion];
}

export interface TrafficOptions {
  readonly scenario: Pick<Scenario, "traffic" | "behaviour" | "incidents" | "startsAt" | "seed" | "cloudwatch">;
  /** The shares an alias has had. */
  readonly historyOf: (stream: Stream) => ShareHistory;
}

/** Minutes kept worked out; older ones are worked out again, to the same figures. */
const KEPT_MINUTES = 20_000;

const dailyFactor = (rule: TrafficRule, at: number): number => {
  if (rule.daily === undefined) return 1;
  const hour = (at % (24 * HOUR_MS)) / HOUR_MS;
  return 1 + rule.daily.amplitude * Math.cos(((hour - rule.daily.peakHour) / 24) * 2 * Math.PI);
};

/** Requests and what came of them, minute by minute: named by (seed, function, version, minute), not by who asks. */
export class Traffic {
  readonly #options: TrafficOptions;
  readonly #random: Random;
  readonly #minutes = new Map<string, readonly Served[]>();

  constructor(options: TrafficOptions) {
    this.#options = options;
    this.#random = Random.of(options.scenario.seed, "traffic");
  }

  /** What was served in the minute that begins at `minute` (epoch ms, a whole minute that is over). */
  served(stream: Stream, minute: number): readonly Served[] {
    const rule = this.#ruleOf(stream);
    if (rule !== undefined && this.#isTooEarly(rule, minute)) return [];
    const key = `${stream.account} ${stream.functionName} ${stream.alias} ${minute}`;
    const known = this.#minutes.get(key);
    if (known !== undefined) return known;
    const served = this.#serve(stream, minute);
    this.#minutes.set(key, served);
    const oldest = this.#minutes.keys().next();
    if (this.#minutes.size > KEPT_MINUTES && oldest.done !== true) this.#minutes.delete(oldest.value);
    return served;
  }

  /** The mean number of requests in a minute, its noise included. */
  meanAt(stream: Stream, minute: number): number {
    const rule = this.#ruleOf(stream);
    if (rule === undefined || this.#isTooEarly(rule, minute)) return 0;
    const offset = minute - this.#options.scenario.startsAt;
    const surges = rule.surges.filter(({ from, to }) => offset >= from && offset < to);
    const noise = rule.noise * normal(this.#named(stream, "noise", minute)) - (rule.noise * rule.noise) / 2;
    const surge = surges.reduce((product, { times }) => product * times, 1);
    return rule.perMinute * dailyFactor(rule, minute) * surge * Math.exp(noise);
  }

  #ruleOf(stream: Stream): TrafficRule | undefined {
    return this.#options.scenario.traffic.find(
      (each) =>
        fits(each.function, stream.functionName) &&
        fits(each.alias, stream.alias) &&
        (each.account ?? stream.account) === stream.account,
    );
  }

  #isTooEarly({ history }: TrafficRule, minute: number): boolean {
    return history !== undefined && minute < this.#options.scenario.startsAt - history;
  }

  #named(stream: Stream, ...keys: readonly (string | number)[]): Random {
    return this.#random.child(stream.account, stream.functionName, stream.alias, ...keys);
  }

  #serve(stream: Stream, minute: number): Served[] {
    const history = this.#options.historyOf(stream);
    let requests = poisson(this.#named(stream, "requests", minute), this.meanAt(stream, minute));
    let left = MINUTE_MS;
    return spansOf(history, minute, minute + MINUTE_MS).flatMap((span, index) => {
      const share = (span.to - span.from) / left;
      const own = binomial(this.#named(stream, "span", minute, index), requests, share);
      requests -= own;
      left -= span.to - span.from;
      return this.#split(stream, minute, { span, index, requests: own, history });
    });
  }

  /** Who served each request of a stretch: versions in order of their number, each out of what is left. */
  #split(
    stream: Stream,
    minute: number,
    stretch: { readonly span: Span; readonly index: number; readonly requests: number; readonly history: ShareHistory },
  ): Served[] {
    const { span, index, history } = stretch;
    const weighted = isWeighted(span);
    let { requests } = stretch;
    let left = 1;
    const shares = Object.entries(span.weights).filter(([, share]) => share > 0);
    return shares
      .sort(([a], [b]) => Number(b) - Number(a))
      .map(([version, share]) => {
        const random = this.#named(stream, version, minute, index);
        const own = binomial(random.child("share"), requests, Math.min(1, share / left));
        requests -= own;
        left -= share;
        const conduct = conductOf(this.#options.scenario, { stream, version, at: span.from, history, share });
        // The chance of failing is the minute's own, whatever happened to the weights within it.
        const mood = bursty(this.#named(stream, version, minute, "mood"), conduct.errorRate, conduct.burstiness);
        return { version, weighted, portions: this.#portions(random, own, { ...conduct, errorRate: mood }) };
      });
  }

  #portions(random: Random, requests: number, conduct: Conduct): [Portion, Portion] {
    const early = binomial(random.child("early"), requests, this.#options.scenario.cloudwatch.partialShare);
    return [
      portionOf(random.child("first"), early, conduct),
      portionOf(random.child("rest"), requests - early, conduct),
    ];
  }
}

const portionOf = (random: Random, requests: number, conduct: Conduct): Portion => {
  const throttles = binomial(random.child("throttles"), requests, conduct.throttleRate);
  const invocations = requests - throttles;
  const errors = binomial(random.child("errors"), invocations, conduct.errorRate);
  return { invocations, errors, throttles, durations: durationsOf(random, invocations, conduct) };
};

const durationsOf = (random: Random, invocations: number, { latency, cold }: Conduct): Samples => {
  const slow = cold === undefined ? 0 : binomial(random.child("cold"), invocations, cold.share);
  const warm = logNormal(random.child("durations"), invocations - slow, latency);
  if (cold === undefined || slow === 0) return warm;
  const median = latency.median + cold.slowerByMs;
  return merged([warm, logNormal(random.child("cold durations"), slow, { median, sigma: latency.sigma })]);
};
