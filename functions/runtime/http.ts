import type { APIGatewayProxyEvent, APIGatewayProxyResult } from "aws-lambda";

/** A request as pages see it. */
export interface HttpRequest {
  readonly method: string;
  readonly path: string;
  readonly pathParameters: Readonly<Record<string, string | undefined>>;
  readonly query: Readonly<Record<string, string | undefined>>;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Decoded text; empty where there is none. */
  readonly body: string;
  readonly sourceIp: string;
  readonly userAgent: string;
  /** ARN of the IAM identity that signed the request; null where the route asks for none. */
  readonly caller: string | null;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

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
    caller: identity.userArn ?? null,
  };
}

/** To API Gateway's REST proxy answer. */
export function toGateway({ status, headers, body }: HttpResponse): APIGatewayProxyResult {
  return { statusCode: status, headers: { ...headers }, body, isBase64Encoded: false };
}

/** What a person sees when a page failed; what failed is in the log, under the request id. */
export function failurePage(passing: boolean, requestId: string): HttpResponse {
  const advice = passing ? "Please try again in a moment." : "Please tell whoever runs Headgate.";
  return {
    status: passing ? 503 : 500,
    headers: { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store" },
    body: `Headgate could not answer. Nothing was decided by this request. ${advice}\nRequest ${requestId}\n`,
  };
}

/** The gateway's test console sends null where there are none. */
function lowerCased(headers: Readonly<Record<string, string | undefined>> | null): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]));
}
