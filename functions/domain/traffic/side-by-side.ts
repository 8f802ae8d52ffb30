/** Many targets at once, within what a control plane takes. */
import type { Concurrency } from "../ports.ts";

/**
 * Targets that are under way at once. A target's turn is mostly waiting: some four calls within one and a half seconds of
 * settling; at 15 calls a second, Lambda's limit, six of them use it up. With two dozen, no call waits for more than a few
 * seconds for its turn, far from the 15 in which a journalled write must be over.
 */
export const AT_ONCE = 24;

/**
 * Does `act` for each item, at most `AT_ONCE` at a time, begun in their order; gives the results in that order. Once
 * `isEnough` says so of a result, or one has thrown, no further item is begun; what is under way is waited for, and then
 * the first error is thrown.
 */
export async function sideBySide<T, R>(
  concurrency: Concurrency,
  items: readonly T[],
  act: (item: T) => Promise<R>,
  isEnough: (result: R) => boolean = () => false,
): Promise<R[]> {
  const results = new Map<number, R>();
  const errors: unknown[] = [];
  const left = [...items.entries()];
  const work = async (): Promise<void> => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      const [index, item] = next;
      try {
        const result = await act(item);
        results.set(index, result);
        if (isEnough(result)) left.length = 0;
      } catch (error) {
        errors.push(error);
        left.length = 0;
      }
    }
  };
  const workers = Array.from({ length: Math.min(AT_ONCE, items.length) }, () => work);
  if (workers.length === 1) await work();
  else await concurrency.together(workers);
  if (errors.length > 0) throw errors[0];
  return [...results].toSorted(([a], [b]) => a - b).map(([, result]) => result);
}
