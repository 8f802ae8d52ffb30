import { defineConfig } from "vitest/config";

/** The suites that need a browser, or an emulator that others wrote: minutes, one file after the other. */
export default defineConfig({
  test: {
    include: ["test/heavy/**/*.heavy.ts"],
    fileParallelism: false,
    testTimeout: 180_000,
    hookTimeout: 120_000,
  },
});
