/**
 * A service that moves an alias by itself, step by step, once it is told to, and goes back in one when it is told to stop:
 * what CodeDeploy does, in the little that the journal has to live with.
 */
import { ServiceTrouble } from "../../functions/domain/errors.ts";
import type { RouteState, SelfDriving } from "../../functions/domain/ports.ts";
import type { AliasRoute } from "../../functions/targets/lambda-alias/kind.ts";

/** What it moves, and its sense of time. */
export interface Belt {
  /** Null: the mark that stood there before the movement. */
  set(route: AliasRoute, marker: string | null): void;
  later(ms: number, run: () => void): void;
}

export interface EscalatorOptions {
  /** Percent that each of its steps adds. */
  readonly by?: number;
  readonly everyMs?: number;
  /** What the way back takes, in ms. */
  readonly backMs?: number;
}

const BACK = { primary: "7", secondary: null };

/** The escalator as a target sees it that reads its traffic so. */
export const driverOf = (escalator: Escalator, read: () => Promise<RouteState>): SelfDriving => ({
  start: (command) => escalator.start(command),
  progress: () => escalator.progress(read),
  stop: () => escalator.stop(),
});

export class Escalator {
  /** Names under which it was told to start, in order; each movement begins once. */
  readonly told: string[] = [];
  readonly movements: string[] = [];
  stops = 0;
  /** What becomes of the next start: its answer is lost, or it arrives so many ms later. */
  nextStart: "well" | "answer lost" | { readonly lateMs: number } = "well";
  before: () => Promise<void> = async () => {};
  readonly #belt: Belt;
  readonly #by: number;
  readonly #everyMs: number;
  readonly #backMs: number;
  #phase: "moving" | "done" | "stopped" = "stopped";
  #percent = 0;
  #isBack = false;

  constructor(belt: Belt, { by = 20, everyMs = 60_000, backMs = 12_000 }: EscalatorOptions = {}) {
    this.#belt = belt;
    this.#by = by;
    this.#everyMs = everyMs;
    this.#backMs = backMs;
  }

  async start({ candidate, name, marker }: Parameters<SelfDriving["start"]>[0]): Promise<void> {
    await this.before();
    this.told.push(name);
    const how = this.nextStart;
    this.nextStart = "well";
    if (typeof how === "object") {
      this.#belt.later(how.lateMs, () => this.#begin(name, candidate, marker));
      throw new ServiceTrouble("no answer in time");
    }
    this.#begin(name, candidate, marker);
    if (how === "answer lost") throw new ServiceTrouble("no answer");
  }

  async progress(read: () => Promise<RouteState>): ReturnType<SelfDriving["progress"]> {
    return { phase: this.#phase, state: await read(), summary: `${this.#percent} % by itself` };
  }

  async stop(): Promise<void> {
    this.stops += 1;
    if (this.#percent === 0) this.#phase = "stopped";
    if (this.#phase !== "stopped") this.#turnBack();
  }

  /** Its own alarm, or a person at its console, ends the movement where it is. */
  giveUp(): void {
    this.#phase = "stopped";
  }

  /** It says so, whatever traffic does. */
  claimDone(): void {
    this.#phase = "done";
  }

  #begin(name: string, candidate: string, marker: string): void {
    if (this.movements.includes(name)) return;
    this.movements.push(name);
    this.#phase = "moving";
    this.#isBack = false;
    this.#belt.later(this.#everyMs, () => this.#rise(candidate, marker));
  }

  #rise(candidate: string, marker: string): void {
    if (this.#phase !== "moving" || this.#isBack) return;
    this.#percent = Math.min(100, this.#percent + this.#by);
    const isOver = this.#percent === 100;
    const secondary = { version: candidate, percent: this.#percent };
    this.#belt.set(isOver ? { primary: candidate, secondary: null } : { ...BACK, secondary }, marker);
    if (isOver) this.#phase = "done";
    else this.#belt.later(this.#everyMs, () => this.#rise(candidate, marker));
  }

  #turnBack(): void {
    if (this.#isBack) return;
    this.#phase = "moving";
    this.#isBack = true;
    this.#belt.later(this.#backMs, () => {
      this.#percent = 0;
      this.#phase = "stopped";
      this.#belt.set(BACK, null);
    });
  }
}
