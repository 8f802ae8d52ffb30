/** Pins what a target's candidate is made of to its content, so that what was approved is what is published. */
import type { Problem } from "../documents/problems.ts";
import type { CodeArtifact, TargetPlan } from "../plan.ts";

type StoredArtifact = Extract<CodeArtifact, { readonly from: "s3" }>;

/** The object as it lies in the bucket; its checksum (hex) is null where it was uploaded without one. */
export interface FoundObject {
  readonly sha256: string | null;
}

export interface Pin {
  readonly artifact: CodeArtifact;
  /** Null: it is pinned. */
  readonly problem: Problem | null;
}

/** A published version is what it is: only the hash that the release gives, if any, is written as all others are. */
export function pinVersion<A extends CodeArtifact>(artifact: A): A {
  return artifact.sha256 === undefined ? artifact : { ...artifact, sha256: hexOf(artifact.sha256) };
}

/** What is known of the object's content: by the release, by the bucket, or by both, which must agree. */
export function pinObject(
  { name }: Pick<TargetPlan, "name">,
  artifact: StoredArtifact,
  environment: string,
  found: FoundObject | undefined,
): Pin {
  const { sha256 = found?.sha256 ?? null } = pinVersion(artifact);
  return {
    artifact: sha256 === null ? artifact : { ...artifact, sha256 },
    problem: whyNot(name, artifact, environment, found, sha256),
  };
}

function whyNot(
  target: string,
  artifact: StoredArtifact,
  environment: string,
  found: FoundObject | undefined,
  sha256: string | null,
): Problem | null {
  const path = `artifacts.${target}`;
  const value = inWords(artifact);
  if (found === undefined) {
    const hint = "upload it, or correct key and versionId";
    return { path, value, message: `does not exist for ${environment}`, hint };
  }
  if (sha256 === null) {
    const hint = "upload with `--checksum-algorithm SHA256`, or give `sha256` in the release";
    return { path, value, message: "has no SHA-256 checksum", hint };
  }
  if (found.sha256 === null || found.sha256 === sha256) return null;
  const hint = `the object's is ${base64Of(found.sha256)}`;
  return { path: `${path}.sha256`, value: artifact.sha256, message: `is not the checksum of ${value}`, hint };
}

const inWords = ({ bucket, key, versionId }: StoredArtifact) => `s3://${bucket}/${key} (version ${versionId})`;

/** People write hashes in base64, as Lambda shows them; everything that compares them has them in hex. */
function hexOf(base64: string): string {
  return [...atob(base64)].map((byte) => byte.charCodeAt(0).toString(16).padStart(2, "0")).join("");
}

function base64Of(hex: string): string {
  return btoa(hex.replaceAll(/../g, (byte) => String.fromCharCode(Number.parseInt(byte, 16))));
}
