/** Mail by SES, from a sender of the team's own, in place of the topic that people subscribe to. */
import { ArnFormat, CfnOutput, RemovalPolicy, Stack } from "aws-cdk-lib";
import { Metric } from "aws-cdk-lib/aws-cloudwatch";
import { EmailIdentity, Identity } from "aws-cdk-lib/aws-ses";
import type { Construct } from "constructs";
import type { Grant } from "../../functions/targets/grant.ts";
import type { PeopleMail } from "./people-mail.ts";

export interface SesSender {
  /** The address that mails come from. */
  readonly from: string;
  /** Whose identity SES has verified: made here, that of this ARN, or (null) what this account has of the address or its domain. */
  readonly identity: "create" | { readonly arn: string } | null;
  readonly configurationSet: string | null;
}

export const domainIn = (address: string) => address.slice(address.lastIndexOf("@") + 1);

export function mailBySes(scope: Construct, sender: SesSender): PeopleMail {
  const { from, identity, configurationSet } = sender;
  const identities = identity === "create" ? [makeIdentity(scope, domainIn(from))] : identitiesOf(scope, sender);
  return {
    settings: {
      by: "ses",
      from,
      identityArn: typeof identity === "object" ? (identity?.arn ?? null) : null,
      configurationSet,
    },
    grants: grantsOf(scope, sender, identities),
    delivered: [countOf("Delivery")],
    // Of the whole account in this Region: SES counts by sender only where somebody has it do so.
    failed: [countOf("Bounce"), countOf("Reject")],
  };
}

/** ARN of a domain's identity, with its DKIM records as outputs, for whoever has the zone. */
function makeIdentity(scope: Construct, domain: string): string {
  const made = new EmailIdentity(scope, "Sender", { identity: Identity.domain(domain) });
  // Other senders of the domain may use it by then.
  made.applyRemovalPolicy(RemovalPolicy.RETAIN);
  for (const [index, { name, value }] of made.dkimRecords.entries()) {
    new CfnOutput(scope, `DkimRecord${index + 1}`, {
      value: `${name} CNAME ${value}`,
      description: `put into the zone of ${domain}`,
    });
  }
  return made.emailIdentityArn;
}

/** SES goes by the identity of the address where there is one, else by that of its domain. */
function identitiesOf(scope: Construct, { from, identity }: SesSender): string[] {
  if (typeof identity === "object" && identity !== null) return [identity.arn];
  return [domainIn(from), from].map((name) => arnIn(scope, "identity", name));
}

function arnIn(scope: Construct, resource: string, resourceName: string): string {
  return Stack.of(scope).formatArn({
    service: "ses",
    resource,
    resourceName,
    arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
  });
}

function grantsOf(scope: Construct, { from, configurationSet }: SesSender, identities: readonly string[]): Grant[] {
  const set = configurationSet === null ? [] : [arnIn(scope, "configuration-set", configurationSet)];
  const looks = "SES knows no resource for the account, nor for its suppression list.";
  return [
    {
      actions: ["ses:SendEmail"],
      resources: [...identities, ...set],
      conditions: { StringEquals: { "ses:FromAddress": from } },
    },
    { actions: ["ses:GetAccount", "ses:GetSuppressedDestination"], resources: ["*"], why: looks },
    {
      actions: ["ses:GetEmailIdentity"],
      resources: [arnIn(scope, "identity", "*")],
      why: "In SES's sandbox it is looked at whether the recipient is verified.",
    },
  ];
}

const countOf = (metricName: string) => new Metric({ namespace: "AWS/SES", metricName, statistic: "Sum" });
