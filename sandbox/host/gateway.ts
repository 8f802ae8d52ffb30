/** Requests as API Gateway's REST proxy integration hands them to a function. */
import type { APIGatewayProxyEvent } from "aws-lambda";
import { CONTROL_ACCOUNT } from "./places.ts";

export interface ApiRequest {
  readonly method: string;
  readonly path: string;
  readonly pathParameters: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly contentType?: string;
  readonly body: string | null;
  /** ARN of the signer, on routes with IAM authorisation. */
  readonly caller?: string;
}

/** A whole proxy event; what no handler of ours reads is null, as the console's own test sends it. */
export function apiEvent({
  method,
  path,
  pathParameters,
  query,
  contentType,
  body,
  caller,
}: ApiRequest): APIGatewayProxyEvent {
  const identity: APIGatewayProxyEvent["requestContext"]["identity"] = {
    accessKey: null,
    accountId: null,
    apiKey: null,
    apiKeyId: null,
    caller: null,
    clientCert: null,
    cognitoAuthenticationProvider: null,
    cognitoAuthenticationType: null,
    cognitoIdentityId: null,
    cognitoIdentityPoolId: null,
    principalOrgId: null,
    sourceIp: "198.51.100.7",
    user: null,
    userAgent: "sandbox",
    userArn: caller ?? null,
  };
  return {
    httpMethod: method,
    path,
    resource: path,
    headers: contentType === undefined ? {} : { "content-type": contentType },
    multiValueHeaders: {},
    queryStringParameters: query === undefined ? null : { ...query },
    multiValueQueryStringParameters: null,
    pathParameters: { ...pathParameters },
    stageVariables: null,
    body,
    isBase64Encoded: false,
    requestContext: {
      accountId: CONTROL_ACCOUNT,
      apiId: "sandbox",
      authorizer: null,
      httpMethod: method,
      identity,
      path,
      protocol: "HTTP/1.1",
      requestId: "sandbox",
      requestTimeEpoch: 0,
      resourceId: "sandbox",
      resourcePath: path,
      stage: "prod",
    },
  };
}
