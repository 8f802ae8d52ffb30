import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { AwsError } from "../errors.ts";
import type { CodeSource } from "../lambda/versions.ts";
import type { SimulatedAws } from "../router.ts";
import { Reply, type SimulatedService } from "../service.ts";

/** A version of an object: with content, or known by its hash alone. */
export interface ObjectDefinition {
  readonly bucket: string;
  readonly key: string;
  /** Drawn from the seed where left out. */
  readonly versionId?: string;
  readonly body?: Uint8Array | string;
  /** Hex; worked out from the body where there is one. */
  readonly sha256?: string;
}

interface ObjectVersion {
  readonly versionId: string;
  readonly isMarker: boolean;
  /** Undefined: a delete marker, or an object known by its hash alone. */
  readonly body: Uint8Array | undefined;
  readonly size: number;
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

/** Bytes of an object whose content nobody gave. */
const UNKNOWN_SIZE = 250_000;

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
          if (found.body === undefined) throw new Error(`s3://${input.Bucket}/${input.Key} is known by its hash alone`);
          return new Reply(Readable.from([found.body]), 200, this.#headers(found, input));
        },
      },
    };
    aws.register(this.service);
  }

  createBucket(bucket: string): void {
    this.#buckets.set(bucket, this.#buckets.get(bucket) ?? new Map());
  }

  /** Puts an object's version over those before, into a bucket that is created where missing; answers its id. */
  plant({ bucket, key, versionId, body, sha256 }: ObjectDefinition): string {
    const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
    const hash = bytes === undefined ? Buffer.from(sha256 ?? "", "hex") : digest("sha256", bytes).digest();
    return this.#add(bucket, key, {
      versionId: versionId ?? this.#newVersionId(),
      isMarker: false,
      body: bytes,
      size: bytes?.length ?? UNKNOWN_SIZE,
      sha256: hash.toString("base64"),
      etag: `"${digest("md5", hash).digest("hex")}"`,
    });
  }

  /** Puts a delete marker over an object; its versions stay. */
  deleteObject(bucket: string, key: string): string {
    const versionId = this.#newVersionId();
    return this.#add(bucket, key, { versionId, isMarker: true, body: undefined, size: 0, sha256: "", etag: "" });
  }

  /** For Lambda: where its code lies. */
  get codeSource(): CodeSource {
    return ({ bucket, key, versionId }) => {
      const found = this.#version(bucket, key, versionId);
      return found === undefined || found.isMarker
        ? undefined
        : { sha256: found.sha256, size: found.size, body: found.body };
    };
  }

  #add(bucket: string, key: string, version: Omit<ObjectVersion, "modified">): string {
    this.createBucket(bucket);
    const keys = this.#buckets.get(bucket);
    keys?.set(key, [...(keys.get(key) ?? []), { ...version, modified: this.#aws.clock.now() }]);
    return version.versionId;
  }

  #newVersionId(): string {
    this.#versions += 1;
    return this.#aws.random("object", this.#versions).uuid().replaceAll("-", "");
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
    if (found?.isMarker === false) return found;
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
      "content-length": String(version.size),
      "last-modified": new Date(version.modified).toUTCString(),
      etag: version.etag,
      "x-amz-version-id": version.versionId,
      ...checksums,
    };
  }
}
