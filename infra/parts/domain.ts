/** A domain of the team's own before the API, so that a mailed link looks like where people work. */
import { CfnOutput } from "aws-cdk-lib";
import { type DomainNameOptions, EndpointType, type RestApi, SecurityPolicy } from "aws-cdk-lib/aws-apigateway";
import { Certificate } from "aws-cdk-lib/aws-certificatemanager";
import { ARecord, HostedZone, RecordTarget } from "aws-cdk-lib/aws-route53";
import { ApiGateway } from "aws-cdk-lib/aws-route53-targets";
import type { Construct } from "constructs";

export interface OwnDomain {
  readonly domainName: string;
  /** Of the API's own Region. */
  readonly certificateArn: string;
  /** Where the record is put; null: whoever has the zone makes it, from an output. */
  readonly zone: { readonly hostedZoneId: string; readonly zoneName: string } | null;
}

/** The base path of the domain is the stage: links have no `/v1`. */
export function domainOptions(scope: Construct, { domainName, certificateArn }: OwnDomain): DomainNameOptions {
  return {
    domainName,
    certificate: Certificate.fromCertificateArn(scope, "Certificate", certificateArn),
    endpointType: EndpointType.REGIONAL,
    securityPolicy: SecurityPolicy.TLS_1_2,
  };
}

/** Name of the output for whoever has the zone. */
export const DOMAIN_TARGET = "DomainTarget";

/** Points the domain to the API, or says what has to. */
export function pointTo(scope: Construct, rest: RestApi, { domainName, zone }: OwnDomain): void {
  if (zone === null) {
    new CfnOutput(scope, DOMAIN_TARGET, {
      value: rest.domainName?.domainNameAliasDomainName ?? "",
      description: `make ${domainName} a CNAME, or an alias, of this`,
    });
    return;
  }
  new ARecord(scope, "DomainRecord", {
    zone: HostedZone.fromHostedZoneAttributes(scope, "Zone", zone),
    recordName: `${domainName}.`,
    target: RecordTarget.fromAlias(new ApiGateway(rest)),
  });
}
