import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { AwsError } from "./errors.ts";
import type { CodeSource } from "./lambda/versions.ts";
import type { SimulatedAws } from "./router.ts";
import { Reply, type SimulatedService } from "./service.ts";

interface ObjectVersion {
  readonly versionId: string;
  /** Undefined: a delete marker. */
  readonly body: Uint8Array | undefined;
  readonly sha256: string;
  readonly etag: string;
  readonly modified: number;
}

interface ObjectInput {
  readonly Bucket: string;
  readonly Key: string;
  readonly VersionId?: string;
  readonly ChecksumMode?: string;
}

const digest = (algorithm: "sha256" | "md5", body: Uint8Array) => createHash(algorithm).update(body);

const ROUTE = {
  path: "/{Bucket}/{Key+}",
  query: { versionId: "VersionId" },
  headers: { "x-amz-checksum-mode": "ChecksumMode" },
};

/** S3: versioned buckets, read by HeadObject and GetObject, with SHA-256 checksums of whole objects. */
export class SimulatedS3 {
  readonly service: SimulatedService;
  readonly #aws: SimulatedAws;
  readonly #buckets = new Map<string, Map<string, ObjectVersion[]>>();
  #versions = 0;

  constructor(aws: SimulatedAws) {
    this.#aws = aws;
    this.service = {
      name: "s3",
      protocol: "rest-xml",
      routes: [
        { operation: "HeadObject", method: "HEAD", ...ROUTE },
        { operation: "GetObject", method: "GET", ...ROUTE },
      ],
      operations: {
        HeadObject: (input: ObjectInput) => new Reply(new Uint8Array(), 200, this.#headers(this.#find(input), input)),
        GetObject: (input: ObjectInput) => {
          const found = this.#find(input);
          return new Reply(Readable.from([found.body]), 200, this.#headers(found, input));
        },
      },
    };
    aws.register(this.service);
  }

  createBucket(bucket: string): void {
    this.#buckets.set(bucket, this.#buckets.get(bucket) ?? new Map());
  }

  /** Puts a new version of an object; answers its id. Creates the bucket where it is missing. */
  putObject(bucket: string, key: string, body: Uint8Array | string): string {
    const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
    return this.#add(bucket, key, bytes);
  }

  /** Puts a delete marker over an object; its versions stay. */
  deleteObject(bucket: string, key: string): string {
    return this.#add(bucket, key, undefined);
  }

  /** For Lambda: where its code lies. */
  get codeSource(): CodeSource {
    return ({ bucket, key, versionId }) => {
      const found = this.#version(bucket, key, versionId);
      return found?.body === undefined ? undefined : { sha256: found.sha256, size: found.body.length };
    };
  }

  #add(bucket: string, key: string, body: Uint8Array | undefined): string {
    this.createBucket(bucket);
    this.#versions += 1;
    const version: ObjectVersion = {
      versionId: this.#aws.random("object", this.#versions).uuid().replaceAll("-", ""),
      body,
      sha256: body === undefined ? "" : digest("sha256", body).digest("base64"),
      etag: body === undefined ? "" : `"${digest("md5", body).digest("hex")}"`,
      modified: this.#aws.clock.now(),
    };
    const keys = this.#buckets.get(bucket);
    keys?.set(key, [...(keys.get(key) ?? []), version]);
    return version.versionId;
  }

  #version(bucket: string, key: string, versionId: string | undefined): ObjectVersion | undefined {
    const versions = this.#buckets.get(bucket)?.get(key) ?? [];
    return versionId === undefined ? versions.at(-1) : versions.find((version) => version.versionId === versionId);
  }

  #find({ Bucket, Key, VersionId }: ObjectInput): ObjectVersion {
    if (!this.#buckets.has(Bucket)) {
      throw new AwsError("NoSuchBucket", "The specified bucket does not exist", { status: 404 });
    }
    const found = this.#version(Bucket, Key, VersionId);
    if (found?.body !== undefined) return found;
    if (found !== undefined && VersionId !== undefined) {
      throw new AwsError("MethodNotAllowed", "The specified method is not allowed against this resource.", {
        status: 405,
      });
    }
    const [code, message] =
      VersionId === undefined
        ? ["NoSuchKey", "The specified key does not exist."]
        : ["NoSuchVersion", "The specified version does not exist."];
    throw new AwsError(code ?? "", message ?? "", { status: 404 });
  }

  #headers(version: ObjectVersion, { ChecksumMode }: ObjectInput): Record<string, string> {
    const checksums: Record<string, string> =
      ChecksumMode === "ENABLED"
        ? { "x-amz-checksum-sha256": version.sha256, "x-amz-checksum-type": "FULL_OBJECT" }
        : {};
    return {
      "content-type": "application/octet-stream",
      "content-length": String(version.body?.length ?? 0),
      "last-modified": new Date(version.modified).toUTCString(),
      etag: version.etag,
      "x-amz-version-id": version.versionId,
      ...checksums,
    };
  }
}
