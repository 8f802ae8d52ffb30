/** The two ways in for people: the page behind a mailed link, and the signed routes, for when mail is lost and for operators. */
import { Aws } from "aws-cdk-lib";
import {
  AccessLogField,
  AccessLogFormat,
  AuthorizationType,
  EndpointType,
  LambdaIntegration,
  LogGroupLogDestination,
  RestApi,
} from "aws-cdk-lib/aws-apigateway";
import type { Key } from "aws-cdk-lib/aws-kms";
import type { Construct } from "constructs";
import { domainOptions, type OwnDomain, pointTo } from "./domain.ts";
import { addFailurePages } from "./failure-pages.ts";
import { acknowledge } from "./grants.ts";
import { KEPT, makeLog } from "./keeping.ts";
import { type Lambdas, lambdaOf } from "./lambdas.ts";
import { ROUTES, type Route } from "./routes.ts";
import { addWebAcl, type WebAclSetting } from "./web-acl.ts";

export const STAGE = "v1";

/** The address of the API and its routes. Made before the functions, which are told the address. */
export interface Api {
  readonly rest: RestApi;
  readonly baseUrl: string;
}

export interface ApiProps {
  readonly name: string;
  readonly key: Key;
  /** Null: the address that API Gateway gives. */
  readonly domain: OwnDomain | null;
  readonly webAcl: WebAclSetting;
}

export function makeApi(scope: Construct, { name, key, domain, webAcl }: ApiProps): Api {
  const log = makeLog(scope, "ApiLog", `/headgate/${name}/api`, key, KEPT.audit);
  const rest = new RestApi(scope, "Api", {
    restApiName: name,
    description: "Headgate: approval pages; signed starts, decisions and operators' verbs",
    endpointTypes: [EndpointType.REGIONAL],
    // With a domain of our own there is no other address, past a web ACL or a company's filter.
    ...(domain === null ? {} : { domainName: domainOptions(scope, domain), disableExecuteApiEndpoint: true }),
    // Writing access logs takes the account's role for API Gateway, which is one for all APIs of a Region.
    cloudWatchRole: true,
    deployOptions: {
      stageName: STAGE,
      ...FALLBACK,
      methodOptions: Object.fromEntries(ROUTES.map((route) => [`${route.path}/${route.method}`, throttleOf(route)])),
      accessLogDestination: new LogGroupLogDestination(log),
      accessLogFormat: AccessLogFormat.custom(JSON.stringify(LOGGED)),
      // Execution logs and traces would hold the requests' paths, and a path holds the link.
      tracingEnabled: false,
    },
  });
  // The construct tells the address by a name with a hash; the stack tells it by ours.
  rest.node.tryRemoveChild("Endpoint");
  acknowledgeApi(rest);
  addFailurePages(rest);
  addWebAcl(scope, name, webAcl, { rest, key });
  if (domain !== null) pointTo(scope, rest, domain);
  // From the API's id and not from its stage: the stage waits for the functions, which wait for this.
  const given = `https://${rest.restApiId}.execute-api.${Aws.REGION}.${Aws.URL_SUFFIX}/${STAGE}`;
  return { rest, baseUrl: domain === null ? given : `https://${domain.domainName}` };
}

const throttleOf = ({ rate, burst }: Pick<Route, "rate" | "burst">) => ({
  throttlingRateLimit: rate,
  throttlingBurstLimit: burst,
});

/** For a method that has no limit of its own; there is none. */
const FALLBACK = throttleOf({ rate: 5, burst: 10 });

/** What is logged of a request: never its path, since whoever has the link can decide. */
const LOGGED = {
  requestId: AccessLogField.contextRequestId(),
  time: AccessLogField.contextRequestTime(),
  method: AccessLogField.contextHttpMethod(),
  route: AccessLogField.contextResourcePath(),
  status: AccessLogField.contextStatus(),
  ms: AccessLogField.contextResponseLatency(),
  caller: AccessLogField.contextIdentityUserArn(),
  error: AccessLogField.contextErrorResponseType(),
};

export function addRoutes({ rest }: Api, lambdas: Lambdas): void {
  const requestValidator = rest.addRequestValidator("Validator", {
    validateRequestParameters: true,
    validateRequestBody: true,
  });
  for (const { method, path, handler, open } of ROUTES) {
    const resource = rest.root.resourceForPath(path);
    const authorizationType = open ? AuthorizationType.NONE : AuthorizationType.IAM;
    resource.addMethod(method, new LambdaIntegration(lambdaOf(lambdas, handler).handler), {
      authorizationType,
      requestValidator,
    });
    if (open)
      acknowledge(
        resource,
        "APIG4",
        "An approver has a personal link of 256 bits instead of an account; GET changes nothing.",
      );
  }
}

function acknowledgeApi(rest: RestApi): void {
  acknowledge(
    rest,
    "APIG3",
    "A web ACL is the company's to choose, by a setting: docs/deploy.md. Each route has a limit of its own.",
  );
  acknowledge(
    rest,
    "APIG6",
    "Execution logs hold the request's path, and with it the approver's link; access logs do not.",
  );
  acknowledge(
    rest,
    "COG4",
    "Approvers have personal links, and the signed route takes IAM identities; there is no user pool.",
  );
  acknowledge(
    rest,
    "IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs]",
    "The account-wide role of API Gateway takes the policy that AWS manages for it.",
  );
}
