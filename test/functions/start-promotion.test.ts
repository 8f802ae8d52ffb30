/** Starting through the API, over HTTP: who is on record as the starter, and who cannot be put there. */
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { askApproval } from "../../functions/ask-approval.ts";
import { ServiceTrouble } from "../../functions/domain/errors.ts";
import { loadAudit } from "../../functions/domain/ledger/append-audit.ts";
import type { Header } from "../../functions/domain/ledger/header.ts";
import { keys } from "../../functions/domain/ledger/keys.ts";
import { loadHeader } from "../../functions/domain/ledger/load.ts";
import { loadEnding } from "../../functions/domain/ledger/note-ending.ts";
import { storePolicy } from "../../functions/domain/ledger/policies.ts";
import type { Ledger } from "../../functions/domain/ports.ts";
import { promotionName } from "../../functions/domain/promotion/starts.ts";
import { openPromotion } from "../../functions/open-promotion.ts";
import { startPromotion } from "../../functions/start-promotion.ts";
import { documents, type Json } from "../domain/plan/documents.ts";
import { CALLER_HEADER, serve, type TestServer } from "../support/approval-server.ts";
import { ACCESS_KEY, API_ACCOUNT, CALLERS } from "../support/callers.ts";
import { arnOf, NEW_CODE, sha256, World } from "../support/deps.ts";
import { interleave, twoSwitches } from "../support/interleave.ts";

const SAM = "arn:aws:sts::093646564004:assumed-role/Release/sam";
const JANE = "arn:aws:sts::093646564004:assumed-role/SSO/jane@shop.example";
const KIM = "arn:aws:iam::093646564004:user/kim";
const nameOf = (attempt: number) => promotionName(sha256, { service: "shop", version: "v1.2.3" }, attempt);
const NAME = nameOf(1);

let world: World;
const servers: TestServer[] = [];
beforeEach(async () => {
  world = new World();
  world.objects.set("shop-artifacts/order/v1.2.3.zip/abc", { versionId: "abc", sha256: NEW_CODE });
  await storePolicy(world.deps, documents().policy);
});
afterEach(async () => {
  await Promise.all(servers.splice(0).map(async (server) => server.close()));
});

const releaseOf = (changes: Parameters<typeof documents>[0] = {}) => documents(changes).release;

interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

async function send(body: string, headers: Record<string, string>, method = "POST"): Promise<Answer> {
  const server = await serve(world.deps);
  servers.push(server);
  const response = await fetch(`${server.url}/promotions`, { method, headers, ...(method === "GET" ? {} : { body }) });
  const text = await response.text();
  return { status: response.status, body: text.startsWith("{") ? JSON.parse(text) : { text } };
}

const start = (caller: string, release: Json = releaseOf(), more: object = {}): Promise<Answer> =>
  send(JSON.stringify({ release, ...more }), { "content-type": "application/json", [CALLER_HEADER]: caller });

/** The same without a server, for many. */
const post = (caller: string, release: Json, deps = world.deps) =>
  startPromotion(deps)({
    method: "POST",
    path: "/promotions",
    pathParameters: {},
    query: {},
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ release }),
    sourceIp: "198.51.100.7",
    userAgent: "a test",
    caller: { arn: caller, accessKey: ACCESS_KEY, account: API_ACCOUNT },
  });

/** What the machine does first, in an execution that began now under this name. */
async function open(release: Json = releaseOf(), name = NAME): Promise<Header> {
  const startedAt = new Date(world.clock.now()).toISOString();
  const input = { release, executionArn: arnOf(name), executionName: name, startedAt };
  const { promotionId } = await openPromotion(world.deps)(input);
  return loadHeader(world.ledger, promotionId);
}

const records = () => world.ledger.items(({ pk }) => pk.startsWith("START#"));
const input = (name = NAME) => JSON.parse(world.started.get(arnOf(name)) ?? "null");

function expectNothingBegun(): void {
  expect(records()).toEqual([]);
  expect(world.started.size).toBe(0);
}

describe("a start through the API", () => {
  it("starts the release as it was sent, under a name made of service, version and attempt", async () => {
    expect(await start(SAM)).toEqual({
      status: 201,
      body: { executionArn: arnOf(NAME), started: true, startedBy: SAM, warnings: [expect.stringContaining("sit")] },
    });

    expect(input()).toEqual(releaseOf());
  });

  it("puts the caller on record before the execution begins", async () => {
    const { executions } = world.deps;
    const before: unknown[] = [];
    const watched = {
      ...executions,
      start: async (name: string, release: unknown) => {
        before.push(...records().map(({ startedBy }) => startedBy));
        return executions.start(name, release);
      },
    };
    Object.assign(world.deps, { executions: watched });

    await start(SAM);

    expect(before).toEqual([SAM]);
  });

  it("is who started it, for the header, the trail and those who are told", async () => {
    const notices = { "policy.environments.prod.notices": ["team@shop.example"] };
    await storePolicy(world.deps, documents(notices).policy);
    await start(SAM);

    const header = await open();

    expect(header.startedBy).toBe(SAM);
    expect((await loadAudit(world.ledger, header.promotionId))[0]).toMatchObject({
      summary: `shop v1.2.3, asked for by dev@shop.example (claimed, not verified), started by ${SAM} (session name not verified)`,
      data: { startedBy: SAM, starter: { principal: "arn:aws:sts::093646564004:assumed-role/Release", person: null } },
    });
    expect(world.mailsTo("team@shop.example")[0]?.body).toContain(`started by ${SAM} (session name not verified)\n`);
  });

  it("said twice is the first one", async () => {
    await start(SAM);
    world.clock.advance(5_000);

    expect(await start(KIM)).toMatchObject({ status: 200, body: { started: false } });

    expect((await open()).startedBy).toBe(SAM);
    expect(world.started.size).toBe(1);
  });

  it("is refused under a name that runs with another release, or that has ended", async () => {
    await start(SAM);
    const other = releaseOf({ "release.risk": "high" });
    expect(await start(SAM, other)).toEqual({
      status: 409,
      body: { error: `${NAME} ran before, or runs with another input: start it again as attempt 2` },
    });
    world.statuses.set(arnOf(NAME), "SUCCEEDED");

    expect(await start(SAM)).toMatchObject({ status: 409 });
    expect(await start(SAM, other, { attempt: 2 })).toMatchObject({ status: 201 });
    expect(input(nameOf(2))).toEqual(other);
  });

  it("is checked as `check` does it: everything that is wrong at once, and nothing begins", async () => {
    const { status, body } = await start(SAM, releaseOf({ "release.version": undefined, "release.risk": "none" }));

    expect(status).toBe(400);
    expect(body.problems).toEqual([
      expect.stringContaining("release.risk"),
      expect.stringContaining("release.version"),
    ]);
    expectNothingBegun();
  });

  it("is refused where no policy is deployed", async () => {
    world = new World();

    expect(await start(SAM)).toMatchObject({
      status: 400,
      body: { problems: [expect.stringContaining("no policy is deployed")] },
    });
    expectNothingBegun();
  });

  it.each([
    ["nobody signed", "{}", { "content-type": "application/json" }, 403],
    ["is no JSON", "{", { "content-type": "application/json", [CALLER_HEADER]: SAM }, 400],
    ["has no release", '{"attempt":1}', { "content-type": "application/json", [CALLER_HEADER]: SAM }, 400],
    [
      "names its starter",
      '{"release":{},"startedBy":"arn"}',
      { "content-type": "application/json", [CALLER_HEADER]: SAM },
      400,
    ],
    [
      "counts attempts from 0",
      '{"release":{},"attempt":0}',
      { "content-type": "application/json", [CALLER_HEADER]: SAM },
      400,
    ],
    ["is a form", "release=1", { "content-type": "application/x-www-form-urlencoded", [CALLER_HEADER]: SAM }, 415],
    [
      "is larger than an input may be",
      "x".repeat(262_145),
      { "content-type": "application/json", [CALLER_HEADER]: SAM },
      413,
    ],
  ])("that %s is refused", async (_what, body, headers, status) => {
    expect((await send(body, headers)).status).toBe(status);
    expectNothingBegun();
  });

  it("of anything that is no release is refused with what is wrong, and nothing begins", async () => {
    const keys = fc.constantFrom(
      "service",
      "version",
      "environments",
      "artifacts",
      "emergency",
      "__proto__",
      "tighten",
    );
    await fc.assert(
      fc.asyncProperty(fc.dictionary(keys, fc.jsonValue()), fc.jsonValue(), async (changes, whole) => {
        const spoilt = { ...(releaseOf() as object), commit: "no commit", ...changes } as Json;
        for (const release of [spoilt, whole as Json]) expect((await post(SAM, release)).status).toBe(400);
      }),
      { numRuns: 100, seed: 7 },
    );
    expectNothingBegun();
  });

  it("takes a POST and nothing else", async () => {
    expect((await send("", { [CALLER_HEADER]: SAM }, "GET")).status).toBe(405);
    expectNothingBegun();
  });

  it("takes a release of many targets, which is larger than a decision", async () => {
    const long = releaseOf({ "release.evidence": { report: "x".repeat(100_000) } });

    expect((await start(SAM, long)).status).toBe(201);
  });
});

describe("when the start itself fails", () => {
  beforeEach(async () => {
    world.startTrouble = new ServiceTrouble("Step Functions throttles");
    expect((await start(SAM)).status).toBeGreaterThanOrEqual(500);
    world.startTrouble = null;
  });

  it("the same caller can try again at once", async () => {
    world.clock.advance(1_000);
    expect(await start(SAM)).toMatchObject({ status: 201, body: { startedBy: SAM } });
  });

  it("another caller waits until that call is surely over, and then is the one on record", async () => {
    world.clock.advance(60_000);
    expect(await start(KIM)).toMatchObject({ status: 409 });
    world.clock.advance(1);

    expect(await start(KIM)).toMatchObject({ status: 201 });
    expect((await open()).startedBy).toBe(KIM);
  });
});

describe("nobody can be made the starter of what they did not start", () => {
  it("by an execution that was started from the console or by a schedule: nobody is on record", async () => {
    expect((await open()).startedBy).toBeNull();
  });

  it("by words in the input: they are refused like any unknown key", async () => {
    const forged = { ...(releaseOf() as object), startedBy: SAM };

    const header = await open(forged as Json);

    expect(header).toMatchObject({ startedBy: null, environments: [] });
    expect((await loadEnding(world.ledger, header.promotionId))?.outcome).toBe("blocked");
  });

  it("by another release under the name that they were about to start", async () => {
    world.startTrouble = new ServiceTrouble("no answer");
    await start(SAM);

    const header = await open(releaseOf({ "release.commit": "deadbeef" }));

    expect(header.startedBy).toBeNull();
    expect(world.warnings.join()).toContain("a start is on record, but not of this execution");
  });

  it("by the same release under the same name, months later", async () => {
    await start(SAM);
    world.clock.advance(91 * 86_400_000);

    expect((await open()).startedBy).toBeNull();
  });

  it("by starting first what they then ask for: the execution that is there already is not theirs", async () => {
    await world.deps.executions.start(NAME, releaseOf());

    expect(await start(SAM)).toMatchObject({ status: 200, body: { started: false } });

    expectNobodyOnRecord(await open());
  });

  function expectNobodyOnRecord({ startedBy }: Header): void {
    expect(records()).toEqual([]);
    expect(startedBy).toBeNull();
  }
});

describe("two callers at the same instant, in every order of their ledger operations", () => {
  it("one of them starts it and is on record; the other is told so", async () => {
    for (let first = 0; first < 8; first++) {
      for (let then = 0; then < 8; then++) {
        world = new World();
        world.objects.set("shop-artifacts/order/v1.2.3.zip/abc", { versionId: "abc", sha256: NEW_CODE });
        await storePolicy(world.deps, documents().policy);
        const callers = [SAM, KIM];
        const actors = callers.map((caller) => async (ledger: Ledger) => {
          return (await post(caller, releaseOf(), { ...world.deps, ledger })).status;
        });

        const statuses = await interleave(world.ledger, twoSwitches(first, then), actors);

        const { startedBy } = await open();
        const winner = callers.indexOf(startedBy ?? "");
        expect(statuses[winner]).toBe(201);
        expect([200, 409]).toContain(statuses[1 - winner]);
        expect(world.started.size).toBe(1);
      }
    }
  });
});

describe("the person behind the starter", () => {
  const leads = {
    "policy.callers": { verifiedRoles: [...CALLERS.verifiedRoles] },
    "policy.people.tech-lead": ["Jane@shop.example", "joan@shop.example"],
  };

  it("is asked for no approval", async () => {
    await storePolicy(world.deps, documents(leads).policy);
    await start(JANE);
    const { promotionId } = await open();

    await askApproval(world.deps)({ promotionId, environment: "prod", approval: "before" });

    expect(world.mailsTo("jane@shop.example")).toEqual([]);
    expect(world.mailsTo("joan@shop.example")[0]?.body).toContain(
      `  Started by   jane@shop.example, verified, as ${JANE}\n`,
    );
  });

  it("makes the requester's name more than a claim where it is the same person", async () => {
    await storePolicy(world.deps, documents(leads).policy);
    const release = releaseOf({ "release.requestedBy": "jane@shop.example" });
    await start(JANE, release);
    const { promotionId } = await open(release);

    await askApproval(world.deps)({ promotionId, environment: "prod", approval: "before" });

    expect(world.mailsTo("joan@shop.example")[0]?.body).toContain("  Requested by jane@shop.example (verified)\n");
  });

  it("cannot start what nobody else could approve", async () => {
    const { status, body } = await start(JANE);

    expect(status).toBe(400);
    expect(body.problems).toEqual([
      expect.stringContaining("asks 1 of tech-lead, which has 0 besides jane@shop.example, who starts it"),
    ]);
    expectNothingBegun();
  });
});

describe("an environment that requires a verified starter", () => {
  beforeEach(async () => {
    const requires = { "policy.environments.prod.requires": ["verified-starter"] };
    await storePolicy(world.deps, documents(requires).policy);
  });

  it("takes a promotion that came through the API", async () => {
    expect(await start(SAM)).toMatchObject({ status: 201 });

    expect((await open()).environments).toEqual(["prod"]);
  });

  it("blocks one that did not, and says how it is done", async () => {
    const { promotionId } = await open();

    const ending = await loadEnding(world.ledger, promotionId);
    expect(ending?.outcome).toBe("blocked");
    expect(ending?.summary).toContain("prod requires a start through the API, and this was none");
    expect(ending?.summary).toContain("headgate start");
    expect(await world.ledger.read(keys.open(promotionId))).toBeDefined();
  });
});
