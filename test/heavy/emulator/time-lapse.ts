/**
 * Lets the minutes of a bake, and of a recovery, pass in seconds: after each look, the clock of the functions goes on by
 * the wait that was asked for, Lambda's metrics of those minutes are published as Lambda publishes them, and the machine
 * waits for one second.
 */
import { CloudWatchClient, type MetricDatum, PutMetricDataCommand } from "@aws-sdk/client-cloudwatch";
import type { TrafficTarget } from "../../../functions/domain/ports.ts";
import type { AliasRoute } from "../../../functions/targets/lambda-alias/kind.ts";
import type { Emulator } from "./emulator.ts";
import type { Invoked } from "./front-door.ts";

const MINUTE = 60_000;

/** A look's answer, and the wait that it asks the machine for. */
type Look = { readonly tick: { readonly seconds: number } } | { readonly seconds: number };
const LOOKS = ["begin-bake", "judge", "verify-recovery"];

/** What the users of one alias do, and how its versions take it. */
export interface Users {
  readonly functionName: string;
  readonly alias: string;
  readonly traffic: TrafficTarget;
  readonly perMinute: number;
  /** Share of the requests that fail, by version. */
  readonly errorRate: (version: string) => number;
}

export class TimeLapse {
  readonly #emulator: Emulator;
  #users: Users | null = null;
  /** Start of the first minute that has no metrics yet (epoch ms). */
  #published = 0;

  constructor(emulator: Emulator) {
    this.#emulator = emulator;
    for (const step of LOOKS) this.#wrap(step);
  }

  /** Follows these users from now on, with an hour of them behind: what a reference is taken from. */
  async watch(users: Users): Promise<void> {
    this.#users = users;
    this.#published = Math.floor(this.#emulator.clock.now() / MINUTE) * MINUTE - 65 * MINUTE;
    await this.#publish(users);
  }

  #wrap(step: string): void {
    const { functions } = this.#emulator.door;
    const real = functions.get(step);
    if (real === undefined) throw new Error(`there is no function ${step}`);
    functions.set(step, (event, qualifier) => this.#pass(real, event, qualifier));
  }

  async #pass(real: Invoked, event: unknown, qualifier: string | null): Promise<unknown> {
    const look = (await real(event, qualifier)) as Look;
    this.#emulator.clock.advance(("tick" in look ? look.tick : look).seconds * 1_000);
    if (this.#users !== null) await this.#publish(this.#users);
    return "tick" in look ? { ...look, tick: { seconds: 1 } } : { ...look, seconds: 1 };
  }

  /** Publishes the minutes that are over, under the route that stands now: bakes end on what they began with. */
  async #publish(users: Users): Promise<void> {
    const { route } = await users.traffic.read();
    const MetricData: MetricDatum[] = [];
    for (; this.#published + MINUTE <= this.#emulator.clock.now(); this.#published += MINUTE) {
      MetricData.push(...minuteOf(users, new Date(this.#published), route as AliasRoute));
    }
    if (MetricData.length === 0) return;
    await new CloudWatchClient({}).send(new PutMetricDataCommand({ Namespace: "AWS/Lambda", MetricData }));
  }
}

/** The alias as a whole; and each version apart, only while two share it. */
function minuteOf(users: Users, at: Date, { primary, secondary }: AliasRoute): MetricDatum[] {
  const candidate = secondary === null ? 0 : secondary.percent / 100;
  const arms = [armOf(users, primary, 1 - candidate), armOf(users, secondary?.version ?? "", candidate)] as const;
  const whole = {
    version: null,
    invocations: arms[0].invocations + arms[1].invocations,
    errors: arms[0].errors + arms[1].errors,
  };
  return (secondary === null ? [whole] : [whole, ...arms]).flatMap((counts) => dataOf(users, at, counts));
}

interface Counts {
  readonly version: string | null;
  readonly invocations: number;
  readonly errors: number;
}

function armOf({ perMinute, errorRate }: Users, version: string, share: number): Counts {
  const invocations = Math.round(perMinute * share);
  return { version, invocations, errors: Math.round(invocations * errorRate(version)) };
}

function dataOf({ functionName, alias }: Users, Timestamp: Date, counts: Counts): MetricDatum[] {
  const Dimensions = [
    { Name: "FunctionName", Value: functionName },
    { Name: "Resource", Value: `${functionName}:${alias}` },
    ...(counts.version === null ? [] : [{ Name: "ExecutedVersion", Value: counts.version }]),
  ];
  return [
    { MetricName: "Invocations", Dimensions, Timestamp, Value: counts.invocations },
    { MetricName: "Errors", Dimensions, Timestamp, Value: counts.errors },
  ];
}
