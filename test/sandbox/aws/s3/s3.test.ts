import { createHash } from "node:crypto";
import { GetObjectCommand, HeadObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { describe, expect, test } from "vitest";
import { SimulatedS3 } from "../../../../sandbox/aws/s3/s3.ts";
import { errorOf, simulate } from "../harness.ts";

const setUp = () => {
  const simulation = simulate();
  const s3 = new SimulatedS3(simulation.aws);
  const client = new S3Client(simulation.config());
  const object = (Key: string, VersionId?: string) => ({
    Bucket: "artifacts",
    Key,
    ...(VersionId === undefined ? {} : { VersionId }),
  });
  return {
    ...simulation,
    s3,
    put: (bucket: string, key: string, body: string) => s3.plant({ bucket, key, body }),
    head: (Key: string, VersionId?: string) =>
      client.send(new HeadObjectCommand({ ...object(Key, VersionId), ChecksumMode: "ENABLED" })),
    get: (Key: string, VersionId?: string) => client.send(new GetObjectCommand(object(Key, VersionId))),
    client,
  };
};

const hash = (text: string): string => createHash("sha256").update(text).digest("base64");

describe("an object", () => {
  test("keeps its versions, each with its own checksum", async () => {
    const { run, put, head } = setUp();
    const first = put("artifacts", "orders/app 1.zip", "one");
    put("artifacts", "orders/app 1.zip", "two!");
    const [old, latest] = await run(async () => [
      await head("orders/app 1.zip", first),
      await head("orders/app 1.zip"),
    ]);
    expect(old).toMatchObject({ VersionId: first, ContentLength: 3, ChecksumSHA256: hash("one") });
    expect(latest).toMatchObject({ ContentLength: 4, ChecksumSHA256: hash("two!"), ChecksumType: "FULL_OBJECT" });
  });

  test("is read as it was put", async () => {
    const { run, put, get } = setUp();
    put("artifacts", "policy.json", '{"ü":1}');
    const text = await run(async () => await (await get("policy.json")).Body?.transformToString());
    expect(text).toBe('{"ü":1}');
  });

  test("that was deleted leaves a marker, and its versions stay", async () => {
    const { run, put, s3, head } = setUp();
    const version = put("artifacts", "a", "one");
    const marker = s3.deleteObject("artifacts", "a");
    const [kept, gone, marked] = await run(async () => [
      await head("a", version),
      await errorOf(head("a")),
      await errorOf(head("a", marker)),
    ]);
    expect(kept.ContentLength).toBe(3);
    expect(gone.name).toBe("NotFound");
    expect(marked).toMatchObject({ $metadata: { httpStatusCode: 405 } });
  });

  test("that was never there is NotFound to HEAD, which has no body, and named to GET", async () => {
    const { run, put, head, get, client } = setUp();
    put("artifacts", "a", "one");
    const errors = await run(async () => [
      await errorOf(head("b")),
      await errorOf(get("b")),
      await errorOf(get("a", "gone")),
      await errorOf(client.send(new GetObjectCommand({ Bucket: "elsewhere", Key: "a" }))),
    ]);
    expect(errors.map(({ name }) => name)).toEqual(["NotFound", "NoSuchKey", "NoSuchVersion", "NoSuchBucket"]);
  });
});

test("an artifact may be known by its version and hash alone", async () => {
  const { run, s3, head, get } = setUp();
  const sha256 = createHash("sha256").update("one").digest("hex");
  s3.plant({ bucket: "artifacts", key: "a.zip", versionId: "v1", sha256 });
  const [found, error] = await run(async () => [await head("a.zip", "v1"), await errorOf(get("a.zip"))]);
  expect(found).toMatchObject({ VersionId: "v1", ChecksumSHA256: hash("one") });
  expect(error?.message).toContain("by its hash alone");
});

test("a bucket with dots in its name is addressed by path, and found as well", async () => {
  const { run, put, client } = setUp();
  put("my.bucket", "a/b", "x");
  const head = await run(() => client.send(new HeadObjectCommand({ Bucket: "my.bucket", Key: "a/b" })));
  expect(head.ContentLength).toBe(1);
});

test("Lambda finds its code by bucket, key and version", () => {
  const { s3, put } = setUp();
  const versionId = put("artifacts", "a.zip", "one");
  const find = s3.codeSource;
  expect(find({ bucket: "artifacts", key: "a.zip", versionId })).toEqual({
    sha256: hash("one"),
    size: 3,
    body: new TextEncoder().encode("one"),
  });
  expect(find({ bucket: "artifacts", key: "a.zip", versionId: "gone" })).toBeUndefined();
});
