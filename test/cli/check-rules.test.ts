/** What `check --traffic` says of the rules that a policy has. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { check } from "../../cli/check.ts";
import { resolvePlan } from "../../functions/domain/plan/resolve.ts";

const NOW = Date.parse("2026-01-05T08:00:00Z");
const directory = mkdtempSync(join(tmpdir(), "headgate-check-rules-"));
afterAll(() => rmSync(directory, { recursive: true }));

function changed(path: string, from: string, to: string): string {
  const text = readFileSync(path, "utf8");
  expect(text).toContain(from);
  const copy = join(directory, `${to.length}.json`);
  writeFileSync(copy, text.replace(from, to));
  return copy;
}

async function run(policyFile: string, releaseFile: string, trafficFile = "test/scenarios/traffic-week.json") {
  let text = "";
  const write = (more: string): void => {
    text += more;
  };
  const code = await check({ policyFile, releaseFile, trafficFile, now: NOW, write, width: Number.POSITIVE_INFINITY });
  return { code, text };
}

const BBWS = ["infra/policies/bbws.json", "events/bbws-v2025.12.25.1.json"] as const;

describe("headgate check with last week's traffic", () => {
  it.each<readonly [string, string]>([
    BBWS,
    ["infra/policies/crypto-watch.json", "events/crypto-watch-v1.2.3-prod.json"],
    ["infra/policies/crypto-watch.json", "events/crypto-watch-v1.2.3-staging.json"],
    ["infra/policies/etl-workflow.json", "events/etl-workflow-v2.json"],
    ["infra/policies/pavi.json", "events/pavi-v0.9.0.json"],
    ["infra/policies/terraform-jira.json", "events/terraform-jira-v2.0.0.json"],
  ])("states the chance of each rule in %s for %s, and of the whole", async (policy, release) => {
    const read = (path: string): unknown => JSON.parse(readFileSync(path, "utf8"));
    const resolution = resolvePlan(read(policy), read(release), { now: NOW });
    if (!resolution.ok) throw new Error("the example resolves");
    const { text } = await run(policy, release);
    for (const { environment, analysis } of resolution.plan.environments) {
      const [, advice = ""] = text.split(`\n${environment}, at this traffic:\n`);
      const said = advice.split(/\n\n/)[0] ?? "";
      const names = new Set(
        analysis.metrics.flatMap(({ name, rules, dryRun }) => (rules.length > 0 && !dryRun ? [name] : [])),
      );
      for (const name of names) expect(said).toMatch(new RegExp(`${name}, at most .* good candidate with .* %`));
      expect(said).toMatch(
        /a good candidate is rolled back in .*, at most [\d.]+ %: .* by rules, at most 5 % by the judge/,
      );
    }
    expect(text).not.toContain("not tried");
  });

  it("says what becomes of a rule that what serves breaks as it stands, and refuses it where the policy does", async () => {
    const traffic = changed("test/scenarios/traffic-week.json", '"errorRate": 0.0005', '"errorRate": 0.01');
    const told = 'auth: lambda-error-rate, "at most 0.5 % (for 10m)" is broken by what serves now, at 1 %: ';
    const usual = await run(...BBWS, traffic);
    expect(usual.text).toContain(`  warning: ${told}the baseline is the measure instead\n`);
    const refusing = changed(BBWS[0], '"alpha": 0.05,', '"alpha": 0.05, "ifBaselineBreaks": "refuse",');
    const refused = await run(refusing, BBWS[1], traffic);
    expect(refused.code).toBe(2);
    expect(refused.text).toContain(`  problem: ${told}the policy refuses such a start\n`);
  });

  it("warns, traffic or not, where nothing watches throttles", async () => {
    const { text } = await run("infra/policies/pavi.json", "events/pavi-v0.9.0.json");
    const [warnings = ""] = (text.split(/\n\d+ warnings?\n/)[1] ?? "").split("\n\n");
    expect(warnings).toContain("prod: nothing acts on throttled requests of dispatch");
    expect(warnings).toContain("hint: add the preset that counts them, with a rule");
  });
});
