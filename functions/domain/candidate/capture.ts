/**
 * Whose code stands where candidates are made from, and whose settings: pure. A candidate is this release's code under
 * the settings that were captured, and nothing else; whatever else is found there is somebody else's.
 */
import type { CodeRecord, Replacement, ReplacementResult } from "../ledger/code-records.ts";
import type { CodeArtifact, TargetPlan } from "../plan.ts";
import type { CodeState, PublishedCode } from "../ports.ts";
import { CLOCK_SLACK_MS } from "../traffic/journal.ts";

/** Time in which a replacement must be over, in ms: code travels with the call, up to 50 MB of it. */
export const REPLACE_WITHIN_MS = 30_000;

/** What a target's candidates are made from: the resource that its alias is of, which other aliases share. */
export function codeResource({ resource, resources }: Pick<TargetPlan, "resource" | "resources">): string {
  return resources.find((one) => resource.startsWith(`${one}:`)) ?? resource;
}

/** A resource in words: the end of its ARN. */
export function inWords(resource: string): string {
  return resource.slice(resource.lastIndexOf(":") + 1);
}

/** Names of the settings that differ, in order. */
export function changedSettings(before: CodeState["settings"], after: CodeState["settings"]): string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].filter((name) => before[name] !== after[name]).sort((one, other) => (one < other ? -1 : 1));
}

/**
 * What somebody else has done since the code was captured, in words; null: nothing. `isReplaced`: a replacement of ours
 * took effect, so the code captured is not ours any more.
 */
export function foreignChange(
  { previous }: Pick<CodeRecord, "previous">,
  current: CodeState,
  candidate: { readonly sha256: string; readonly isReplaced: boolean },
): string | null {
  const settings = changedSettings(previous.settings, current.settings);
  if (settings.length > 0) return `somebody else changed its settings since they were captured: ${settings.join(", ")}`;
  const isOurs = current.sha256 === candidate.sha256;
  if (isOurs || (current.sha256 === previous.sha256 && !candidate.isReplaced)) return null;
  return "somebody else changed its code since it was captured";
}

/**
 * What became of a replacement whose answer nobody has noted, by what stands there at `now` (epoch ms); null: it may
 * still take effect. Before its deadline unchanged code proves nothing, unless the service has refused the call.
 */
export function outcomeOf(
  { from, to, deadline }: Pick<Replacement, "from" | "to" | "deadline">,
  current: Pick<CodeState, "sha256">,
  { now, isRefused }: { readonly now: number; readonly isRefused: boolean },
): ReplacementResult | null {
  if (current.sha256 === to) return "applied";
  if (current.sha256 !== from) return "foreign";
  return isRefused || now >= deadline + CLOCK_SLACK_MS ? "not-applied" : null;
}

/** Whether the code has to go back and has not. */
export function isOwed({ sequence, back }: Pick<CodeRecord, "sequence" | "back">): boolean {
  return sequence > 0 && back === null;
}

/** A source of code to go back to, with its hash. */
export interface Way {
  readonly artifact: CodeArtifact;
  readonly sha256: string;
  readonly words: string;
}

/**
 * The ways back, the best first: the artifact that the registry knows it by, then the version that serves. That one is
 * also the way where the code captured was published nowhere: what serves is known to be good, and a rejected candidate
 * is not.
 */
export function waysBack(
  { previous }: Pick<CodeRecord, "previous">,
  registered: CodeArtifact | undefined,
  baseline: PublishedCode | undefined,
): Way[] {
  const ways: Way[] = [];
  if (registered?.from === "s3" && registered.sha256 === previous.sha256) {
    ways.push({ artifact: registered, sha256: previous.sha256, words: PREVIOUS });
  }
  if (baseline !== undefined) ways.push(wayOf(baseline, previous.sha256));
  return ways;
}

const PREVIOUS = "has the previous code back, read back";

function wayOf({ version, sha256 }: PublishedCode, previous: string): Way {
  const artifact = { from: "version" as const, version, sha256 };
  const other = `has the code of version ${version}, which serves, read back; what it held before was published nowhere`;
  return { artifact, sha256, words: sha256 === previous ? PREVIOUS : other };
}

/**
 * Why publishing this artifact would release nothing, in words; null: it would release something. The same code under
 * changed settings is a release.
 */
export function whyNothingToRelease(
  artifact: CodeArtifact,
  baseline: Pick<PublishedCode, "version" | "sha256" | "settings">,
  latest: Pick<CodeState, "settings"> | null,
): string | null {
  const serves = `version ${baseline.version}, which serves already`;
  if (artifact.from === "version") return artifact.version === baseline.version ? `it is ${serves}` : null;
  if (artifact.sha256 !== baseline.sha256 || latest === null) return null;
  const isSame = changedSettings(baseline.settings, latest.settings).length === 0;
  return isSame ? `its code and settings are those of ${serves}` : null;
}
