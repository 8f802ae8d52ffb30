import type { Random } from "../../chance/random.ts";
import type { SimulatedAws } from "../router.ts";
import type { Call } from "../service.ts";

/** How often, and for how long at most (milliseconds) after a change, the service still acts on what was before. */
export interface Staleness {
  readonly ms: number;
  readonly share: number;
}

/** "Within a few seconds" is what AWS documents of alias and machine updates; the rest is a cautious guess. */
export const USUAL_STALENESS: Staleness = { ms: 5_000, share: 0.25 };

/** Eventual consistency: each read and each start sees the state of a moment ago, most often of no moment at all. */
export class Consistency {
  readonly #aws: SimulatedAws;
  readonly #staleness: Staleness;

  constructor(aws: SimulatedAws, staleness: Staleness) {
    this.#aws = aws;
    this.#staleness = staleness;
  }

  /** The instant (epoch ms) whose state a call sees. */
  seenBy(call: Call): number {
    return this.seenAt(this.#aws.clock.now(), this.#aws.random("stale-states", call.number));
  }

  /** The instant (epoch ms) whose state something sees that happens at `at`. */
  seenAt(at: number, random: Random): number {
    return random.chance(this.#staleness.share) ? at - random.uniform() * this.#staleness.ms : at;
  }
}
