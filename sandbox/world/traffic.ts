import type { Portion, Served, Stream, TrafficSource } from "../aws/traffic-source.ts";
import { Random } from "../chance/random.ts";
import { binomial, bursty, poisson } from "../chance/samplers.ts";
import { constant, logNormal, merged, type Samples } from "../chance/samples.ts";
import { isTooEarly, meanAt } from "./arrivals.ts";
import { type Conduct, conductOf } from "./behaviour.ts";
import { fits, type Scenario, type TrafficRule } from "./scenario.ts";
import { type ShareHistory, type Span, sharesOf, spansOf } from "./shares.ts";

const MINUTE_MS = 60_000;

export interface TrafficOptions {
  readonly scenario: Pick<Scenario, "traffic" | "behaviour" | "incidents" | "startsAt" | "seed" | "cloudwatch">;
  /** The shares an alias has had. */
  readonly historyOf: (stream: Stream) => ShareHistory;
  /** From when on (epoch ms) requests to a version succeed; those before are refused. At all times unless said. */
  readonly servesFrom?: (stream: Stream, version: string) => number;
}

/** Minutes of a stream kept worked out; older ones are worked out again, to the same figures. */
const KEPT_MINUTES = 20_000;

/** A stream that has been asked for: its rule, its named streams of randomness, and the minutes worked out. */
interface Known {
  readonly rule: TrafficRule | undefined;
  readonly random: Random;
  readonly noise: Random;
  readonly requests: Random;
  readonly span: Random;
  readonly minutes: Map<number, readonly Served[]>;
}

/** Requests and what came of them, minute by minute: named by (seed, function, version, minute), not by who asks. */
export class Traffic implements TrafficSource {
  readonly #options: TrafficOptions;
  readonly #random: Random;
  readonly #streams = new Map<string, Known>();

  constructor(options: TrafficOptions) {
    this.#options = options;
    this.#random = Random.of(options.scenario.seed, "traffic");
  }

  /** What was served in the minute that begins at `minute` (epoch ms, a whole minute that is over). */
  served(stream: Stream, minute: number): readonly Served[] {
    return this.minutesOf(stream)(minute);
  }

  /** `served` of one stream, for who asks for many of its minutes. */
  minutesOf(stream: Stream): (minute: number) => readonly Served[] {
    const known = this.#known(stream);
    return (minute) => this.#served(stream, known, minute);
  }

  #served(stream: Stream, known: Known, minute: number): readonly Served[] {
    if (known.rule !== undefined && isTooEarly(known.rule, this.#options.scenario.startsAt, minute)) return [];
    const already = known.minutes.get(minute);
    if (already !== undefined) return already;
    const served = this.#serve(stream, known, minute);
    known.minutes.set(minute, served);
    if (known.minutes.size > KEPT_MINUTES) forgetOldest(known.minutes);
    return served;
  }

  /** The mean number of requests in a minute, its noise included. */
  meanAt(stream: Stream, minute: number): number {
    return this.#meanOf(this.#known(stream), minute);
  }

  #meanOf({ rule, noise }: Known, minute: number): number {
    return rule === undefined ? 0 : meanAt(rule, this.#options.scenario.startsAt, minute, noise);
  }

  #known(stream: Stream): Known {
    const { account, functionName, alias } = stream;
    const key = `${account} ${functionName} ${alias}`;
    const known = this.#streams.get(key);
    if (known !== undefined) return known;
    const random = this.#random.child(account, functionName, alias);
    const [noise, requests, span] = [random.child("noise"), random.child("requests"), random.child("span")];
    const fresh = { rule: this.#ruleOf(stream), random, noise, requests, span, minutes: new Map() };
    this.#streams.set(key, fresh);
    return fresh;
  }

  #ruleOf(stream: Stream): TrafficRule | undefined {
    return this.#options.scenario.traffic.find(
      (each) =>
        fits(each.function, stream.functionName) &&
        fits(each.alias, stream.alias) &&
        (each.account ?? stream.account) === stream.account,
    );
  }

  #serve(stream: Stream, known: Known, minute: number): Served[] {
    const history = this.#options.historyOf(stream);
    let requests = poisson(known.requests.child(minute), this.#meanOf(known, minute));
    let left = MINUTE_MS;
    const spans = spansOf(history, minute, minute + MINUTE_MS).flatMap((span) => this.#cutAtReadiness(stream, span));
    return spans.flatMap((span, index) => {
      const share = (span.to - span.from) / left;
      const own = share === 1 ? requests : binomial(known.span.child(minute, index), requests, share);
      requests -= own;
      left -= span.to - span.from;
      return this.#split(stream, known, minute, { span, index, requests: own, history });
    });
  }

  /** Before a version can serve its requests are refused, so a stretch in which it comes up is two. */
  #cutAtReadiness(stream: Stream, span: Span): Span[] {
    const ready = sharesOf(span).map(([version]) => this.#servesFrom(stream, version));
    const cuts = [...new Set(ready.filter((at) => at > span.from && at < span.to))].sort((a, b) => a - b);
    const ends = [...cuts, span.to];
    return ends.map((to, index) => ({ ...span, from: cuts[index - 1] ?? span.from, to }));
  }

  #servesFrom(stream: Stream, version: string): number {
    return this.#options.servesFrom?.(stream, version) ?? Number.NEGATIVE_INFINITY;
  }

  /** Who served each request of a stretch: versions in order of their number, each out of what is left. */
  #split(
    stream: Stream,
    known: Known,
    minute: number,
    stretch: { readonly span: Span; readonly index: number; readonly requests: number; readonly history: ShareHistory },
  ): Served[] {
    const { span, index, history } = stretch;
    const shares = sharesOf(span);
    const { scenario } = this.#options;
    const { partialShare } = scenario.cloudwatch;
    let { requests } = stretch;
    let left = 1;
    return shares.flatMap(([version, share]): Served[] => {
      const randomOf = () => known.random.child(version, minute, index);
      const own = share < left ? binomial(randomOf().child("share"), requests, share / left) : requests;
      requests -= own;
      left -= share;
      const calm = conductOf(scenario, { stream, version, at: span.from, history, share });
      const isRefused = span.from < this.#servesFrom(stream, version);
      const conduct = { ...calm, errorRate: isRefused ? 1 : moodOf(known, version, minute, calm), partialShare };
      const served = { version, weighted: shares.length > 1 };
      const hung = calm.hangs === undefined ? 0 : binomial(randomOf().child("hung"), own, calm.hangs.share);
      const prompt = new Requests(served, own - hung, conduct, randomOf);
      return hung === 0 ? [prompt] : [prompt, hungRequests(served, hung, calm.hangs?.for ?? 0)];
    });
  }
}

/** Requests that hang for so long (ms), and fail then. */
function hungRequests(served: Pick<Served, "version" | "weighted">, count: number, ms: number): Served {
  const whole: Portion = { invocations: count, errors: count, throttles: 0, durations: constant(count, ms) };
  return { ...served, whole, first: whole, countedAfter: ms };
}

const forgetOldest = (minutes: Map<number, unknown>): void => {
  const oldest = minutes.keys().next();
  if (oldest.done !== true) minutes.delete(oldest.value);
};

/** The chance of failing is the minute's own, whatever happened to the weights within it. */
const moodOf = (known: Known, version: string, minute: number, { errorRate, burstiness }: Conduct): number =>
  burstiness > 0 ? bursty(known.random.child(version, minute, "mood"), errorRate, burstiness) : errorRate;

/**
 * Requests, worked out as far as it is asked: a week's are counted often, and how long they took is seldom looked at. Each
 * is among the first figures with the same chance, whatever became of it.
 */
class Requests implements Served, Portion {
  readonly version: string;
  readonly weighted: boolean;
  readonly invocations: number;
  readonly throttles: number;
  readonly #conduct: Conduct & { readonly partialShare: number };
  readonly #randomOf: () => Random;
  #errors: number | undefined;
  #first: Portion | undefined;
  #durations: Samples | undefined;

  constructor(
    { version, weighted }: Pick<Served, "version" | "weighted">,
    requests: number,
    conduct: Conduct & { readonly partialShare: number },
    randomOf: () => Random,
  ) {
    const { throttleRate } = conduct;
    this.version = version;
    this.weighted = weighted;
    this.#conduct = conduct;
    this.#randomOf = randomOf;
    this.throttles = throttleRate > 0 ? binomial(this.#random("throttles"), requests, throttleRate) : 0;
    this.invocations = requests - this.throttles;
  }

  get whole(): Portion {
    return this;
  }

  get errors(): number {
    this.#errors ??= binomial(this.#random("errors"), this.invocations, this.#conduct.errorRate);
    return this.#errors;
  }

  get durations(): Samples {
    const late = this.invocations - this.first.invocations;
    this.#durations ??= merged([this.first.durations, durationsOf(this.#random("rest"), late, this.#conduct)]);
    return this.#durations;
  }

  get first(): Portion {
    this.#first ??= this.#drawFirst();
    return this.#first;
  }

  #drawFirst(): Portion {
    const early = (name: string, count: number) => binomial(this.#random(name), count, this.#conduct.partialShare);
    const errors = early("early errors", this.errors);
    const invocations = errors + early("early", this.invocations - this.errors);
    const durations = durationsOf(this.#random("first"), invocations, this.#conduct);
    return { invocations, errors, throttles: early("early throttles", this.throttles), durations };
  }

  #random(name: string): Random {
    return this.#randomOf().child(name);
  }
}

const durationsOf = (random: Random, invocations: number, { latency, cold }: Conduct): Samples => {
  const slow = cold === undefined ? 0 : binomial(random.child("cold"), invocations, cold.share);
  const warm = logNormal(random.child("durations"), invocations - slow, latency);
  if (cold === undefined || slow === 0) return warm;
  const median = latency.median + cold.slowerByMs;
  return merged([warm, logNormal(random.child("cold durations"), slow, { median, sigma: latency.sigma })]);
};
