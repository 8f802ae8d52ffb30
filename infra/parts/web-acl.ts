/** A web ACL before the API: the company's own, or a small one that turns away whoever asks too often. */
import { ArnFormat, RemovalPolicy, Stack } from "aws-cdk-lib";
import type { RestApi } from "aws-cdk-lib/aws-apigateway";
import type { Key } from "aws-cdk-lib/aws-kms";
import { LogGroup } from "aws-cdk-lib/aws-logs";
import { CfnLoggingConfiguration, CfnWebACL, CfnWebACLAssociation } from "aws-cdk-lib/aws-wafv2";
import type { Construct } from "constructs";
import { KEPT } from "./keeping.ts";

/** `on`: one of ours; else the ARN of one that exists; null: none. */
export type WebAclSetting = "on" | { readonly arn: string } | null;

/**
 * Requests from one address in five minutes. A company's people come from few addresses, and a page is one request: a
 * thousand are more than they open, and a sixth of what one laptop needs to use up the page's limit.
 */
const MOST = { pages: 1_000, everything: 3_000 };
const WINDOW_SECONDS = 300;

/** With the stage before it, or without, behind a domain of our own. */
const PAGES = "^(/[^/]+)?/approvals/";

export function addWebAcl(
  scope: Construct,
  name: string,
  setting: WebAclSetting,
  { rest, key }: { readonly rest: RestApi; readonly key: Key },
): void {
  if (setting === null) return;
  const webAclArn = setting === "on" ? makeWebAcl(scope, name, key).attrArn : setting.arn;
  new CfnWebACLAssociation(scope, "WebAclOfApi", { resourceArn: rest.deploymentStage.stageArn, webAclArn });
}

function makeWebAcl(scope: Construct, name: string, key: Key): CfnWebACL {
  const acl = new CfnWebACL(scope, "WebAcl", {
    name,
    description: "Headgate: whoever asks too often",
    scope: "REGIONAL",
    defaultAction: { allow: {} },
    rules: [rateRule(name, "pages", { uriPath: {} }), rateRule(name, "everything", null)].map((rule, priority) => ({
      ...rule,
      priority,
    })),
    visibilityConfig: visibility(name, "acl"),
  });
  logWithoutLinks(scope, name, key, acl);
  return acl;
}

function rateRule(name: string, what: keyof typeof MOST, pages: { readonly uriPath: object } | null) {
  const transformation = { priority: 0, type: "NONE" };
  const within =
    pages === null
      ? {}
      : {
          scopeDownStatement: {
            regexMatchStatement: { fieldToMatch: pages, regexString: PAGES, textTransformations: [transformation] },
          },
        };
  return {
    name: what,
    action: { block: {} },
    statement: {
      rateBasedStatement: { aggregateKeyType: "IP", limit: MOST[what], evaluationWindowSec: WINDOW_SECONDS, ...within },
    },
    visibilityConfig: visibility(name, what),
  };
}

/** Samples would show whole paths, and a path holds the link. */
function visibility(name: string, what: string) {
  return { cloudWatchMetricsEnabled: true, sampledRequestsEnabled: false, metricName: `${name}-${what}` };
}

/** WAF takes log groups of this name's beginning alone. */
const LOG_PREFIX = "aws-waf-logs-";

function logWithoutLinks(scope: Construct, name: string, key: Key, acl: CfnWebACL): void {
  const log = new LogGroup(scope, "WebAclLog", {
    logGroupName: `${LOG_PREFIX}${name}`,
    encryptionKey: key,
    retention: KEPT.work,
    removalPolicy: RemovalPolicy.RETAIN,
  });
  // As WAF wants it, without the `:*` that CDK's own has.
  const resourceName = `${LOG_PREFIX}${name}`;
  const arn = Stack.of(scope).formatArn({
    service: "logs",
    resource: "log-group",
    resourceName,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
  const logging = new CfnLoggingConfiguration(scope, "WebAclLogging", {
    resourceArn: acl.attrArn,
    logDestinationConfigs: [arn],
    redactedFields: [
      { uriPath: {} },
      { queryString: {} },
      { singleHeader: { Name: "authorization" } },
      { singleHeader: { Name: "referer" } },
    ],
  });
  logging.node.addDependency(log);
}
