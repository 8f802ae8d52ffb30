import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { check } from "../../cli/check.ts";
import { type Changes, documents, NOW } from "../domain/plan/documents.ts";

const directory = mkdtempSync(join(tmpdir(), "headgate-check-"));
afterAll(() => rmSync(directory, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}

async function run(
  policyFile: string,
  releaseFile: string,
  trafficFile: string | null = null,
  width: number = Number.POSITIVE_INFINITY,
): Promise<{ readonly code: number; readonly text: string }> {
  let text = "";
  const write = (more: string): void => {
    text += more;
  };
  const code = await check({ policyFile, releaseFile, trafficFile, now: NOW, write, width });
  return { code, text };
}

function runWith(changes: Changes): Promise<{ readonly code: number; readonly text: string }> {
  const { policy, release } = documents(changes);
  return run(file("policy.json", JSON.stringify(policy)), file("release.json", JSON.stringify(release)));
}

const MANY = Array.from({ length: 7 }, (_, index) => `t${index + 1}`);

describe("headgate check", () => {
  it("keeps what the release says on lines that the release cannot break", async () => {
    const { code, text } = await runWith({
      "release.summary": "Faster checkout.\n\nno warning",
      "release.emergency": { reason: "orders are lost\nno warning" },
    });
    expect(code).toBe(0);
    expect(text).toContain("\nFaster checkout. no warning\n");
    expect(text).toContain("\nemergency: orders are lost no warning\n");
  });

  it("says what the BBWS promotion will do, and ends with 0", async () => {
    const { code, text } = await run("infra/policies/bbws.json", "events/bbws-v2025.12.25.1.json");
    expect(code).toBe(0);
    const [, , sit = "", prod = ""] = /^(.*?)\n\n(sit: .*?)\n\n(prod: .*)$/s.exec(text) ?? [];
    expect(text.split("\n").slice(0, 3)).toEqual([
      "bbws-store v2025.12.25.1 (commit 4f1c2d9a7be0), medium risk, asked for by release-manager@bbws.co.za, ticket JIRA-1234",
      "Order service: retry the payment provider once; product list served from the cache.",
      "through sit, then prod",
    ]);
    expect(sit).toContain(
      "sit: account 815856636111, af-south-1\n  targets    auth: bbws-sit-auth-lambda, alias live: s3://",
    );
    expect(sit).toContain("  window     at any time; first weight Mon 2026-01-05 08:00 UTC at the earliest\n");
    expect(prod).toContain(
      "  approvals  before the rollout: 1 of infrastructure-lead (john.smith@bbws.co.za); 1 of tech-lead (jane.doe@bbws.co.za), " +
        "within 2d (by Wed 2026-01-07 10:25 Africa/Johannesburg if asked at once), reminded every 12h, " +
        "after 1d also team-manager (team-manager@bbws.co.za), valid for 7d\n",
    );
    expect(prod).toContain(
      "  window     Tue, Wed, Thu 20:00 to 22:00 (Africa/Johannesburg); outside the change window; " +
        "opens Tue 2026-01-06 20:00 Africa/Johannesburg; first weight Tue 2026-01-06 20:00 Africa/Johannesburg at the earliest\n",
    );
    expect(prod).toContain(
      "  steps      10 % from Tue 2026-01-06 20:00 Africa/Johannesburg, watched for 15m\n" +
        "             25 % from Tue 2026-01-06 20:15 Africa/Johannesburg, watched for 15m\n" +
        "             50 % from Tue 2026-01-06 20:30 Africa/Johannesburg, watched for 15m\n" +
        "             100 % from Tue 2026-01-06 20:45 Africa/Johannesburg, watched for 15m\n",
    );
    expect(prod).toContain("  rules      lambda-error-rate: more than 5 % for 2m brings traffic back at once");
    expect(prod).toContain(
      "  judge      alpha 0.05: a good candidate is rolled back by it in at most 5 % of rollouts, spread over 6 measurements\n" +
        "             lambda-error-rate: 62.5 % of alpha, 20.8 % for each target\n" +
        "             lambda-error-rate: the first 2 minutes of each step may add 5 points: a share of traffic starts new environments, whose first requests come cold\n" +
        "             lambda-duration-p95: 37.5 % of alpha, 12.5 % for each target\n" +
        "             lambda-duration-p95: the first 2 minutes of each step may add 25 points: a share of traffic starts new environments, whose first requests come cold\n" +
        "             a bake without a verdict, extended by up to 15m: hold for a pass or a person, and roll back if neither comes within 1d; a pass never ends a bake early\n",
    );
    expect(prod).toMatch(
      / {2}after {6}monitored for 2h, what fails is rolled back; the previous version is kept for 1d\n$/,
    );
  });

  it("says when each weight waits for its window, where only shifts need it", async () => {
    const { text } = await run("infra/policies/pavi.json", "events/pavi-v0.9.0.json");
    expect(text).toContain(
      "  steps      10 % from Tue 2026-01-06 10:00 America/New_York, watched for 1d\n" +
        "             25 % from Wed 2026-01-07 10:00 America/New_York, watched for 2d\n" +
        "             50 % from Tue 2026-01-13 10:00 America/New_York, watched for 2d\n" +
        "             75 % from Thu 2026-01-15 10:00 America/New_York, watched for 2d\n" +
        "             100 % from Tue 2026-01-20 10:00 America/New_York, watched for 1d\n",
    );
    expect(text).toContain(
      "             at 50 %: 1 of pipeline-lead (pipeline-lead@alliancegenome.example), within 2d, reminded",
    );
    expect(text).toContain(
      "brings traffic back (from 50 samples on)\n             lambda-duration-p95: more than 20 %",
    );
    expect(text).toContain("holds the rollout (from 50 samples on) (shown only)\n");
    expect(text).toContain("spread over 1 measurement\n");
  });

  it("says what is unusual: emergencies, what cannot be taken back, what is not judged or monitored", async () => {
    const { code, text } = await runWith({
      "release.emergency": { reason: "Checkout is down." },
      "policy.services.shop.targets.0.reversible": false,
      "policy.services.shop.alarms": ["red"],
      "policy.services.shop.analysis": {
        metrics: [{ preset: "lambda-throttles", rules: [{ max: 1 }] }],
        earlyPass: true,
      },
      "policy.services.shop.monitorAfter": { for: "1h", onFail: "warn" },
      "policy.environments.prod.approvals": [
        { when: "at-0", roles: { "tech-lead": 1 } },
        { when: "after", roles: { "tech-lead": 1 } },
      ],
    });
    expect(code).toBe(0);
    expect(text).toContain(
      "asked for by dev@shop.example\nFaster checkout.\nthrough prod\nemergency: Checkout is down.\n\nprod:",
    );
    expect(text).toContain(
      "(version abc); CANNOT be taken back\n             cart: shop-prod-cart, alias live: published version 42\n",
    );
    expect(text).toContain(
      "  approvals  at 0 %: 1 of tech-lead (jane@shop.example), within 1d, valid for 7d\n             after the rollout: 1 of",
    );
    expect(text).toContain(
      "  judge      off: no metric has it on\n             a bake without a verdict: hold for a pass or a person, and roll back if neither comes within 1d; a pass ends a bake early\n",
    );
    expect(text).toContain(
      "  alarms     red\n             one that has no data when the rollout starts is told to approvers\n  after      monitored for 1h, what fails is reported; the previous version is kept for 1d\n",
    );
  });

  it("names five targets of many, and counts the rest", async () => {
    const { text } = await runWith({
      "policy.services.shop.targets": MANY.map((name) => ({
        name,
        kind: "lambda-alias",
        functionName: name,
        alias: "live",
      })),
      "policy.services.shop.analysis": {
        metrics: [
          { preset: "lambda-error-rate", targets: MANY.slice(0, 6) },
          { preset: "lambda-throttles", targets: MANY.slice(0, 5), sequential: true, dryRun: true },
        ],
      },
      "release.artifacts": Object.fromEntries(MANY.map((name) => [name, { version: "1" }])),
    });
    expect(text).toContain("lambda-error-rate: 100 % of alpha, 16.7 % for each of t1, t2, t3, t4, t5 and 1 more\n");
    expect(text).toContain("spread over 6 measurements\n");
    expect(text).not.toContain("lambda-throttles:");
    expect(text).toContain("not monitored; the previous version is kept for 1d\n");
  });

  it("goes on below where the terminal ends, under its own text", async () => {
    const { text } = await run("infra/policies/bbws.json", "events/bbws-v2025.12.25.1.json", null, 90);
    const lines = text.split("\n");
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(90);
    const approvals = lines.findIndex((line) => line.startsWith("  approvals  "));
    expect(lines[approvals + 1]).toMatch(/^ {13}\S/);
  });

  it("adds warnings, and still ends with 0", async () => {
    const { code, text } = await runWith({});
    expect(code).toBe(0);
    expect(text).toMatch(
      /\n\n1 warning\nrelease\.environments\[0\] = "prod"\n {4}starts at prod: .*\n {4}hint: add a soaked check to prod\n$/,
    );
    expect((await runWith({ "policy.environments.prod.pageTo": [] })).text).toContain("\n2 warnings\n");
  });

  it("says all problems instead, each with path, value and hint, and ends with 2", async () => {
    const { code, text } = await runWith({ "release.service": "shpo", "policy.services.shop.rolout": 1 });
    expect(code).toBe(2);
    expect(text).toBe(
      [
        "2 problems",
        "",
        "policy.services.shop.rolout = 1",
        "    is not a known key",
        '    hint: did you mean "rollout"?',
        'release.service = "shpo"',
        "    is no service of the policy",
        '    hint: did you mean "shop"?',
        "",
      ].join("\n"),
    );
    expect((await runWith({ "release.service": "shpo" })).text.startsWith("1 problem\n")).toBe(true);
  });

  it("says line and column of what is no JSON, in both files at once", async () => {
    const policy = file("policy.json", '{\n  "order": ["sit"],\n  oops\n}');
    const release = file("release.json", '{ "service": "shop",');
    expect(await run(policy, release)).toEqual({
      code: 2,
      text: [
        `${policy}:3:3 = "oops"`,
        "    is not JSON: Expected double-quoted property name",
        "    hint: JSON wants double quotes, no comments and no comma after the last member",
        `${release}:1:21 = "{ \\"service\\": \\"shop\\","`,
        "    is not JSON: Expected double-quoted property name",
        "    hint: JSON wants double quotes, no comments and no comma after the last member",
        "",
      ].join("\n"),
    });
  });

  it.each([
    ["", "1:1", "Unexpected end of JSON input"],
    ["{\n]", "2:1", "Expected property name or '}'"],
    ["truth", "1:4", "Unexpected token 't'"],
    ['{\n  "a": [1, .5]\n}', "2:12", "Unexpected token '.'"],
    ['{ "a": "\n" }', "1:9", "Bad control character in string literal"],
    ['{ "a": 1 } x', "1:12", "Unexpected non-whitespace character after JSON"],
    ['{ "a": -', "1:9", "No number after minus sign"],
    ['{ "a": "b', "1:10", "Unterminated string"],
  ])("finds the place in %j", async (text, place, message) => {
    const release = file("release.json", text);
    const policy = file("policy.json", JSON.stringify(documents().policy));
    const lines = (await run(policy, release)).text.split("\n");
    expect(lines[0]).toMatch(new RegExp(`release.json:${place} = `));
    expect(lines[1]).toBe(`    is not JSON: ${message}`);
  });

  it("reads files that begin with a byte order mark", async () => {
    const { policy, release } = documents();
    const marked = file("policy.json", `\uFEFF${JSON.stringify(policy)}`);
    expect((await run(marked, file("release.json", JSON.stringify(release)))).code).toBe(0);
  });

  it("says why a file cannot be read", async () => {
    const missing = join(directory, "missing.json");
    expect(await run(missing, directory)).toEqual({
      code: 2,
      text: [
        missing,
        "    cannot be read",
        "    hint: there is no such file; check the path",
        directory,
        "    cannot be read",
        "    hint: it is a directory; name a file in it",
        "",
      ].join("\n"),
    });
    const odd = await run(join(directory, "a\0b.json"), missing);
    expect(odd.text).toContain("hint: TypeError");
  });
});

describe("headgate check with last week's traffic", () => {
  const bbws = (traffic: string, policy = "infra/policies/bbws.json") =>
    run(policy, "events/bbws-v2025.12.25.1.json", traffic);

  it("says what each bake can see, and warns where that is less than it must", async () => {
    const { code, text } = await bbws("test/scenarios/traffic-week.json");
    expect(code).toBe(0);
    const [, sit = "", prod = ""] = text.split(/\n(?:sit|prod), at this traffic:\n/);
    expect(sit).toMatch(
      /^ {2}auth, product, order: 50 % for 5 minutes, the last 2 unread, at 60 requests a minute: sees an error rise of/,
    );
    expect(prod).toMatch(
      /^ {2}product: 10 % for 15 minutes, the last 2 unread, at 600 requests a minute: sees an error rise of/m,
    );
    expect(prod).toMatch(/^ {2}warning: order: the bake at 10 % cannot see the rise of \+2 points that it must see/m);
  });

  it("refuses a plan whose bakes are blind, where the policy asks for that", async () => {
    const policy = JSON.parse(readFileSync("infra/policies/bbws.json", "utf8"));
    policy.services["bbws-store"].analysis.mustSee.ifBlind = "refuse";
    const { code, text } = await bbws("test/scenarios/traffic-week.json", file("p.json", JSON.stringify(policy)));
    expect(code).toBe(2);
    expect(text).toMatch(/^ {2}problem: order: the bake at 10 % cannot see/m);
  });

  it("advises upon nothing that no traffic is given for", async () => {
    const { code, text } = await bbws(file("t.json", JSON.stringify({ prod: {} })));
    expect(code).toBe(0);
    expect(text).toContain("\nsit: no traffic is given, so no advice\n");
    expect(text).toContain("warning: auth, product, order: had no traffic last week");
  });

  const newcomer = (requestsPerMinute: number) => {
    const { policy, release } = documents({
      "release.artifacts": { order: { version: "41" }, cart: { version: "42" } },
    });
    const known = { requestsPerMinute, errorRate: 0.001 };
    return run(
      file("policy.json", JSON.stringify(policy)),
      file("release.json", JSON.stringify(release)),
      file("t.json", JSON.stringify({ prod: { order: known, cart: known } })),
    );
  };

  it("shows the settings that fit it, where the policy leaves them open", async () => {
    const { code, text } = await newcomer(600);
    expect(code).toBe(0);
    expect(text).toContain("a bake without a verdict, extended by up to 25m: hold");
    expect(text).toContain("  order: a pass shows that the candidate is less than 1.3 points worse");
    expect(text).not.toContain("left to last week's traffic");
    expect((await runWith({})).text).toContain(
      "left to last week's traffic when the promotion opens: extendUpTo and passDelta; refused where no setting would pass",
    );
  });

  it("refuses what the start would be refused for", async () => {
    const { code, text } = await newcomer(6);
    expect(code).toBe(2);
    expect(text).toMatch(/^1 problem\n\npolicy\.services\.shop\.analysis \(not set\)\n/);
    expect(text).toContain('    hint: write extendUpTo: "');
  });

  it("says what is wrong with the file", async () => {
    const path = file("t.json", JSON.stringify({ prod: { order: { requestsPerMinute: -1, errorRate: 0 } } }));
    const { code, text } = await bbws(path);
    expect(code).toBe(2);
    expect(text).toContain(path);
    expect(text).toContain("prod.order.requestsPerMinute");
    expect((await bbws(join(directory, "absent.json"))).code).toBe(2);
  });
});
