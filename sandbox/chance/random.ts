/**
 * Randomness that depends on what is asked, never on when or how often.
 *
 * Every draw is made from a stream named by keys, such as ("errors", "orders", 42, minute): one more query, one more
 * retry or another order of calls then leaves the rest of the world as it was.
 */

export type Key = string | number;

const rotate = (value: number, bits: number): number => (value << bits) | (value >>> (32 - bits));

/** One round over a 32-bit word: multiply, rotate, multiply, so that neighbouring keys end far apart. */
const absorb = (state: number, word: number): number => {
  const mixed = Math.imul(rotate(Math.imul(word, 0x9e3779b1), 15), 0x85ebca77);
  return (Math.imul(rotate(state ^ mixed, 13), 5) + 0x6b43a9b5) | 0;
};

const finish = (state: number): number => {
  let h = state;
  h = Math.imul(h ^ (h >>> 16), 0x7feb352d);
  h = Math.imul(h ^ (h >>> 15), 0x846ca68b);
  return (h ^ (h >>> 16)) >>> 0;
};

const absorbKey = (state: number, key: Key): number => {
  if (typeof key === "number") return absorb(absorb(state, key | 0), Math.floor(key / 0x1_0000_0000) | 0);
  let next = absorb(state, key.length ^ 0x5bd1e995);
  for (let i = 0; i < key.length; i += 1) next = absorb(next, key.charCodeAt(i));
  return next;
};

/** A named stream of uniform numbers; streams derived with other keys are independent of it. */
export class Random {
  readonly #left: number;
  readonly #right: number;
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  private constructor(left: number, right: number) {
    this.#left = left;
    this.#right = right;
    this.#a = finish(left);
    this.#b = finish(right);
    this.#c = finish(left ^ rotate(right, 16));
    for (let i = 0; i < 6; i += 1) this.#next();
  }

  /** The stream of a seed and further keys. */
  static of(seed: number, ...keys: readonly Key[]): Random {
    return new Random(absorbKey(0x243f6a88, seed), absorbKey(0x13198a2e, seed)).child(...keys);
  }

  /** The stream named by this one's keys followed by `keys`; does not advance this one. */
  child(...keys: readonly Key[]): Random {
    let left = this.#left;
    let right = this.#right;
    for (const key of keys) {
      left = absorbKey(left, key);
      right = absorbKey(right, key);
    }
    return new Random(left, right);
  }

  // sfc32 (Doty-Humphrey, PractRand): three words and a counter, passes the usual test batteries.
  #next(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (rotate(this.#c, 21) + sum) | 0;
    return sum >>> 0;
  }

  /** 32 random bits. */
  bits(): number {
    return this.#next() | 0;
  }

  /** A number in the open interval (0, 1) with 53 random bits: never 0 or 1, so that logarithms of it are finite. */
  uniform(): number {
    return ((this.#next() >>> 6) * 0x800_0000 + (this.#next() >>> 5) + 0.5) / 0x20_0000_0000_0000;
  }

  /** An integer from 0 to `bound` - 1. */
  below(bound: number): number {
    return Math.floor(this.uniform() * bound);
  }

  /** True with probability `chance` (a fraction). */
  chance(chance: number): boolean {
    return this.uniform() < chance;
  }

  /** A string in the shape of a version 4 UUID. */
  uuid(): string {
    const hex = Array.from({ length: 4 }, () => this.#next().toString(16).padStart(8, "0")).join("");
    const variant = "89ab"[this.below(4)] ?? "8";
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
  }
}
