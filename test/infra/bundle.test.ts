import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { keys } from "../../functions/domain/ledger/keys.ts";
import { ENTRIES } from "../../infra/app.ts";
import { bundle } from "../../infra/bundle.ts";
import { type LocalAws, startLocalAws } from "./aws-endpoint.ts";

const POLICY = readFileSync("infra/policies/bbws.json", "utf8");
const EVENTS = readdirSync("events").filter((name) => name.startsWith("bbws"));
const CHECKSUM = Buffer.alloc(32, 7);

let aws: LocalAws;
let outdir: string;
beforeAll(async () => {
  outdir = mkdtempSync(join(tmpdir(), "headgate-test-"));
  bundle(Object.fromEntries(Object.entries(ENTRIES).filter(([name]) => name === "open-promotion")), outdir);
  aws = await startLocalAws(POLICY, CHECKSUM.toString("base64"));
}, 60_000);
afterAll(() => {
  aws.close();
  rmSync(outdir, { recursive: true });
});

const DRIVER = `
const { handler } = await import(process.argv[1]);
const context = { awsRequestId: "request-1", getRemainingTimeInMillis: () => 120000 };
const answer = await handler(JSON.parse(process.argv[2]), context);
console.log("ANSWER " + JSON.stringify(answer));
`;

/** Runs the bundled handler as Lambda would: plain Node, its own process, nothing of this repository around it. */
async function invoke(release: unknown): Promise<Record<string, unknown>> {
  const executionName = randomUUID();
  const executionArn = `arn:aws:states:af-south-1:111122223333:execution:headgate-promotion:${executionName}`;
  const event = { release, executionArn, executionName, startedAt: "2026-01-12T07:30:00.000Z" };
  const env = {
    PATH: process.env.PATH ?? "",
    AWS_REGION: "af-south-1",
    AWS_ACCESS_KEY_ID: "AKIDEXAMPLE",
    AWS_SECRET_ACCESS_KEY: "secret",
    AWS_ENDPOINT_URL: aws.url,
    HEADGATE_TABLE: "headgate",
    HEADGATE_TOPIC_ARN: "arn:aws:sns:af-south-1:111122223333:headgate-notices",
    HEADGATE_EXTERNAL_ID: "headgate",
  };
  const file = join(outdir, "open-promotion", "index.mjs");
  const args = ["--input-type=module", "--eval", DRIVER, file, JSON.stringify(event)];
  const { stdout } = await promisify(execFile)(process.execPath, args, { env, cwd: tmpdir() });
  return JSON.parse(stdout.split("ANSWER ")[1] ?? "{}") as Record<string, unknown>;
}

/** The example as it is, but for the checksums, which are those of the zips that this AWS holds. */
function releaseOf(file: string): Record<string, unknown> {
  const text = readFileSync(join("events", file), "utf8");
  return JSON.parse(text.replace(/"sha256": "[0-9a-f]{64}"/g, `"sha256": "${CHECKSUM.toString("hex")}"`)) as Record<
    string,
    unknown
  >;
}

describe("the first handler, bundled as it is deployed", () => {
  test.each(EVENTS)("accepts %s, pins its artifacts and writes the plan", async (file) => {
    const answer = await invoke(releaseOf(file));
    expect(answer).toMatchObject({ decision: "go", position: 0 });
    const id = String(answer.promotionId);
    const parts = ["sit", "prod"].map((environment) => keys.planPart(id, environment, 0));
    const wanted = [keys.header(id), ...parts, keys.audit(id, 1)].map(({ pk, sk }) => `${pk} ${sk}`);
    expect(aws.items()).toEqual(expect.arrayContaining([...wanted, `OPEN PROMOTION#${id}`]));
  });

  test("refuses what the rehearsal refuses", async () => {
    expect(await invoke({ ...releaseOf(EVENTS[0] ?? ""), approvers: ["me@example.com"] })).toMatchObject({
      decision: "stop",
    });
  });

  test("is one file with its own SDK, small enough to start fast", () => {
    const { size } = statSync(join(outdir, "open-promotion", "index.mjs"));
    expect(size).toBeLessThan(1_600_000);
    const source = readFileSync(join(outdir, "open-promotion", "index.mjs"), "utf8");
    expect([...source.matchAll(/from"(@aws-sdk[^"]*)"/g)]).toEqual([]);
  });
});
