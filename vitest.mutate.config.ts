/** The tests that speak of the domain alone: a mutant there is theirs to kill, and a whole promotion is too slow to ask. */
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/domain/**/*.test.ts", "test/functions/**/*.test.ts"],
    exclude: ["**/*.simulated.test.ts"],
    testTimeout: 120_000,
  },
});
