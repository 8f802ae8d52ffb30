import type { TargetInput } from "../documents/policy.ts";
import type { Path, Report } from "../documents/problems.ts";
import type { ArtifactInput, CodeInput } from "../documents/release.ts";
import { nearest } from "../documents/schema-problems.ts";
import type { CodeArtifact, Drive, InvokeProbe, TargetKind, TargetPlan } from "../plan.ts";
import { defined, fill, type Scope } from "./scope.ts";

/** Targets with their templates filled in, the ARN that is locked, and the code that each will carry. */

export const DRIVES: Readonly<Record<TargetKind, Drive>> = { "lambda-alias": "driven" };

/** Lambda's own rules for names, from its API model. */
const FUNCTION_NAME = /^[A-Za-z0-9_-]{1,64}$/;
const ALIAS_NAME = /^(?!\d+$)[A-Za-z0-9_-]{1,128}$/;
const LONGEST_INVOCATION_SECONDS = 900;
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
  const functionName = fill(scope, [...at, "functionName"], target.functionName);
  const alias = fill(scope, [...at, "alias"], target.alias);
  checkLambdaNames(scope, at, functionName, alias);
  const artifact = resolveArtifact(scope, target.name);
  if (artifact === null) return null;
  const probe = target.probe === undefined ? undefined : resolveProbe(scope, target.probe, [...at, "probe"]);
  return defined({
    name: target.name,
    kind: target.kind,
    functionName,
    alias,
    resource: aliasArn(scope.environment.region, scope.environment.account, functionName, alias),
    artifact,
    probe,
    reversible: target.reversible ?? true,
  });
}

function checkLambdaNames(scope: Scope, at: Path, functionName: string, alias: string): void {
  if (!FUNCTION_NAME.test(functionName)) {
    const message = `gives "${functionName}", which is no function name`;
    scope.report.refuse(
      [...at, "functionName"],
      message,
      "letters, digits, dashes and underscores, at most 64; not an ARN",
    );
  }
  if (!ALIAS_NAME.test(alias)) {
    const message = `gives "${alias}", which is no alias name`;
    scope.report.refuse(
      [...at, "alias"],
      message,
      "letters, digits, dashes and underscores, with at least one non-digit",
    );
  }
}

/** The partition follows from the Region, as AWS lays them out. */
function aliasArn(region: string, account: string, functionName: string, alias: string): string {
  const partition = region.startsWith("cn-") ? "aws-cn" : region.startsWith("us-gov-") ? "aws-us-gov" : "aws";
  return `arn:${partition}:lambda:${region}:${account}:function:${functionName}:${alias}`;
}

function resolveProbe(scope: Scope, probe: NonNullable<TargetInput["probe"]>, at: Path): InvokeProbe {
  const timeoutSeconds = probe.timeout ?? DEFAULT_PROBE_SECONDS;
  if (timeoutSeconds < 1 || timeoutSeconds > LONGEST_INVOCATION_SECONDS) {
    scope.report.refuse([...at, "timeout"], "is not a time that a Lambda invocation can take", "write 1s to 15m");
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
      const message = `moves ${plan.resource} in ${scope.name}, as ${owner} does`;
      scope.report.refuse(
        [...at, "functionName"],
        message,
        "one alias, one target: name another function or alias, or use {environment}",
      );
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
export function driveOf<K extends string>(
  scope: { readonly report: Report; readonly at: { readonly service: Path } },
  targets: readonly { readonly kind: NoInfer<K> }[],
  drives: Readonly<Record<K, Drive>>,
): Drive {
  const found = new Set(targets.map((target) => drives[target.kind]));
  if (found.size > 1) {
    const hint = "put targets that move by themselves into a service of their own";
    scope.report.refuse([...scope.at.service, "targets"], "mixes driven and self-driving targets", hint);
  }
  return found.has("self-driving") ? "self-driving" : "driven";
}
