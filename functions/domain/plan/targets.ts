import type { Placing } from "../../targets/kind.ts";
import { kindOf } from "../../targets/kinds.ts";
import type { TargetInput } from "../documents/policy.ts";
import type { Path, Report } from "../documents/problems.ts";
import type { ArtifactInput, CodeInput } from "../documents/release.ts";
import { nearest } from "../documents/schema-problems.ts";
import { partitionOf } from "../partition.ts";
import type { CodeArtifact, Drive, Probe, TargetPlan } from "../plan.ts";
import type { PlannedSteps } from "./rollout.ts";
import { defined, fill, type Scope } from "./scope.ts";

/** Targets with their templates filled in, the ARN that is locked, and the code that each will carry. */

const LONGEST_PROBE_SECONDS = 900;
const DEFAULT_PROBE_SECONDS = 10;

export interface PlacedTarget {
  readonly plan: TargetPlan;
  readonly at: Path;
}

export function resolveTargets(scope: Scope): PlacedTarget[] {
  const placed = scope.service.targets.flatMap((target, index) => {
    const at = [...scope.at.service, "targets", index];
    const plan = resolveTarget(scope, target, at);
    return plan === null ? [] : [{ plan, at }];
  });
  refuseSameNames(scope, scope.service.targets);
  return placed;
}

function resolveTarget(scope: Scope, target: TargetInput, at: Path): TargetPlan | null {
  const { name, kind, probe, reversible, follows } = target;
  const placed = kindOf(kind).resolve(target, placing(scope, at));
  const artifact = resolveArtifact(scope, name);
  if (artifact === null) return null;
  return defined({
    name,
    kind,
    ...placed,
    artifact,
    probe: probe === undefined ? undefined : resolveProbe(scope, probe, [...at, "probe"]),
    reversible: reversible ?? true,
    follows,
  });
}

/** Where a kind resolves its own fields. */
function placing(scope: Scope, at: Path): Placing {
  const { account, region } = scope.environment;
  return {
    account,
    region,
    partition: partitionOf(region),
    fill: (field, text) => fill(scope, [...at, field], text),
    refuse: (field, message, hint) => scope.report.refuse([...at, field], message, hint),
  };
}

function resolveProbe(scope: Scope, probe: NonNullable<TargetInput["probe"]>, at: Path): Probe {
  const timeoutSeconds = probe.timeout ?? DEFAULT_PROBE_SECONDS;
  if (timeoutSeconds < 1 || timeoutSeconds > LONGEST_PROBE_SECONDS) {
    scope.report.refuse([...at, "timeout"], "is not a time that a probe can take", "write 1s to 15m");
  }
  return { payload: probe.payload ?? {}, expect: probe.expect, timeoutSeconds };
}

function resolveArtifact(scope: Scope, target: string): CodeArtifact | null {
  const at: Path = ["release", "artifacts", target];
  const artifact = scope.release.artifacts[target];
  if (artifact === undefined) {
    scope.report.refuse(
      at,
      `is missing: ${scope.release.service} has the target ${target}`,
      "give bucket, key and versionId, or version",
    );
    return null;
  }
  const code = "in" in artifact ? artifact.in[scope.name] : artifact;
  if (code === undefined) {
    scope.report.refuse(
      [...at, "in", scope.name],
      `is missing: the release goes to ${scope.name}`,
      "give bucket, key and versionId, or version",
    );
    return null;
  }
  return resolveCode(scope, code, "in" in artifact ? [...at, "in", scope.name] : at);
}

function resolveCode(scope: Scope, code: CodeInput, at: Path): CodeArtifact {
  if (!("bucket" in code)) return defined({ from: "version" as const, version: code.version, sha256: code.sha256 });
  const values = { version: scope.release.version };
  return defined({
    from: "s3" as const,
    bucket: fill(scope, [...at, "bucket"], code.bucket, values),
    key: fill(scope, [...at, "key"], code.key, values),
    versionId: code.versionId,
    sha256: code.sha256,
  });
}

/** Code for a target that the service does not have would silently go nowhere. */
export function refuseUnknownArtifacts(scope: Scope): void {
  const names = scope.service.targets.map((target) => target.name);
  for (const name of Object.keys(scope.release.artifacts)) {
    if (names.includes(name)) continue;
    const near = nearest(name, names);
    const hint = near === undefined ? `targets: ${names.join(", ")}` : `did you mean "${near}"?`;
    scope.report.refuse(["release", "artifacts", name], `is no target of ${scope.release.service}`, hint);
  }
}

function refuseSameNames(scope: Scope, targets: readonly TargetInput[]): void {
  for (const [index, target] of targets.entries()) {
    const first = targets.findIndex((other) => other.name === target.name);
    if (first === index) continue;
    const at = [...scope.at.service, "targets", index, "name"];
    scope.report.refuse(at, `is the name of targets[${first}] too`, "give each target a name of its own");
  }
}

/** Within an environment and across those of one release: two targets on one alias would undo each other. */
export function refuseSharedAliases(
  scopes: readonly { readonly scope: Scope; readonly targets: readonly PlacedTarget[] }[],
): void {
  const owners = new Map<string, string>();
  for (const { scope, targets } of scopes) {
    for (const { plan, at } of targets) {
      const owner = owners.get(plan.resource);
      owners.set(plan.resource, owner ?? `${plan.name} in ${scope.name}`);
      if (owner === undefined) continue;
      const { naming } = kindOf(plan.kind);
      const message = `moves ${plan.resource} in ${scope.name}, as ${owner} does`;
      scope.report.refuse([...at, naming.field], message, naming.hint);
    }
  }
}

/** What was tested must be what goes on: the same bytes in every environment, where both are known. */
export function refuseDifferentBytes(scope: Scope, environments: readonly string[]): void {
  for (const [target, artifact] of Object.entries(scope.release.artifacts)) {
    if (!("in" in artifact)) continue;
    const hashes = environments.flatMap((name) => artifact.in[name]?.sha256 ?? []);
    if (new Set(hashes).size < 2) continue;
    const at = ["release", "artifacts", target, "in"];
    scope.report.refuse(at, "has different sha256 per environment", "promote the same zip that was tested before");
  }
}

/** An artifact for an environment that the release does not go to is a misunderstanding. */
export function refuseUnknownPlaces(scope: Scope): void {
  for (const [target, artifact] of Object.entries(scope.release.artifacts)) {
    for (const name of placesOf(artifact)) {
      if (scope.release.environments.includes(name)) continue;
      const hint = `the release goes to: ${scope.release.environments.join(", ")}`;
      scope.report.refuse(["release", "artifacts", target, "in", name], "is no environment of this release", hint);
    }
  }
}

function placesOf(artifact: ArtifactInput): string[] {
  return "in" in artifact ? Object.keys(artifact.in) : [];
}

/** One rollout is either driven step by step or followed; targets of both sorts cannot share its steps. */
export function driveOf(
  scope: { readonly report: Report; readonly at: { readonly service: Path } },
  targets: readonly { readonly kind: string }[],
): Drive {
  const found = new Set(targets.map(({ kind }) => kindOf(kind).drive));
  if (found.size > 1) {
    const hint = "put targets that move by themselves into a service of their own";
    scope.report.refuse([...scope.at.service, "targets"], "mixes driven and self-driving targets", hint);
  }
  return found.has("self-driving") ? "self-driving" : "driven";
}

/** Who moves by itself takes no weights from here, and no lead from another target. */
export function refuseSteering(scope: Scope, placed: readonly PlacedTarget[], planned: PlannedSteps): void {
  for (const [index, { weight }] of planned.written.entries()) {
    if (weight === 100) continue;
    const message = `asks for ${weight} % of targets that move by themselves`;
    const hint = "write one step of 100: its bake begins when they have moved, and their service knows the way there";
    scope.report.refuse([...planned.at, index, "weight"], message, hint);
  }
  for (const { plan, at } of placed) {
    if (plan.follows === undefined) continue;
    scope.report.refuse([...at, "follows"], "is said of a target that moves by itself", "leave it out");
  }
}

/** A kind that can hold nothing but none and all of the traffic has no step between them. */
export function refuseUnheldWeights(scope: Scope, placed: readonly PlacedTarget[], planned: PlannedSteps): void {
  const strict = placed.find(
    ({ plan }) => plan.follows === undefined && kindOf(plan.kind).weights === "all-or-nothing",
  );
  if (strict === undefined) return;
  for (const [index, { weight }] of planned.written.entries()) {
    if (weight === 100) continue;
    const message = `asks for ${weight} %, which ${strict.plan.name} cannot hold: a ${strict.plan.kind} sends all of its traffic one way`;
    const hint = `write one step of 100, or let ${strict.plan.name} follow a target that can be split`;
    scope.report.refuse([...planned.at, index, "weight"], message, hint);
  }
}

/** Who follows another target's split stands behind it in the list, and follows one that is split itself. */
export function refuseWrongFollowers(scope: Scope, placed: readonly PlacedTarget[]): void {
  for (const [index, { plan, at }] of placed.entries()) {
    if (plan.follows === undefined) continue;
    const place = placed.findIndex(({ plan: other }) => other.name === plan.follows);
    const leader = placed[place]?.plan;
    const refuse = (message: string, hint: string) => scope.report.refuse([...at, "follows"], message, hint);
    if (leader === undefined) {
      const others = placed.flatMap(({ plan: other }) => (other === plan ? [] : [other.name]));
      refuse("is no target of the service", others.length === 0 ? "leave it out" : `targets: ${others.join(", ")}`);
    } else if (leader === plan) refuse("is the target itself", "name the target whose split it follows");
    else if (leader.follows !== undefined) {
      refuse(`follows another target itself`, `name ${leader.follows}, which is the one that is split`);
    } else if (place > index) {
      refuse("stands behind it in the list, which is the order of writing", `write ${leader.name} before ${plan.name}`);
    }
  }
}
