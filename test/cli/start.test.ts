import { readFile } from "node:fs/promises";
import { SFNClient } from "@aws-sdk/client-sfn";
import { describe, expect, it } from "vitest";
import type { Post } from "../../cli/signed-api.ts";
import { start } from "../../cli/start.ts";
import { storePolicy } from "../../functions/domain/ledger/policies.ts";
import { promotionName } from "../../functions/domain/promotion/starts.ts";
import { sha256 } from "../../functions/runtime/dependencies.ts";
import { Executions } from "../../sandbox/asl/executions.ts";
import { SimulatedAws } from "../../sandbox/aws/router.ts";
import { clientConfig } from "../../sandbox/aws/sdk.ts";
import { SimulatedStepFunctions } from "../../sandbox/aws/step-functions/step-functions.ts";
import { VirtualClock } from "../../sandbox/clock.ts";
import { CALLER_HEADER, serve } from "../support/approval-server.ts";
import { World } from "../support/deps.ts";

const MACHINE = "arn:aws:states:eu-west-1:111122223333:stateMachine:headgate-promotion";
const RELEASE = new URL("../../events/bbws-v2025.12.25.1.json", import.meta.url).pathname;
const OTHER = new URL("../../events/pavi-v0.9.0.json", import.meta.url).pathname;
const definition = { StartAt: "Wait", States: { Wait: { Type: "Wait", Seconds: 60, End: true } } };

/** A Step Functions whose promotions last a minute, behind the real client. */
function site() {
  const clock = new VirtualClock(Date.UTC(2026, 0, 12));
  const aws = new SimulatedAws({ clock, seed: 1, account: "111122223333", region: "eu-west-1" });
  const executions = new Executions({
    clock,
    random: () => 0.5,
    newId: () => "id",
    invoke: async () => ({ payload: {} }),
  });
  executions.createStateMachine({
    arn: MACHINE,
    name: "headgate-promotion",
    definition,
    roleArn: "arn:aws:iam::111122223333:role/x",
  });
  new SimulatedStepFunctions(aws, { executions });
  const client = new SFNClient(clientConfig(aws, { handler: "cli", invocation: "cli" }));
  const said: string[] = [];
  const way = { by: "machine", machineArn: MACHINE, client } as const;
  const run = async (releaseFile: string, attempt = 1) => {
    const process = clock.spawn("start", () =>
      start({ releaseFile, way, attempt, write: (text) => void said.push(text) }),
    );
    await clock.run({ until: () => process.done.isOpen });
    const result = process.done.value;
    if (!result?.ok) throw result?.error;
    return result.value;
  };
  return { run, said, executions, clock };
}

describe("headgate start, without the API", () => {
  it("starts the promotion machine with the release as it stands, under a name made of service, version and attempt", async () => {
    const { run, said, executions } = site();
    expect(await run(RELEASE)).toBe(0);
    const [one] = executions.listExecutions({ stateMachineArn: MACHINE }).executions;
    expect(one?.name).toMatch(/^bbws-store-v2025_12_25_1-1-[0-9a-f]{10}$/);
    expect(said.join("")).toContain(`execution:headgate-promotion:${one?.name}`);
    expect(said.join("")).toContain("nobody is on record as its starter");
  });

  it("finds the running execution when it is said twice", async () => {
    const { run, executions } = site();
    await run(RELEASE);
    expect(await run(RELEASE)).toBe(0);
    expect(executions.listExecutions({ stateMachineArn: MACHINE }).executions).toHaveLength(1);
  });

  it("refuses an attempt that has ended, and names the next one", async () => {
    const { run, said, clock } = site();
    await run(RELEASE);
    await clock.run();
    expect(await run(RELEASE)).toBe(4);
    expect(said.at(-1)).toContain("--attempt 2");
    expect(await run(RELEASE, 2)).toBe(0);
  });

  it("says what is wrong with a file that cannot be read", async () => {
    const { run, said } = site();
    expect(await run("no-such-file.json")).toBe(2);
    expect(said.join("")).toContain("no-such-file.json");
    expect(await run(OTHER)).toBe(0);
  });
});

const NAME = promotionName(sha256, { service: "bbws-store", version: "v2025.12.25.1" }, 1);

describe("headgate start, through the API", () => {
  const SAM = "arn:aws:iam::111122223333:user/sam";

  async function through(files: readonly string[], world = new World()) {
    await storePolicy(world.deps, JSON.parse(await readFile("infra/policies/bbws.json", "utf8")));
    const server = await serve(world.deps);
    const post: Post = async (path, body) => {
      const headers = { "content-type": "application/json", [CALLER_HEADER]: SAM };
      const response = await fetch(`${server.url}${path}`, { method: "POST", headers, body: JSON.stringify(body) });
      return { status: response.status, body: (await response.json()) as Record<string, unknown> };
    };
    const said: string[] = [];
    const codes: number[] = [];
    for (const releaseFile of files) {
      const order = { releaseFile, attempt: 1, write: (text: string) => void said.push(text) };
      codes.push(await start({ ...order, way: { by: "api", post } }));
    }
    await server.close();
    return { codes, said: said.join(""), world };
  }

  it("says under which ARN it runs and who is on record, and that it runs when it is said again", async () => {
    const { codes, said, world } = await through([RELEASE, RELEASE]);
    const arn = world.deps.executions.arnOf(NAME);
    expect(codes).toEqual([0, 0]);
    expect(said).toBe(`started ${arn}\non record as started by ${SAM}\nruns already: ${arn}\n`);
  });

  it("prints everything that is wrong with the release: exit code 2", async () => {
    const { codes, said } = await through([OTHER]);
    expect(codes).toEqual([2]);
    expect(said).toMatch(/^the release is refused\nrelease\./);
    expect(said).toContain("    hint: ");
  });

  it("ends with 4 where the name is taken", async () => {
    const world = new World();
    world.statuses.set(world.deps.executions.arnOf(NAME), "FAILED");
    const { codes, said } = await through([RELEASE], world);
    expect(codes).toEqual([4]);
    expect(said).toContain("start it again as attempt 2");
  });
});
