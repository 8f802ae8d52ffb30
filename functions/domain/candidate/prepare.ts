/** Makes the candidate of a target, or finds it: each call goes on where the last one ended. */
import { BrokenRecord, NotReady } from "../errors.ts";
import type { CodeRecord } from "../ledger/code-records.ts";
import type { CodeArtifact } from "../plan.ts";
import { type CodeHost, type CodeState, type Dependencies, RevisionMoved, type Target } from "../ports.ts";
import { codeResource, foreignChange, inWords } from "./capture.ts";
import { captureCode, replaceCode, settleReplacements, type Where } from "./replace.ts";

type Tools = Pick<Dependencies, "ledger" | "clock">;

export interface Candidate {
  readonly version: string;
  readonly sha256: string;
}

/**
 * The candidate, or in words why there is none. Throws `NotReady` while its code is on its way, `LedgerBusy` when another
 * call is at it, and what the host throws.
 */
export async function prepare(
  deps: Tools,
  where: Where,
  { code, plan }: Target,
  description: string,
): Promise<Candidate | string> {
  if (code === undefined) throw new BrokenRecord(`${plan.kind} has no code to publish`);
  const { artifact } = plan;
  if (artifact.from === "version") return publishedBefore(code, artifact);
  const record = await captureCode(deps, where, codeResource(plan), code);
  return publish(deps, where, code, record, { artifact, description });
}

async function publishedBefore(
  code: CodeHost,
  { version, sha256 }: Extract<CodeArtifact, { from: "version" }>,
): Promise<Candidate | string> {
  const found = await code.version(version);
  if (found === undefined) return `there is no version ${version}`;
  if (sha256 !== undefined && sha256 !== found.sha256) {
    return `version ${version} has the code hash ${found.sha256}, not ${sha256}`;
  }
  return { version, sha256: found.sha256 };
}

interface Release {
  readonly artifact: Extract<CodeArtifact, { from: "s3" }>;
  readonly description: string;
}

/** Replace, wait, publish; the settings that are published are the ones that were captured, by the revision's guard. */
async function publish(
  deps: Tools,
  where: Where,
  code: CodeHost,
  record: CodeRecord,
  { artifact, description }: Release,
): Promise<Candidate | string> {
  const { sha256 } = artifact;
  if (sha256 === undefined) throw new BrokenRecord(`the artifact of ${inWords(record.resource)} was never pinned`);
  const { current, replacements } = await settleReplacements(deps, where, record, code);
  const isReplaced = replacements.some(({ result }) => result?.outcome === "applied");
  const theirs = foreignChange(record, current, { sha256, isReplaced });
  if (theirs !== null) return theirs;
  if (current.sha256 === sha256) return publishCurrent(code, record, current, description);
  const change = { purpose: "candidate", artifact, sha256, current } as const;
  const refusal = await replaceCode(deps, where, code, record, change);
  if (refusal !== null) return refusal.why;
  throw new NotReady(`the code of ${inWords(record.resource)} is being replaced`);
}

async function publishCurrent(
  code: CodeHost,
  { resource }: CodeRecord,
  { sha256, revision, readiness }: CodeState,
  description: string,
): Promise<Candidate | string> {
  if (readiness.is === "failed") return `its last update failed: ${readiness.why}`;
  try {
    return await code.publish({ sha256, revision, description });
  } catch (error) {
    if (!(error instanceof RevisionMoved)) throw error;
    // Somebody granted a permission, or changed what is published: the next look tells the two apart.
    throw new NotReady(`${inWords(resource)} changed while it was being published`);
  }
}

/**
 * Why this version may never carry traffic, in words; null: it may now. Throws `NotReady` while it comes up, which takes
 * minutes where a snapshot, an image or a network interface is made for it.
 */
export async function lookReady(code: CodeHost, version: string): Promise<string | null> {
  const found = await code.version(version);
  if (found === undefined) return `version ${version} is gone`;
  const { readiness } = found;
  if (readiness.is === "ready") return null;
  if (readiness.is === "pending") throw new NotReady(`version ${version} is not ready yet: ${readiness.why}`);
  const hint = readiness.is === "inactive" ? " (hint: invoke it once, and start again when it is active)" : "";
  return `version ${version} is ${readiness.is}: ${readiness.why}${hint}`;
}
