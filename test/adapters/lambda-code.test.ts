import { createHash } from "node:crypto";
import { LambdaClient } from "@aws-sdk/client-lambda";
import { describe, expect, test } from "vitest";
import { lambdaCode } from "../../functions/adapters/lambda-code.ts";
import { CallRefused, NotReady, ServiceTrouble } from "../../functions/domain/errors.ts";
import { CodeOutOfReach, RevisionMoved } from "../../functions/domain/ports.ts";
import { type Answer, fault, handClock, ok, wire } from "./wire.ts";

const HEX = createHash("sha256").update("the code").digest("hex");
const BASE64 = createHash("sha256").update("the code").digest("base64");
const ARTIFACT = { from: "s3", bucket: "artifacts", key: "order/2.3.0.zip", versionId: "v-42" } as const;
const NOW = Date.parse("2026-11-24T18:00:00Z");
const REV_1 = { revision: "rev-1", deadline: NOW + 30_000 };
const GUARD = { sha256: HEX, revision: "rev-2", description: "headgate p1" };

const codeOnWire = (...answers: Answer[]) => {
  const line = wire(...answers);
  const client = new LambdaClient(line.config);
  const { clock } = handClock(NOW);
  const files = new Map<string, { status: number; body: Uint8Array }>();
  const download = async (url: string) => files.get(url) ?? Promise.reject(new Error(`no answer from ${url}`));
  const hash = (text: string) => createHash("sha256").update(text).digest("hex");
  return { ...line, files, code: lambdaCode({ client: () => client, clock, download, hash }, "bbws-prod-order") };
};

test("what $LATEST is now is read with its hash in hex", async () => {
  const { code, sent } = codeOnWire(ok({ CodeSha256: BASE64, RevisionId: "rev-1", LastUpdateStatus: "Successful" }));

  const readiness = { is: "ready" };
  const longestSeconds = null;
  expect(await code.current()).toEqual({ sha256: HEX, settings: {}, revision: "rev-1", readiness, longestSeconds });
  expect(sent[0]?.path).toBe("/2015-03-31/functions/bbws-prod-order/configuration");
  expect(sent[0]?.query).toEqual({});
});

test("what $LATEST and a version may run for at the most is their time-out", async () => {
  const { code } = codeOnWire(ok({ CodeSha256: BASE64, RevisionId: "rev-1", Timeout: 180 }));

  expect((await code.current()).longestSeconds).toBe(180);
  expect((await code.version("7"))?.longestSeconds).toBe(180);
});

test.each([
  [{ LastUpdateStatus: "InProgress" }, { is: "pending", why: "its last update is InProgress" }],
  [
    { State: "Pending", StateReasonCode: "Creating" },
    { is: "pending", why: "Pending (Creating)" },
  ],
  [
    { State: "Inactive", StateReasonCode: "Idle", StateReason: "idle for weeks" },
    { is: "inactive", why: "Inactive (Idle: idle for weeks)" },
  ],
  [
    { State: "Failed", StateReasonCode: "ImageDeleted" },
    { is: "failed", why: "Failed (ImageDeleted)" },
  ],
  [{ State: "Deactivating" }, { is: "failed", why: "Deactivating" }],
  [
    { State: "Active", LastUpdateStatus: "Failed", LastUpdateStatusReason: "no such subnet" },
    { is: "failed", why: "its last update is Failed (no such subnet)" },
  ],
  [{ State: "Active", LastUpdateStatus: "Successful" }, { is: "ready" }],
] as const)("%o is read with the service's own reason", async (status, readiness) => {
  const { code } = codeOnWire(ok({ CodeSha256: BASE64, RevisionId: "rev-1", ...status }));

  expect((await code.current()).readiness).toEqual(readiness);
  expect((await code.version("7"))?.readiness).toEqual(readiness);
});

const CONFIGURATION = {
  Architectures: ["arm64"],
  CapacityProviderConfig: { LambdaManagedInstancesCapacityProviderConfig: { CapacityProviderArn: "arn:provider" } },
  DeadLetterConfig: { TargetArn: "arn:queue" },
  DurableConfig: { ExecutionTimeout: 60 },
  Environment: { Variables: { DB: "secret" } },
  EphemeralStorage: { Size: 512 },
  FileSystemConfigs: [{ Arn: "arn:files", LocalMountPath: "/mnt/files" }],
  Handler: "index.handler",
  ImageConfigResponse: { ImageConfig: { Command: ["run"] } },
  KMSKeyArn: "arn:key",
  Layers: [{ Arn: "arn:layer:1", CodeSize: 1 }],
  LoggingConfig: { LogGroup: "/shop" },
  MemorySize: 512,
  PackageType: "Zip",
  Role: "arn:role",
  Runtime: "nodejs24.x",
  SnapStart: { ApplyOn: "PublishedVersions", OptimizationStatus: "Off" },
  TenancyConfig: { TenantIsolationMode: "PER_TENANT" },
  Timeout: 30,
  TracingConfig: { Mode: "Active" },
  VpcConfig: { VpcId: "vpc-1", SubnetIds: ["subnet-1"] },
};

describe("the settings that a version freezes", () => {
  const settingsOf = async (change: object) => {
    const { code } = codeOnWire(ok({ CodeSha256: BASE64, ...CONFIGURATION, ...change }));
    return (await code.current()).settings;
  };

  test("are told apart by name, without their values", async () => {
    const settings = await settingsOf({});

    expect(new Set(Object.keys(settings))).toEqual(new Set(Object.keys(CONFIGURATION)));
    expect(JSON.stringify(settings)).not.toContain("secret");
  });

  test.each(Object.keys(CONFIGURATION))("hold %s", async (name) => {
    const { [name]: before, ...others } = await settingsOf({});
    const { [name]: after, ...same } = await settingsOf({ [name]: CHANGED[name] ?? { Variables: { DB: "other" } } });

    expect(after).not.toEqual(before);
    expect(same).toEqual(others);
  });

  test.each([
    ["the snapshot's own state", { SnapStart: { ApplyOn: "PublishedVersions", OptimizationStatus: "On" } }],
    ["the description, which each version has of its own", { Description: "headgate p1" }],
    ["the runtime's version, which AWS moves", { RuntimeVersionConfig: { RuntimeVersionArn: "arn:other" } }],
    ["the code's signature", { SigningJobArn: "arn:job" }],
    ["the size of a layer", { Layers: [{ Arn: "arn:layer:1", CodeSize: 2 }] }],
  ])("do not hold %s", async (_what, change) => {
    expect(await settingsOf(change)).toEqual(await settingsOf({}));
  });

  test("are the same whether a service says nothing or nothing in many words", async () => {
    const empty = { DeadLetterConfig: {}, Environment: { Variables: {} }, FileSystemConfigs: [], Layers: [] };
    const none = {
      DeadLetterConfig: undefined,
      Environment: undefined,
      FileSystemConfigs: undefined,
      Layers: undefined,
    };
    const spelled = { ...empty, KMSKeyArn: "", VpcConfig: { VpcId: "", SubnetIds: [] } };

    expect(await settingsOf(spelled)).toEqual(
      await settingsOf({ ...none, KMSKeyArn: undefined, VpcConfig: undefined }),
    );
  });
});

const CHANGED: Readonly<Record<string, unknown>> = {
  Architectures: ["x86_64"],
  CapacityProviderConfig: { LambdaManagedInstancesCapacityProviderConfig: { CapacityProviderArn: "arn:other" } },
  DeadLetterConfig: { TargetArn: "arn:other" },
  DurableConfig: { ExecutionTimeout: 61 },
  EphemeralStorage: { Size: 1024 },
  FileSystemConfigs: [{ Arn: "arn:other", LocalMountPath: "/mnt/files" }],
  Handler: "other.handler",
  ImageConfigResponse: { ImageConfig: { Command: ["walk"] } },
  KMSKeyArn: "arn:other",
  Layers: [{ Arn: "arn:layer:2", CodeSize: 1 }],
  LoggingConfig: { LogGroup: "/other" },
  MemorySize: 1024,
  PackageType: "Image",
  Role: "arn:other",
  Runtime: "nodejs22.x",
  SnapStart: { ApplyOn: "None", OptimizationStatus: "Off" },
  TenancyConfig: undefined,
  Timeout: 31,
  TracingConfig: { Mode: "PassThrough" },
  VpcConfig: { VpcId: "vpc-1", SubnetIds: ["subnet-2"] },
};

describe("replacing the code", () => {
  test("names the exact object version and the revision it expects", async () => {
    const { code, sent } = codeOnWire(ok());

    await code.replace(ARTIFACT, REV_1);

    expect(sent[0]?.method).toBe("PUT");
    expect(sent[0]?.path).toBe("/2015-03-31/functions/bbws-prod-order/code");
    expect(sent[0]?.json).toEqual({
      S3Bucket: "artifacts",
      S3Key: "order/2.3.0.zip",
      S3ObjectVersion: "v-42",
      RevisionId: "rev-1",
    });
  });

  test("of a function that somebody else changed meanwhile is refused", async () => {
    const { code } = codeOnWire(fault("PreconditionFailedException", 412));

    await expect(code.replace(ARTIFACT, REV_1)).rejects.toBeInstanceOf(RevisionMoved);
  });

  test("of a function that is still changing can be tried again", async () => {
    const { code } = codeOnWire(fault("ResourceConflictException", 409));

    await expect(code.replace(ARTIFACT, REV_1)).rejects.toBeInstanceOf(NotReady);
  });
});

describe("replacing the code by a published version's", () => {
  const VERSION = { from: "version", version: "7" } as const;
  const LINK = "https://packages.example.com/7?signature=s";
  const located = (change: object = {}) =>
    ok({ Configuration: { CodeSize: 8 }, Code: { RepositoryType: "S3", Location: LINK }, ...change });

  test("sends the package that Lambda gives a link to", async () => {
    const { code, sent, files } = codeOnWire(located(), ok());
    files.set(LINK, { status: 200, body: new TextEncoder().encode("the code") });

    await code.replace(VERSION, REV_1);

    expect(sent[0]).toMatchObject({ method: "GET", path: "/2015-03-31/functions/bbws-prod-order" });
    expect(sent[0]?.query).toEqual({ Qualifier: "7" });
    expect(sent[1]?.json).toEqual({ ZipFile: Buffer.from("the code").toString("base64"), RevisionId: "rev-1" });
  });

  test("names an image by its digest", async () => {
    const image = "111122223333.dkr.ecr.af-south-1.amazonaws.com/order@sha256:0a1b";
    const { code, sent } = codeOnWire(ok({ Code: { RepositoryType: "ECR", ResolvedImageUri: image } }), ok());

    await code.replace(VERSION, REV_1);

    expect(sent[1]?.json).toEqual({ ImageUri: image, RevisionId: "rev-1" });
  });

  test.each([
    ["is too large to be sent", located({ Configuration: { CodeSize: 52_428_801 } }), /52428801 bytes of code/],
    ["is gone", fault("ResourceNotFoundException", 404), /no version 7/],
    ["has no link", ok({ Code: { RepositoryType: "S3" } }), /no link/],
  ])("whose package %s is said, and nothing is replaced", async (_what, answer, words) => {
    const { code, sent } = codeOnWire(answer);

    const refused = code.replace(VERSION, REV_1);

    await expect(refused).rejects.toBeInstanceOf(CodeOutOfReach);
    await expect(refused).rejects.toThrow(words);
    expect(sent).toHaveLength(1);
  });

  test.each([
    [403, CodeOutOfReach],
    [404, CodeOutOfReach],
    [503, ServiceTrouble],
  ])("whose link answers %i is not replaced, and the link stands in no message", async (status, error) => {
    const { code, files } = codeOnWire(located());
    files.set(LINK, { status, body: new Uint8Array() });

    const refused = code.replace(VERSION, REV_1);

    await expect(refused).rejects.toBeInstanceOf(error);
    await expect(refused).rejects.not.toThrow(/signature/);
  });

  test("whose link does not answer can be tried again", async () => {
    const { code } = codeOnWire(located());

    await expect(code.replace(VERSION, REV_1)).rejects.toBeInstanceOf(ServiceTrouble);
  });
});

describe("publishing", () => {
  test("is guarded by the hash, in Lambda's spelling, and by the revision", async () => {
    const { code, sent } = codeOnWire(ok({ Version: "8", CodeSha256: BASE64 }));

    expect(await code.publish(GUARD)).toEqual({ version: "8", sha256: HEX });
    expect(sent[0]?.path).toBe("/2015-03-31/functions/bbws-prod-order/versions");
    expect(sent[0]?.json).toEqual({ CodeSha256: BASE64, RevisionId: "rev-2", Description: "headgate p1" });
  });

  test.each([
    ["another revision", fault("PreconditionFailedException", 412)],
    [
      "other code",
      fault("InvalidParameterValueException", 400, { message: "CodeSHA256 (a) is different from current CodeSHA256" }),
    ],
  ])("of %s than was read is refused as somebody else's move", async (_, answer) => {
    const { code } = codeOnWire(answer);

    await expect(code.publish(GUARD)).rejects.toBeInstanceOf(RevisionMoved);
  });

  test("with another invalid value is a refusal like any other", async () => {
    const { code } = codeOnWire(
      fault("InvalidParameterValueException", 400, { message: "The role cannot be assumed" }),
    );

    await expect(code.publish(GUARD)).rejects.toBeInstanceOf(CallRefused);
  });
});

test("a published version is known by its hash, and a missing one is undefined", async () => {
  const { code, sent } = codeOnWire(ok({ CodeSha256: BASE64 }), fault("ResourceNotFoundException", 404));

  expect(await code.version("7")).toMatchObject({ version: "7", sha256: HEX });
  expect(await code.version("99")).toBeUndefined();
  expect(sent[0]?.query).toEqual({ Qualifier: "7" });
});
