/** Runs several callers against one ledger, one operation at a time, in an order that the test chooses. */
import type { Ledger } from "../../functions/domain/ports.ts";

interface Parked {
  readonly actor: number;
  go(): void;
}

/** All microtasks that are ready, and those that they make ready. */
const drained = () => new Promise<void>((resolve) => setImmediate(resolve));

/**
 * Lets each actor run until it wants something of the ledger, then asks `choose` whose operation is next, and so on until
 * all are done. `choose` gets the actors that wait, in order. The same choices give the same run.
 */
export async function interleave<T>(
  ledger: Ledger,
  choose: (ready: readonly number[]) => number,
  actors: readonly ((ledger: Ledger) => Promise<T>)[],
): Promise<T[]> {
  const parked: Parked[] = [];
  let running = actors.length;
  const results = actors.map((actor, index) =>
    actor(turnwise(ledger, index, parked)).finally(() => {
      running -= 1;
    }),
  );
  await drained();
  while (running > 0) {
    const chosen = choose([...new Set(parked.map(({ actor }) => actor))].sort((a, b) => a - b));
    const at = parked.findIndex(({ actor }) => actor === chosen);
    const [next] = parked.splice(at, 1);
    if (at < 0 || next === undefined) throw new Error(`actor ${chosen} does not wait`);
    next.go();
    await drained();
  }
  return Promise.all(results);
}

function turnwise(ledger: Ledger, actor: number, parked: Parked[]): Ledger {
  const turn = () => new Promise<void>((resolve) => parked.push({ actor, go: resolve }));
  return {
    read: async (key) => turn().then(async () => ledger.read(key)),
    readAll: async (keys) => turn().then(async () => ledger.readAll(keys)),
    list: async (pk, prefix) => turn().then(async () => ledger.list(pk, prefix)),
    write: async (changes) => turn().then(async () => ledger.write(changes)),
  };
}

/** Actor 0 runs `first` operations, then actor 1 `second` of them, then actor 0 to its end: two preemptions. */
export function twoSwitches(first: number, second: number): (ready: readonly number[]) => number {
  let done = 0;
  return (ready) => {
    const wanted = done < first ? 0 : done < first + second ? 1 : 0;
    done += 1;
    return ready.includes(wanted) ? wanted : (ready[0] ?? 0);
  };
}
