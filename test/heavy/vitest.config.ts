import { defineConfig } from "vitest/config";

/** The suites that need a browser or minutes of time: `vitest run --config test/heavy/vitest.config.ts`. */
export default defineConfig({
  test: {
    root: new URL("../..", import.meta.url).pathname,
    include: ["test/heavy/**/*.heavy.ts"],
    testTimeout: 120_000,
    hookTimeout: 60_000,
  },
});
