/** The page of the open benchmark, as its reader would follow it. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openExperiments } from "../../bench/judge/cells.ts";
import { judgeByCommand } from "../../bench/judge/judge-scenarios.ts";

describe("the page of the open benchmark", () => {
  it("has a judge in Python that runs as it stands, through every scenario", async () => {
    const [, program = ""] = readFileSync("docs/judge-benchmark.md", "utf8").match(/```python\n([\s\S]*?)```/) ?? [];
    const folder = mkdtempSync(join(tmpdir(), "judge-"));
    try {
      writeFileSync(join(folder, "my.py"), program);
      const run = { experiments: openExperiments(), repetitions: 1, seed: 1 };
      const standing = await judgeByCommand(`python3 ${join(folder, "my.py")}`, run, 20_000);
      expect(standing.caught).toBeGreaterThan(0.5);
      expect(standing.falseMean).toBeLessThan(0.9);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
