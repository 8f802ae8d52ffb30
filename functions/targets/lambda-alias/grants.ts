/** What Headgate may do with a policy's Lambda aliases, and with the functions behind them. */
import { ANY_VERSION, type Grant, type GrantedTarget, type TargetUse } from "../grant.ts";

/** The permissions of one use. IAM checks calls about an alias against its function's ARN or its own, so both are named. */
export function lambdaAliasGrants(use: TargetUse, targets: readonly GrantedTarget[]): readonly Grant[] {
  const functions = functionsOf(targets);
  const versions = functions.map((arn) => `${arn}:*`);
  const aliases = functions.flatMap((arn) => [arn, ...aliasesOf(targets, arn)]);
  switch (use) {
    case "read-traffic":
      return [
        { actions: ["lambda:GetAlias"], resources: aliases },
        {
          actions: ["lambda:GetFunctionConfiguration", "lambda:GetProvisionedConcurrencyConfig"],
          resources: [...functions, ...versions],
          why: ANY_VERSION,
        },
      ];
    case "move-traffic":
      return [{ actions: ["lambda:UpdateAlias"], resources: aliases }];
    case "publish-code":
      return [
        { actions: ["lambda:UpdateFunctionCode", "lambda:PublishVersion"], resources: functions },
        // GetFunction gives a link to the code of the version that serves, which is the way back.
        {
          actions: ["lambda:GetFunctionConfiguration", "lambda:GetFunction"],
          resources: [...functions, ...versions],
          why: ANY_VERSION,
        },
      ];
    case "invoke":
      return [
        { actions: ["lambda:InvokeFunction"], resources: qualified(targets, ({ probed }) => probed), why: ANY_VERSION },
      ];
    case "settle-in-flight":
      return [];
    case "retire-versions":
      // Only ever a version: deleting is granted for qualified names, and not for the function's own.
      return [
        { actions: ["lambda:ListAliases"], resources: functionsOf(targets.filter(({ retired }) => retired)) },
        {
          actions: ["lambda:GetFunctionConfiguration", "lambda:GetPolicy", "lambda:DeleteFunction"],
          resources: qualified(targets, ({ retired }) => retired),
          why: ANY_VERSION,
        },
        ...(targets.some(({ retired }) => retired)
          ? [{ actions: ["lambda:ListEventSourceMappings"], resources: ["*"], why: NO_FUNCTION }]
          : []),
      ];
  }
}

const NO_FUNCTION = "ListEventSourceMappings knows no resources; it reads, and it is asked for one version at a time.";

const functionOf = ({ resource }: GrantedTarget): string => resource.slice(0, resource.lastIndexOf(":"));

const functionsOf = (targets: readonly GrantedTarget[]): string[] => [...new Set(targets.map(functionOf))];

const aliasesOf = (targets: readonly GrantedTarget[], arn: string): string[] => [
  ...new Set(targets.filter((target) => functionOf(target) === arn).map(({ resource }) => resource)),
];

const qualified = (targets: readonly GrantedTarget[], which: (target: GrantedTarget) => boolean): string[] =>
  functionsOf(targets.filter(which)).map((arn) => `${arn}:*`);
