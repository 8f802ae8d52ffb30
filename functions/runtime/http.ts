/** Requests and answers, from and to API Gateway. */
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from "aws-lambda";
import type { Signature } from "../domain/callers.ts";
import type { HttpRequest, HttpResponse } from "../pages/http.ts";

/** From API Gateway's REST proxy event. */
export function fromGateway(event: APIGatewayProxyEvent): HttpRequest {
  const { identity } = event.requestContext;
  return {
    method: event.httpMethod,
    path: event.path,
    pathParameters: event.pathParameters ?? {},
    query: event.queryStringParameters ?? {},
    headers: lowerCased(event.headers),
    body: event.isBase64Encoded ? Buffer.from(event.body ?? "", "base64").toString("utf8") : (event.body ?? ""),
    sourceIp: identity.sourceIp,
    userAgent: identity.userAgent ?? "",
    caller: signatureOf(event.requestContext),
  };
}

/**
 * Nothing there says which source identity a session has: it has to be looked up by the access key, in AWS CloudTrail.
 * Fields: docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html.
 */
function signatureOf({ identity, accountId }: APIGatewayProxyEvent["requestContext"]): Signature | null {
  const { userArn, accessKey } = identity;
  return userArn === null ? null : { arn: userArn, accessKey, account: accountId };
}

/** To API Gateway's REST proxy answer. */
export function toGateway({ status, headers, body }: HttpResponse): APIGatewayProxyResult {
  return { statusCode: status, headers: { ...headers }, body, isBase64Encoded: false };
}

/** The gateway's test console sends null where there are none. */
function lowerCased(headers: Readonly<Record<string, string | undefined>> | null): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]));
}
