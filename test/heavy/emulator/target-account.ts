/** What stands in an environment's account before a release: a bucket of artifacts, and functions behind an alias. */
import { createHash } from "node:crypto";
import { CreateAliasCommand, CreateFunctionCommand, LambdaClient, PublishVersionCommand } from "@aws-sdk/client-lambda";
import { CreateBucketCommand, PutBucketVersioningCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { type Emulator, PLACE } from "./emulator.ts";

export const BUCKET = "shop-artifacts";
export const ALIAS = "live";

/** A zip without files, told from others by a trailing byte: all that the emulator looks at. */
export const zipOf = (content: number) =>
  Buffer.concat([Buffer.from("PK\x05\x06"), Buffer.alloc(18), Buffer.of(content)]);

export const sha256Of = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

export async function createBucket(): Promise<void> {
  const s3 = new S3Client({});
  const where = { LocationConstraint: PLACE.region } as const;
  await s3.send(new CreateBucketCommand({ Bucket: BUCKET, CreateBucketConfiguration: where }));
  const VersioningConfiguration = { Status: "Enabled" } as const;
  await s3.send(new PutBucketVersioningCommand({ Bucket: BUCKET, VersioningConfiguration }));
}

/** Uploads as `aws s3api put-object --checksum-algorithm SHA256` does, and gives the object's version. */
export async function upload(Key: string, Body: Uint8Array): Promise<string> {
  const command = new PutObjectCommand({ Bucket: BUCKET, Key, Body, ChecksumAlgorithm: "SHA256" });
  return (await new S3Client({}).send(command)).VersionId ?? "";
}

/** A function whose version 1 serves all of its alias. */
export async function createFunction(emulator: Emulator, FunctionName: string): Promise<void> {
  const lambda = new LambdaClient({});
  const Role = await roleOf(emulator);
  const Code = { ZipFile: zipOf(1) };
  emulator.behindLinks = Code.ZipFile;
  await lambda.send(
    new CreateFunctionCommand({ FunctionName, Role, Code, Runtime: "nodejs22.x", Handler: "index.handler" }),
  );
  await lambda.send(new PublishVersionCommand({ FunctionName }));
  await lambda.send(new CreateAliasCommand({ FunctionName, Name: ALIAS, FunctionVersion: "1" }));
}

/** An execution role, made by the query protocol as it stands on the wire: nothing else here speaks to IAM. */
async function roleOf({ door }: Emulator): Promise<string> {
  const RoleName = `role-${Math.random().toString(36).slice(2)}`;
  const Action = "CreateRole";
  const answer = await fetch(`http://127.0.0.1:${door.port}/`, {
    method: "POST",
    headers: {
      authorization:
        "AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=0",
    },
    body: new URLSearchParams({ Action, RoleName, Version: "2010-05-08", AssumeRolePolicyDocument: "{}" }),
  });
  if (!answer.ok) throw new Error(`no role: ${await answer.text()}`);
  return `arn:aws:iam::${PLACE.account}:role/${RoleName}`;
}
