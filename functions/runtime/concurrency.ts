/** Several things at once in real time: promises are all that it takes. */
import type { Concurrency, Gate } from "../domain/ports.ts";

export const promises: Concurrency = {
  async together(bodies) {
    const settled = await Promise.allSettled(bodies.map((body) => body()));
    return settled.map((one) => {
      if (one.status === "rejected") throw one.reason;
      return one.value;
    });
  },
  gate<T>(): Gate<T> {
    const { promise, resolve } = Promise.withResolvers<T>();
    return { open: resolve, wait: () => promise };
  },
};
