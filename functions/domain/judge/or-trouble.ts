/** Asking for what a look can go without. */
import { Transient } from "../errors.ts";
import type { Log } from "../ports.ts";

/** Null where AWS does not answer: this look goes without, and says so; the next one asks again. Throws what no try helps. */
export async function orTrouble<T>(log: Log, what: string, ask: () => Promise<T>): Promise<T | null> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof Transient)) throw error;
    log.warn(`could not read ${what}`, { reason: error.message });
    return null;
  }
}
