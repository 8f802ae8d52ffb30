import { HeadObjectCommand, type HeadObjectCommandOutput, type S3Client } from "@aws-sdk/client-s3";
import type { Artifacts } from "../domain/ports.ts";
import { ask, statusOf, translated } from "./shared/aws-errors.ts";

export interface ArtifactTools {
  readonly client: () => S3Client;
}

const nothing = () => undefined;

/** HTTP status of a version that is a delete marker: "method not allowed", for which the SDK has no name. */
const DELETE_MARKER = 405;

/** Objects in S3, each by its exact version. Without a body, S3 names the error only by its HTTP status. */
export function s3Artifacts({ client }: ArtifactTools): Artifacts {
  return {
    async object(Bucket, Key, VersionId) {
      const command = new HeadObjectCommand({ Bucket, Key, VersionId, ChecksumMode: "ENABLED" });
      const head = await ask<HeadObjectCommandOutput | undefined>("s3:HeadObject", () => client().send(command), {
        NotFound: nothing,
        NoSuchKey: nothing,
        NoSuchVersion: nothing,
        Unknown: (error) => {
          if (statusOf(error) === DELETE_MARKER) return undefined;
          throw translated("s3:HeadObject", error);
        },
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
