/**
 * The tests that speak of the domain alone: a mutant there is theirs to kill, and a whole promotion is too slow to ask. Files
 * share their modules here, as each mutant would load them all again otherwise.
 */
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Tests that try something many times over: asked last, or not at all where others ask the same once. */
const LAST = ["approval-attacks/", "judge/", "start-promotion.test.ts"].map((path) => `/test/functions/${path}`);
const LEFT_OUT = ["approvals-races", "approval-anything"].map((name) => `test/functions/${name}.test.ts`);

/** A mutant's run ends at the first test that fails: the domain's own tests first, which are the quickest and the nearest. */
class NearestFirst extends BaseSequencer {
  override sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const distance = (file: TestSpecification): number => {
      if (LAST.some((path) => file.moduleId.includes(path))) {
        return 2;
      }
      return file.moduleId.includes("/test/domain/") ? 0 : 1;
    };
    return Promise.resolve(files.toSorted((a, b) => distance(a) - distance(b) || (a.moduleId < b.moduleId ? -1 : 1)));
  }
}

export default defineConfig({
  test: {
    // A recording is replayed on the command line alone.
    include: ["test/domain/**/*.test.ts", "test/functions/**/*.test.ts", "test/cli/replay.test.ts"],
    exclude: ["**/*.simulated.test.ts", ...LEFT_OUT],
    testTimeout: 120_000,
    isolate: false,
    sequence: { sequencer: NearestFirst },
  },
});
