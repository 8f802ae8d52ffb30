import { SfnError } from "./errors.ts";

/** A task that waits for its token. */
export interface TokenHolder {
  /** False if the task is closed already. */
  succeed(outputText: string): boolean;
  fail(error: string | undefined, cause: string | undefined): boolean;
  beat(): boolean;
}

const PREFIX = "AQCAAAAKgAAAAIAAAAAAAAAA";
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
// The service promises no more than "1 to 2048 characters": long enough to be awkward in a URL, an index or a log.
const RANDOM_CHARACTERS = 600;
const SHAPE = /^AQCAAAAKgAAAAIAAAAAAAAAA[A-Za-z0-9+/]{600}$/u;

/** The task tokens ever issued. A closed task's token is remembered, and answered differently from an unknown one. */
export class Tokens {
  readonly #random: () => number;
  readonly #holders = new Map<string, TokenHolder | "closed">();

  constructor(random: () => number) {
    this.#random = random;
  }

  /** A new token; nobody holds it yet. */
  make(): string {
    let token = PREFIX;
    for (let count = 0; count < RANDOM_CHARACTERS; count += 1) token += ALPHABET[Math.floor(this.#random() * 64)];
    return token;
  }

  open(token: string, holder: TokenHolder): void {
    this.#holders.set(token, holder);
  }

  close(token: string): void {
    this.#holders.set(token, "closed");
  }

  /**
   * Hands the token's holder to `use`. Throws InvalidToken for what never was a token, TaskDoesNotExist for one that
   * was not issued here, and TaskTimedOut when the task is closed, whatever closed it.
   */
  use(token: string, use: (holder: TokenHolder) => boolean): void {
    if (!SHAPE.test(token)) throw new SfnError("InvalidToken", "Invalid Token: 'Invalid token'");
    const holder = this.#holders.get(token);
    if (holder === undefined) throw new SfnError("TaskDoesNotExist", "Task Does Not Exist: 'Unknown task'");
    if (holder === "closed" || !use(holder)) {
      throw new SfnError("TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'");
    }
  }
}
