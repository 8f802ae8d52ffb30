import type { Clock, Concurrency } from "../../functions/domain/ports.ts";

interface Timer {
  readonly at: number;
  run(): void;
}

/** A clock that stands still until somebody sleeps or the test moves it; what is due on the way happens on the way. */
export class ManualClock implements Clock {
  #now: number;
  #timers: Timer[] = [];

  constructor(now: number) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  async sleep(ms: number): Promise<void> {
    this.advance(ms);
  }

  advance(ms: number): void {
    this.advanceTo(this.#now + ms);
  }

  advanceTo(when: number): void {
    for (;;) {
      const due = this.#timers.filter(({ at }) => at <= when).sort((a, b) => a.at - b.at)[0];
      if (due === undefined) break;
      this.#timers = this.#timers.filter((timer) => timer !== due);
      this.#now = Math.max(this.#now, due.at);
      due.run();
    }
    this.#now = Math.max(this.#now, when);
  }

  /** Runs once when the clock gets there. */
  at(when: number, run: () => void): void {
    this.#timers.push({ at: when, run });
  }
}

/**
 * Bodies one after the other: on a clock that jumps as soon as anybody sleeps, what runs beside a sleeper would find its own
 * time gone. What they do to each other when they really run at once is the sandbox's to show.
 */
export const oneAfterTheOther: Concurrency = {
  async together(bodies) {
    const results = [];
    for (const body of bodies) results.push(await body());
    return results;
  },
  gate() {
    throw new Error("nobody waits for anybody here");
  },
};
