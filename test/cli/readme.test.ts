import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { rehearse } from "../../cli/rehearse.ts";

const root = (path: string) => new URL(`../../${path}`, import.meta.url).pathname;

/** The lines of the README's excerpt: those of the fence behind its marker. */
function excerpt(): string[] {
  const [, fence = ""] =
    /<!-- rehearsal:[^>]*-->\n```\n([\s\S]*?)\n```/.exec(readFileSync(root("README.md"), "utf8")) ?? [];
  return fence.split("\n");
}

it("the README's excerpt is what the default rehearsal prints, in this order", { timeout: 120_000 }, async () => {
  let printed = "";
  const code = await rehearse({
    releaseFile: root("events/bbws-v2025.12.25.1.json"),
    policyFile: root("infra/policies/bbws.json"),
    scenarioFile: root("test/scenarios/healthy.json"),
    seed: null,
    reportFile: null,
    write: (text) => {
      printed += text;
    },
    colour: false,
    width: 220,
  });
  expect(code).toBe(0);
  const lines = printed.split("\n");
  const shown = excerpt();
  expect(shown.length).toBeGreaterThan(15);
  expect(lines.filter((line) => shown.includes(line))).toEqual(shown);
});
