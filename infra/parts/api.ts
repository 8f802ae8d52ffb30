/** The two ways in for people: the page behind a mailed link, and the signed routes, for when mail is lost and for operators. */
import { Aws } from "aws-cdk-lib";
import {
  AccessLogField,
  AccessLogFormat,
  AuthorizationType,
  EndpointType,
  LambdaIntegration,
  LogGroupLogDestination,
  type MethodOptions,
  RestApi,
} from "aws-cdk-lib/aws-apigateway";
import type { Key } from "aws-cdk-lib/aws-kms";
import type { Construct } from "constructs";
import { acknowledge } from "./grants.ts";
import { KEPT, makeLog } from "./keeping.ts";
import { type Lambdas, lambdaOf } from "./lambdas.ts";

const STAGE = "v1";

/** Requests a second, and how many at once: people click, and mail scanners follow each link a few times. */
const THROTTLE = { throttlingRateLimit: 20, throttlingBurstLimit: 40 };

/** The address of the API and its routes. Made before the functions, which are told the address. */
export interface Api {
  readonly rest: RestApi;
  readonly baseUrl: string;
}

export function makeApi(scope: Construct, name: string, key: Key): Api {
  const log = makeLog(scope, "ApiLog", `/headgate/${name}/api`, key, KEPT.audit);
  const rest = new RestApi(scope, "Api", {
    restApiName: name,
    description: "Headgate: approval pages; signed starts, decisions and operators' verbs",
    endpointTypes: [EndpointType.REGIONAL],
    // Writing access logs takes the account's role for API Gateway, which is one for all APIs of a Region.
    cloudWatchRole: true,
    deployOptions: {
      stageName: STAGE,
      ...THROTTLE,
      accessLogDestination: new LogGroupLogDestination(log),
      accessLogFormat: AccessLogFormat.custom(JSON.stringify(LOGGED)),
      // Execution logs and traces would hold the requests' paths, and a path holds the link.
      tracingEnabled: false,
    },
  });
  // The construct tells the address by a name with a hash; the stack tells it by ours.
  rest.node.tryRemoveChild("Endpoint");
  acknowledgeApi(rest);
  // From the API's id and not from its stage: the stage waits for the functions, which wait for this.
  const baseUrl = `https://${rest.restApiId}.execute-api.${Aws.REGION}.${Aws.URL_SUFFIX}/${STAGE}`;
  return { rest, baseUrl };
}

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
  const to = (name: string) => new LambdaIntegration(lambdaOf(lambdas, name).handler);
  const page = rest.root.addResource("approvals").addResource("{link}");
  for (const method of ["GET", "HEAD", "POST"]) {
    page.addMethod(method, to("approval-page"), {
      authorizationType: AuthorizationType.NONE,
      requestValidator,
    });
  }
  const promotions = rest.root.addResource("promotions");
  const promotion = promotions.addResource("{promotionId}");
  const approval = promotion
    .addResource("environments")
    .addResource("{environment}")
    .addResource("approvals")
    .addResource("{approval}");
  const signed: MethodOptions = { authorizationType: AuthorizationType.IAM, requestValidator };
  promotions.addMethod("POST", to("start-promotion"), signed);
  for (const shown of [promotions, promotion]) shown.addMethod("GET", to("show-promotion"), signed);
  approval.addMethod("POST", to("decide"), signed);
  const signals = promotion.addResource("signals");
  for (const method of ["GET", "POST"]) signals.addMethod(method, to("operate"), signed);
  acknowledge(
    page,
    "APIG4",
    "An approver has a personal one-time link of 256 bits instead of an account; GET changes nothing.",
  );
}

function acknowledgeApi(rest: RestApi): void {
  acknowledge(
    rest,
    "APIG3",
    "A web ACL is the company's to choose: docs/deploy.md says how to attach one. Throttling is set.",
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
