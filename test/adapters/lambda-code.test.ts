import { createHash } from "node:crypto";
import { LambdaClient } from "@aws-sdk/client-lambda";
import { describe, expect, test } from "vitest";
import { lambdaCode } from "../../functions/adapters/lambda-code.ts";
import { CallRefused, NotReady } from "../../functions/domain/errors.ts";
import { RevisionMoved } from "../../functions/domain/ports.ts";
import { type Answer, fault, ok, wire } from "./wire.ts";

const HEX = createHash("sha256").update("the code").digest("hex");
const BASE64 = createHash("sha256").update("the code").digest("base64");
const ARTIFACT = { from: "s3", bucket: "artifacts", key: "order/2.3.0.zip", versionId: "v-42" } as const;
const GUARD = { sha256: HEX, revision: "rev-2", description: "headgate p1" };

const codeOnWire = (...answers: Answer[]) => {
  const line = wire(...answers);
  const client = new LambdaClient(line.config);
  return { ...line, code: lambdaCode({ client: () => client }, "bbws-prod-order") };
};

test("what $LATEST is now is read with its hash in hex", async () => {
  const { code, sent } = codeOnWire(ok({ CodeSha256: BASE64, RevisionId: "rev-1", LastUpdateStatus: "Successful" }));

  expect(await code.current()).toEqual({ sha256: HEX, revision: "rev-1", updating: false });
  expect(sent[0]?.path).toBe("/2015-03-31/functions/bbws-prod-order/configuration");
  expect(sent[0]?.query).toEqual({});
});

test.each([{ LastUpdateStatus: "InProgress" }, { State: "Pending" }])(
  "%o means that it is still changing",
  async (status) => {
    const { code } = codeOnWire(ok({ CodeSha256: BASE64, RevisionId: "rev-1", ...status }));

    expect(await code.current()).toMatchObject({ updating: true });
  },
);

describe("replacing the code", () => {
  test("names the exact object version and the revision it expects", async () => {
    const { code, sent } = codeOnWire(ok());

    await code.update(ARTIFACT, "rev-1");

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

    await expect(code.update(ARTIFACT, "rev-1")).rejects.toBeInstanceOf(RevisionMoved);
  });

  test("of a function that is still changing can be tried again", async () => {
    const { code } = codeOnWire(fault("ResourceConflictException", 409));

    await expect(code.update(ARTIFACT, "rev-1")).rejects.toBeInstanceOf(NotReady);
  });

  test("by a version that is published already makes no call", async () => {
    const { code, sent } = codeOnWire();

    await expect(code.update({ from: "version", version: "7" }, "rev-1")).rejects.toBeInstanceOf(CallRefused);
    expect(sent).toHaveLength(0);
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

  expect(await code.version("7")).toEqual({ version: "7", sha256: HEX });
  expect(await code.version("99")).toBeUndefined();
  expect(sent[0]?.query).toEqual({ Qualifier: "7" });
});
