import { defineConfig } from "vitest/config";

/** Samples of the fault matrix and random promotions: whole rehearsals by the hundred. */
export default defineConfig({ test: { include: ["test/faults/**/*.test.ts"], testTimeout: 300_000 } });
