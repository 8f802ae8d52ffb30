/** A plan is kept at once or not at all: what is too large for that is refused before anything begins. */
import { marshall } from "@aws-sdk/util-dynamodb";
import { describe, expect, it } from "vitest";
import type { Problem } from "../../functions/domain/documents/problems.ts";
import { storePolicy } from "../../functions/domain/ledger/policies.ts";
import { resolvePlan } from "../../functions/domain/plan/resolve.ts";
import { MOST_BYTES, MOST_PIECES, type PartSize, sizesOf } from "../../functions/domain/plan-text.ts";
import { openPromotion } from "../../functions/open-promotion.ts";
import { startPromotion } from "../../functions/start-promotion.ts";
import { type Item, itemSize } from "../../sandbox/aws/dynamodb/values.ts";
import { documents, type Json, NOW } from "../domain/plan/documents.ts";
import { ACCESS_KEY, API_ACCOUNT } from "../support/callers.ts";
import { arnOf, World } from "../support/deps.ts";

interface Large {
  readonly targets?: number;
  readonly environments?: number;
  /** Length of what each target's probe sends. */
  readonly payload?: number;
  /** Of the release's summary, to the byte. */
  readonly summary?: number;
}

function large({ targets = 1, environments = 1, payload = 0, summary = 1 }: Large) {
  const names = Array.from({ length: targets }, (_, index) => `f${index}`);
  const order = Array.from({ length: environments }, (_, index) => `env-${index}`);
  const place = { account: "444455556666", region: "af-south-1", pageTo: ["oncall@shop.example"] };
  const probe = { payload: "x".repeat(payload), expect: { statusCode: 200 } };
  return documents({
    "policy.order": order,
    "policy.environments": Object.fromEntries(order.map((name) => [name, place])),
    "policy.services.shop.targets": names.map((name) => ({
      name,
      kind: "lambda-alias",
      functionName: `shop-{environment}-${name}`,
      alias: "live",
      probe,
    })),
    // So that a hundred of them end within the year that an execution has.
    "policy.services.shop.analysis": { holdUpTo: "1h" },
    "release.artifacts": Object.fromEntries(names.map((name) => [name, { version: "8" }])),
    "release.environments": order,
    "release.summary": "s".repeat(summary),
  });
}

const resolved = ({ policy, release }: ReturnType<typeof large>) => resolvePlan(policy, release, { now: NOW });

function sizesIn(change: Large): readonly PartSize[] {
  const resolution = resolved(large(change));
  if (!resolution.ok) throw new Error(JSON.stringify(resolution.problems[0]));
  return sizesOf(resolution.plan);
}

function problemOf(change: Large): Problem | undefined {
  const resolution = resolved(large(change));
  return resolution.ok ? undefined : resolution.problems[0];
}

const sum = (sizes: readonly PartSize[], what: "bytes" | "pieces") =>
  sizes.reduce((total, size) => total + size[what], 0);

/** As large as may be, to the byte: 40 environments whose probe sends much, and a summary for what is left. */
function fullest(): Large & { readonly summary: number } {
  const environments = 40;
  const left = MOST_BYTES - sum(sizesIn({ environments }), "bytes");
  return { environments, payload: Math.floor(left / environments), summary: 1 + (left % environments) };
}

/** The start route, then the machine's first handler. */
async function begin({ policy, release }: ReturnType<typeof large>) {
  const world = new World();
  await storePolicy(world.deps, policy);
  const before = world.ledger.items();
  const { status, body } = await startPromotion(world.deps)({
    method: "POST",
    path: "/promotions",
    pathParameters: {},
    query: {},
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ release }),
    sourceIp: "198.51.100.7",
    userAgent: "a test",
    caller: { arn: "arn:aws:iam::093646564004:user/kim", accessKey: ACCESS_KEY, account: API_ACCOUNT },
  });
  return { world, status, body, untouched: JSON.stringify(world.ledger.items()) === JSON.stringify(before) };
}

async function written(release: Json, world: World) {
  const startedAt = new Date(world.clock.now()).toISOString();
  const known = new Set(world.ledger.items().map(({ pk, sk }) => `${pk} ${sk}`));
  let together: readonly string[] = [];
  world.ledger.before = async (operation) => {
    if (operation.startsWith("write HEADER")) together = operation.split(" ").slice(1);
  };
  const { decision } = await openPromotion(world.deps)({
    release,
    executionArn: arnOf("one"),
    executionName: "one",
    startedAt,
  });
  expect(world.ledger.items(({ sk }) => sk === "ENDING")).toEqual([]);
  expect(decision).toBe("go");
  const kept = ({ pk, sk }: { pk: string; sk: string }) =>
    ["PROMOTION", "OPEN", "PLAN"].includes(pk.split("#")[0] ?? "") && !known.has(`${pk} ${sk}`);
  return { together, items: world.ledger.items(kept) };
}

describe("a plan", () => {
  it("of 200 functions in three environments fits many times over", () => {
    const sizes = sizesIn({ targets: 200, environments: 3 });
    expect(sum(sizes, "bytes")).toBeGreaterThan(200 * 3 * 500);
    expect(sum(sizes, "bytes") * 4).toBeLessThan(MOST_BYTES);
    expect(sum(sizes, "pieces") * 4).toBeLessThan(MOST_PIECES);
  });

  it("that is as large as may be is written at once, within DynamoDB's 4 MB and 100 items", async () => {
    const { policy, release } = large(fullest());
    const { world, status } = await begin({ policy, release });
    expect(status).toBe(201);
    const { together, items } = await written(release, world);
    expect(together.length).toBeLessThanOrEqual(100);
    expect(items.map(({ sk }) => sk)).toEqual(expect.arrayContaining([...together]));
    const bytes = items.reduce(
      (total, one) => total + itemSize(marshall(one, { removeUndefinedValues: true }) as Item),
      0,
    );
    expect(bytes).toBeGreaterThan(MOST_BYTES);
    expect(bytes).toBeLessThanOrEqual(4 * 1_024 * 1_024);
  });

  it("that is one byte larger is refused with path, value and hint, and nothing begins", async () => {
    const full = fullest();
    const one = { ...full, summary: full.summary + 1 };
    expect(problemOf(full)).toBeUndefined();
    expect(problemOf(one)).toMatchObject({
      path: "release.environments",
      message: "make a plan of 4,033 KB, and DynamoDB takes 4,032 KB of one at once",
      hint: expect.stringMatching(/^env-0 takes \d+ KB, .*: release through fewer environments at once, or split/),
    });
    const { world, status, body, untouched } = await begin(large(one));
    expect(status).toBe(400);
    expect(body).toContain('release.environments = [\\"env-0\\"');
    expect(untouched).toBe(true);
    expect(world.started.size).toBe(0);
  });

  it("of as many items as may be is written at once, and of one more refused", async () => {
    const most = { environments: MOST_PIECES - 1 };
    const { policy, release } = large(most);
    const { world } = await begin({ policy, release });
    expect((await written(release, world)).together).toHaveLength(100);
    expect(problemOf({ environments: MOST_PIECES })).toMatchObject({
      path: "release.environments",
      message: "make a plan of 99 items, and DynamoDB takes 98 of one at once",
    });
  });
});
