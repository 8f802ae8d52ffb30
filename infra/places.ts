/**
 * Where the policy's environments live, and what Headgate may do there. The same permissions go into a target account's
 * role and, for environments in Headgate's own account, into the roles of the functions that do it.
 */
import { Aws } from "aws-cdk-lib";
import type { Access } from "../functions/domain/access.ts";
import type { Policy } from "../functions/domain/documents/policy.ts";
import { gateOf } from "../functions/domain/gates/kinds/table.ts";
import type { AccountUse } from "./access.ts";
import type { Grant } from "./parts/grants.ts";

/** Environments that are reached by the same role, or by none, in the same account and Region. */
export interface TargetPlace {
  readonly account: string;
  readonly region: string;
  /** Null: the functions' own roles. */
  readonly roleArn: string | null;
  readonly environments: readonly string[];
  /** Functions whose alias holds traffic, with these aliases. */
  readonly aliases: ReadonlyMap<string, readonly string[]>;
  /** Functions that probes and checks invoke. */
  readonly invoked: readonly string[];
  /** Functions whose previous versions are deleted once they are not needed any more. */
  readonly retired: readonly string[];
}

/** Whether anybody has business there with this access: only where versions are retired is there a role for it. */
export const isAsked = (place: TargetPlace, access: Access) => access !== "retire" || place.retired.length > 0;

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
    return [{ account, region, roleArn: roleArn ?? null, environments, ...functionsIn(policy, environments) }];
  });
}

function functionsIn(
  policy: Policy,
  environments: readonly string[],
): Pick<TargetPlace, "aliases" | "invoked" | "retired"> {
  const aliases = new Map<string, string[]>();
  const invoked = new Set<string>();
  for (const environment of environments) {
    for (const [service, { targets, checks = [] }] of Object.entries(policy.services)) {
      const filled = (text: string) => text.replaceAll("{environment}", environment).replaceAll("{service}", service);
      for (const target of targets) {
        const name = filled(target.functionName);
        aliases.set(name, [...new Set([...(aliases.get(name) ?? []), filled(target.alias)])]);
        if (target.probe !== undefined) invoked.add(name);
      }
      for (const check of [...checks, ...(policy.environments[environment]?.checks ?? [])]) {
        for (const name of gateOf(check.kind).invokes?.(check) ?? []) invoked.add(filled(name));
      }
    }
  }
  return { aliases, invoked: [...invoked], retired: retiredIn(policy, environments) };
}

function retiredIn({ services }: Policy, environments: readonly string[]): string[] {
  const names = environments.flatMap((environment) =>
    Object.entries(services).flatMap(([service, { targets, overrides = {}, retirePrevious }]) => {
      if (!(overrides[environment]?.retirePrevious ?? retirePrevious ?? false)) return [];
      return targets.map(({ functionName }) =>
        functionName.replaceAll("{environment}", environment).replaceAll("{service}", service),
      );
    }),
  );
  return [...new Set(names)];
}

const ANY_VERSION = "Versions are numbers that do not exist yet; the functions are exactly the policy's.";
const ANY_RELEASE = "Releases name their objects; the buckets are exactly those that the deployment names.";
const NO_RESOURCE =
  "GetMetricData knows no resources, and composite alarms and their history are shown only to who may see all.";

/** The permissions of one use in one place. Those without resources, where the policy has nothing to use, do nothing. */
export function grantsOf(place: TargetPlace, use: AccountUse, artifactBuckets: readonly string[]): Grant[] {
  const functions = [...place.aliases.keys()].map((name) => functionArn(place, name));
  const versions = functions.map((arn) => `${arn}:*`);
  switch (use) {
    case "read-traffic":
      return [
        { actions: ["lambda:GetAlias"], resources: aliasArns(place) },
        {
          actions: ["lambda:GetFunctionConfiguration", "lambda:GetProvisionedConcurrencyConfig"],
          resources: [...functions, ...versions],
          why: ANY_VERSION,
        },
      ];
    case "move-traffic":
      return [{ actions: ["lambda:UpdateAlias"], resources: aliasArns(place) }];
    case "publish-code":
      return [
        { actions: ["lambda:UpdateFunctionCode", "lambda:PublishVersion"], resources: functions },
        { actions: ["lambda:GetFunctionConfiguration"], resources: [...functions, ...versions], why: ANY_VERSION },
        // Lambda fetches the zip as whoever calls UpdateFunctionCode.
        ...readArtifacts(artifactBuckets),
      ];
    case "invoke":
      return [
        {
          actions: ["lambda:InvokeFunction"],
          resources: place.invoked.map((name) => `${functionArn(place, name)}:*`),
          why: ANY_VERSION,
        },
      ];
    case "watch":
      return [
        {
          actions: ["cloudwatch:GetMetricData", "cloudwatch:DescribeAlarms", "cloudwatch:DescribeAlarmHistory"],
          resources: ["*"],
          why: NO_RESOURCE,
        },
      ];
    case "read-artifacts":
      return readArtifacts(artifactBuckets);
    case "retire-versions":
      return retireVersions(place.retired.map((name) => functionArn(place, name)));
  }
}

/** Only ever a version: deleting is granted for qualified names, and not for the function's own. */
function retireVersions(functions: readonly string[]): Grant[] {
  const versions = functions.map((arn) => `${arn}:*`);
  return [
    { actions: ["lambda:ListAliases"], resources: functions },
    { actions: ["lambda:GetFunctionConfiguration", "lambda:DeleteFunction"], resources: versions, why: ANY_VERSION },
  ];
}

/** Without ListBucket, S3 answers "forbidden" for an object that is not there, and nobody could say what is wrong. */
function readArtifacts(buckets: readonly string[]): Grant[] {
  const arns = buckets.map((bucket) => `arn:${Aws.PARTITION}:s3:::${bucket}`);
  return [
    { actions: ["s3:GetObject", "s3:GetObjectVersion"], resources: arns.map((arn) => `${arn}/*`), why: ANY_RELEASE },
    { actions: ["s3:ListBucket"], resources: arns },
  ];
}

function functionArn({ account, region }: TargetPlace, name: string): string {
  return `arn:${Aws.PARTITION}:lambda:${region}:${account}:function:${name}`;
}

/** IAM checks calls about an alias against the function's ARN or the alias's own, so both are named. */
function aliasArns(place: TargetPlace): string[] {
  return [...place.aliases].flatMap(([name, aliases]) => [
    functionArn(place, name),
    ...aliases.map((alias) => `${functionArn(place, name)}:${alias}`),
  ]);
}
