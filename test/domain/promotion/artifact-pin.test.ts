import { describe, expect, it } from "vitest";
import { pinObject, pinVersion } from "../../../functions/domain/promotion/artifact-pin.ts";

const HEX = "00ff".repeat(16);
const BASE64 = Buffer.from(HEX, "hex").toString("base64");
const OTHER = "7f".repeat(32);
const stored = { from: "s3", bucket: "b", key: "k.zip", versionId: "3" } as const;
const pin = (artifact: typeof stored & { sha256?: string }, found?: { sha256: string | null }) =>
  pinObject({ name: "order" }, artifact, "prod", found);

describe("a stored artifact is pinned", () => {
  it("by the bucket's checksum where the release gives none", () => {
    expect(pin(stored, { sha256: HEX })).toEqual({ artifact: { ...stored, sha256: HEX }, problem: null });
  });

  it("by the release's hash, in hex, where the bucket knows none or the same", () => {
    const pinned = { artifact: { ...stored, sha256: HEX }, problem: null };
    expect(pin({ ...stored, sha256: BASE64 }, { sha256: null })).toEqual(pinned);
    expect(pin({ ...stored, sha256: BASE64 }, { sha256: HEX })).toEqual(pinned);
  });
});

describe("a stored artifact is refused", () => {
  it("where the object does not exist", () => {
    expect(pin(stored).problem).toEqual({
      path: "artifacts.order",
      value: "s3://b/k.zip (version 3)",
      message: "does not exist for prod",
      hint: "upload it, or correct key and versionId",
    });
  });

  it("where nobody knows its hash", () => {
    expect(pin(stored, { sha256: null })).toMatchObject({
      artifact: stored,
      problem: { path: "artifacts.order", message: "has no SHA-256 checksum" },
    });
  });

  it("where the hashes differ, with the object's own as people write it", () => {
    expect(pin({ ...stored, sha256: Buffer.from(OTHER, "hex").toString("base64") }, { sha256: HEX }).problem).toEqual({
      path: "artifacts.order.sha256",
      value: Buffer.from(OTHER, "hex").toString("base64"),
      message: "is not the checksum of s3://b/k.zip (version 3)",
      hint: `the object's is ${BASE64}`,
    });
  });
});

it("keeps a published version as it is, with the hash that the release gives in hex", () => {
  const version = { from: "version", version: "8" } as const;
  expect(pinVersion(version)).toBe(version);
  expect(pinVersion({ ...version, sha256: BASE64 })).toEqual({ ...version, sha256: HEX });
});
