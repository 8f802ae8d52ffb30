/** EventBridge between an alarm and its listener, in fair weather or foul: events are lost, late, or come again. */
import type { VirtualClock } from "../clock.ts";

/** What becomes of every event from now on; times in ms. */
export type EventFate =
  | { readonly are: "delivered" }
  | { readonly are: "lost" }
  | { readonly are: "late"; readonly ms: number }
  /** Delivered at once, and once more so long after. */
  | { readonly are: "repeated"; readonly ms: number };

export class EventBus<Event> {
  readonly #clock: VirtualClock;
  readonly #deliver: (event: Event) => Promise<void>;
  /** When an event met another fate than to be delivered (epoch ms). */
  readonly struck: number[] = [];
  fate: EventFate = { are: "delivered" };

  /** @param deliver hands an event to its listener, and returns when that is done with it. */
  constructor(clock: VirtualClock, deliver: (event: Event) => Promise<void>) {
    this.#clock = clock;
    this.#deliver = deliver;
  }

  async send(event: Event): Promise<void> {
    const { fate } = this;
    if (fate.are !== "delivered") this.struck.push(this.#clock.now());
    if (fate.are === "lost") return;
    if (fate.are === "late") await this.#clock.sleep(fate.ms);
    if (fate.are === "repeated") this.#clock.after(fate.ms, "an event comes again", () => this.#deliver(event));
    await this.#deliver(event);
  }
}
