/** Each example policy with its release in a calm week: what the runbook's own bakes allow a verdict on is promoted. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { rehearse } from "../../sandbox/rehearsal.ts";
import { loadRecordings } from "../../sandbox/report/data.ts";
import { readScenario, type ScenarioFile } from "../../sandbox/world/scenario.ts";

const read = <T>(file: string): T => JSON.parse(readFileSync(file, "utf8")) as T;

interface Policy {
  readonly environments: Record<string, { checks?: { readonly kind: string }[] }>;
}

/** 24 hours in staging are not to be had by a release that starts in production. */
function withoutSoak(policy: Policy): Policy {
  for (const environment of Object.values(policy.environments)) {
    environment.checks = (environment.checks ?? []).filter(({ kind }) => kind !== "soaked");
  }
  return policy;
}

async function rehearsed(policy: string, release: string, perMinute: number) {
  const week = read<ScenarioFile>("test/scenarios/calm-week.json");
  const result = await rehearse({
    policy: withoutSoak(read(`infra/policies/${policy}.json`)),
    release: read(`events/${release}.json`),
    scenario: readScenario({ ...week, traffic: [{ perMinute, noise: 0.1 }] }),
  });
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  const bakes = (await loadRecordings(result)).flatMap((recording) => recording.bakes);
  return { outcome: result.ended.outcome, acted: bakes.flatMap(({ acted }) => acted ?? []), bakes };
}

const RUNBOOKS = [
  ["bbws", "bbws-v2025.12.25.1"],
  ["crypto-watch", "crypto-watch-v1.2.3-staging"],
  ["crypto-watch", "crypto-watch-v1.2.3-prod"],
  ["terraform-jira", "terraform-jira-v2.0.0"],
  ["pavi", "pavi-v0.9.0"],
] as const;

describe.each([600, 6_000])("at %i requests a minute a good candidate is promoted", (perMinute) => {
  it.each(RUNBOOKS)("under %s, by %s", async (policy, release) => {
    const { outcome, acted } = await rehearsed(policy, release, perMinute);
    expect(outcome).toBe("promoted");
    expect(acted).toEqual([]);
  });
});

describe("at 60 requests a minute no bake of 15 minutes shows two points", () => {
  it.each([
    ["bbws", "bbws-v2025.12.25.1"],
    ["terraform-jira", "terraform-jira-v2.0.0"],
  ])("so %s holds, and goes on by itself once the evidence is there", async (policy, release) => {
    const { outcome, acted, bakes } = await rehearsed(policy, release, 60);
    expect(outcome).toBe("promoted");
    expect(acted).toEqual([]);
    const prod = bakes.map(({ phase, result }) => `${phase} ${result}`);
    const from = prod.indexOf("step-10 inconclusive-hold");
    expect(prod.slice(from, from + 2)).toEqual(["step-10 inconclusive-hold", "hold-1 passed"]);
  });
});
