import { HeadObjectCommand, type HeadObjectCommandOutput, type S3Client } from "@aws-sdk/client-s3";
import type { Artifacts } from "../domain/ports.ts";
import { ask } from "./aws-errors.ts";

export interface ArtifactTools {
  readonly client: () => S3Client;
}

const nothing = () => undefined;

/** Objects in S3, each by its exact version. Without a body, S3 names the error only by its HTTP status. */
export function s3Artifacts({ client }: ArtifactTools): Artifacts {
  return {
    async object(Bucket, Key, VersionId) {
      const command = new HeadObjectCommand({ Bucket, Key, VersionId, ChecksumMode: "ENABLED" });
      const head = await ask<HeadObjectCommandOutput | undefined>("s3:HeadObject", () => client().send(command), {
        NotFound: nothing,
        NoSuchKey: nothing,
        NoSuchVersion: nothing,
        // 405: the version is a delete marker.
        MethodNotAllowed: nothing,
      });
      return head === undefined ? undefined : { versionId: head.VersionId ?? VersionId, sha256: sha256Of(head) };
    },
  };
}

/** Null without a SHA-256 over the whole object; that of a multipart upload hashes the parts' hashes. */
function sha256Of({ ChecksumSHA256, ChecksumType }: HeadObjectCommandOutput): string | null {
  if (ChecksumSHA256 === undefined || ChecksumType === "COMPOSITE" || ChecksumSHA256.includes("-")) return null;
  return Buffer.from(ChecksumSHA256, "base64").toString("hex");
}
