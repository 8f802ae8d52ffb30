/**
 * Where the policy's environments live, and what Headgate may do there. The same permissions go into a target account's
 * role and, for environments in Headgate's own account, into the roles of the functions that do it.
 */
import { Aws } from "aws-cdk-lib";
import type { Access } from "../functions/domain/access.ts";
import type { Policy, ServiceInput, TargetInput } from "../functions/domain/documents/policy.ts";
import { gateOf } from "../functions/domain/gates/kinds/table.ts";
import { ANY_VERSION, type Grant, type GrantedTarget } from "../functions/targets/grant.ts";
import { targetGrants } from "../functions/targets/grants.ts";
import { kindOf } from "../functions/targets/kinds.ts";
import type { AccountUse } from "./access.ts";

/** Environments that are reached by the same role, or by none, in the same account and Region. */
export interface TargetPlace {
  readonly account: string;
  readonly region: string;
  /** Null: the functions' own roles. */
  readonly roleArn: string | null;
  readonly environments: readonly string[];
  /** What holds traffic there, each resource once. */
  readonly targets: readonly GrantedTarget[];
  /** Functions that checks invoke. */
  readonly invoked: readonly string[];
  /** Functions of the team's that have metrics, by name or ARN. */
  readonly sources: readonly string[];
  /** Log groups that are searched for new errors. */
  readonly searched: readonly string[];
}

/** Whether anybody has business there with this access: only where versions are retired is there a role for it. */
export const isAsked = (place: TargetPlace, access: Access) =>
  access !== "retire" || place.targets.some(({ retired }) => retired);

/** The places of a policy, templates filled in, in the policy's order. */
export function placesOf(policy: Policy): TargetPlace[] {
  const byPlace = Map.groupBy(Object.entries(policy.environments), ([, { account, region, roleArn }]) =>
    [account, region, roleArn ?? ""].join(" "),
  );
  return [...byPlace.values()].flatMap((members) => {
    const [first] = members;
    if (first === undefined) return [];
    const { account, region, roleArn } = first[1];
    const environments = members.map(([name]) => name);
    return [
      { account, region, roleArn: roleArn ?? null, environments, ...usedIn(policy, { account, region }, environments) },
    ];
  });
}

interface Where {
  readonly account: string;
  readonly region: string;
}

type Uses = Pick<TargetPlace, "targets" | "invoked" | "sources" | "searched">;

function usedIn(policy: Policy, where: Where, environments: readonly string[]): Uses {
  const uses = environments.flatMap((environment) =>
    Object.entries(policy.services).map(([name, service]) => usesOf(policy, where, { environment, name, service })),
  );
  const targets = new Map<string, GrantedTarget>();
  for (const target of uses.flatMap((one) => one.targets)) {
    targets.set(target.resource, together(target, targets.get(target.resource)));
  }
  const each = (of: "invoked" | "sources" | "searched") => [...new Set(uses.flatMap((one) => one[of]))];
  return {
    targets: [...targets.values()],
    invoked: each("invoked"),
    sources: each("sources"),
    searched: each("searched"),
  };
}

interface Released {
  readonly environment: string;
  readonly name: string;
  readonly service: ServiceInput;
}

/** What the promotion of one service to one environment uses there. */
function usesOf(policy: Policy, where: Where, { environment, name, service }: Released): Uses {
  const filled = (text: string) => text.replaceAll("{environment}", environment).replaceAll("{service}", name);
  const checks = [...(service.checks ?? []), ...(policy.environments[environment]?.checks ?? [])];
  const searched = searchesLogs(service, environment) ? service.targets : [];
  return {
    targets: service.targets.map((one) => grantedTarget(one, where, filled, isRetired(service, environment))),
    invoked: checks.flatMap((check) => gateOf(check.kind).invokes?.(check) ?? []).map(filled),
    sources: sourcesIn(service, environment).map(filled),
    searched: searched.flatMap((target) => logGroupsOf(target, where, filled)),
  };
}

const searchesLogs = ({ analysis, overrides = {} }: ServiceInput, environment: string): boolean =>
  (overrides[environment]?.analysis?.newErrors ?? analysis?.newErrors ?? "off") !== "off";

/** The target's log group, of a kind whose logs tell versions apart. */
function logGroupsOf(target: TargetInput, where: Where, filled: (text: string) => string): string[] {
  const kind = kindOf(target.kind);
  if (kind.versionOfStream === undefined) return [];
  const [placed] = grantedTarget(target, where, filled, false).placed;
  // A kind names its group by its own part of the plan alone.
  return placed === undefined ? [] : [kind.logGroup(placed as Parameters<typeof kind.logGroup>[0])];
}

/** The metric sources of a service in one environment; an environment's metrics are its override's, if it has any. */
function sourcesIn({ analysis, overrides = {} }: ServiceInput, environment: string): string[] {
  const metrics = overrides[environment]?.analysis?.metrics ?? analysis?.metrics ?? [];
  return metrics.flatMap((metric) => ("source" in metric ? [metric.source.function] : []));
}

const isRetired = ({ overrides = {}, retirePrevious }: ServiceInput, environment: string): boolean =>
  overrides[environment]?.retirePrevious ?? retirePrevious ?? false;

/** The partition is known where it is deployed; what is wrong with a name is said when a release is checked. */
function grantedTarget(
  target: TargetInput,
  where: Where,
  filled: (text: string) => string,
  retired: boolean,
): GrantedTarget {
  const placing = {
    ...where,
    partition: Aws.PARTITION,
    fill: (_field: string, text: string) => filled(text),
    refuse() {},
  };
  const placed = kindOf(target.kind).resolve(target, placing);
  const { resource, resources } = placed;
  return { kind: target.kind, resource, resources, probed: target.probe !== undefined, retired, placed: [placed] };
}

/** Two services may name one resource: whoever asks for more is given it. */
function together(one: GrantedTarget, other: GrantedTarget | undefined): GrantedTarget {
  if (other === undefined) return one;
  return {
    ...one,
    probed: one.probed || other.probed,
    retired: one.retired || other.retired,
    placed: [...one.placed, ...other.placed],
  };
}

const ANY_RELEASE = "Releases name their objects; the buckets are exactly those that the deployment names.";
const NO_RESOURCE =
  "GetMetricData knows no resources, and composite alarms and their history are shown only to who may see all.";

/** The permissions of one use in one place. Those without resources, where the policy has nothing to use, do nothing. */
export function grantsOf(place: TargetPlace, use: AccountUse, artifactBuckets: readonly string[]): Grant[] {
  switch (use) {
    case "watch":
      return [
        {
          actions: ["cloudwatch:GetMetricData", "cloudwatch:DescribeAlarms", "cloudwatch:DescribeAlarmHistory"],
          resources: ["*"],
          why: NO_RESOURCE,
        },
        { actions: ["lambda:InvokeFunction"], resources: sourceArns(place) },
        ...searchGrants(place),
      ];
    case "read-artifacts":
      return readArtifacts(artifactBuckets);
    // The services fetch an artifact as whoever hands it to them.
    case "publish-code":
      return [...targetGrants(use, place.targets), ...readArtifacts(artifactBuckets)];
    case "invoke":
      return [...targetGrants(use, place.targets), ...invokeChecked(place)];
    default:
      return targetGrants(use, place.targets);
  }
}

const NO_SEARCH = "GetQueryResults knows no resources; its ids are those of queries that this role has begun.";
const EVERY_STREAM = "Streams are named when they are written; what they are streams of is exactly the policy's.";

/** A search is begun in a named group; its results are asked for by its id alone. */
function searchGrants({ account, region, searched }: TargetPlace): Grant[] {
  if (searched.length === 0) return [];
  const groups = searched.map((name) => `arn:${Aws.PARTITION}:logs:${region}:${account}:log-group:${name}:*`);
  return [
    { actions: ["logs:StartQuery"], resources: groups, why: EVERY_STREAM },
    { actions: ["logs:GetQueryResults"], resources: ["*"], why: NO_SEARCH },
  ];
}

/** Exactly the functions that the policy names as sources: none of their versions, unless it names one. */
function sourceArns({ account, region, sources }: TargetPlace): string[] {
  return sources.map((name) =>
    name.startsWith("arn:") ? name : `arn:${Aws.PARTITION}:lambda:${region}:${account}:function:${name}`,
  );
}

function invokeChecked({ account, region, invoked }: TargetPlace): Grant[] {
  const resources = invoked.map((name) => `arn:${Aws.PARTITION}:lambda:${region}:${account}:function:${name}:*`);
  return [{ actions: ["lambda:InvokeFunction"], resources, why: ANY_VERSION }];
}

/** Without ListBucket, S3 answers "forbidden" for an object that is not there, and nobody could say what is wrong. */
function readArtifacts(buckets: readonly string[]): Grant[] {
  const arns = buckets.map((bucket) => `arn:${Aws.PARTITION}:s3:::${bucket}`);
  return [
    { actions: ["s3:GetObject", "s3:GetObjectVersion"], resources: arns.map((arn) => `${arn}/*`), why: ANY_RELEASE },
    { actions: ["s3:ListBucket"], resources: arns },
  ];
}
