/**
 * What a target account grants Headgate: a role that moves traffic and publishes, one that reads and probes, where the
 * policy says so one that deletes old versions, and alarms that tell Headgate's account when they turn red.
 */
import { Arn, ArnFormat, Aws, CfnOutput, CfnParameter, Duration, Stack, type StackProps } from "aws-cdk-lib";
import { EventBus, Rule } from "aws-cdk-lib/aws-events";
import { EventBus as ToBus } from "aws-cdk-lib/aws-events-targets";
import { AccountPrincipal, PrincipalWithConditions, Role } from "aws-cdk-lib/aws-iam";
import type { Construct } from "constructs";
import { type Access, roleFor } from "../functions/domain/access.ts";
import { accessOf, USES_OF } from "./access.ts";
import { FUNCTIONS } from "./functions.ts";
import { give } from "./parts/grants.ts";
import { roleNameOf } from "./parts/lambdas.ts";
import { ALARM_EVENTS } from "./parts/listeners.ts";
import { grantsOf, isAsked, type TargetPlace } from "./places.ts";

export interface TargetRoleProps extends StackProps {
  /** Name of the Headgate deployment that is trusted. */
  readonly name: string;
  readonly place: TargetPlace & { readonly roleArn: string };
  readonly artifactBuckets: readonly string[];
  readonly externalId: string;
  /** Headgate's own account and Region, where they are known at synthesis. */
  readonly home: { readonly account?: string; readonly region?: string };
}

export class TargetRoleStack extends Stack {
  constructor(scope: Construct, id: string, props: TargetRoleProps) {
    super(scope, id, props);
    const account = homeParameter(
      this,
      "HeadgateAccount",
      "account that Headgate runs in",
      "\\d{12}",
      props.home.account,
    );
    const region = homeParameter(
      this,
      "HeadgateRegion",
      "Region that Headgate runs in",
      "[a-z0-9-]+",
      props.home.region ?? props.place.region,
    );
    const role = this.#makeRole("Role", "write", props, account);
    this.#makeRole("ReadingRole", "read", props, account);
    if (isAsked(props.place, "retire")) this.#makeRole("RetiringRole", "retire", props, account);
    this.#forwardAlarms(props.name, account, region);
    new CfnOutput(this, "RoleArn", { value: role.roleArn, description: "roleArn of these environments in the policy" });
  }

  /** Trusts the roles of those functions that work there with this access, by name, and with the external id. */
  #makeRole(
    id: string,
    access: Access,
    { name, place, artifactBuckets, externalId }: TargetRoleProps,
    account: string,
  ): Role {
    const trusted = FUNCTIONS.filter(({ accounts }) => accounts.length > 0 && accessOf(accounts) === access).map(
      (row) => `arn:${Aws.PARTITION}:iam::${account}:role/${roleNameOf(name, row.name)}`,
    );
    const role = new Role(this, id, {
      ...nameAndPath(roleFor(access, place.roleArn)),
      description: `Headgate ${name} ${DOES[access]} ${place.environments.join(", ")}`,
      assumedBy: new PrincipalWithConditions(new AccountPrincipal(account), {
        ArnEquals: { "aws:PrincipalArn": trusted },
        StringEquals: { "sts:ExternalId": externalId },
      }),
      maxSessionDuration: Duration.hours(1),
    });
    give(
      role,
      USES_OF[access].flatMap((use) => grantsOf(place, use, artifactBuckets)),
    );
    return role;
  }

  #forwardAlarms(name: string, account: string, region: string): void {
    const bus = EventBus.fromEventBusArn(
      this,
      "Bus",
      `arn:${Aws.PARTITION}:events:${region}:${account}:event-bus/default`,
    );
    new Rule(this, "AlarmRule", {
      description: `Tells Headgate ${name} of alarms that turn red`,
      eventPattern: {
        source: [ALARM_EVENTS.source],
        detailType: [ALARM_EVENTS.detailType],
        detail: { state: { value: ["ALARM"] } },
      },
      targets: [new ToBus(bus)],
    });
  }
}

const DOES: Readonly<Record<Access, string>> = {
  write: "moves traffic of",
  read: "reads and probes",
  retire: "deletes versions that are not needed any more in",
};

function nameAndPath(roleArn: string): { readonly roleName: string; readonly path: string } {
  const full = `/${Arn.split(roleArn, ArnFormat.SLASH_RESOURCE_NAME).resourceName ?? ""}`;
  const cut = full.lastIndexOf("/") + 1;
  return { roleName: full.slice(cut), path: full.slice(0, cut) };
}

/** Whoever deploys into another account may know Headgate's only then. */
function homeParameter(scope: Construct, id: string, description: string, pattern: string, known?: string): string {
  const known_ = known === undefined ? {} : { default: known };
  return new CfnParameter(scope, id, { description, allowedPattern: pattern, ...known_ }).valueAsString;
}
