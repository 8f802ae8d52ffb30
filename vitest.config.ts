import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["test/heavy/**"],
    testTimeout: 30_000,
    // Left to itself, vitest keeps one processor free: on two that is half of them.
    maxWorkers: "100%",
    // Rehearsals make much that lives for a moment: a larger nursery spares them collections.
    execArgv: ["--max-semi-space-size=64"],
    coverage: {
      provider: "v8",
      // What decides: the domain, and what each kind of target says of itself.
      include: [
        "functions/domain/**/*.ts",
        "functions/targets/{kind,kinds}.ts",
        "functions/targets/*/{kind,series}.ts",
      ],
      thresholds: { lines: 95, branches: 95 },
    },
  },
});
