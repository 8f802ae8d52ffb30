import { describe, expect, it, vi } from "vitest";
import { Report } from "../../../functions/domain/documents/problems.ts";
import { driveOf } from "../../../functions/domain/plan/targets.ts";
import type { TargetPlan } from "../../../functions/domain/plan.ts";
import { type Changes, environment, expectProblem, problems, resolve } from "./documents.ts";

vi.mock("../../../functions/targets/kinds.ts", async (original) =>
  (await import("../../support/test-kinds.ts")).withTestKinds(original),
);

const SHOP = "policy.services.shop";
const ORDER = `${SHOP}.targets.0`;
const AT_ORDER = `${SHOP}.targets[0]`;
const SHA = "n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=";
const OTHER_SHA = "LCa0a2j/xo/5m0U8HTBBNBNCLXBkg7+g+YpeiGJm564=";

const target = (changes: Changes = {}): TargetPlan | undefined => environment(changes).targets[0];

describe("a target", () => {
  it("has its templates filled in, its alias's ARN, and its code", () => {
    expect(environment().targets).toEqual([
      {
        name: "order",
        kind: "lambda-alias",
        functionName: "shop-prod-order",
        alias: "live",
        resource: "arn:aws:lambda:af-south-1:444455556666:function:shop-prod-order:live",
        resources: [
          "arn:aws:lambda:af-south-1:444455556666:function:shop-prod-order:live",
          "arn:aws:lambda:af-south-1:444455556666:function:shop-prod-order",
        ],
        artifact: { from: "s3", bucket: "shop-artifacts", key: "order/v1.2.3.zip", versionId: "abc" },
        reversible: true,
      },
      {
        name: "cart",
        kind: "lambda-alias",
        functionName: "shop-prod-cart",
        alias: "live",
        resource: "arn:aws:lambda:af-south-1:444455556666:function:shop-prod-cart:live",
        resources: [
          "arn:aws:lambda:af-south-1:444455556666:function:shop-prod-cart:live",
          "arn:aws:lambda:af-south-1:444455556666:function:shop-prod-cart",
        ],
        artifact: { from: "version", version: "42" },
        reversible: true,
      },
    ]);
  });

  it.each([
    ["cn-north-1", "aws-cn"],
    ["us-gov-west-1", "aws-us-gov"],
    ["us-east-1", "aws"],
  ])("lies in %s's partition, %s", (region, partition) => {
    expect(target({ "policy.environments.prod.region": region })?.resource).toBe(
      `arn:${partition}:lambda:${region}:444455556666:function:shop-prod-order:live`,
    );
  });

  it("may be irreversible, and may be probed", () => {
    const changes = { [`${ORDER}.reversible`]: false, [`${ORDER}.probe`]: { expect: { statusCode: 200 } } };
    expect(target(changes)).toMatchObject({
      reversible: false,
      probe: { payload: {}, expect: { statusCode: 200 }, timeoutSeconds: 10 },
    });
    const probe = { payload: { path: "/health" }, expect: {}, timeout: "15m" };
    expect(target({ [`${ORDER}.probe`]: probe })?.probe).toEqual({
      payload: { path: "/health" },
      expect: {},
      timeoutSeconds: 900,
    });
  });

  it.each(["0s", "15m1s"])("is not probed for %s", (timeout) => {
    expectProblem(
      { [`${ORDER}.probe`]: { expect: {}, timeout } },
      {
        path: `${AT_ORDER}.probe.timeout`,
        value: timeout,
        message: "is not a time that a probe can take",
        hint: "write 1s to 15m",
      },
    );
  });

  it("is refused with an unknown placeholder", () => {
    const found = problems({ [`${ORDER}.functionName`]: "shop-{env}-order" });
    expect(found[0]).toEqual({
      path: `${AT_ORDER}.functionName`,
      value: "shop-{env}-order",
      message: 'gives "shop-{env}-order", which is no function name',
      hint: "letters, digits, dashes and underscores, at most 64; not an ARN",
    });
    expect(found[1]).toMatchObject({
      message: "has the unknown placeholder {env}",
      hint: "known here: {environment}, {service}",
    });
  });

  it.each(["arn:aws:lambda:af-south-1:1:function:order", "x".repeat(65), ""])(
    "is refused under the name %j",
    (functionName) => {
      expect(problems({ [`${ORDER}.functionName`]: functionName }).map(({ path, message }) => [path, message])).toEqual(
        [[`${AT_ORDER}.functionName`, `gives "${functionName}", which is no function name`]],
      );
    },
  );

  it.each(["42", "$LATEST", "a".repeat(129)])("is refused with the alias %j", (alias) => {
    expectProblem(
      { [`${ORDER}.alias`]: alias },
      {
        path: `${AT_ORDER}.alias`,
        value: alias,
        message: `gives "${alias}", which is no alias name`,
        hint: "letters, digits, dashes and underscores, with at least one non-digit",
      },
    );
  });

  it("takes names of 64 and aliases of 128 letters, as Lambda does", () => {
    expect(resolve({ [`${ORDER}.functionName`]: "f".repeat(64), [`${ORDER}.alias`]: "a".repeat(128) }).ok).toBe(true);
  });

  it("has a name of its own", () => {
    expectProblem(
      { [`${SHOP}.targets.1.name`]: "order", "release.artifacts.cart": undefined },
      {
        path: `${SHOP}.targets[1].name`,
        value: "order",
        message: "is the name of targets[0] too",
        hint: "give each target a name of its own",
      },
    );
  });

  it("has an alias of its own", () => {
    expectProblem(
      { [`${SHOP}.targets.1.functionName`]: "shop-{environment}-order" },
      {
        path: `${SHOP}.targets[1].functionName`,
        value: "shop-{environment}-order",
        message:
          "moves arn:aws:lambda:af-south-1:444455556666:function:shop-prod-order:live in prod, as order in prod does",
        hint: "one alias, one target: name another function or alias, or use {environment}",
      },
    );
  });

  it("has an alias of its own in each environment of one account", () => {
    const changes = {
      "policy.environments.sit.account": "444455556666",
      "release.environments": ["sit", "prod"],
      [`${ORDER}.functionName`]: "shop-order",
    };
    expect(problems(changes).map(({ path, message }) => [path, message])).toEqual([
      [
        `${AT_ORDER}.functionName`,
        "moves arn:aws:lambda:af-south-1:444455556666:function:shop-order:live in prod, as order in sit does",
      ],
    ]);
  });
});

describe("artifacts", () => {
  const HINT = "give bucket, key and versionId, or version";

  it("are given for every target", () => {
    expectProblem(
      { "release.artifacts.cart": undefined },
      { path: "release.artifacts.cart", value: undefined, message: "is missing: shop has the target cart", hint: HINT },
    );
  });

  it("are given for no other", () => {
    const artifact = { version: "1" };
    expectProblem(
      { "release.artifacts.crat": artifact },
      {
        path: "release.artifacts.crat",
        value: artifact,
        message: "is no target of shop",
        hint: 'did you mean "cart"?',
      },
    );
    expect(problems({ "release.artifacts.search": artifact })[0]?.hint).toBe("targets: order, cart");
  });

  it("may differ by environment", () => {
    const places = {
      sit: { version: "7" },
      prod: { bucket: "{environment}-artifacts", key: "a.zip", versionId: "v", sha256: SHA },
    };
    const changes = { "release.artifacts.order": { in: places }, "release.environments": ["sit", "prod"] };
    expect(environment(changes, "sit").targets[0]?.artifact).toEqual({ from: "version", version: "7" });
    expect(environment(changes).targets[0]?.artifact).toEqual({
      from: "s3",
      bucket: "prod-artifacts",
      key: "a.zip",
      versionId: "v",
      sha256: SHA,
    });
  });

  it("are then given for each environment of the release", () => {
    const changes = {
      "release.artifacts.order": { in: { sit: { version: "7" } } },
      "release.environments": ["sit", "prod"],
    };
    expectProblem(changes, {
      path: "release.artifacts.order.in.prod",
      value: undefined,
      message: "is missing: the release goes to prod",
      hint: HINT,
    });
  });

  it("and for no other environment", () => {
    const places = { prod: { version: "7" }, sit: { version: "6" } };
    expectProblem(
      { "release.artifacts.order": { in: places } },
      {
        path: "release.artifacts.order.in.sit",
        value: { version: "6" },
        message: "is no environment of this release",
        hint: "the release goes to: prod",
      },
    );
  });

  it("are the same bytes everywhere, where both are known", () => {
    const places = (sit: string, prod: string) => ({
      "release.environments": ["sit", "prod"],
      "release.artifacts.order": { in: { sit: { version: "7", sha256: sit }, prod: { version: "6", sha256: prod } } },
    });
    expect(resolve(places(SHA, SHA)).ok).toBe(true);
    expect(problems(places(SHA, OTHER_SHA)).map(({ path, message, hint }) => [path, message, hint])).toEqual([
      [
        "release.artifacts.order.in",
        "has different sha256 per environment",
        "promote the same zip that was tested before",
      ],
    ]);
  });

  it("refuse placeholders that mean nothing", () => {
    const artifact = { bucket: "b{account}", key: "k{target}", versionId: "v" };
    expect(
      problems({ "release.artifacts.order": artifact }).map(({ path, message, hint }) => [path, message, hint]),
    ).toEqual([
      [
        "release.artifacts.order.bucket",
        "has the unknown placeholder {account}",
        "known here: {environment}, {service}, {version}",
      ],
      [
        "release.artifacts.order.key",
        "has the unknown placeholder {target}",
        "known here: {environment}, {service}, {version}",
      ],
    ]);
  });
});

describe("how a rollout is driven", () => {
  const scope = () => {
    const report = new Report({ policy: {}, release: {} });
    return { report, at: { service: ["policy", "services", "shop"] } };
  };
  const driven = { kind: "lambda-alias" };
  const selfDriving = { kind: "escalator" };

  it("follows from the kinds of its targets", () => {
    expect(driveOf(scope(), [driven])).toBe("driven");
    expect(driveOf(scope(), [selfDriving])).toBe("self-driving");
    expect(driveOf(scope(), [])).toBe("driven");
  });

  it("cannot be both", () => {
    const mixed = scope();
    driveOf(mixed, [driven, selfDriving]);
    expect(mixed.report.problems).toEqual([
      {
        path: "policy.services.shop.targets",
        value: undefined,
        message: "mixes driven and self-driving targets",
        hint: "put targets that move by themselves into a service of their own",
      },
    ]);
  });
});
