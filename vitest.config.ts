import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["test/heavy/**"],
    testTimeout: 30_000,
    coverage: {
      provider: "v8",
      include: ["functions/domain/**/*.ts"],
      thresholds: { lines: 95, branches: 95 },
    },
  },
});
