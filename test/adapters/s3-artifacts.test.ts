import { createHash } from "node:crypto";
import { S3Client } from "@aws-sdk/client-s3";
import { expect, test } from "vitest";
import { s3Artifacts } from "../../functions/adapters/s3-artifacts.ts";
import { CallRefused, ServiceTrouble } from "../../functions/domain/errors.ts";
import { type Answer, wire } from "./wire.ts";

const HASH = createHash("sha256").update("the code");
const HEX = HASH.copy().digest("hex");
const BASE64 = HASH.copy().digest("base64");

const ask = async (answer: Answer) => {
  const line = wire(answer);
  const client = new S3Client(line.config);
  const found = await s3Artifacts({ client: () => client }).object("artifacts", "order/2.3.0.zip", "v-42");
  return { found, sent: line.sent };
};
const head = (headers: Readonly<Record<string, string>>, status = 200): Answer => ({ status, headers });

test("an object is asked for by its exact version, with its checksum, without its body", async () => {
  const { found, sent } = await ask(head({ "x-amz-version-id": "v-42", "x-amz-checksum-sha256": BASE64 }));

  expect(found).toEqual({ versionId: "v-42", sha256: HEX });
  expect(sent[0]?.method).toBe("HEAD");
  expect(sent[0]?.host).toBe("artifacts.s3.af-south-1.amazonaws.com");
  expect(sent[0]?.path).toBe("/order/2.3.0.zip");
  expect(sent[0]?.query).toEqual({ versionId: "v-42" });
  expect(sent[0]?.headers["x-amz-checksum-mode"]).toBe("ENABLED");
});

test.each([
  ["there is no SHA-256", {}],
  ["it hashes the parts' hashes", { "x-amz-checksum-sha256": `${BASE64}-3` }],
  ["S3 calls it composite", { "x-amz-checksum-sha256": BASE64, "x-amz-checksum-type": "COMPOSITE" }],
])("the hash is null where %s", async (_, headers) => {
  const { found } = await ask(head({ "x-amz-version-id": "v-42", ...headers }));

  expect(found).toEqual({ versionId: "v-42", sha256: null });
});

test.each([
  ["nothing there", 404],
  ["a delete marker there", 405],
])("with %s, the answer is undefined", async (_, status) => {
  expect((await ask(head({}, status))).found).toBeUndefined();
});

test("a denied object is refused with the permission that is missing", async () => {
  const asked = ask(head({}, 403));

  await expect(asked).rejects.toBeInstanceOf(CallRefused);
  await expect(asked).rejects.toThrow("s3:GetObjectVersion");
});

test("a failing service can be tried again", async () => {
  await expect(ask(head({}, 503))).rejects.toBeInstanceOf(ServiceTrouble);
});
